"""Turns a finished graph into a build: integers, memories, parameters and the top level."""
