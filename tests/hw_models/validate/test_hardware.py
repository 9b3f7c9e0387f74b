"""The files of rtl/ whose hashes fit, and which no program could use."""

import json
from dataclasses import replace

import pytest

from hw_models.errors import InputError
from hw_models.hardware import FILES, NETLIST, PARAMETERS, TOP
from hw_models.validate.hardware import check_hardware
from tests.builders.simulated_builds import hardware_build

BUILD = hardware_build(6, encoding="binary", widths=[5, 9, 4])


def with_file(path: str, content: bytes):
    return replace(BUILD, files={**BUILD.files, path: content})


def another(field: str, value: object) -> bytes:
    found = json.loads(BUILD.files[PARAMETERS])
    found["layers"][0][field] = value
    return json.dumps(found).encode()


def with_inlets(inlets: list) -> bytes:
    return json.dumps({**json.loads(BUILD.files[PARAMETERS]), "inlets": inlets}).encode()


def test_what_the_compiler_makes_is_accepted():
    check_hardware(BUILD)


@pytest.mark.parametrize(
    ("path", "content", "message"),
    [
        (PARAMETERS, b"\xff", "parameters.json"),
        (PARAMETERS, another("name", "x"), "layers = "),
        (PARAMETERS, another("readers", []), "layer0: readers = 0, need 1 or more"),
        (
            PARAMETERS,
            BUILD.files[PARAMETERS].replace(b'"parity": 0', b'"parity": 2'),
            "<= 1.*parity",
        ),
        (PARAMETERS, with_inlets([]), "inlets = 0, need 1 or more"),
        (PARAMETERS, with_inlets([{"stream": "x", "buffer": 0}]), "streams = .*'x'"),
        (FILES, b"rtl/../x.v rtl/top.v", "file = rtl/../x.v"),
        (FILES, b"", "files = none"),
        (NETLIST, b'{"netlist": "ecp5", "nets": []}', "netlist.json"),
        (TOP, b'module top; initial $system("x"); endmodule', "calls \\$system"),
        (TOP, b'`include "/etc/hostname"', "calls `include"),
        (TOP, b"\xff", "no text"),
    ],
)
def test_what_no_program_could_use_is_refused(path, content, message):
    with pytest.raises(InputError, match=message):
        check_hardware(with_file(path, content))
