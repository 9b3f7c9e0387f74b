"""stub"""
from typing import NamedTuple
class Area(NamedTuple):
    luts:int
    bram:int
def estimate(hw):
    return Area(sum(b.engine.lanes for l in hw.layers for s in l.synapses for b in s.branches)*40,sum(l.update.slice for l in hw.layers))
