"""Puts a build on a board: its bitstream, and the host that talks to it through a UART."""
