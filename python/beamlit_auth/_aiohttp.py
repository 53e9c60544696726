"""aiohttp (3.12 or later): a middleware that attaches the headers and heals a 401 once.

aiohttp (tried with 3.14) runs middlewares at every hop of a redirect, and each hop begins with the caller's
headers alone. It does not say that a request is such a hop; where the last answer of the same task pointed to
says it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any, NamedTuple

from aiohttp import ClientRequest, ClientResponse
from yarl import URL

from ._native import Headers, Session
from ._origin import leaves

REDIRECTS = (301, 302, 303, 307, 308)


class _Hop(NamedTuple):
    """Where a redirect goes."""

    url: URL
    stays: bool
    """Whether it and all before it stay with one origin."""


_next: ContextVar[_Hop | None] = ContextVar("beamlit_auth_next_hop", default=None)


class Middleware:
    """One of `aiohttp.ClientSession(middlewares=[…])`. Safe to share."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def __call__(
        self, request: ClientRequest, handler: Callable[[ClientRequest], Awaitable[ClientResponse]]
    ) -> ClientResponse:
        hop = _next.get()
        _next.set(None)
        if hop is not None and hop.url == request.url and not hop.stays:
            response = await handler(request)
            _next.set(_hop(response, stays=False))
            return response
        headers = await self._put(request)
        response = await handler(request)
        if response.status == 401 and _can_be_sent_again(request) and self._session.invalidate(headers):
            response.release()
            await self._put(request)
            response = await handler(request)
        _next.set(_hop(response, stays=True))
        return response

    async def _put(self, request: ClientRequest) -> Headers:
        headers = await self._session.aio.headers(str(request.url), method=request.method)
        for name, value in headers.items():
            request.headers[name] = value
        return headers


def _hop(response: ClientResponse, *, stays: bool) -> _Hop | None:
    """Where `response` points to, if aiohttp may go there by itself."""
    location = response.headers.get("Location")
    if response.status not in REDIRECTS or location is None:
        return None
    try:
        url = response.url.join(URL(location)).with_fragment(None).with_user(None)
    except ValueError:
        return None
    return _Hop(url, stays and not leaves(str(response.url), location))


def _can_be_sent_again(request: ClientRequest) -> bool:
    return not getattr(request.body, "consumed", False)


def aiohttp(session: Session) -> Middleware:
    """One of the `middlewares` of a client session of aiohttp."""
    return Middleware(session)


def fsspec(session: Session) -> dict[str, Any]:
    """The options of fsspec's file system for HTTP, which is built on aiohttp."""
    return {"client_kwargs": {"middlewares": (Middleware(session),)}}
