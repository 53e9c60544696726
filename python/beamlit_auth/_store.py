"""Stores of one's own: what an object has to have to hold logins."""

from __future__ import annotations

from typing import Protocol


class Store(Protocol):
    """A place for logins, given as `store`: any object with these names is one, and so is a URI: `file`,
    `file:PATH`, `encrypted-file:PATH`, `memory`, or for a fleet `redis://HOST`.

    With Redis the tokens of client credentials are shared by all hosts. A login whose refresh tokens are
    spent at a renewal is an `InvalidConfig` there unless the URI ends in `?rotating=1`, which accepts a
    weaker promise: one primary with `appendfsync always`, and a fail-over or a crash that loses writes may
    cost the login or double it.

    A key is made of letters, digits, `-`, `_` and `.`, 200 at most, and is no secret; data is
    opaque, secret, and 1 MiB at most. A version is the store's own text, `""` stands for no entry,
    and no version comes twice for a key. `write` and `delete` are a compare-and-set on it, and
    raise `StoreBusy` if the entry has another version now: everything rests on that, also between
    several hosts. Nobody is told a new version: the library reads again.

    The methods are called on any thread, several at once, and must not use a session of the store.
    What they raise besides `StoreBusy`, `StoreLocked`, `StoreCorrupt` and `Unsupported` becomes
    `StoreUnavailable`; the text of an exception that is no `BeamlitError` is not repeated.

    Optional besides: `lock(key, timeout)`, a context manager, which waits `timeout` seconds at most
    and only queues. Without it the programs of this user on this host queue by a file.

    `beamlit_auth.testing.conformance` tries all of that.
    """

    name: str
    """What errors call it."""

    def read(self, key: str) -> tuple[bytes, str] | None:
        """The data and the version of an entry; None if there is none."""

    def write(self, key: str, data: bytes, version: str) -> None:
        """Puts `data` in the place of the entry of `version`, durable when it returns."""

    def delete(self, key: str, version: str) -> None:
        """Removes the entry of `version`."""
