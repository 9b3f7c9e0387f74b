"""Finds what HDF5 would go round in a circle at: a piece of no size in one of a file's heaps.

Texts of an HDF5 file lie in its global heaps. HDF5 goes from one piece of a heap to the next by
their sizes, and does not look whether it gets any further (HDF5 file format 3.0, III.E).
"""

from hw_models.errors import InputError

HEAP = b"GCOL\x01\0\0\0"  # signature, version, reserved
HEADER = 16  # bytes before the first piece, and before the content of each
FREE = 0  # the number of the piece that is not in use, whose size has its header in it
ADDRESSES = 1 << 64  # sizes beyond it begin again at 0


def check_heaps(content: bytes) -> None:
    """Check that the pieces of all heaps in an HDF5 file lead to the heap's end.

    Raises:
        InputError: one leads to itself; says where.
    """
    heap = content.find(HEAP)
    while heap >= 0:
        end = min(heap + number(content, heap + 8, 8), len(content))
        piece = heap + HEADER
        while piece + HEADER <= end:
            size = number(content, piece + 8, 8)
            if number(content, piece, 2) != FREE:
                size = (HEADER + -(-size // 8) * 8) % ADDRESSES
            if not size:
                raise InputError(f"a piece of no size in a heap, at byte {piece}; export it again")
            piece += size
        heap = content.find(HEAP, heap + len(HEAP))


def number(content: bytes, at: int, count: int) -> int:
    """The number in so many bytes, the lowest first."""
    return int.from_bytes(content[at : at + count], "little")
