"""A build's integers as a NIR graph, and back."""
