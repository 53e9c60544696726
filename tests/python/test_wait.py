"""Waits: bounded by the caller, ended by Ctrl-C, and no hindrance to other threads."""

from __future__ import annotations

import signal
import threading
import time

import pytest

import beamlit_auth
from emulator import Emulator
from script import LIMIT, start

CALLS = {
    "headers": "session.headers(url)",
    "token": "session.token()",
    "renew": "session.renew()",
    "provider": "session.token_provider(url)()",
    "requests": "requests.get(url, auth=session)",
    "httpx": "httpx.get(url, auth=session)",
    "with": "session.__enter__().headers(url)",
}
PROGRAM = """
    import os, sys
    import httpx, requests
    import beamlit_auth
    session = beamlit_auth.Session()
    url = f"{session.api_url}/models"
    print("open", flush=True)
    try:
        CALL
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    print(session.token(timeout=20).generation, flush=True)
"""


def requested(emulator: Emulator, count: int) -> None:
    """Waits until so many token requests have arrived."""
    end = time.monotonic() + LIMIT
    while emulator.token_requests() < count:
        assert time.monotonic() < end


@pytest.mark.parametrize("call", CALLS)
def test_ctrl_c_ends_a_wait_but_not_the_renewal(
    emulator: Emulator, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator.fault("/oauth/token", delay_s=2, times=1)
    monkeypatch.setenv("BL_API_URL", emulator.api_url)
    monkeypatch.setenv("BL_CLIENT_CREDENTIALS", f"{emulator.client_id}:{emulator.client_secret}")
    with start(PROGRAM.replace("CALL", CALLS[call])) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "open\n"
            requested(emulator, 1)
            process.send_signal(signal.SIGINT)
            sent = time.perf_counter()
            assert process.stdout.readline() == "interrupted\n"
            took = time.perf_counter() - sent
            print(f"{took * 1000:.0f} ms to KeyboardInterrupt in {call}")
            assert took < 1.5
            # The renewal went on, and its token is there in the end.
            assert process.stdout.readline() == "1\n"
            assert process.wait(LIMIT) == 0
        finally:
            process.kill()
    assert emulator.token_requests() == 1


def test_the_function_of_a_signal_may_let_the_wait_go_on(emulator: Emulator) -> None:
    emulator.fault("/oauth/token", delay_s=0.5)
    seen: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, _: seen.append(number))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        assert emulator.session().token().generation == 1
    finally:
        signal.signal(signal.SIGALRM, before)
    assert seen == [signal.SIGALRM]


def test_what_the_function_of_a_signal_raises_comes_through(emulator: Emulator) -> None:
    emulator.fault("/oauth/token", hang=True)

    class Alarm(Exception):
        pass

    def ring(*_: object) -> None:
        raise Alarm

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(Alarm):
            emulator.session().token()
    finally:
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("method", ["headers", "token", "renew"])
def test_a_time_limit_ends_the_wait(emulator: Emulator, method: str) -> None:
    emulator.fault("/oauth/token", hang=True)
    session = emulator.session(timeout=0.2)
    arguments = (emulator.models,) if method == "headers" else ()
    for limits, shortest in (({}, 0.2), ({"timeout": 0.1}, 0.1), ({"timeout": 0}, 0.0)):
        started = time.perf_counter()
        with pytest.raises(TimeoutError) as raised:
            getattr(session, method)(*arguments, **limits)
        assert shortest <= time.perf_counter() - started < shortest + 1.0
        assert isinstance(raised.value, beamlit_auth.DeadlineExceeded)
    assert emulator.token_requests() == 1


def test_zero_answers_from_memory(emulator: Emulator) -> None:
    session = emulator.session()
    session.token()
    assert session.headers(emulator.models, timeout=0).generation == 1
    assert session.token(timeout=0).generation == 1
    session.renew(timeout=0)


@pytest.mark.parametrize("seconds", [-1, -0.001, float("nan"), -float("inf")])
def test_a_time_that_is_none_is_refused(emulator: Emulator, seconds: float) -> None:
    session = emulator.session()
    for call in (
        lambda: session.headers(emulator.models, timeout=seconds),
        lambda: session.token(timeout=seconds),
        lambda: session.token(min_valid=seconds),
        lambda: session.renew(timeout=seconds),
    ):
        with pytest.raises(beamlit_auth.InvalidArgument, match="seconds"):
            call()


@pytest.mark.parametrize("seconds", [1e9, 1e308, float("inf"), 2**80, True])
def test_a_long_time_is_a_day(emulator: Emulator, seconds: float) -> None:
    assert emulator.session(timeout=seconds).token(timeout=seconds, min_valid=0).generation == 1


def test_other_threads_run_while_one_waits(emulator: Emulator) -> None:
    emulator.fault("/oauth/token", delay_s=1)
    session = emulator.session()
    done = threading.Event()

    def wait() -> None:
        session.token()
        done.set()

    waiting = threading.Thread(target=wait)
    waiting.start()
    longest, last = 0.0, time.perf_counter()
    while not done.is_set():
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    waiting.join(LIMIT)
    assert longest < 0.5


def test_close_lets_a_wait_end_well(emulator: Emulator) -> None:
    emulator.fault("/oauth/token", delay_s=0.5)
    session = emulator.session()
    given: list[int] = []
    waiting = threading.Thread(target=lambda: given.append(session.token().generation))
    waiting.start()
    requested(emulator, 1)
    started = time.perf_counter()
    session.close()
    assert time.perf_counter() - started < 0.25
    waiting.join(LIMIT)
    assert given == [1]
