"""`login()`: a login with a display of its own, in a terminal or a notebook."""

from __future__ import annotations

import json
import os
import sys
import warnings
from typing import TYPE_CHECKING, Literal, Protocol, overload

from ._native import DeviceLogin, Login, Session, explain, find_login, start_login
from .errors import LoginRequired

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._native import _Settings


class Display(Protocol):
    """Where a person sees a login."""

    def show(self, pending: Login, workspace: str | None) -> None: ...
    def wait(self, pending: Login) -> Session: ...
    def leave(self, pending: Login) -> None:
        """The caller waits for the login."""


@overload
def login(
    workspace: str | None = None,
    *,
    wait: Literal[True] = True,
    force: bool = False,
    **settings: Unpack[_Settings],
) -> Session: ...
@overload
def login(
    workspace: str | None = None,
    *,
    wait: Literal[False],
    force: bool = False,
    **settings: Unpack[_Settings],
) -> Login: ...
def login(
    workspace: str | None = None,
    *,
    wait: bool = True,
    force: bool = False,
    **settings: Unpack[_Settings],
) -> Session | Login:
    """The stored login as a session, or a new one that a person approves in a browser.

    A link and a code are shown: on stderr in a terminal, as a card in a notebook. `force` logs in anew even
    if the stored login is usable; `wait=False` shows them and gives the `Login`. With an API key or client
    credentials as `credential` nobody is asked: they are verified and stored. Nothing is read from stdin, no
    browser is opened, and key variables of the environment are ignored, with a warning, because they win in
    every later `Session()`.

    Raises `LoginRequired` with the reason `not_interactive` where nobody can see a link: where there is
    neither a terminal nor a notebook, or where the variable CI is set.
    """
    _warn_of_variables(workspace, settings)
    pending = None if force else find_login(workspace, **settings)
    if pending is not None:
        return pending.wait() if wait else pending
    credential = settings.get("credential")
    if credential is not None and not isinstance(credential, DeviceLogin):
        pending = start_login(workspace, **settings)
        return pending.wait() if wait else pending
    display = _display(workspace)
    pending = start_login(workspace, **settings)
    display.show(pending, workspace)
    if not wait:
        display.leave(pending)
        return pending
    try:
        return display.wait(pending)
    except BaseException:
        pending.cancel()
        raise


def _display(workspace: str | None) -> Display:
    """Where somebody can see a login; nothing of a notebook is imported elsewhere."""
    if not os.environ.get("CI"):
        ipython = sys.modules.get("IPython")
        shell = ipython.get_ipython() if ipython is not None else None
        if getattr(shell, "kernel", None) is not None:
            from ._notebook import Card

            return Card()
        if sys.stderr is not None and sys.stderr.isatty():
            from ._terminal import Terminal

            return Terminal()
    error = LoginRequired(
        "a login needs somebody who can see it, and here is neither a terminal nor a notebook, or CI is set; "
        f"run `bl login{f' {workspace}' if workspace else ''}` where there is one, or set BL_API_KEY"
    )
    error.reason = "not_interactive"
    raise error


_warned = False


def _warn_of_variables(workspace: str | None, settings: _Settings) -> None:
    """Says once that a variable of the environment wins over this login in later sessions."""
    global _warned
    rest = settings.copy()
    rest.pop("credential", None)
    links = [] if _warned else json.loads(explain(workspace, **rest).json())["links"]
    for link in links:
        if link["looked_at"] == "environment" and link["outcome"] in ("picked", "invalid"):
            _warned = True
            message = (
                f"the variable {link['link']} is set: login() ignores it, but it wins over the login in "
                "every later Session(); unset it to use the login"
            )
            warnings.warn(message, stacklevel=3)


def remaining(pending: Login, now: float) -> str:
    """How long the code is still good for: `9:58`."""
    minutes, seconds = divmod(max(0, round(pending.expires_at - now)), 60)
    return f"{minutes}:{seconds:02}"


def instructions(pending: Login, workspace: str | None) -> tuple[str, str]:
    """What to do: before the link, and before the code."""
    whose = f" to the workspace {workspace}" if workspace else ""
    before_code = "and check that it shows this code:"
    if not pending.verification_uri_complete:
        before_code = "and enter this code:"
    return f"To log in{whose}, open this page in a browser on any device:", before_code
