"""Errors put into the Verilog, and what finds each of them."""
