"""The banks of a weight memory, whose depths are powers of two that fill block RAMs."""

BANK_LEAST = 512  # words; a smaller bank is not divided, see trispike_banked_rom.v
# Bits per 36 of width from which a bank is block RAM, where logic would take 128 LUTs for each.
BANK_BLOCK_BITS = 2048


def bank_depths(depth: int) -> list[int]:
    """The words in each bank of a memory, divided as in rtl_sim/verilog/trispike_banked_rom.v.

    The banks are the powers of two that add up to the depth, largest first, while more than
    BANK_LEAST words are left. The last bank holds the rest: 3136 = 2048 + 1024 + 64.
    """
    banks = []
    while depth > BANK_LEAST:
        banks.append(1 << (depth.bit_length() - 1))
        depth -= banks[-1]
    return [*banks, depth] if depth else banks


def bank_in_block_ram(depth: int, width: int) -> bool:
    """Whether the core asks for block RAM for a bank of so many words of so many bits."""
    return depth * width >= BANK_BLOCK_BITS * -(-width // 36)
