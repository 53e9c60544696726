"""`auth=session` in httpx.Client."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import AsyncIterator

import httpx
import pytest

import beamlit_auth
from beamlit_auth import ApiKey, Session
from emulator import Emulator

URL = "https://api.beamlit.com/v0/models"


def test_a_client_takes_it_once(emulator: Emulator) -> None:
    with httpx.Client(auth=emulator.session()) as client:
        assert [client.get(emulator.models).status_code for _ in range(3)] == [200] * 3
    assert emulator.token_requests() == 1


def test_the_callers_own_headers_stay_but_those_of_our_names(emulator: Emulator) -> None:
    own = {"X-Own": "1", "x-beamlit-api-key": "other"}
    session = emulator.session(emulator.key())
    assert httpx.get(emulator.models, auth=session, headers=own).status_code == 200
    (request,) = emulator.received("/models")
    sent = [(name, value) for name, value in request.headers if name.startswith(("x-", "auth"))]
    assert sorted(sent) == [
        ("x-beamlit-api-key", emulator.own_key),
        ("x-beamlit-workspace", "acme"),
        ("x-own", "1"),
    ]


def test_a_401_surfaces(emulator: Emulator) -> None:
    emulator.fault("/models", status=401, times=1)
    assert httpx.get(emulator.models, auth=emulator.session()).status_code == 401


def test_a_foreign_origin_is_refused() -> None:
    session = Session(credential=ApiKey("EMULATOR"))
    with pytest.raises(beamlit_auth.OriginRefused):
        httpx.get("https://evil.example/", auth=session)


def test_what_is_sent_shows_in_raw_alone() -> None:
    session = Session("acme", credential=ApiKey("CANARY"))
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, request=request)

    client = httpx.Client(auth=session, transport=httpx.MockTransport(answer))
    assert client.get(URL).status_code == 200
    (request,) = seen
    assert (b"X-Beamlit-Api-Key", b"CANARY") in request.headers.raw
    assert (b"X-Beamlit-Workspace", b"acme") in request.headers.raw
    assert "X-Beamlit-Api-Key" not in request.headers
    assert "CANARY" not in repr(request.headers) + repr(dict(request.headers)) + repr(vars(request))
    assert (b"X-Beamlit-Api-Key", b"CANARY") not in httpx.Headers(request.headers).raw
    assert (b"X-Beamlit-Api-Key", b"CANARY") not in request.headers.copy().raw
    with pytest.raises(TypeError, match="BL_API_KEY"):
        pickle.dumps(request)


def test_the_callers_own_trace_is_still_told(emulator: Emulator) -> None:
    events: list[str] = []
    trace = {"trace": lambda event, _: events.append(event)}
    with httpx.Client(auth=emulator.session()) as client:
        assert client.get(emulator.models, extensions=trace).status_code == 200
    assert "http11.send_request_headers.started" in events


def test_an_async_client_is_told_what_to_do_instead() -> None:
    session = Session(credential=ApiKey("EMULATOR"))

    async def get() -> None:
        async with httpx.AsyncClient(auth=session) as client:
            await client.get(URL)

    with pytest.raises(beamlit_auth.InvalidArgument, match=r"AsyncClient.*session\.httpx\(\)"):
        asyncio.run(get())


def test_a_client_inside_an_async_generator_is_no_async_client(emulator: Emulator) -> None:
    session = emulator.session()

    async def statuses() -> AsyncIterator[int]:
        with httpx.Client(auth=session) as client:
            yield client.get(emulator.models).status_code

    async def collect() -> list[int]:
        return [status async for status in statuses()]

    assert asyncio.run(collect()) == [200]


def test_headers_serve_an_async_client(emulator: Emulator) -> None:
    session = emulator.session()

    async def get() -> int:
        headers = await asyncio.to_thread(session.headers, emulator.models)
        async with httpx.AsyncClient() as client:
            return (await client.get(emulator.models, headers=headers)).status_code

    assert asyncio.run(get()) == 200
