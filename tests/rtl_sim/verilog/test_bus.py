"""The core's edges: malformed streams, registers, memories loaded at run time."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from compiler.emit.register_map import Bus
from compiler.emit.rtl import generate
from hw_models.semantics import signed_digits
from tests.benches import core_case, library, run_bench, run_core, write_case
from tests.builders.bus_builds import CORES, same_shape, with_bus
from tests.builders.random_builds import random_build
from tests.builders.simulated_builds import LIBRARY, lint, verilator


@pytest.mark.parametrize(
    ("steps", "shape", "digit_max", "signed"),
    [
        (4, (1, 1, 1), 0, 1),
        (1, (9, 1, 1), 7, 1),
        (3, (3, 5, 6), 0, 0),
        (2, (5, 3, 1), 3, 1),
        (5, (16, 1, 1), 0, 1),
    ],
)
def test_stream_guard(tmp_path, steps, shape, digit_max, signed):
    """With few tags, so that they are used up again and again."""
    parameters = {
        "STEPS": steps, "C": shape[0], "H": shape[1], "W": shape[2], "DIGIT_MAX": digit_max,
        "SIGNED": signed, "TAG_BITS": 2 + steps % 2,
    }  # fmt: skip
    env = write_case(tmp_path, parameters)
    run_bench(
        tmp_path,
        "bench_stream_guard",
        "trispike_stream_guard",
        library("stream_guard"),
        parameters,
        env,
    )


def test_axi_lite(tmp_path):
    run_bench(tmp_path, "bench_axi_lite", "trispike_axi_lite", library("axi_lite"))


@pytest.mark.parametrize("name", CORES)
def test_core(tmp_path, name):
    build = with_bus(CORES[name], Bus(channel_bits=20))
    env = core_case(tmp_path, build, same_shape(CORES[name], 3))
    if name in ("joined", "banks"):  # long; the streams' edges are those of any build
        env["COCOTB_TEST_FILTER"] = "loaded_memories"
    run_core(tmp_path, "bench_core", env)


def test_a_core_with_parity_loads_another_network(tmp_path):
    """The words that are loaded bring their parity bits."""
    build = with_bus(CORES["static"], Bus(channel_bits=20, parity=True))
    env = core_case(tmp_path, build, same_shape(CORES["static"], 3))
    env["COCOTB_TEST_FILTER"] = "loaded_memories"
    run_core(tmp_path, "bench_core", env)


def test_a_core_without_loads(tmp_path):
    """Where the others have registers for loads it has none."""
    env = core_case(tmp_path, with_bus(CORES["ternary"], Bus()))
    env["COCOTB_TEST_FILTER"] = "registers"
    run_core(tmp_path, "bench_core", env)


@pytest.mark.skipif(not verilator(), reason="needs Verilator")
@pytest.mark.parametrize("name", CORES)
def test_verilator_has_nothing_to_say(tmp_path, name):
    for bus in (Bus(), Bus(20), Bus(parity=True), Bus(20, parity=True)):
        assert lint(with_bus(CORES[name], bus), tmp_path / str(bus)) == ""


COMPILER = shutil.which("cc") or shutil.which("gcc")
STRICT = ("-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic")
MODEL_HEADER = """\
#include <stdint.h>
extern uint32_t (*model_read)(uintptr_t address);
extern void (*model_write)(uintptr_t address, uint32_t value);
#define TRISPIKE_READ(address) model_read(address)
#define TRISPIKE_WRITE(address, value) model_write((address), (value))
"""
MODEL = """\
#include "model.h"
uint32_t (*model_read)(uintptr_t address);
void (*model_write)(uintptr_t address, uint32_t value);
"""


@pytest.mark.skipif(COMPILER is None, reason="needs a C compiler")
@pytest.mark.parametrize("x_max", [1, 2, 3, 10, 11, 42, 43, 127])
def test_the_drivers_buffer_holds_the_longest_sample(tmp_path, x_max):
    """TRISPIKE_BEATS: the most digits that an abs(x) <= x_max has, for each address."""
    build = random_build(31, encoding="static", widths=[9, 4], x_max=x_max)
    (tmp_path / "registers.h").write_bytes(generate(build, Bus())["rtl/registers.h"])
    most = 9 * max(len(signed_digits(x)) for x in range(x_max + 1)) + 1
    source = f"""
        #include "trispike.h"
        typedef char exact[TRISPIKE_BEATS == {most} ? 1 : -1];
    """
    command = [str(COMPILER), *STRICT, f"-I{LIBRARY.parent / 'host'}", f"-I{tmp_path}"]
    subprocess.run([*command, "-fsyntax-only", "-xc", "-"], input=source, text=True, check=True)


@pytest.mark.skipif(COMPILER is None, reason="needs a C compiler")
@pytest.mark.parametrize("name", ["static", "one digit", "binary"])
def test_host_driver(tmp_path, name):
    """As it is, without a warning; and with its accesses led to the simulated core."""
    build = with_bus(CORES[name], Bus(channel_bits=20))
    env = core_case(tmp_path, build, same_shape(CORES[name], 3))
    host, rtl = LIBRARY.parent / "host", tmp_path / "build" / "rtl"
    command = [str(COMPILER), *STRICT, f"-I{host}", f"-I{rtl}"]
    driver = str(host / "trispike.c")
    plain = [*command, driver, str(host / "example.c"), "-o", str(tmp_path / "example")]
    assert subprocess.run(plain, capture_output=True, text=True, check=False).stderr == ""
    (tmp_path / "model.h").write_text(MODEL_HEADER)
    (tmp_path / "model.c").write_text(MODEL)
    options = [f"-I{tmp_path}", '-DTRISPIKE_IO="model.h"', "-shared", "-fPIC"]
    sources = [driver, str(tmp_path / "model.c"), "-o", str(tmp_path / "driver.so")]
    subprocess.run([*command, *options, *sources], check=True)
    spec = json.loads(Path(env["CASE"]).read_text())
    env = write_case(tmp_path, {**spec, "library": str(tmp_path / "driver.so")})
    run_core(tmp_path, "bench_host", env)
