"""requests: heals a 401 once, and lets none of our headers follow a redirect to another origin.

requests (tried with 2.34) runs the hooks of an answer before it copies the request for a redirect, and the
copies share the hooks.
"""

from __future__ import annotations

from typing import Any

from requests import PreparedRequest, Response
from requests.exceptions import UnrewindableBodyError
from requests.utils import rewind_body

from ._native import Answers
from ._origin import leaves


def answered(hook: Answers, response: Response, options: dict[str, Any]) -> Response:
    """What the caller gets for `response`."""
    request = response.request
    if not _is_on(hook, request):
        return response
    if response.status_code == 401:
        response = _heal(hook, response, options)
    if response.is_redirect and leaves(request.url or "", response.headers["location"]):
        for name in hook.headers:
            del request.headers[name]
    return response


def _is_on(hook: Answers, request: PreparedRequest) -> bool:
    """Whether `request` carries the headers; one that was redirected to another origin does not."""
    return all(request.headers.get(name) == value for name, value in hook.headers.items())


def _heal(hook: Answers, response: Response, options: dict[str, Any]) -> Response:
    """The answer to the same request with a new token.

    It is `response` itself if there is no other token, or if the body cannot be sent again.
    """
    request = response.request
    if not hook.session.invalidate(hook.headers) or not _rewound(request):
        return response
    hook.headers = hook.session.headers(request.url or "", method=request.method or "GET")
    # The request itself as well: it is the one that requests copies for a redirect.
    request.headers.update(hook.headers)
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
