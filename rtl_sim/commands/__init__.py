"""The commands of `python -m rtl_sim`, a module for each: they read arguments, call and print."""
