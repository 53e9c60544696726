"""The end of a process: what is waited for, what is not after Ctrl-C, and what does not begin any more."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from beamlit_auth import Session
from emulator import Emulator
from script import LIMIT, start
from stored import expire

# A program whose request spends nothing, and is never answered.
HANGING = """
    import sys, threading, time, beamlit_auth
    session = beamlit_auth.Session()
    def ask():
        try:
            session.token()
        except beamlit_auth.BeamlitError:
            pass
    CODE
"""
IN_THE_WAIT = """
    print("ready", flush=True)
    session.token()
"""
CAUGHT = """
    print("ready", flush=True)
    try:
        session.token()
    except KeyboardInterrupt:
        sys.exit(130)
"""
ON_ANOTHER_THREAD = """
    threading.Thread(target=ask, daemon=True).start()
    print("ready", flush=True)
    time.sleep(30)
"""
AT_THE_END = """
    try:
        session.token(timeout=0.2)
    except beamlit_auth.DeadlineExceeded:
        print("ready", flush=True)
"""
WORKER = """
    import multiprocessing
    def work():
        threading.Thread(target=ask, daemon=True).start()
        print("ready", flush=True)
        time.sleep(30)
    worker = multiprocessing.get_context("fork").Process(target=work)
    worker.start()
    worker.join()
"""


@pytest.fixture
def environment(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    monkeypatch.setenv("BL_API_URL", emulator.api_url)
    monkeypatch.setenv("BL_CLIENT_CREDENTIALS", f"{emulator.client_id}:{emulator.client_secret}")
    return emulator


@pytest.fixture
def login(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """A login of which a refresh token may be sent once, and whose token has ended."""
    monkeypatch.setenv("BL_API_URL", emulator.api_url)
    emulator.configure(rotation="revoke", interval_s=0)
    emulator.log_in(rotation="strict")
    expire()
    return emulator


def requested(emulator: Emulator, count: int) -> None:
    end = time.monotonic() + LIMIT
    while emulator.token_requests() < count:
        assert time.monotonic() < end


def record() -> tuple[Path, dict[str, Any]]:
    """Where the one device login lies, and what it is."""
    for folder in (Path.home() / ".beamlit/auth").iterdir():
        numbers = [int(file.name) for file in folder.iterdir() if file.name.isdecimal()]
        if numbers:
            found: dict[str, Any] = json.loads((folder / str(max(numbers))).read_text())
            if found["kind"] == "device_code":
                return folder, found
    raise AssertionError("nobody is logged in")


@pytest.mark.parametrize(
    "code",
    [IN_THE_WAIT, CAUGHT, ON_ANOTHER_THREAD, AT_THE_END, WORKER],
    ids=["in the wait", "caught", "on another thread", "at the end", "in a worker"],
)
def test_after_ctrl_c_what_spends_nothing_is_not_waited_for(environment: Emulator, code: str) -> None:
    environment.fault("/oauth/token", hang=True)
    # Ctrl-C in a terminal reaches the whole group.
    with start(HANGING.replace("    CODE", code), start_new_session=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            requested(environment, 1)
            sent = time.perf_counter()
            os.killpg(process.pid, signal.SIGINT)
            process.wait(LIMIT)
            took = time.perf_counter() - sent
        finally:
            process.kill()
    print(f"seconds from SIGINT to the end of the process: {took:.3f}")
    assert took < 1.5


def test_without_it_there_are_some_seconds(environment: Emulator) -> None:
    environment.fault("/oauth/token", hang=True)
    began = time.perf_counter()
    with start(HANGING.replace("    CODE", AT_THE_END)) as process:
        assert process.wait(LIMIT) == 0
    assert 5 <= time.perf_counter() - began < 15


def test_after_ctrl_c_a_renewal_that_spends_is_waited_for(login: Emulator) -> None:
    login.fault("/oauth/token", delay_s=1.5, after=True, times=1)
    before = login.token_requests()
    with start("import beamlit_auth; beamlit_auth.Session().token()") as process:
        requested(login, before + 1)
        sent = time.perf_counter()
        process.send_signal(signal.SIGINT)
        process.wait(LIMIT)
        assert time.perf_counter() - sent > 1
    assert Session("acme").token().generation == 2
    assert login.counters()["reuse_events"] == 0
    assert login.refreshes() == 1


def test_a_renewal_does_not_begin_to_spend_after_the_last_look(login: Emulator) -> None:
    folder, _ = record()
    program = f"""
        import atexit, fcntl, time
        lock = open({str(folder / "lock")!r}, "a")
        fcntl.flock(lock, fcntl.LOCK_EX)
        def later():
            # The other handlers have run, and the process has yet to end.
            fcntl.flock(lock, fcntl.LOCK_UN)
            time.sleep(1)
            print("end", flush=True)
        atexit.register(later)
        import beamlit_auth
        try:
            beamlit_auth.Session().token(timeout=0.2)
        except beamlit_auth.DeadlineExceeded:
            raise KeyboardInterrupt
        """
    before = login.token_requests()
    with start(program) as process:
        printed, errors = process.communicate(timeout=LIMIT)
    assert printed == "end\n", errors
    assert login.token_requests() == before
    assert record()[1]["claim"] is None
    assert Session("acme").token().generation == 2


def test_ctrl_c_ends_the_console_script_too(environment: Emulator) -> None:
    environment.fault("/oauth/token", hang=True)
    program = Path(sys.executable).with_name("bl")
    process = subprocess.Popen([program, "token"], stderr=subprocess.PIPE, text=True)
    with process:
        requested(environment, 1)
        sent = time.perf_counter()
        process.send_signal(signal.SIGINT)
        assert process.wait(LIMIT) == 130
        took = time.perf_counter() - sent
        assert process.stderr is not None
        assert process.stderr.read() == "bl: interrupted\n"
    assert took < 1.5
