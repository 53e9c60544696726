"""`auth=session` in requests: attaches headers, heals a 401 once, lets none of ours follow a redirect out."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urljoin

from requests import PreparedRequest, Response
from requests.exceptions import UnrewindableBodyError
from requests.utils import rewind_body

from ._native import Headers, Session

# No URL that two parsers could read in two ways matches: no user name, blank, backslash or non-ASCII letter.
_ORIGIN = re.compile(r"(https?)://([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?(?=[/?#]|\Z)", re.IGNORECASE)


def attach(session: Session, request: PreparedRequest) -> PreparedRequest:
    """Puts the session's headers on `request`, and has each answer to it looked at."""
    headers = session.headers(request.url or "", method=request.method or "GET")
    put(headers, request)
    # What `register_hook` does, without its look at the hook's type.
    request.hooks["response"].append(_Answers(session, headers))
    return request


def put(headers: Headers, request: PreparedRequest) -> None:
    """Puts `headers` on `request`, in the place of those of the same names."""
    fields = request.headers
    for name, value in headers.items():
        fields[name] = value


class _Answers:
    """Looks at each answer to one request before requests copies the request for a redirect."""

    __slots__ = ("headers", "session")

    def __init__(self, session: Session, headers: Headers) -> None:
        self.session = session
        self.headers = headers

    def __call__(self, response: Response, **options: Any) -> Response:
        request = response.request
        if not self._is_on(request):
            return response
        if response.status_code == 401:
            response = self._heal(response, options)
        if response.is_redirect and _leaves(request.url or "", response.headers["location"]):
            for name in self.headers:
                del request.headers[name]
        return response

    def _is_on(self, request: PreparedRequest) -> bool:
        """Whether `request` carries these headers; one that was redirected to another origin does not."""
        return all(request.headers.get(name) == self.headers[name] for name in self.headers)

    def _heal(self, response: Response, options: dict[str, Any]) -> Response:
        """The answer to the same request with a new token.

        It is `response` itself if there is no other token, or if the body cannot be sent again.
        """
        request = response.request
        if not self.session.invalidate(self.headers) or not _rewound(request):
            return response
        self.headers = self.session.headers(request.url or "", method=request.method or "GET")
        # The request itself as well: it is the one that requests copies for a redirect.
        put(self.headers, request)
        if not options.get("stream"):
            # Read to its end, so that the connection can be used again.
            _ = response.content
        response.close()
        replayed: Response = response.connection.send(request.copy(), **options)
        replayed.history.append(response)
        return replayed


def _rewound(request: PreparedRequest) -> bool:
    """Whether the body can be sent again, from where it began."""
    if request.body is None or isinstance(request.body, (str, bytes)):
        return True
    try:
        rewind_body(request)
    except UnrewindableBodyError:
        return False
    return True


def _leaves(url: str, location: str) -> bool:
    """Whether a redirect from `url` goes to another origin, as far as one can be sure that it does not."""
    origin = _origin(url)
    return origin is None or origin != _origin(urljoin(url, location))


def _origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of `url`, if every parser agrees on them."""
    match = _ORIGIN.match(url)
    if match is None:
        return None
    scheme, host, port = match.groups()
    return scheme.lower(), host.lower(), int(port or (443 if scheme.lower() == "https" else 80))
