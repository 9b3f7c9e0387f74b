"""The commands of `python -m compiler`: they read arguments, call the compiler and print."""
