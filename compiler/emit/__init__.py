"""From a finished graph to a build: integers, memories, parameters, the top level."""
