"""cocotb tests of what a board has around the core; they run inside the simulator."""
