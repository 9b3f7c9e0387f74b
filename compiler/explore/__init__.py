"""Many builds of one checkpoint, measured by the models, and which of them nothing beats."""
