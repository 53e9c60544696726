"""urllib3: a pool manager whose connection pools attach the headers and heal a 401 once.

The manager follows redirects with the headers that it was given, and knows nothing of ours: each pool puts
them on what it sends itself.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPHeaderDict, PoolManager, Retry
from urllib3.util.request import set_file_position

from ._native import Session
from ._origin import origin


def urllib3(session: Session) -> PoolManager:
    """A pool manager for requests of the session's origins."""
    pools = PoolManager()
    pools.pool_classes_by_scheme = {
        scheme: type(pool.__name__, (_Attaching, pool), {"session": session})
        for scheme, pool in pools.pool_classes_by_scheme.items()
    }
    return pools


class _Sent(HTTPHeaderDict):
    """Headers with ours among them."""


class _Attaching(HTTPConnectionPool):
    """Comes before the class of a connection pool."""

    session: Session

    def urlopen(  # type: ignore[override]
        self,
        method: str,
        url: str,
        body: Any = None,
        headers: Any = None,
        retries: Any = None,
        *rest: Any,
        **options: Any,
    ) -> BaseHTTPResponse:
        """As that of the connection pool, with the session's headers."""

        def send(headers: Any) -> BaseHTTPResponse:
            return super(_Attaching, self).urlopen(method, url, body, headers, retries, *rest, **options)

        whole = urljoin(self._base(), url)
        # urllib3 comes here again by itself: when it tries once more, and with what a redirect made.
        if isinstance(headers, _Sent) or _has_left(retries, whole):
            return send(headers)
        position = set_file_position(body, options.get("body_pos"))
        if isinstance(position, int):
            options["body_pos"] = position
        ours = self.session.headers(whole, method=method)
        theirs = self.headers if headers is None else headers
        response = send(_sent(theirs, ours))
        if response.status != 401 or not _can_be_sent_again(body, position):
            return response
        if not self.session.invalidate(ours):
            return response
        response.drain_conn()
        return send(_sent(theirs, self.session.headers(whole, method=method)))

    def _base(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}" if self.port else f"{self.scheme}://{host}"


def _sent(theirs: Any, ours: Any) -> _Sent:
    sent = _Sent(theirs)
    for name, value in ours.items():
        sent[name] = value
    return sent


def _has_left(retries: Any, url: str) -> bool:
    """Whether a redirect on the way to `url` went to another origin."""
    if not isinstance(retries, Retry):
        return False
    before = [origin(past.url or "") for past in retries.history if past.redirect_location]
    return any(there is None or there != origin(url) for there in before)


def _can_be_sent_again(body: Any, position: Any) -> bool:
    return body is None or isinstance(body, (str, bytes)) or isinstance(position, int)
