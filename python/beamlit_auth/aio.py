"""The calls that wait, for coroutines: the same names, awaited.

    headers = await session.aio.headers(url)
    session = await beamlit_auth.aio.login("acme")

What is at hand is given at once; a wait runs in a thread, so that the event loop goes on. Cancelling it ends
the wait alone, never the renewal or the request that is waited for. Nothing here belongs to a loop or has to
be closed.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Generic, Literal, TypeVar, overload

from . import _native
from .errors import BeamlitError, DeadlineExceeded, InvalidArgument

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._logout import Logout
    from ._native import Headers, Token, _Settings

__all__ = ["Login", "Session", "login", "start_login"]

LONGEST = 24 * 60 * 60
"""Seconds: there is no longer wait."""

_T = TypeVar("_T")
_Settled = TypeVar("_Settled")


class Session:
    """The calls of one `beamlit_auth.Session` that may wait."""

    __slots__ = ("_session",)

    def __init__(self, session: _native.Session, /) -> None:
        self._session = session

    async def headers(self, url: str, *, method: str = "GET", timeout: float | None = None) -> Headers:
        """The headers for a request to `url`; see `Session.headers`."""
        session = self._session
        headers = _native.headers_at_once(session, url, method)
        if headers is not None:
            return headers
        return await _landed(session, timeout, lambda: session.headers(url, method=method, timeout=0))

    async def token(self, *, min_valid: float | None = None, timeout: float | None = None) -> Token:
        """The access token, or the API key; see `Session.token`."""
        session = self._session
        token = _native.token_at_once(session, min_valid)
        if token is not None:
            return token
        if min_valid is None:
            return await _landed(session, timeout, lambda: session.token(timeout=0))
        return await _apart(lambda: session.token(min_valid=min_valid, timeout=timeout))

    def token_provider(self, url: str | None = None) -> Callable[[], Awaitable[str]]:
        """A coroutine function without arguments that gives the text of the current token, for clients that
        take one. With `url` each call refuses what `headers(url)` refuses.
        """

        async def token_provider() -> str:
            if url is not None:
                await self.headers(url)
            return (await self.token()).reveal()

        return token_provider

    async def renew(self, *, timeout: float | None = None) -> None:
        """Renews the token if that is due; see `Session.renew`."""
        await _apart(lambda: self._session.renew(timeout=timeout))

    async def logout(self, *, timeout: float | None = None) -> Logout:
        """Ends the stored login; see `Session.logout`."""
        return await _apart(lambda: self._session.logout(timeout=timeout))


class Login:
    """The calls of one `beamlit_auth.Login` that may wait."""

    __slots__ = ("_login",)

    def __init__(self, login: _native.Login, /) -> None:
        self._login = login

    async def poll(self) -> _native.Session | None:
        """The session, or None as long as the person has not approved; see `Login.poll`."""
        return await _apart(self._login.poll)

    async def wait(self, timeout: float | None = None) -> _native.Session:
        """Waits for the session; see `Login.wait`."""
        return await _apart(lambda: self._login.wait(timeout))


@overload
async def login(
    workspace: str | None = None,
    *,
    wait: Literal[True] = True,
    force: bool = False,
    **settings: Unpack[_Settings],
) -> _native.Session: ...
@overload
async def login(
    workspace: str | None = None,
    *,
    wait: Literal[False],
    force: bool = False,
    **settings: Unpack[_Settings],
) -> _native.Login: ...
async def login(
    workspace: str | None = None,
    *,
    wait: bool = True,
    force: bool = False,
    **settings: Unpack[_Settings],
) -> _native.Session | _native.Login:
    """A login with its own display; see `beamlit_auth.login`. Cancelling it gives the login up."""
    from ._login import login

    if wait:
        return await _apart(lambda: login(workspace, force=force, **settings))
    return await _apart(lambda: login(workspace, wait=False, force=force, **settings))


async def start_login(workspace: str | None = None, **settings: Unpack[_Settings]) -> _native.Login:
    """Starts a login and shows nothing; see `beamlit_auth.start_login`."""
    return await _apart(lambda: _native.start_login(workspace, **settings))


class _Work(Generic[_T]):
    """Something that runs on a thread of its own, and the future of a loop that it gives its outcome to."""

    def __init__(self, work: Callable[[], _T]) -> None:
        self._loop = asyncio.get_running_loop()
        self._work = work
        self._wait = _native.Wait()
        self.future: asyncio.Future[_T] = self._loop.create_future()
        self.waiting = 0
        # A notebook knows by the context which cell an output belongs to.
        run = contextvars.copy_context().run
        threading.Thread(target=run, args=(self._run,), name="beamlit-aio", daemon=True).start()

    def give_up(self) -> None:
        """Ends the thread's wait."""
        self._wait.give_up()

    def _run(self) -> None:
        try:
            outcome = self._wait.run(self._work)
        except BaseException as error:
            self._tell(self.future.set_exception, error)
        else:
            self._tell(self.future.set_result, outcome)

    def _tell(self, settle: Callable[[_Settled], None], outcome: _Settled) -> None:
        def tell() -> None:
            if not self.future.done():
                settle(outcome)

        # A loop that was closed meanwhile has nobody left who waits.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(tell)


_landings: dict[tuple[asyncio.AbstractEventLoop, _native.Session], _Work[None]] = {}
"""What waits for a token, one thread for all coroutines of a loop that wait for the same session's."""


async def _apart(work: Callable[[], _T]) -> _T:
    """What `work` gives on a thread of its own."""
    apart = _Work(work)
    try:
        return await apart.future
    finally:
        apart.give_up()


async def _landed(session: _native.Session, timeout: float | None, now: Callable[[], _T]) -> _T:
    """What `now`, which does not wait, gives when the renewal under way has ended, or the time is up."""
    loop = asyncio.get_running_loop()
    if timeout is not None and not timeout >= 0:
        raise InvalidArgument("a time in seconds is 0 or more; None is the default")
    until = loop.time() + (_native.time_limit(session) if timeout is None else min(timeout, LONGEST))
    while True:
        await _landing(loop, session, max(0, until - loop.time()))
        try:
            return now()
        except DeadlineExceeded:
            # Somebody may have had the new token refused already.
            if loop.time() >= until:
                raise


async def _landing(loop: asyncio.AbstractEventLoop, session: _native.Session, limit: float) -> None:
    """Waits until the renewal under way has ended, `limit` seconds at most."""

    def wait() -> None:
        # Whoever waits asks again, and is told the same.
        with suppress(BeamlitError):
            session.token(timeout=LONGEST)

    key = (loop, session)
    landing = _landings.get(key)
    if landing is None:
        landing = _landings[key] = _Work(wait)
    landing.waiting += 1
    try:
        await asyncio.wait([landing.future], timeout=limit)
    finally:
        landing.waiting -= 1
        if landing.future.done() or not landing.waiting:
            landing.give_up()
            if _landings.get(key) is landing:
                del _landings[key]
