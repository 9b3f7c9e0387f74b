"""The hardware's behaviour in Python: integer semantics, build artefact, golden model and costs."""
