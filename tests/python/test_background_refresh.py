"""`background_refresh`: renewed before anybody asks, by one thread that is gone when it is to be."""

from __future__ import annotations

import pickle
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from beamlit_auth import Session
from emulator import Emulator
from script import LIMIT, output, start
from stored import expire, set_life

# The life of a token of which this is left goes on for a second before it is due.
WHOLE, LEFT = 100.0, 21.0

OPEN = """
    import beamlit_auth, os, sys, threading, time
    session = beamlit_auth.Session("acme", background_refresh=True)
"""


def timers() -> int:
    """How many threads of this process the timer has."""
    names = []
    for thread in Path("/proc/self/task").iterdir():
        try:
            names.append((thread / "comm").read_text())
        except OSError:
            continue
    return names.count("beamlit-timer\n")


def until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + LIMIT
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.fixture
def login(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """A login of which a refresh token may be sent once."""
    monkeypatch.setenv("BL_API_URL", emulator.api_url)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    emulator.configure(rotation="revoke", interval_s=0)
    emulator.log_in(rotation="strict")
    return emulator


def test_a_token_is_renewed_before_anybody_asks(login: Emulator) -> None:
    set_life(WHOLE, LEFT)
    with Session("acme", background_refresh=True) as session:
        assert session.token(timeout=0).generation == 1
        until(lambda: login.refreshes() == 1)
        until(lambda: session.token(timeout=0).generation == 2)
    assert login.refreshes() == 1


def test_its_thread_is_there_as_long_as_a_session_wants_it(emulator: Emulator) -> None:
    assert timers() == 0
    with (
        emulator.session(background_refresh=False) as plain,
        emulator.session(background_refresh=True) as one,
    ):
        plain.token()
        other = emulator.session(background_refresh=True)
        one.token()
        until(lambda: timers() == 1)
        other.close()
        until(lambda: timers() == 1)
        one.close()
        until(lambda: timers() == 0)


def test_a_key_has_no_thread(emulator: Emulator) -> None:
    with emulator.session(emulator.key(), background_refresh=True) as session:
        session.token()
        assert timers() == 0


def test_an_idle_timer_keeps_no_process_from_its_end(login: Emulator) -> None:
    code = (
        OPEN
        + """
    session.token()
    def ask():
        while True:
            session.token()
    threading.Thread(target=ask, daemon=True).start()
    print("ready", flush=True)
    """
    )
    for _ in range(5):
        with start(code) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            ready = time.perf_counter()
            assert process.wait(LIMIT) == 0
            assert time.perf_counter() - ready < 1.5
    assert login.refreshes() == 0


def test_the_end_of_a_process_waits_for_what_the_timer_spends(login: Emulator) -> None:
    expire()
    login.fault("/oauth/token", delay_s=1.5, after=True, times=1)
    with start(OPEN + "    time.sleep(30)\n") as process:
        until(lambda: login.refreshes() == 1)
        sent = time.perf_counter()
        process.send_signal(signal.SIGINT)
        process.wait(LIMIT)
        assert time.perf_counter() - sent > 1
    assert Session("acme").token().generation == 2
    assert login.refreshes() == 1
    assert login.counters()["reuse_events"] == 0


def test_after_ctrl_c_what_the_timer_asks_for_is_not_waited_for(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BL_API_URL", emulator.api_url)
    emulator.configure(interval_s=0)
    emulator.log_in(rotation="none")
    expire()
    emulator.fault("/oauth/token", hang=True)
    with start(OPEN + "    time.sleep(30)\n") as process:
        until(lambda: emulator.refreshes() == 1)
        sent = time.perf_counter()
        process.send_signal(signal.SIGINT)
        process.wait(LIMIT)
        assert time.perf_counter() - sent < 1.5


def test_a_forked_child_has_a_timer_of_its_own_once_it_asks(login: Emulator) -> None:
    set_life(WHOLE, 2 * LEFT)
    code = """
        import os, signal, beamlit_auth
        from stored import set_life
        from test_background_refresh import timers, until
        session = beamlit_auth.Session("acme", background_refresh=True)
        until(lambda: timers() == 1)
        child = os.fork()
        if child == 0:
            signal.alarm(25)
            before = timers()
            session.token()
            # A thread gives itself its name.
            until(lambda: timers() == 1)
            session.close()
            until(lambda: timers() == 0)
            os._exit(before)
        print(os.waitpid(child, 0)[1], timers())
        """
    assert output(code) == "0 1"


def test_children_are_renewed_for_once(login: Emulator) -> None:
    """The parent and its children have a timer each, and one login."""
    set_life(WHOLE, LEFT)
    code = """
        import os, signal, beamlit_auth
        from test_background_refresh import until
        session = beamlit_auth.Session("acme", background_refresh=True)
        session.token()
        children = []
        for _ in range(4):
            child = os.fork()
            if child == 0:
                signal.alarm(25)
                session.token()
                until(lambda: session.token(timeout=0).generation == 2)
                os._exit(0)
            children.append(child)
        until(lambda: session.token(timeout=0).generation == 2)
        print([os.waitpid(child, 0)[1] for child in children])
        """
    assert output(code) == str([0] * 4)
    assert login.refreshes() == 1
    assert login.counters()["reuse_events"] == 0


def test_a_pickle_carries_it(login: Emulator) -> None:
    pickled = pickle.dumps(Session("acme", background_refresh=True))
    until(lambda: timers() == 0)
    again = pickle.loads(pickled)
    until(lambda: timers() == 1)
    again.close()
    until(lambda: timers() == 0)
