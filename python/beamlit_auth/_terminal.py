"""A login in a terminal: plain text on stderr."""

from __future__ import annotations

import sys
import time

from ._login import instructions, remaining
from ._native import Login, Session


class Terminal:
    """Prints link and code, and what became of them."""

    def show(self, pending: Login, workspace: str | None) -> None:
        before_link, before_code = instructions(pending, workspace)
        _print(f"{before_link}\n\n  {pending.url}\n\n{before_code}\n\n  {pending.user_code}\n")

    def wait(self, pending: Login) -> Session:
        _print(f"Waiting for the approval; the code expires in {remaining(pending, time.time())} min.")
        session = pending.wait()
        _print("Logged in.")
        return session

    def leave(self, pending: Login) -> None:
        """The text stays as it is."""


def _print(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
