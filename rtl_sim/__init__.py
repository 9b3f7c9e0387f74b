"""The Verilog core and its benches: simulates a build and compares every spike and membrane."""
