"""A line to a board through a serial port of this machine."""

from collections.abc import Iterator
from contextlib import contextmanager

from hw_models.errors import InputError
from rtl_sim.board.host import Transport

PATIENCE_S = 3.0  # longer than the board's own


class Port:
    """A serial port, as pyserial opens it."""

    def __init__(self, serial) -> None:
        self._serial = serial

    def write(self, data: bytes) -> None:
        self._serial.write(data)
        self._serial.flush()

    def read(self, timeout_s: float) -> bytes:
        self._serial.timeout = timeout_s
        first = self._serial.read(1)
        return first + self._serial.read(self._serial.in_waiting) if first else b""


@contextmanager
def opened(name: str, baud: int) -> Iterator[Transport]:
    """The port of this name, closed afterwards.

    Raises:
        InputError: pyserial is missing, or the port cannot be opened or breaks off.
    """
    try:
        import serial
    except ImportError as error:
        raise InputError("pyserial: not found; `pip install 'trispike[board]'`") from error
    try:
        with serial.Serial(name, baud, exclusive=True) as port:
            port.reset_input_buffer()
            yield Port(port)
    except serial.SerialException as error:
        raise InputError(f"--port {name}: {error}") from error
