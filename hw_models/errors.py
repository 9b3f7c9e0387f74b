"""The one error that means: the user's input cannot be used."""


class InputError(ValueError):
    """Bad input: a file, an option or a network that cannot be used.

    The message is one line: where, what was found, what is accepted, what to do. The command
    line prints it alone and exits with status 2.
    """


def need(holds: bool, where: str, what: str, found: object, accepted: object) -> None:
    """Raise InputError unless a rule holds.

    Args:
        where: the file and, in it, the layer.
        what: the field, `found` to be one thing and `accepted` to be another.
    """
    if not holds:
        shown = list(found) if isinstance(found, tuple) else found
        raise InputError(f"{where}: {what} = {shown}, need {accepted}")
