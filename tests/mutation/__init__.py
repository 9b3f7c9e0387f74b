"""Errors put into the Verilog library, and what finds each of them."""
