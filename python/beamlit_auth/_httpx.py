"""`auth=session` in `httpx.Client`: attaches the headers, and lets none of ours follow a redirect away."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import httpx

from ._native import Headers, Session
from .errors import InvalidArgument

CO_ASYNC_GENERATOR = 0x200


def attach(session: Session, request: httpx.Request) -> httpx.Request:
    """Puts the session's headers on `request`, where only the transport sees them."""
    # httpx wraps the session in an `Auth`, whose flow an AsyncClient drives from an async generator.
    flow = sys._getframe(1).f_back
    if flow is not None and flow.f_code.co_flags & CO_ASYNC_GENERATOR:
        raise InvalidArgument(
            "auth=session is for httpx.Client, and this is an AsyncClient, whose loop it would block; "
            "call session.headers(url) in asyncio.to_thread and pass headers="
        )
    headers = session.headers(str(request.url), method=request.method)
    request.headers = _Sent(request.headers, headers)
    request.extensions["trace"] = _Redirects(headers, request)
    return request


class _Sent(httpx.Headers):
    """The headers of a request, with ours in `raw` alone.

    That is what is sent, while httpx copies the rest to wherever a redirect points and leaves out
    `Authorization` at most.
    """

    def __init__(self, seen: httpx.Headers, ours: Headers) -> None:
        self._ours = ours
        super().__init__(seen)
        for name in ours:
            self.pop(name, None)

    @property
    def raw(self) -> list[tuple[bytes, bytes]]:
        return super().raw + encoded(self._ours)


class _Redirects:
    """Puts our headers on the requests that same-origin redirects make of one request, as they are sent.

    httpcore reports each request before it sends it (the extension `trace`). Once a redirect has gone to
    another origin, nothing is put on what comes after it.
    """

    def __init__(self, headers: Headers, request: httpx.Request) -> None:
        self.headers: Headers | None = headers
        self.origin: tuple[bytes, bytes, int | None] | None = None
        self.next: Callable[[str, dict[str, Any]], None] | None = request.extensions.get("trace")

    def __call__(self, event: str, info: dict[str, Any]) -> None:
        if event.endswith(".send_request_headers.started"):
            self._put(info["request"])
        if self.next is not None:
            self.next(event, info)

    def _put(self, request: Any) -> None:
        if request.method == b"CONNECT" or self.headers is None:
            return
        origin = (request.url.scheme, request.url.host, request.url.port)
        if self.origin is None:
            # The request itself: ours are there already.
            self.origin = origin
        elif self.origin == origin:
            request.headers += [line for line in encoded(self.headers) if line not in request.headers]
        else:
            self.headers = None


def encoded(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Names and values as they are sent."""
    return [(name.encode("ascii"), headers[name].encode("ascii")) for name in headers]
