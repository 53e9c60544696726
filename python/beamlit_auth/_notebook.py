"""A login in a notebook: a card with link and code, and a line below it that counts down.

What a cell shows is saved with the notebook, so both are emptied when the login is over, however it ended.
The card itself is drawn once: redrawn every second, it would take the focus from the link and the selection
from the code.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from html import escape
from typing import Any

from IPython.display import display

from ._login import instructions, remaining
from ._native import Login, Session
from .errors import BeamlitError

PAUSE = 0.1
"""Seconds between two looks at the login."""

# Colours are the page's own, so that the card is readable on a dark one as well.
CARD = """<div role="group" aria-label="Login" style="max-width: 36em; padding: 0.75em 1em; \
border: 1px solid; border-radius: 6px; color: inherit; background: transparent; \
font-family: sans-serif; line-height: 1.5">
<div>{before_link}</div>
<div style="overflow-wrap: anywhere"><a href="{url}" target="_blank" rel="noopener noreferrer">{url}</a></div>
<div style="margin-top: 0.5em">{before_code}</div>
<div style="font: bold 1.5em monospace; letter-spacing: 0.1em">{user_code}</div>
</div>"""
LINE = '<div role="timer" style="padding: 0.25em 1em; color: inherit; font-family: sans-serif">{text}</div>'


class Card:
    """The outputs of one login."""

    def show(self, pending: Login, workspace: str | None) -> None:
        before_link, before_code = instructions(pending, workspace)
        texts = {
            "before_link": before_link,
            "url": pending.url,
            "before_code": before_code,
            "user_code": pending.user_code,
        }
        html = CARD.format_map({name: escape(text) for name, text in texts.items()})
        self._card = _Output(html, "\n".join(texts.values()))
        self._state = _waiting(pending)
        self._line = _Output(*_line(self._state))

    def wait(self, pending: Login) -> Session:
        end = ""
        try:
            while (session := pending.poll()) is None:
                self._count_down(pending)
                time.sleep(PAUSE)
            end = "Logged in."
            return session
        finally:
            self._card.update("", "")
            self._line.update(*_line(end))

    def leave(self, pending: Login) -> None:
        """Empties the card when the login is over, although the cell has ended."""
        threading.Thread(target=self._follow, args=(pending,), name="beamlit-card", daemon=True).start()

    def _follow(self, pending: Login) -> None:
        # Whoever waits for the login is told what it failed with.
        with suppress(BeamlitError):
            self.wait(pending)

    def _count_down(self, pending: Login) -> None:
        state = _waiting(pending)
        if state != self._state:
            self._state = state
            self._line.update(*_line(state))


class _Output:
    """One output of a cell, in HTML, and in text for frontends without."""

    def __init__(self, html: str, text: str) -> None:
        self._handle: Any = display(_bundle(html, text), raw=True, display_id=True)  # type: ignore[no-untyped-call]

    def update(self, html: str, text: str) -> None:
        self._handle.update(_bundle(html, text), raw=True)


def _bundle(html: str, text: str) -> dict[str, str]:
    return {"text/html": html, "text/plain": text}


def _waiting(pending: Login) -> str:
    return f"Waiting for the approval; the code expires in {remaining(pending, time.time())} min."


def _line(text: str) -> tuple[str, str]:
    return (LINE.format(text=escape(text)) if text else "", text)
