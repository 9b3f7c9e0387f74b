"""The frames between host and board: RFC 1662's flags and escapes around words of 32 bits.

    7e  payload and check, in which 7d and 7e are sent as 7d and the byte ^ 20  7e

The payload is words, the lowest byte first. The check is RFC 1662's of 32 bits, which is the CRC-32
of Ethernet and zlib, the lowest byte first.
"""

import struct
import zlib

FLAG, ESCAPE, FLIP = 0x7E, 0x7D, 0x20
CHECK_BYTES = 4


def encode(words: list[int]) -> bytes:
    """The frame of these words."""
    payload = struct.pack(f"<{len(words)}I", *words)
    content = payload + zlib.crc32(payload).to_bytes(CHECK_BYTES, "little")
    escaped = bytearray()
    for byte in content:
        escaped += bytes((ESCAPE, byte ^ FLIP) if byte in (FLAG, ESCAPE) else (byte,))
    return bytes((FLAG, *escaped, FLAG))


class Decoder:
    """Finds the frames in bytes as they come.

    Attributes:
        dropped: the number of frames so far whose length or check was wrong.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self._bytes = bytearray()  # since the last flag

    def feed(self, data: bytes) -> list[list[int]]:
        """The words of each frame that has ended with these bytes."""
        found = []
        for byte in data:
            if byte != FLAG:
                self._bytes.append(byte)
            elif self._bytes:
                words = decode(bytes(self._bytes))
                self._bytes.clear()
                if words is None:
                    self.dropped += 1
                else:
                    found.append(words)
        return found


def decode(between: bytes) -> list[int] | None:
    """The words of what came between two flags; None if it is no frame."""
    content, escaped = bytearray(), False
    for byte in between:
        if byte == ESCAPE and not escaped:
            escaped = True
        else:
            content.append(byte ^ FLIP if escaped else byte)
            escaped = False
    payload, check = content[:-CHECK_BYTES], content[-CHECK_BYTES:]
    if escaped or not payload or len(payload) % 4:
        return None
    if zlib.crc32(payload) != int.from_bytes(check, "little"):
        return None
    return list(struct.unpack(f"<{len(payload) // 4}I", payload))
