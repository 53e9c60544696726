"""What a logout did."""

from typing import NamedTuple


class Logout(NamedTuple):
    """What a logout did."""

    revoked: bool
    """The server revoked the refresh token (RFC 7009)."""
    deleted: bool
    """The login was in the store and is not any more."""
