"""The commands of `python -m qtrain`, a module for each: they read arguments, call and print."""
