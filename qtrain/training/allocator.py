"""Has the C library keep the memory that tensors free.

glibc gives each large array that is freed back to the system, and asks for it anew a moment later,
page by page. In the training of a convolutional network this takes a fifth of the time.
"""

import ctypes

# Of glibc's malloc.h: the free bytes at the heap's end that it keeps, and the size from which on an
# array has pages of its own; it takes no more than this for the latter.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
TRIM_BYTES, MMAP_BYTES = (1 << 31) - 1, 1 << 25


def keep_freed_memory() -> None:
    """Keep freed memory for the next tensors, in this process and from now on.

    What the process holds at most stays the same. Another C library than glibc is left as it is.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(M_TRIM_THRESHOLD, TRIM_BYTES)
        mallopt(M_MMAP_THRESHOLD, MMAP_BYTES)
