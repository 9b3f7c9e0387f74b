"""What options of a training and of an import accept, by name.

It stands apart from what the options do, so that help texts do not wait for torch.
"""

FROM_NIR = "nir"  # the model of a run that starts from a NIR graph, which is the network
NIR_SUFFIX = ".nir"  # of a file that holds a NIR graph
SPLITS = ("train", "test")
DECAYS = ("euler", "exp")  # see qtrain.interchange.step_equations
RESETS = ("hard", "soft")
LIF_CHOICES = {
    "spike": ("ternary", "binary"),
    "reset": RESETS,
    "amplitude": ("trainable", "fixed"),
    "surrogate": ("triangle", "wide", "rectangle"),
}
TRAINING_CHOICES = {
    "decay": DECAYS,
    "amplitude_per": ("layer", "channel"),
    "optimizer": ("muon", "adamw", "sgd"),
    "schedule": ("cosine", "linear"),
    "border": ("zeros", "reflect"),
    "precision": ("float32", "bfloat16"),
}
FASTEST = "fastest"  # a precision that becomes the one that is fastest on this machine
PRECISIONS = (FASTEST, *TRAINING_CHOICES["precision"])
