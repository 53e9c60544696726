"""What every adapter does, whatever the library: a 401 makes one renewal and one replay, and so on."""

from __future__ import annotations

import asyncio
import io
import pickle
import threading
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import fsspec  # type: ignore[import-untyped]
import httpx
import httpx2
import pytest
import urllib3

import beamlit_auth
from beamlit_auth import ApiKey, Session
from emulator import Emulator
from followers import ADAPTERS, Follow, by_requests
from sink import Sink

HEALING = [by_requests, *ADAPTERS]
CROWD = 32


def tokens(emulator: Emulator, path: str = "/models") -> list[str]:
    """The header `Authorization` of each request to `path`."""
    return [dict(request.headers).get("authorization", "") for request in emulator.received(path)]


@pytest.mark.parametrize("follow", HEALING)
def test_a_401_heals_once(emulator: Emulator, follow: Follow) -> None:
    session = emulator.session()
    before = session.headers(emulator.models)
    emulator.fault("/models", status=401, times=1)
    assert follow(session, emulator.models, "GET", None) == 200
    first, second = tokens(emulator)
    assert first == before["Authorization"] != second == session.headers(emulator.models)["Authorization"]
    assert emulator.token_requests() == 2


@pytest.mark.parametrize("follow", HEALING)
def test_then_a_401_surfaces(emulator: Emulator, follow: Follow) -> None:
    session = emulator.session()
    emulator.fault("/models", status=401)
    assert follow(session, emulator.models, "GET", None) == 401
    assert len(tokens(emulator)) == 2
    # The second token came of a 401 a moment ago: it is not renewed for another one.
    assert follow(session, emulator.models, "GET", None) == 401
    assert len(tokens(emulator)) == 3
    assert emulator.token_requests() == 2


@pytest.mark.parametrize("follow", HEALING)
def test_a_401_to_an_api_key_surfaces_at_once(emulator: Emulator, follow: Follow) -> None:
    assert follow(emulator.session(ApiKey("EMULATOR-unknown")), emulator.models, "GET", None) == 401
    assert len(tokens(emulator)) == 1


@pytest.mark.parametrize("follow", HEALING)
def test_a_401_after_a_redirect_heals_where_the_headers_are(emulator: Emulator, follow: Follow) -> None:
    emulator.fault("/start", redirect=emulator.models, times=1)
    emulator.fault("/models", status=401, times=1)
    assert follow(emulator.session(), f"{emulator.api_url}/start", "GET", None) == 200
    assert emulator.token_requests() == 2
    assert len(tokens(emulator, "/start")) == 1


@pytest.mark.parametrize("follow", HEALING)
def test_a_replay_is_redirected_like_any_request(emulator: Emulator, follow: Follow) -> None:
    session = emulator.session()
    emulator.fault("/start", status=401, times=1)
    emulator.fault("/start", redirect=emulator.models, times=1)
    assert follow(session, f"{emulator.api_url}/start", "GET", None) == 200
    assert tokens(emulator) == [session.headers(emulator.models)["Authorization"]]
    assert emulator.token_requests() == 2


@pytest.mark.parametrize("follow", ADAPTERS)
def test_a_foreign_origin_is_refused(emulator: Emulator, follow: Follow) -> None:
    with pytest.raises(beamlit_auth.OriginRefused):
        follow(emulator.session(), "http://127.0.0.1:1/", "GET", None)
    assert emulator.token_requests() == 0


@pytest.mark.parametrize("follow", ADAPTERS)
def test_what_the_renewal_fails_with_is_raised(emulator: Emulator, follow: Follow) -> None:
    session = emulator.session()
    session.token()
    emulator.fault("/models", status=401)
    emulator.fault("/oauth/token", status=503)
    with pytest.raises(beamlit_auth.ServerUnavailable):
        follow(session, emulator.models, "GET", None)


@pytest.mark.parametrize("follow", HEALING)
def test_a_crowd_of_401s_makes_one_renewal(emulator: Emulator, follow: Follow) -> None:
    session = emulator.session()
    old = session.token()
    emulator.fault("/models", status=401, times=CROWD)
    meet = threading.Barrier(CROWD)

    def send() -> int:
        meet.wait(20)
        return follow(session, emulator.models, "GET", None)

    with ThreadPoolExecutor(CROWD) as pool:
        statuses = [future.result() for future in [pool.submit(send) for _ in range(CROWD)]]
    # Whoever comes after the renewal may be given the new token and meet one of the faults with it.
    assert set(statuses) <= {200, 401}
    assert emulator.token_requests() == 2
    assert session.token().generation == old.generation + 1


async def by_httpx(session: Session, url: str, gather: Gather) -> list[int]:
    async with httpx.AsyncClient(auth=session.httpx(), limits=httpx.Limits(max_connections=CROWD)) as client:

        async def send() -> int:
            return (await client.get(url)).status_code

        return await gather(send)


async def by_httpx2(session: Session, url: str, gather: Gather) -> list[int]:
    async with httpx2.AsyncClient(auth=session.httpx2()) as client:

        async def send() -> int:
            status: int = (await client.get(url)).status_code
            return status

        return await gather(send)


async def by_aiohttp(session: Session, url: str, gather: Gather) -> list[int]:
    async with aiohttp.ClientSession(middlewares=[session.aiohttp()]) as client:

        async def send() -> int:
            async with client.get(url) as answer:
                return answer.status

        return await gather(send)


Gather = Callable[[Callable[[], Awaitable[int]]], Awaitable[list[int]]]
ASYNC = [by_httpx, by_httpx2, by_aiohttp]


@pytest.mark.parametrize("send_all", ASYNC)
def test_a_crowd_of_coroutines_makes_one_renewal_and_the_loop_goes_on(
    emulator: Emulator, send_all: Callable[[Session, str, Gather], Awaitable[list[int]]]
) -> None:
    session = emulator.session()
    session.token()
    emulator.fault("/models", status=401, times=CROWD)
    emulator.fault("/oauth/token", delay_s=2)
    late: list[float] = []

    async def tick() -> None:
        while True:
            due, starved = time.monotonic() + 0.01, starving()
            await asyncio.sleep(0.01)
            late.append(time.monotonic() - due - (starving() - starved))

    async def gather(send: Callable[[], Awaitable[int]]) -> list[int]:
        # All have been refused before the new token is there, which takes two seconds.
        ticker = asyncio.create_task(tick())
        threads = threading.active_count()
        tasks = [asyncio.create_task(_awaited(send())) for _ in range(CROWD)]
        while emulator_is_asked() < 2:
            await asyncio.sleep(0.05)
        late.clear()
        assert threading.active_count() - threads <= 1
        statuses = await asyncio.gather(*tasks)
        ticker.cancel()
        with suppress(asyncio.CancelledError):
            await ticker
        return statuses

    def emulator_is_asked() -> int:
        return len(emulator.received("/oauth/token"))

    async def main() -> list[int]:
        return await send_all(session, emulator.models, gather)

    assert asyncio.run(main()) == [200] * CROWD
    assert emulator.token_requests() == 2
    assert sorted(late)[len(late) * 9 // 10] < 0.01
    assert max(late) < 0.25


def starving() -> float:
    """Seconds for which this thread could have run, and the machine was busy with others."""
    return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9


async def _awaited(coroutine: Awaitable[int]) -> int:
    return await coroutine


def generated() -> Iterator[bytes]:
    yield b"body"


async def generated_later() -> AsyncIterator[bytes]:
    yield b"body"


def test_httpx_sends_a_body_again_if_it_can_be(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "body").write_bytes(b"body")
    url = f"{emulator.api_url}/anything"
    with (tmp_path / "body").open("rb") as file:
        rows: list[tuple[dict[str, Any], int]] = [
            ({"content": b"body"}, 2),
            ({"json": "body"}, 2),
            ({"data": {"a": "body"}}, 2),
            ({"files": {"a": b"body"}}, 2),
            ({"files": {"a": file}}, 2),
            ({"content": generated()}, 1),
        ]
        for number, (body, sent) in enumerate(rows):
            emulator.fault(f"/anything{number}", status=401, times=1)
            with httpx.Client(auth=emulator.session().httpx()) as client:
                answer = client.post(f"{url}{number}", **body)
            seen = [request.body for request in emulator.received(f"/anything{number}")]
            assert len(seen) == sent
            assert len(set(seen)) == 1
            assert "body" in seen[0]
            assert answer.status_code == (404 if sent == 2 else 401)


def test_aiohttp_sends_a_body_again_if_it_can_be(emulator: Emulator) -> None:
    rows: list[tuple[Callable[[], Any], int]] = [
        (lambda: b"body", 2),
        (lambda: {"a": "body"}, 2),
        (lambda: io.BytesIO(b"body"), 2),
        (generated_later, 1),
    ]

    async def send(number: int, body: Any) -> int:
        async with (
            aiohttp.ClientSession(middlewares=[emulator.session().aiohttp()]) as client,
            client.post(f"{emulator.api_url}/anything{number}", data=body) as answer,
        ):
            return answer.status

    for number, (body, sent) in enumerate(rows):
        emulator.fault(f"/anything{number}", status=401, times=1)
        status = asyncio.run(send(number, body()))
        seen = [request.body for request in emulator.received(f"/anything{number}")]
        assert len(seen) == sent
        assert len(set(seen)) == 1
        assert "body" in seen[0]
        assert status == (404 if sent == 2 else 401)


@pytest.mark.parametrize("library", ["urllib", "urllib3"])
def test_the_others_send_a_body_again_if_they_can(emulator: Emulator, library: str) -> None:
    later = io.BytesIO(b"...body")
    later.seek(3)
    rows: list[tuple[Any, int]] = [(b"body", 2), (later, 2), (generated(), 1)]
    for number, (body, sent) in enumerate(rows):
        emulator.fault(f"/anything{number}", status=401, times=1)
        url, session = f"{emulator.api_url}/anything{number}", emulator.session()
        if library == "urllib3":
            with session.urllib3() as pools:
                status: int = pools.request("POST", url, body=body).status
        else:
            request = urllib.request.Request(url, body, {"Content-Type": "text/plain"})
            with pytest.raises(urllib.error.HTTPError) as raised:
                urllib.request.build_opener(session.urllib()).open(request)
            status = raised.value.code
            raised.value.close()
        seen = [recorded.body for recorded in emulator.received(f"/anything{number}")]
        assert seen == ["body"] * sent
        assert status == (404 if sent == 2 else 401)


def test_a_transport_that_reports_nothing_gets_the_headers_after_a_redirect(emulator: Emulator) -> None:
    session, seen = emulator.session(emulator.key()), list[tuple[str, bool]]()

    def answer(request: httpx.Request) -> httpx.Response:
        keyed = (b"X-Beamlit-Api-Key", emulator.own_key.encode()) in request.headers.raw
        seen.append((request.url.path, keyed))
        if request.url.path == "/start":
            return httpx.Response(302, headers={"Location": "/end"})
        return httpx.Response(200 if keyed else 401)

    transport = httpx.MockTransport(answer)
    with httpx.Client(auth=session.httpx(), transport=transport, follow_redirects=True) as client:
        assert client.get(f"{emulator.console_url}/start").status_code == 200
    assert seen == [("/start", True), ("/end", False), ("/end", True)]


def test_a_request_of_urllib_is_sent_more_than_once(emulator: Emulator, sink: Sink) -> None:
    opener = urllib.request.build_opener(emulator.session().urllib())
    request = urllib.request.Request(f"{emulator.api_url}/start")
    emulator.fault("/start", status=401, times=1)
    for target in (sink.url, emulator.models):
        emulator.fault("/start", redirect=target, times=1)
        with opener.open(request) as answer:
            assert answer.status == 200
    refused, first, second = tokens(emulator, "/start")
    assert refused != first == second == tokens(emulator)[0]
    assert b"authorization" not in sink.received[0].lower()


def test_a_pool_of_urllib3_is_used_directly(emulator: Emulator) -> None:
    emulator.fault("/models", status=401, times=1)
    with emulator.session().urllib3() as pools:
        pool = pools.connection_from_url(emulator.console_url)
        assert pool.request("GET", "/v0/models").status == 200
        assert pool.urlopen("GET", "/v0/models", headers={"authorization": "other"}).status == 200
    assert len(set(tokens(emulator))) == 2


def test_urllib3_tries_again_as_it_is_told(emulator: Emulator) -> None:
    emulator.fault("/models", status=503, times=2)
    with emulator.session().urllib3() as pools:
        retries = urllib3.Retry(3, status_forcelist=[503])
        assert pools.request("GET", emulator.models, retries=retries).status == 200
    assert len(set(tokens(emulator))) == 1
    assert len(tokens(emulator)) == 3


def test_aiohttp_follows_redirects_by_hand(emulator: Emulator) -> None:
    session = emulator.session()
    emulator.fault("/start", redirect="http://127.0.0.1:1/elsewhere", times=1)

    async def main() -> None:
        async with aiohttp.ClientSession(middlewares=[session.aiohttp()]) as client:
            async with client.get(f"{emulator.api_url}/start", allow_redirects=False) as answer:
                assert answer.status == 302
            # That nobody followed it changes nothing for other requests of the same task.
            async with client.get(emulator.models) as answer:
                assert answer.status == 200
            with pytest.raises(beamlit_auth.OriginRefused):
                await client.get("http://127.0.0.1:1/")

    asyncio.run(main())


def test_fsspec_opens_what_needs_a_token(emulator: Emulator) -> None:
    emulator.fault("/models", status=401, times=1)
    options = emulator.session().fsspec()
    with fsspec.open(emulator.models, **options) as file:
        assert b"small" in file.read()
    assert emulator.token_requests() == 2


def test_an_adapter_is_pickled_as_its_session_is(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BL_API_URL", emulator.api_url)
    monkeypatch.setenv("BL_API_KEY", emulator.own_key)
    session = Session()
    for adapter in (session.httpx(), session.httpx2(), session.aiohttp(), session.urllib()):
        pickle.loads(pickle.dumps(adapter))
    with pytest.raises(TypeError, match="BL_API_KEY"):
        pickle.dumps(emulator.session().aiohttp())
