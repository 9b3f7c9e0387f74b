"""Checks the rules that a build must satisfy, so that every engine can execute it as described."""
