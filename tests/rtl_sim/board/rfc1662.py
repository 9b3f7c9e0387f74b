"""The frames of RFC 1662 by its own rules, bit by bit, for the tests of what makes and takes them.

Section 3.1: flags of 7e around a frame. 4.2: 7d, then the byte with bit 5 complemented, for 7e and
7d. C.3: the check of 32 bits, of the polynomial x^32 + x^26 + x^23 + x^22 + x^16 + x^12 + x^11 +
x^10 + x^8 + x^7 + x^5 + x^4 + x^2 + x + 1, all ones before the first bit, complemented, and sent
lowest byte first. 4.3: a frame that ends in 7d 7e is aborted.
"""

POWERS = (26, 23, 22, 16, 12, 11, 10, 8, 7, 5, 4, 2, 1, 0)


def check(payload: bytes) -> bytes:
    """The 4 bytes behind a payload."""
    reflected = sum(1 << (31 - power) for power in POWERS)
    register = (1 << 32) - 1
    for byte in payload:
        for n in range(8):
            feedback = (register ^ byte >> n) & 1
            register = register >> 1 ^ (reflected if feedback else 0)
    return (register ^ (1 << 32) - 1).to_bytes(4, "little")


def escaped(content: bytes) -> bytes:
    """What is sent for these bytes between flags."""
    return b"".join(
        bytes([0x7D, byte ^ 0x20]) if byte in b"\x7d\x7e" else bytes([byte]) for byte in content
    )


def framed(payload: bytes) -> bytes:
    """The frame of a payload."""
    return b"\x7e" + escaped(payload + check(payload)) + b"\x7e"


def payload(words: list[int]) -> bytes:
    """The bytes of words, the lowest of each first."""
    return b"".join(word.to_bytes(4, "little") for word in words)


def words_of(between: bytes) -> list[int] | None:
    """The words of what came between two flags; None if it is no frame."""
    content = bytearray()
    rest = iter(between)
    for byte in rest:
        if byte == 0x7D:
            byte = next(rest, None)
            if byte is None:
                return None
            byte ^= 0x20
        content.append(byte)
    body, behind = bytes(content[:-4]), bytes(content[-4:])
    if len(body) < 4 or len(body) % 4 or check(body) != behind:
        return None
    return [int.from_bytes(body[n : n + 4], "little") for n in range(0, len(body), 4)]
