"""Changed input files, of every kind that is read: none may give more than a refusal in one line.

`python -m tests.fuzz` makes sound inputs, changes each of them in many ways, and reads them as the
commands do. CONTRIBUTING.md describes it.
"""
