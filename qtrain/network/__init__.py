"""A network as plain data: traced from a module, checked, rebuilt, run and recorded."""
