"""What the hardware computes: integer semantics, the build artefact, golden model and costs."""
