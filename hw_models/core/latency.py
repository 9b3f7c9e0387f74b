"""Latencies of the core's pipelines in cycles, as the Verilog is written.

The timing model and the proofs use these numbers, and the top level passes CURRENT to the updates.
The timing model is exact to the cycle, so its tests check the numbers against the Verilog.
"""

REQUEST = 1  # from a sweep's request for a slice to its read (trispike_engine.v)
CURRENT = 7  # from the request to the current
UPDATE = 3  # from the current to the spikes or the logit at the buffer (trispike_update.v)
FIFO = 2  # from a word's arrival in a buffer until it can leave (trispike_fifo.v)
SLICE = 1  # from an event's arrival in a register slice until it can leave
CLASS = 2  # from the last logit of a sample to its class (trispike_argmax.v)
SWEEP_MIN = 6  # at least, from one sweep's start to the next: v is written before it is read
STORED = 5  # from an operation of the accumulators to its sum in the memory
MEMBRANE = 5  # from a word's turn in a sweep to the read of its membrane
