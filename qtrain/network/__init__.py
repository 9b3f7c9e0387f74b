"""A network as plain data: traced from a module, checked, built again, run and recorded."""
