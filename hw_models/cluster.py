"""Connects to a Dask cluster, over whose workers a command spreads its work."""

from hw_models.errors import InputError

CONNECT_SECONDS = 10


def connected(address: str):
    """A client of the scheduler at `address`, which is a context.

    Raises:
        InputError: the package `distributed` is missing, or there is no scheduler.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise InputError("distributed: not installed; pip install 'trispike[dask]'") from error
    try:
        return Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(f"{address}: no Dask scheduler there; start `dask scheduler`") from error
