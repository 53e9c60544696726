"""Ctrl-C in the waits of a login: for the person, for the server, for another process's renewal."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

import beamlit_auth
from beamlit_auth import DeviceLogin, Session, _native
from emulator import Emulator
from script import LIMIT, start
from stored import expire

PROGRAM = """
    import time, beamlit_auth
    PREPARE
    print("ready", flush=True)
    try:
        CALL
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


@pytest.fixture(autouse=True)
def url(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BL_API_URL", emulator.api_url)
    emulator.configure(interval_s=0)


def interrupted(prepare: str, call: str, is_waiting: Callable[[], bool]) -> float:
    """Seconds from SIGINT to KeyboardInterrupt."""
    with start(PROGRAM.replace("PREPARE", prepare).replace("CALL", call)) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            end = time.monotonic() + LIMIT
            while not is_waiting():
                assert time.monotonic() < end
            process.send_signal(signal.SIGINT)
            sent = time.perf_counter()
            assert process.stdout.readline() == "interrupted\n"
            took = time.perf_counter() - sent
        finally:
            process.kill()
    print(f"seconds from SIGINT to KeyboardInterrupt: {took:.3f}")
    assert took < 1.5
    return took


def test_in_the_wait_for_the_person(emulator: Emulator) -> None:
    emulator.configure(interval_s=1)
    took = []
    for _ in range(5):
        # One poll of the process before may still have been on its way.
        before = emulator.token_requests() + 1
        took.append(
            interrupted(
                "pending = beamlit_auth.start_login('acme')",
                "pending.wait()",
                lambda before=before: emulator.token_requests() > before,  # type: ignore[misc]
            )
        )
    print(f"the slowest of {len(took)}: {max(took):.3f}")


@pytest.mark.parametrize("call", ["pending.wait()", "while True: pending.poll()"])
def test_in_a_poll_that_hangs(emulator: Emulator, call: str) -> None:
    emulator.fault("/oauth/token", hang=True, times=1)
    interrupted("pending = beamlit_auth.start_login('acme')", call, lambda: emulator.token_requests() > 0)


def test_in_the_start_of_a_login(emulator: Emulator) -> None:
    emulator.fault("/login/device", hang=True)
    interrupted("", "beamlit_auth.start_login('acme')", lambda: bool(emulator.received("/login/device")))


def test_in_a_logout(emulator: Emulator) -> None:
    emulator.configure(revocation=True)
    credential = DeviceLogin(client_id="cli")
    emulator.log_in(platform=emulator.api_url, credential=credential)
    emulator.fault("/oauth/revoke", hang=True)
    interrupted(
        f"""session = beamlit_auth.Session(
        "acme", platform="{emulator.api_url}", credential=beamlit_auth.DeviceLogin(client_id="cli"))""",
        "session.logout()",
        lambda: bool(emulator.received("/oauth/revoke")),
    )


def test_in_the_wait_for_the_renewal_of_another_process(emulator: Emulator) -> None:
    emulator.log_in()
    expire()
    emulator.fault("/oauth/token", hang=True, times=1)
    before = emulator.token_requests()
    holder = threading.Thread(target=lambda: _ask(Session(timeout=3)))
    holder.start()
    # The program is in its call when nothing but the wait for the lock can hold it up.
    began: list[float] = []

    def is_waiting() -> bool:
        if emulator.token_requests() == before:
            return False
        began.append(time.monotonic())
        return began[-1] - began[0] > 0.3

    interrupted("session = beamlit_auth.Session()", "session.token()", is_waiting)
    assert emulator.token_requests() == before + 1
    holder.join(LIMIT)


def _ask(session: Session) -> None:
    with pytest.raises(beamlit_auth.DeadlineExceeded):
        session.token()


def test_a_time_limit_ends_the_wait_for_a_logout(emulator: Emulator) -> None:
    emulator.configure(revocation=True)
    session = emulator.log_in(platform=emulator.api_url, credential=DeviceLogin(client_id="cli"))
    emulator.fault("/oauth/revoke", hang=True)
    started = time.perf_counter()
    with pytest.raises(beamlit_auth.DeadlineExceeded):
        session.logout(timeout=0.2)
    assert 0.2 <= time.perf_counter() - started < 1.5


def test_a_logout_that_nobody_waits_for_ends_the_login(emulator: Emulator) -> None:
    emulator.configure(revocation=True)
    settings: dict[str, Any] = {"platform": emulator.api_url, "credential": DeviceLogin(client_id="cli")}
    session = emulator.log_in(**settings)
    emulator.fault("/oauth/revoke", delay_s=1)
    with pytest.raises(beamlit_auth.DeadlineExceeded):
        session.logout(timeout=0.2)
    assert Session("acme", **settings).workspace == "acme"
    del session
    assert _native.shutdown(LIMIT)
    with pytest.raises(beamlit_auth.LoginRequired) as raised:
        Session("acme", **settings)
    assert raised.value.reason == "logged_out"


def test_other_threads_run_while_a_login_waits(emulator: Emulator) -> None:
    pending = beamlit_auth.start_login("acme")
    given: list[str | None] = []
    waiting = threading.Thread(target=lambda: given.append(pending.wait(LIMIT).workspace))
    waiting.start()
    longest, last, approved = 0.0, time.perf_counter(), False
    while waiting.is_alive():
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
        if not approved:
            emulator.approve(pending.user_code)
            approved, last = True, time.perf_counter()
    assert given == ["acme"]
    assert longest < 0.5
