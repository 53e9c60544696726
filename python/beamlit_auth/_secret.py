"""The text of a header that carries a credential."""


class Secret(str):
    """A text that is sent and compared as any other, and does not show itself in a `repr`.

    Not in a notebook's cell, and not in a traceback with locals, in whatever dict of whatever HTTP library it
    ends up.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "'…'"
