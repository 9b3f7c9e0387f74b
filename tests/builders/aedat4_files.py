"""Small recordings in AEDAT 4, the format of iniVation's cameras, without compression.

The format: https://docs.inivation.com/software/software-advanced-usage/file-formats/aedat-4.0.html
"""

import struct

import flatbuffers
import numpy as np

EVENT = np.dtype([("t", "<i8"), ("x", "<i2"), ("y", "<i2"), ("p", "?"), ("", "V3")])
STREAM = 0
HEADER = """<dv version="2.0"><node name="outInfo" path="/mainloop/Recorder/outInfo/">
<node name="{stream}" path="/mainloop/Recorder/outInfo/{stream}/">
<attr key="compression" type="string">NONE</attr>
<attr key="originalOutputName" type="string">events</attr>
<attr key="typeIdentifier" type="string">EVTS</attr>
<node name="info" path="/mainloop/Recorder/outInfo/{stream}/info/">
<attr key="sizeX" type="int">{width}</attr><attr key="sizeY" type="int">{height}</attr>
</node></node></node></dv>"""


def write_aedat4(path, events, sensor=(128, 128)):
    """Write events x, y, t, p [count, 4] in two packets."""
    height, width = sensor
    packets = [packet(part) for part in np.array_split(np.asarray(events), 2)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        b"#!AER-DAT4.0\r\n"
        + file_header(HEADER.format(stream=STREAM, width=width, height=height))
        + b"".join(struct.pack("<ii", STREAM, len(data)) + data for data in packets)
    )


def file_header(description):
    """The table IOHeader: compression (0: none), position of a table of packets, description."""
    builder = flatbuffers.Builder()
    text = builder.CreateString(description)
    builder.StartObject(3)
    builder.PrependInt32Slot(0, 0, -1)
    builder.PrependInt64Slot(1, -1, 0)
    builder.PrependUOffsetTRelativeSlot(2, text, 0)
    builder.FinishSizePrefixed(builder.EndObject(), file_identifier=b"IOHE")
    return bytes(builder.Output())


def packet(events):
    """The table EventPacket: a vector of structs of 16 bytes."""
    records = np.zeros(len(events), EVENT)
    for axis, column in zip(("x", "y", "t", "p"), events.T, strict=True):
        records[axis] = column
    builder = flatbuffers.Builder()
    builder.StartVector(EVENT.itemsize, len(records), 8)
    for record in records[::-1]:  # a flatbuffer is written from its end
        builder.Pad(EVENT.itemsize)
        builder.Bytes[builder.head : builder.head + EVENT.itemsize] = record.tobytes()
    vector = builder.EndVector()
    builder.StartObject(1)
    builder.PrependUOffsetTRelativeSlot(0, vector, 0)
    builder.FinishSizePrefixed(builder.EndObject(), file_identifier=b"EVTS")
    return bytes(builder.Output())
