"""Data of a user's own: read from files or a class, and prepared for a network."""
