"""The Verilog core and its benches: a build simulated, every spike and membrane compared."""
