"""Proves that the netlist which Yosys makes of a build equals its Verilog, for all inputs."""
