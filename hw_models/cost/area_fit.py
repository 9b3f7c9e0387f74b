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
            "one": 87.094,
            "shifted": 0.575,
            "weights": 0.807,
            "registers": 0.23,
            "pages": 0.0,
            "block": 4.059,
            "accumulator_mux": 0.979,
            "weight_mux": 0.724,
            "weight_logic": 0.043,
            "slice_mux": 1.396,
            "fresh": 2.807,
            "indices": 0.0,
            "taps": 0.19,
        },
        {
            "one": 0.0,
            "sums": 0.99,
            "indices": 0.859,
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
    "outlet": (
        {
            "one": 17.899,
            "slice": 0.0,
            "address": 8.987,
            "indices": 0.0,
            "mux": 0.899,
            "width": 2.822,
        },
        {
            "one": 8.679,
            "slice": 0.454,
            "address": 1.321,
            "indices": 1.839,
        },
    ),
    "pool": (
        {
            "one": 52.168,
            "address": 0.0,
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
            "indices": 12.321,
            "mux": 0.0,
            "width": 0.0,
        },
        {
            "one": 0.0,
            "logit": 0.544,
            "indices": 0.0,
        },
    ),
    "stream": (
        {
            "one": 16.733,
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
            "one": 0.148,
            "fired": 0.572,
            "p": 0.0,
            "v": 1.367,
            "channel_logic": 0.064,
            "membrane_mux": 1.058,
            "indices": 2.346,
        },
        {
            "one": 0.0,
            "drive": 0.169,
            "p": 0.479,
            "fired": 0.792,
            "limit": 0.549,
            "leak": 0.213,
            "indices": 0.884,
        },
    ),
}
