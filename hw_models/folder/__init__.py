"""The build folder: its description and integers, reference vectors, evidence."""
