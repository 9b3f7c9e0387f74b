"""The coefficients of area.py, by `python -m tests.benchmarks.area --fit`."""

# By module: logic, then carries.
COEFFICIENTS: dict[str, tuple[dict[str, float], dict[str, float]]] = {
    "engine": (
        {
            "one": 0.0,
            "shifted": 0.441,
            "weights": 0.808,
            "registers": 0.193,
            "pages": 0.0,
            "block": 2.239,
            "accumulator_mux": 0.627,
            "weight_mux": 0.835,
            "weight_logic": 0.027,
            "slice_mux": 1.805,
            "fresh": 2.545,
            "indices": 7.745,
            "taps": 0.313,
        },
        {
            "one": 0.0,
            "sums": 0.987,
            "indices": 0.807,
        },
    ),
    "outlet": (
        {
            "one": 8.162,
            "slice": 0.0,
            "address": 9.019,
            "indices": 0.0,
            "mux": 0.931,
            "width": 4.227,
        },
        {
            "one": 0.0,
            "slice": 1.201,
            "address": 0.315,
            "indices": 3.659,
        },
    ),
    "pool": (
        {
            "one": 52.935,
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
            "indices": 12.552,
            "mux": 0.0,
            "width": 0.0,
        },
        {
            "one": 0.0,
            "logit": 0.543,
            "indices": 0.004,
        },
    ),
    "stream": (
        {
            "one": 16.667,
        },
        {},
    ),
    "update": (
        {
            "one": 0.0,
            "fired": 0.902,
            "p": 0.0,
            "v": 1.399,
            "channel_logic": 0.056,
            "membrane_mux": 0.958,
            "indices": 2.601,
        },
        {
            "one": 0.0,
            "drive": 0.287,
            "p": 0.47,
            "fired": 0.706,
            "limit": 0.826,
            "leak": 0.058,
            "indices": 0.618,
        },
    ),
}
