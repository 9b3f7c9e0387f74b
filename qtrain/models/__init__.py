"""Named networks, as plain modules."""
