"""Redirects that HTTP libraries follow by themselves: what another origin gets to see of ours."""

from __future__ import annotations

import http.client
from contextlib import suppress

import aiohttp
import httpx
import httpx2
import pytest
import requests
import urllib3

from beamlit_auth import BeamlitError, Session
from emulator import Emulator
from followers import ADAPTERS, Follow, by_httpx, by_requests
from matrix import LOCATIONS
from sink import Sink, redirect

STATUSES = [301, 302, 303, 307, 308]
HEADERS = [
    ("key", "Authorization"),
    ("key", "X-Beamlit-Authorization"),
    ("key", "Api-Key"),
    ("key", "X-Beamlit-Api-Key"),
    ("key", "X-Own"),
    ("client", "Authorization"),
    ("client", "X-Beamlit-Authorization"),
    ("client", "X-Own"),
]
HOPS = 5


def by_requests_session(session: Session, url: str, method: str = "GET", ca: object = None) -> int:
    with requests.Session() as client:
        client.auth = session
        return client.request(method, url).status_code


def by_requests_next(session: Session, url: str, method: str = "GET", ca: object = None) -> int:
    with requests.Session() as client:
        answer = client.request(method, url, auth=session, allow_redirects=False)
        for _ in range(HOPS):
            if answer.next is not None:
                answer = client.send(answer.next, allow_redirects=False)
        return answer.status_code


def by_httpx_next(session: Session, url: str, method: str = "GET", ca: object = None) -> int:
    with httpx.Client() as client:
        answer = client.request(method, url, auth=session)
        for _ in range(HOPS):
            if answer.next_request is not None:
                answer = client.send(answer.next_request)
        return answer.status_code


ALL = [by_requests, by_requests_session, by_requests_next, by_httpx, by_httpx_next]


# What a library or an adapter of ours says to a location that it cannot read.
UNREADABLE = (
    BeamlitError,
    ValueError,
    OSError,
    http.client.HTTPException,
    requests.RequestException,
    httpx.HTTPError,
    httpx.InvalidURL,
    httpx2.HTTPError,
    httpx2.InvalidURL,
    aiohttp.ClientError,
    urllib3.exceptions.HTTPError,
)


def secrets(session: Session, url: str) -> list[bytes]:
    """What no other origin may see: the credential, and the names of our headers."""
    names = [name.lower().encode() for name in session.headers(url)]
    assert b"x-beamlit-workspace" in names
    return [session.token().reveal().encode(), *names]


def assert_nothing_of_ours(received: list[bytes], unwanted: list[bytes]) -> None:
    for request in received:
        for secret in unwanted:
            assert secret not in request
            assert secret not in request.lower()


@pytest.mark.parametrize("follow", ALL)
@pytest.mark.parametrize(("kind", "header"), HEADERS)
def test_another_origin_sees_nothing_of_ours(
    emulator: Emulator, sink: Sink, follow: Follow, kind: str, header: str
) -> None:
    session = emulator.session(getattr(emulator, kind)(), header=header)
    unwanted = secrets(session, emulator.models)
    for status in STATUSES:
        for target in (sink.url, sink.host_url):
            for method in ("GET", "POST"):
                emulator.fault("/start", status=status, redirect=f"{target}/end?q", times=1)
                assert follow(session, f"{emulator.api_url}/start", method, None) == 200
    assert len(sink.received) == 20
    assert_nothing_of_ours(sink.received, unwanted)


@pytest.mark.parametrize("follow", ALL)
@pytest.mark.parametrize(("kind", "header"), HEADERS)
def test_another_name_of_the_same_server_is_another_origin(
    emulator: Emulator, follow: Follow, kind: str, header: str
) -> None:
    session = emulator.session(getattr(emulator, kind)(), header=header)
    unwanted = secrets(session, emulator.models)
    other = emulator.models.replace("127.0.0.1", "localhost")
    emulator.fault("/start", redirect=other, times=1)
    assert follow(session, f"{emulator.api_url}/start", "GET", None) == 401
    (request,) = emulator.received("/models")
    assert_nothing_of_ours([repr(request.headers).encode()], unwanted)


@pytest.mark.parametrize("follow", [*ALL, *ADAPTERS])
def test_a_way_back_does_not_bring_them_back(emulator: Emulator, follow: Follow) -> None:
    session = emulator.session(emulator.key())
    unwanted = secrets(session, emulator.models)
    with Sink(redirect(emulator.models)) as sink:
        emulator.fault("/start", redirect=sink.url, times=1)
        assert follow(session, f"{emulator.api_url}/start", "GET", None) == 401
        assert len(sink.received) == 1
        assert_nothing_of_ours(sink.received, unwanted)
    (request,) = emulator.received("/models")
    assert_nothing_of_ours([repr(request.headers).encode()], unwanted)


@pytest.mark.parametrize("follow", [*ALL, *ADAPTERS])
@pytest.mark.parametrize("location", LOCATIONS)
def test_a_location_that_is_read_in_two_ways(
    emulator: Emulator, sink: Sink, follow: Follow, location: str
) -> None:
    own = emulator.console_url.rpartition(":")[2]
    with Sink(redirect(location.format(port=sink.port, own=own))) as first:
        session = Session("acme", credential=emulator.key(), api_url=first.url)
        # A library that cannot read it sends nothing; what it did send is looked at below.
        with suppress(*UNREADABLE):
            follow(session, f"{first.url}/start", "GET", None)
        assert b"X-Beamlit-Api-Key" in first.received[0]
        unwanted = secrets(session, first.url)
    assert_nothing_of_ours(sink.received, unwanted)


@pytest.mark.parametrize("follow", ALL)
@pytest.mark.parametrize(("kind", "header"), [row for row in HEADERS if row[1] != "X-Own"])
def test_the_same_origin_keeps_them(emulator: Emulator, follow: Follow, kind: str, header: str) -> None:
    session = emulator.session(getattr(emulator, kind)(), header=header)
    for status in STATUSES:
        for target in (emulator.models, "/v0/models", "models?q#f"):
            emulator.fault("/start", status=status, redirect=target, times=1)
            emulator.fault("/models", status=status, redirect=f"{emulator.models}?again", times=1)
            assert follow(session, f"{emulator.api_url}/start", "GET", None) == 200
    for request in emulator.received("/models"):
        assert sum(name == header.lower() for name, _ in request.headers) == 1


def test_a_401_after_a_redirect_heals_where_the_headers_are(emulator: Emulator) -> None:
    session = emulator.session()
    emulator.fault("/start", redirect=emulator.models, times=1)
    emulator.fault("/models", status=401, times=1)
    assert by_requests(session, f"{emulator.api_url}/start") == 200
    assert emulator.token_requests() == 2


def test_a_401_of_another_origin_moves_nothing(emulator: Emulator) -> None:
    session = emulator.session()
    with Sink(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n") as sink:
        emulator.fault("/start", redirect=sink.url, times=1)
        assert by_requests(session, f"{emulator.api_url}/start") == 401
        assert len(sink.received) == 1
    assert emulator.token_requests() == 1


def test_a_replay_that_is_redirected_away_takes_nothing_along(emulator: Emulator, sink: Sink) -> None:
    session = emulator.session(header="X-Beamlit-Authorization")
    unwanted = secrets(session, emulator.models)
    emulator.fault("/start", status=401, times=1)
    emulator.fault("/start", redirect=sink.url, times=1)
    assert by_requests(session, f"{emulator.api_url}/start") == 200
    assert emulator.token_requests() == 2
    assert_nothing_of_ours(sink.received, [*unwanted, *secrets(session, emulator.models)])
    assert len(sink.received) == 1
