"""Latencies of the core's pipelines, in cycles, as the Verilog is written.

The timing model and the proofs take them from here, and the top level hands CURRENT on to the
updates. The tests of the timing model, which is exact to the cycle, hold them against the Verilog.
"""

CURRENT = 6  # from a sweep's read of a word to its current (trispike_engine.v)
UPDATE = 3  # from there to the spikes or the logit at the buffer (trispike_update.v)
FIFO = 2  # from a word's arrival in a buffer to its first chance to leave (trispike_fifo.v)
CLASS = 2  # from the last logit of a sample to its class (trispike_argmax.v)
SWEEP_MIN = 6  # from one sweep's start to the next one's: v is written before it is read again
STORED = 5  # from an operation of the accumulators to the sum that it leaves
MEMBRANE = 4  # from a word's turn in a sweep to the read of its membrane
