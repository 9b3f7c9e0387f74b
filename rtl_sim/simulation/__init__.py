"""A build simulated in Verilog and compared with the golden model."""
