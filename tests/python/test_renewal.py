"""One renewal for any number of threads, and what is valid is served whatever the server does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
import requests

import beamlit_auth
from beamlit_auth import Headers, Session
from emulator import Emulator

THREADS = 64
LIMIT = 30


def herd(call: Callable[[], object]) -> float:
    """Lets many threads call at once; the seconds until the last of them was served."""
    meet = threading.Barrier(THREADS + 1)

    def one() -> None:
        meet.wait(LIMIT)
        call()

    with ThreadPoolExecutor(THREADS) as pool:
        calls = [pool.submit(one) for _ in range(THREADS)]
        meet.wait(LIMIT)
        started = time.perf_counter()
        for called in calls:
            called.result(LIMIT)
    return time.perf_counter() - started


@pytest.mark.parametrize("how", ["headers", "token", "renew", "auth"])
def test_a_herd_makes_one_request(emulator: Emulator, how: str) -> None:
    session = emulator.session()
    emulator.fault("/oauth/token", delay_s=0.3)
    calls: dict[str, Callable[[], object]] = {
        "headers": lambda: session.headers(emulator.models),
        "token": session.token,
        "renew": session.renew,
        "auth": lambda: requests.Request("GET", emulator.models, auth=session).prepare(),
    }
    took = herd(calls[how])
    print(f"{took * 1000:.0f} ms for one request of 300 ms in {how}")
    assert emulator.token_requests() == 1
    assert 0.3 <= took < 1.5


def test_a_herd_at_a_refused_token_makes_one_request(emulator: Emulator) -> None:
    session = emulator.session()
    refused = session.headers(emulator.models)
    emulator.fault("/oauth/token", delay_s=0.2)

    def heal() -> None:
        session.invalidate(refused)
        assert session.headers(emulator.models).generation == 2

    herd(heal)
    assert emulator.token_requests() == 2


def test_a_herd_at_an_expired_token_makes_one_request(emulator: Emulator) -> None:
    emulator.configure(token_lifetime_s=5)
    session = emulator.session()
    expires_at = session.token().expires_at
    assert expires_at is not None
    emulator.configure(token_lifetime_s=7200)
    emulator.fault("/oauth/token", delay_s=0.2)
    wait_until(expires_at + 0.1)
    herd(lambda: session.headers(emulator.models))
    assert session.token().generation == 2
    assert emulator.token_requests() == 2


def test_a_herd_shares_the_failure(emulator: Emulator) -> None:
    emulator.fault("/oauth/token", delay_s=0.2, status=503)
    session = emulator.session()

    def fail() -> None:
        with pytest.raises(beamlit_auth.ServerUnavailable) as raised:
            session.token()
        assert raised.value.retry_after is not None

    herd(fail)
    assert emulator.token_requests() <= 3, "one call may be repeated where its outcome is known"


@pytest.fixture
def emulators() -> Iterator[dict[str, Emulator]]:
    with ExitStack() as stack:
        yield {fault: stack.enter_context(Emulator()) for fault in ("503", "refused", "hang")}


def test_a_valid_token_is_served_whatever_the_server_does(emulators: dict[str, Emulator]) -> None:
    # Fresh for twelve seconds, then the window in which one caller renews, for two seconds at most, and the
    # others are served.
    sessions: dict[str, Session] = {}
    for fault, emulator in emulators.items():
        emulator.configure(token_lifetime_s=15)
        sessions[fault] = emulator.session()
    ends = [session.token().expires_at for session in sessions.values()]
    emulators["503"].fault("/oauth/token", status=503)
    emulators["hang"].fault("/oauth/token", hang=True)
    emulators["refused"].close()
    wait_until(max(end for end in ends if end) - 2.9)
    given: list[Headers] = []
    for fault, session in sessions.items():
        url = emulators[fault].models
        herd(lambda session=session, url=url: given.append(session.headers(url)))  # type: ignore[misc]
    assert [headers.generation for headers in given] == [1] * THREADS * len(sessions)
    for fault in ("503", "hang"):
        assert emulators[fault].token_requests() >= 2, "there was no renewal to be survived"


def wait_until(moment: float) -> None:
    """Until a moment of the wall clock has come."""
    never = threading.Event()
    never.wait(min(moment - time.time(), LIMIT))
