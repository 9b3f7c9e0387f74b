"""Energy from the toggles of a netlist."""
