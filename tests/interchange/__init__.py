"""Networks of other frameworks, trained there and exported to NIR, and our builds of them.

`train_NAME.py` runs in an environment of that framework, `compare.py` in ours. What passes from the
one to the other is a folder for each network, which `recording.py` describes.
"""
