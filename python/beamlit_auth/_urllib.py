"""urllib.request: a handler that attaches the headers and heals a 401 once.

urllib leaves the headers of `add_unredirected_header` out of the request that a redirect makes, and hands the
`redirect_dict` of the first request on to those that follow it.
"""

from __future__ import annotations

from typing import IO, Any
from urllib.request import BaseHandler, Request
from urllib.response import addinfourl

from ._native import Headers, Session
from ._origin import origin


class SessionHandler(BaseHandler):
    """One of `urllib.request.build_opener(…)`. Safe to share."""

    # With those that answer a 401, and so before the handler that opens the connection.
    handler_order = 490

    def __init__(self, session: Session) -> None:
        self._session = session

    def http_request(self, request: Request) -> Request:
        way = _Way.of(request)
        if way.goes_on(request):
            way.headers = self._session.headers(request.full_url, method=request.get_method())
            for name, value in way.headers.items():
                request.add_unredirected_header(name, value)
        return request

    https_request = http_request

    def http_error_401(
        self, request: Request, answer: IO[bytes], code: int, message: str, headers: Any
    ) -> addinfourl | None:
        """The answer to the same request with a new token; None leaves the 401 to the next handler."""
        way = _Way.of(request)
        if way.headers is None or way.healed or not way.rewind(request):
            return None
        if not self._session.invalidate(way.headers):
            return None
        answer.read()
        answer.close()
        way.healed = True
        try:
            response: addinfourl = self.parent.open(request, timeout=request.timeout)
        finally:
            way.healed = False
        return response


class _Way(dict[str, int]):
    """The `redirect_dict` of a request and of those that redirects make of it: the URLs, and how often."""

    def __init__(self, request: Request) -> None:
        super().__init__()
        self.first = request
        self.origin = origin(request.full_url)
        self.headers: Headers | None = None
        self.healed = False
        self._left = False
        self._position = _position(request.data)

    @classmethod
    def of(cls, request: Request) -> _Way:
        found = vars(request).get("redirect_dict")
        if isinstance(found, cls):
            return found
        way = cls(request)
        vars(request)["redirect_dict"] = way
        return way

    def goes_on(self, request: Request) -> bool:
        """Whether `request` gets headers: the first one does, and others that stay with its origin."""
        self.headers = None
        strays = self.origin is None or origin(request.full_url) != self.origin
        # A request that is sent once more begins anew.
        self._left = request is not self.first and (self._left or strays)
        return not self._left

    def rewind(self, request: Request) -> bool:
        """Whether the body can be sent again, from where it began."""
        if request.data is None or isinstance(request.data, bytes):
            return True
        if request is not self.first or self._position is None:
            return False
        request.data.seek(self._position)  # type: ignore[union-attr]
        return True


def _position(body: Any) -> int | None:
    """Where a body that can be read again is read from."""
    if not hasattr(body, "seekable") or not body.seekable():
        return None
    position: int = body.tell()
    return position


def urllib(session: Session) -> SessionHandler:
    """A handler for `urllib.request.build_opener`."""
    return SessionHandler(session)
