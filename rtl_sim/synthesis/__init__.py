"""A build through Yosys and nextpnr: what it costs on an FPGA."""
