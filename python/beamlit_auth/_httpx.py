"""httpx and httpx2: `auth=session.httpx()` in full, and `auth=session` in a `Client` of theirs.

Both (tried with httpx 0.28 and httpx2 2.16) copy `request.headers` to wherever a redirect points, and leave
out `Authorization` at most, so ours are where only the transport sees them. They pass a request's extensions
along too, and httpcore reports each request to the extension `trace` before it sends it: there ours are put
on the requests that same-origin redirects make.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Callable, Generator
from importlib import import_module
from typing import Any

from ._native import Headers, Session
from .errors import InvalidArgument

CO_ASYNC_GENERATOR = 0x200


def httpx(session: Session) -> Any:
    """The `auth=` of a client of httpx."""
    return _classes("httpx").auth(session)


def httpx2(session: Session) -> Any:
    """The `auth=` of a client of httpx2."""
    return _classes("httpx2").auth(session)


def attach(session: Session, request: Any) -> Any:
    """Puts the session's headers on `request`, for a client that was given `auth=session`."""
    # httpx wraps the session in an `Auth`, whose flow an AsyncClient drives from an async generator.
    flow = sys._getframe(1).f_back
    library = type(request).__module__.partition(".")[0]
    if flow is not None and flow.f_code.co_flags & CO_ASYNC_GENERATOR:
        raise InvalidArgument(
            "auth=session is for a Client, and this is an AsyncClient, whose loop it would block; "
            f"use auth=session.{library}()"
        )
    headers = session.headers(str(request.url), method=request.method)
    _classes(library).put(request, headers, _Redirects(request, _Redirects.told))
    return request


class _Flow:
    """What is sent for one request: the request, and after a 401 the same with a new token."""

    make: Callable[[Session], Any]

    def __init__(self, session: Session) -> None:
        self._session = session

    def __reduce__(self) -> Any:
        return type(self).make, (self._session,)

    def sync_auth_flow(self, request: Any) -> Generator[Any, Any, None]:
        session, sending = self._session, _Sending(request, _Redirects.told)
        sending.put(session.headers(sending.url, method=request.method))
        while (again := sending.answered((yield sending.request), session)) is not None:
            sending.put(session.headers(sending.url, method=again.method))

    async def async_auth_flow(self, request: Any) -> AsyncGenerator[Any, Any]:
        session, sending = self._session, _Sending(request, _Redirects.told_later)
        sending.put(await session.aio.headers(sending.url, method=request.method))
        while (again := sending.answered((yield sending.request), session)) is not None:
            sending.put(await session.aio.headers(sending.url, method=again.method))


class _Sending:
    """One request on its way through redirects and a 401."""

    def __init__(self, request: Any, told: Callable[..., Any]) -> None:
        self.request = request
        self._library = _classes(type(request).__module__.partition(".")[0])
        self._origin = _origin(request)
        self._redirects = _Redirects(request, told)
        self._headers: Headers | None = None
        self._renewed = self._caught_up = False

    @property
    def url(self) -> str:
        return str(self.request.url)

    def put(self, headers: Headers) -> None:
        """Has the request carry `headers`."""
        self._headers = headers
        self._redirects.begin(headers)
        self._library.put(self.request, headers, self._redirects)

    def answered(self, response: Any, session: Session) -> Any:
        """The request that is to be sent now, without its headers; None if `response` is the answer."""
        request = response.request
        hops = [answer.request for answer in response.history] + [request]
        if response.status_code != 401 or any(_origin(hop) != self._origin for hop in hops):
            return None
        if request is not self.request and not self._redirects.told_of_any and not self._caught_up:
            # A transport that reports nothing: ours were lost on the redirect, and were not what was refused.
            self._caught_up = True
        elif not self._renewed and self._headers is not None and session.invalidate(self._headers):
            self._renewed = True
        else:
            return None
        if not _can_be_sent_again(request):
            return None
        self.request = request
        return request


class _Redirects:
    """The extension `trace` of a request and of those that redirects make of it."""

    def __init__(self, request: Any, told: Callable[..., Any]) -> None:
        self.headers: Headers | None = None
        self.told_of_any = False
        self._origin: tuple[bytes, bytes, int | None] | None = None
        self._told = told
        self.next: Callable[[str, dict[str, Any]], Any] | None = request.extensions.get("trace")

    def begin(self, headers: Headers) -> None:
        """The next request that is reported carries `headers` already."""
        self.headers, self._origin = headers, None

    def __call__(self, event: str, info: dict[str, Any]) -> Any:
        return self._told(self, event, info)

    def told(self, event: str, info: dict[str, Any]) -> None:
        self._look(event, info)
        if self.next is not None:
            self.next(event, info)

    async def told_later(self, event: str, info: dict[str, Any]) -> None:
        self._look(event, info)
        if self.next is not None:
            await self.next(event, info)

    def _look(self, event: str, info: dict[str, Any]) -> None:
        request = info.get("request")
        if not event.endswith(".send_request_headers.started") or request is None:
            return
        if request.method == b"CONNECT" or self.headers is None:
            return
        self.told_of_any = True
        origin = (request.url.scheme, request.url.host, request.url.port)
        if self._origin is None:
            self._origin = origin
        elif self._origin == origin:
            request.headers += [line for line in encoded(self.headers) if line not in request.headers]
        else:
            # Nothing is put on what comes after a redirect to another origin.
            self.headers = None


class _Ours:
    """The headers of a request, with ours in `raw` alone: that is what is sent."""

    def __init__(self, seen: Any, ours: Headers) -> None:
        self._ours = ours
        super().__init__(seen)  # type: ignore[call-arg]
        for name in ours:
            self.pop(name, None)  # type: ignore[attr-defined]

    @property
    def raw(self) -> list[tuple[bytes, bytes]]:
        seen: list[tuple[bytes, bytes]] = super().raw  # type: ignore[misc]
        return seen + encoded(self._ours)

    def __reduce__(self) -> Any:
        return self._ours.__reduce__()


class _Classes:
    """What is ours in the classes of one of the two libraries."""

    def __init__(self, library: Any) -> None:
        self._headers = type("Headers", (_Ours, library.Headers), {})
        make = staticmethod({"httpx": httpx, "httpx2": httpx2}[library.__name__])
        self.auth = type("SessionAuth", (_Flow, library.Auth), {"make": make})

    def put(self, request: Any, headers: Headers, redirects: _Redirects) -> None:
        """Puts `headers` on `request`, where only the transport sees them."""
        redirects.begin(headers)
        request.headers = self._headers(request.headers, headers)
        request.extensions["trace"] = redirects


_made: dict[str, _Classes] = {}


def _classes(library: str) -> _Classes:
    if library not in _made:
        _made[library] = _Classes(import_module(library))
    return _made[library]


def _origin(request: Any) -> tuple[str, str, int | None]:
    return request.url.scheme, request.url.host, request.url.port


def _can_be_sent_again(request: Any) -> bool:
    """Whether the body can be sent again: it is in memory, or a form whose files are read from the start."""
    stream = request.stream
    if type(stream).__name__ != "MultipartStream":
        return type(stream).__name__ == "ByteStream"
    files = [getattr(field, "file", b"") for field in stream.fields]
    return all(isinstance(file, (str, bytes)) or file.seekable() for file in files)


def encoded(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Names and values as they are sent."""
    return [(name.encode("ascii"), headers[name].encode("ascii")) for name in headers]
