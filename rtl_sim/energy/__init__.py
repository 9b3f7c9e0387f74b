"""Prices a build by the toggles of its netlist of standard cells."""
