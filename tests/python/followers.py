"""A function for each way in which a program sends a request with a session and follows redirects."""

from __future__ import annotations

import asyncio
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import aiohttp
import httpx
import httpx2
import requests

from beamlit_auth import Session

# Sends `method` to `url` with a session and gives the status; a file of certificates says whom to trust.
Follow = Callable[[Session, str, str, "Path | None"], int]


def by_requests(session: Session, url: str, method: str = "GET", ca: Path | None = None) -> int:
    return requests.request(method, url, auth=session, verify=str(ca) if ca else True).status_code


def by_httpx(session: Session, url: str, method: str = "GET", ca: Path | None = None) -> int:
    with httpx.Client(auth=session, follow_redirects=True, verify=trusting(ca)) as client:
        return client.request(method, url).status_code


def by_httpx_adapter(session: Session, url: str, method: str = "GET", ca: Path | None = None) -> int:
    with httpx.Client(auth=session.httpx(), follow_redirects=True, verify=trusting(ca)) as client:
        return client.request(method, url).status_code


def by_httpx_async(session: Session, url: str, method: str = "GET", ca: Path | None = None) -> int:
    async def send() -> int:
        auth = session.httpx()
        async with httpx.AsyncClient(auth=auth, follow_redirects=True, verify=trusting(ca)) as client:
            return (await client.request(method, url)).status_code

    return asyncio.run(send())


def by_httpx2(session: Session, url: str, method: str = "GET", ca: Path | None = None) -> int:
    with httpx2.Client(auth=session.httpx2(), follow_redirects=True, verify=trusting(ca)) as client:
        status: int = client.request(method, url).status_code
        return status


def by_httpx2_async(session: Session, url: str, method: str = "GET", ca: Path | None = None) -> int:
    async def send() -> int:
        auth = session.httpx2()
        async with httpx2.AsyncClient(auth=auth, follow_redirects=True, verify=trusting(ca)) as client:
            status: int = (await client.request(method, url)).status_code
            return status

    return asyncio.run(send())


def by_aiohttp(session: Session, url: str, method: str = "GET", ca: Path | None = None) -> int:
    async def send() -> int:
        async with (
            aiohttp.ClientSession(middlewares=[session.aiohttp()]) as client,
            client.request(method, url, ssl=trusting(ca)) as answer,
        ):
            return answer.status

    return asyncio.run(send())


def by_urllib(session: Session, url: str, method: str = "GET", ca: Path | None = None) -> int:
    """urllib follows no 307 or 308 of a POST; that is its answer then."""
    secure = urllib.request.HTTPSHandler(context=trusting(ca))
    body = b"" if method == "POST" else None
    try:
        with urllib.request.build_opener(secure, session.urllib()).open(
            urllib.request.Request(url, body, method=method)
        ) as answer:
            status: int = answer.status
            return status
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def by_urllib3(session: Session, url: str, method: str = "GET", ca: Path | None = None) -> int:
    with session.urllib3() as pools:
        if ca is not None:
            pools.connection_pool_kw["ca_certs"] = str(ca)
        status: int = pools.request(method, url).status
        return status


ALL = [
    by_requests,
    by_httpx,
    by_httpx_adapter,
    by_httpx_async,
    by_httpx2,
    by_httpx2_async,
    by_aiohttp,
    by_urllib,
    by_urllib3,
]
ADAPTERS = ALL[2:]


_trusting: dict[Path | None, ssl.SSLContext] = {}


def trusting(ca: Path | None) -> ssl.SSLContext:
    """Made once: reading the authorities of the system takes longer than a request."""
    if ca not in _trusting:
        _trusting[ca] = ssl.create_default_context(cafile=ca)
    return _trusting[ca]
