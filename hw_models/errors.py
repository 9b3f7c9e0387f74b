"""The one error that means: the user's input cannot be used."""


class InputError(ValueError):
    """Bad input: a file, an option or a network that cannot be used.

    The message is one line: where, what was found, what is accepted, what to do. The command
    line prints it alone and exits with status 2.
    """
