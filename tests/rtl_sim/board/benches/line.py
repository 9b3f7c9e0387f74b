"""The host's end of the line: an independent UART, and frames by RFC 1662's rules."""

from cocotb.triggers import Timer
from cocotbext.uart import UartSink, UartSource

from tests.rtl_sim.board import rfc1662

CYCLE_NS, DIVIDER = 100, 4
BIT_NS = DIVIDER * CYCLE_NS
BYTE_NS = 10 * BIT_NS
SILENCE = 40  # bytes after which nothing comes any more
DONE, REFUSED, LATE = 0, 1, 2
READ, WRITE, STREAM, INFO = b"RWSI"


class Host:
    """Sends frames and reads the answers."""

    def __init__(self, rx, tx, bit_ns: int = BIT_NS) -> None:
        # UartSource and UartSink wait for whole nanoseconds, rounded down.
        baud = 1e9 / (bit_ns + 0.5)
        self.rx = rx
        self.source, self.sink = UartSource(rx, baud), UartSink(tx, baud)
        for side in (self.source, self.sink):
            side.log.setLevel("WARNING")
        self.tag, self.dropped = 0x7D, 0
        self.between = bytearray()
        self.open = False

    async def send(self, data: bytes) -> None:
        """All bytes, and the line is high again."""
        await self.source.write(data)
        await self.source.wait()

    async def send_words(self, words: list[int]) -> None:
        await self.send(rfc1662.framed(rfc1662.payload(words)))

    async def answer(self, patience: int = SILENCE) -> list[int] | None:
        """The words of the next frame; None if no byte comes in the time of so many."""
        while True:
            await self.sink.wait(patience * BYTE_NS, "ns")
            if self.sink.empty():
                assert not self.open, f"a frame that does not end: {self.between.hex(' ')}"
                return None
            (byte,) = self.sink.read_nowait(1)
            if byte != 0x7E:
                assert self.open, f"{byte:#04x} between frames"
                self.between.append(byte)
            elif not self.open:
                self.open = True
            else:
                words = rfc1662.words_of(bytes(self.between))
                assert words is not None, f"no frame: {self.between.hex(' ')}"
                self.between.clear()
                self.open = False
                return words

    def head(self, command: int, argument: int = 0) -> int:
        """The first word of a frame, with the next tag."""
        self.tag = (self.tag + 1) % 256
        return argument << 16 | command << 8 | self.tag

    def expected(self, command: int, words: list[int], status: int = DONE) -> list[int]:
        """The answer to the last frame."""
        return [self.dropped << 16 | command << 8 | self.tag, *words, status]

    async def ask(
        self,
        command: int,
        argument: int,
        words: list[int],
        expected: list[int],
        status: int = DONE,
        patience: int = SILENCE,
    ) -> None:
        """Send a frame; the answer must have these words and this status."""
        await self.send_words([self.head(command, argument), *words])
        got = await self.answer(patience)
        right = self.expected(command, expected, status)
        assert got == right, f"expected {list(map(hex, right))}, got {got and list(map(hex, got))}"

    async def nothing(self) -> None:
        """No answer comes."""
        got = await self.answer()
        assert got is None, f"an answer: {got}"

    async def works(self) -> None:
        """The next frame is answered."""
        await self.ask(INFO, 0xABCD, [0], [16])

    async def level(self, value: int, bits: float) -> None:
        """The line for so many bits."""
        self.rx.value = value
        await Timer(round(bits * BIT_NS), "ns")
