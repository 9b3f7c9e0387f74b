"""The compiler's passes, one a file; compiler/pipeline.py puts them in order."""
