"""rtl/registers.json: what a core's bus has, and what is refused of it."""

import json
from dataclasses import replace

import pytest

from compiler.emit.register_map import Bus
from hw_models.errors import InputError
from hw_models.registers import REGISTERS, is_loadable, register_map_of
from tests.builders.bus_builds import CORES, with_bus
from tests.builders.simulated_builds import hardware

PLAIN, LOADABLE = with_bus(CORES["binary"], Bus()), with_bus(CORES["binary"], Bus(16))


def test_it_is_what_the_compiler_has_written():
    for build in (PLAIN, LOADABLE):
        described = json.loads(build.files[REGISTERS])
        found = register_map_of(build)
        assert found.offsets == {r["name"]: r["offset"] for r in described["registers"]}
        assert [m.pieces for m in found.memories] == [m["pieces"] for m in described["memories"]]
        assert found.id == 0x54525350
    assert is_loadable(LOADABLE) and not is_loadable(PLAIN)
    assert not is_loadable(hardware(CORES["binary"]))


EDITS = {
    "no object": lambda it: [it],
    "a field less": lambda it: (it.pop("memories") and it) or it,
    "a field more": lambda it: it.update(more=1),
    "no number": lambda it: it.update(id="x"),
    "a number of more than 32 bits": lambda it: it.update(build=1 << 32),
    "an offset within a word": lambda it: it["registers"][0].update(offset=2),
    "an offset beyond the bus": lambda it: it["registers"][0].update(offset=4096),
    "an access that there is not": lambda it: it["registers"][0].update(access="x"),
    "two registers in one place": lambda it: it["registers"][0].update(offset=4),
    "two registers of one name": lambda it: it["registers"][0].update(name="VERSION"),
    "an unknown register": lambda it: it["registers"][0].update(name="IDENTITY"),
    "a register less": lambda it: it["registers"].pop() and None,
    "a layer less": lambda it: it["layers"].pop() and None,
    "a memory of no words": lambda it: it["memories"][0].update(words=0),
    "memories that nothing loads": lambda it: it.update(
        registers=[r for r in it["registers"] if not r["name"].startswith("LOAD")]
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_what_is_none_is_refused_in_one_line(name):
    described = json.loads(LOADABLE.files[REGISTERS])
    edited = EDITS[name](described) or described
    files = {**LOADABLE.files, REGISTERS: json.dumps(edited).encode()}
    with pytest.raises(InputError, match=rf"{REGISTERS}: .*build it again$") as error:
        register_map_of(replace(LOADABLE, files=files))
    assert "\n" not in str(error.value)
