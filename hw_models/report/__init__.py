"""Reports of a build on its reference vectors, and their tables."""
