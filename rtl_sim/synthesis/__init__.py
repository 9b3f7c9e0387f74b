"""Runs a build through Yosys and nextpnr to find its cost on an FPGA."""
