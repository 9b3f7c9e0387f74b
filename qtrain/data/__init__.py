"""Data sets behind one interface, how they are read, and augmentation."""
