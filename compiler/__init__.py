"""From a checkpoint of qtrain to a build folder of hw_models."""
