"""`make bench`: our speed beside that of other frameworks and engines, in turns.

Each framework has an environment of its own, in which a worker (worker.py) prepares what is asked
for and times it. The workers take turns, so that what else the machine does meets all of them.
"""
