"""cocotb tests of single modules; they run inside the simulator."""
