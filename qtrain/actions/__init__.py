"""What the commands do that load torch, a module for each, so that their help need not wait."""
