"""The commands of `python -m hw_models`, a module for each: they read arguments, call and print."""
