"""The one error for input of the user that cannot be used."""


class InputError(ValueError):
    """The user gave a file, an option or a network that cannot be used.

    The message is one line: where, what was found, what is accepted, what to do. The command line
    prints only this message and exits with status 2.
    """


def need(holds: bool, where: str, what: str, found: object, accepted: object) -> None:
    """Raise InputError unless a rule holds.

    Args:
        holds: whether the rule holds.
        where: the file and the layer in it.
        what: the name of the field.
        found: the value of the field.
        accepted: a description of the accepted values.
    """
    if not holds:
        shown = list(found) if isinstance(found, tuple) else found
        raise InputError(f"{where}: {what} = {shown}, need {accepted}")
