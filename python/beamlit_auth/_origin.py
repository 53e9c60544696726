"""Origins, as the adapters look at redirects."""

from __future__ import annotations

import re
from urllib.parse import urljoin

# No URL that two parsers could read in two ways matches: no user name, blank, backslash or non-ASCII letter.
_ORIGIN = re.compile(
    r"(https?|wss?)://([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?(?=[/?#]|\Z)", re.IGNORECASE
)


def leaves(url: str, location: str) -> bool:
    """Whether a redirect from `url` goes to another origin, as far as one can be sure that it does not."""
    there = origin(urljoin(url, location))
    return there is None or there != origin(url)


def origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of `url`, if every parser agrees on them."""
    match = _ORIGIN.match(url)
    if match is None:
        return None
    scheme, host, port = match.groups()
    scheme = scheme.lower()
    return scheme, host.lower(), int(port or (443 if scheme in ("https", "wss") else 80))
