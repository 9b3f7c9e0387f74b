"""One sample in a file of its own: read, turned into input integers, and classified."""
