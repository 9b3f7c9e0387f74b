"""Simulates a build in Verilog and compares it with the golden model."""
