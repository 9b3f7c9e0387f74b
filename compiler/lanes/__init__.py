"""How wide the core works on each layer: steps that set the lanes of a build and no value of it."""
