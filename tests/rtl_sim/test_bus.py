"""The core's edges: malformed streams, registers, memories loaded at run time."""

import pytest

from tests.rtl_sim.test_modules import library, run_bench, write_case


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
        tmp_path, "bench_stream_guard", "stream_guard", library("stream_guard"), parameters, env
    )
