"""The coefficients of area.py, by `python -m tests.benchmarks.area --fit`."""

# By module: logic, then carries.
COEFFICIENTS: dict[str, tuple[dict[str, float], dict[str, float]]] = {
    "broadcast": (
        {
            "readers": 4.5,
        },
        {},
    ),
    "engine": (
        {
            "one": 82.823,
            "shifted": 0.571,
            "weights": 0.817,
            "registers": 0.218,
            "pages": 0.0,
            "block": 4.056,
            "accumulator_mux": 0.853,
            "weight_mux": 0.81,
            "weight_logic": 0.047,
            "slice_mux": 1.419,
            "fresh": 2.917,
            "indices": 0.0,
            "taps": 0.178,
        },
        {
            "one": 0.0,
            "sums": 0.989,
            "indices": 0.888,
        },
    ),
    "interleave": (
        {
            "one": 20.0,
            "mux": 1.0,
        },
        {
            "one": 1.5,
        },
    ),
    "merge": (
        {
            "one": 1.0,
        },
        {
            "sums": 0.516,
        },
    ),
    "outlet": (
        {
            "one": 0.0,
            "slice": 3.434,
            "address": 6.761,
            "indices": 3.791,
            "mux": 0.921,
            "width": 1.715,
        },
        {
            "one": 7.659,
            "slice": 0.524,
            "address": 1.218,
            "indices": 2.063,
        },
    ),
    "pool": (
        {
            "one": 0.0,
            "address": 1.991,
            "taps": 0.0,
        },
        {
            "one": 0.0,
            "address": 0.0,
            "taps": 0.0,
        },
    ),
    "readout": (
        {
            "one": 0.0,
            "indices": 12.251,
            "mux": 0.0,
            "width": 0.0,
        },
        {
            "one": 0.0,
            "logit": 0.542,
            "indices": 0.0,
        },
    ),
    "stream": (
        {
            "one": 16.882,
        },
        {},
    ),
    "stream_buffer": (
        {
            "one": 0.0,
            "indices": 0.0,
            "mux": 1.846,
            "width": 0.0,
        },
        {
            "one": 0.0,
            "indices": 3.667,
        },
    ),
    "update": (
        {
            "one": 0.499,
            "fired": 0.608,
            "p": 0.0,
            "v": 1.366,
            "channel_logic": 0.064,
            "membrane_mux": 1.035,
            "indices": 2.328,
        },
        {
            "one": 0.0,
            "drive": 0.21,
            "p": 0.511,
            "fired": 0.598,
            "limit": 1.114,
            "leak": 0.027,
            "indices": 0.73,
        },
    ),
}
