"""Networks that have a name, as plain modules of qtrain.layers."""
