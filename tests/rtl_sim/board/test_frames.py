"""The host's frames against known vectors and RFC 1662's rules; what is not right is dropped."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtl_sim.board import frames
from tests.rtl_sim.board import rfc1662

# many bytes that are escaped
WORD = st.one_of(
    st.integers(0, 2**32 - 1),
    st.lists(st.sampled_from([0x7E, 0x7D, 0x5E, 0x5D, 0x20]), min_size=4, max_size=4).map(
        lambda some: int.from_bytes(bytes(some), "little")
    ),
)
WORDS = st.lists(WORD, min_size=1, max_size=20)
FRAME = bytes.fromhex("7e 31323334 a3e0e39b 7e")  # CRC-32 of "1234" is 9be3e0a3


def test_the_check_is_the_crc_32_of_ethernet():
    """Whose value of "123456789" is in every catalogue."""
    assert zlib.crc32(b"123456789") == 0xCBF43926
    assert rfc1662.check(b"123456789") == bytes.fromhex("2639f4cb")


def test_known_frames():
    assert frames.encode([0x34333231]) == FRAME
    assert frames.encode([0x007D7E00])[1:7] == bytes.fromhex("00 7d5e 7d5d 00")
    assert frames.encode([0x5E5D2000])[1:5] == bytes.fromhex("00 20 5d 5e")


def test_a_check_is_escaped_too():
    word = next(n for n in range(10_000) if 0x7E in rfc1662.check(rfc1662.payload([n])))
    sent = frames.encode([word])
    assert sent.count(0x7E) == 2 and sent[5:] != rfc1662.check(rfc1662.payload([word])) + b"\x7e"
    assert frames.Decoder().feed(sent) == [[word]]


@given(WORDS)
def test_frames_are_those_of_the_rules(words):
    sent = frames.encode(words)
    assert sent == rfc1662.framed(rfc1662.payload(words))
    assert 0x7E not in sent[1:-1]
    assert rfc1662.words_of(sent[1:-1]) == words


@given(st.lists(WORDS, max_size=4), st.integers(1, 9), st.integers(0, 3))
def test_frames_come_out_as_they_went_in(several, step, flags):
    """In any pieces, with any flags between them, or one that two frames share."""
    sent = b"".join(frames.encode(words) + b"\x7e" * flags for words in several)
    if not flags:
        sent = sent.replace(b"\x7e\x7e", b"\x7e")
    decoder, found = frames.Decoder(), []
    for first in range(0, len(sent), step):
        found += decoder.feed(sent[first : first + step])
    assert (found, decoder.dropped) == (several, 0)


@given(st.binary(max_size=80), WORDS)
def test_noise_before_a_frame(noise, words):
    decoder = frames.Decoder()
    found = decoder.feed(noise + frames.encode(words))
    assert found[-1:] == [words]
    between = [part for part in noise.split(b"\x7e") if part]
    expected = [rfc1662.words_of(part) for part in between]
    assert decoder.dropped == expected.count(None)


@given(st.binary(max_size=24))
def test_what_comes_between_flags_is_judged_by_the_rules(between):
    assert frames.decode(between) == rfc1662.words_of(between)


@pytest.mark.parametrize("words", [[0x34333231], [0x7E7D7E7D, 0x5D5E0000], [0, 0xFFFFFFFF, 1]])
def test_each_flipped_bit_and_each_cut_is_dropped(words):
    sent = frames.encode(words)
    for bit in range(8 * len(sent)):
        wrong = bytearray(sent)
        wrong[bit // 8] ^= 1 << bit % 8
        decoder = frames.Decoder()
        assert words not in decoder.feed(bytes(wrong))
        # The flag before the next frame ends what is left of this one.
        assert decoder.feed(FRAME)[-1] == [0x34333231]
    for end in range(1, len(sent) - 1):
        decoder = frames.Decoder()
        assert decoder.feed(sent[:end] + FRAME) == [[0x34333231]]
        assert decoder.dropped == (end > 1)
        assert decoder.feed(b"\x7e" + sent[end:] + FRAME)[-1] == [0x34333231]


@pytest.mark.parametrize("size", [0, 1, 2, 3, 5, 6, 7])
def test_what_is_not_whole_words_is_dropped(size):
    """Though its check is right."""
    decoder = frames.Decoder()
    assert decoder.feed(rfc1662.framed(b"abcdefg"[:size])) == [] and decoder.dropped == 1


def test_an_abort_is_dropped():
    decoder = frames.Decoder()
    assert decoder.feed(FRAME[:-1] + b"\x7d\x7e") == [] and decoder.dropped == 1
