"""Networks that other frameworks train and export to NIR, and the comparison of our builds with them.

`train_NAME.py` runs in an environment of that framework, `compare.py` in ours. What passes from the
one to the other is a folder a network, which `recording.py` describes.
"""
