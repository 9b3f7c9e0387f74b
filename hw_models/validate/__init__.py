"""What must hold of a build, so that every engine can execute it as it is described."""
