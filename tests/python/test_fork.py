"""Forks amid a renewal: children get headers, keep no lock, and leave their parent's connections alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import beamlit_auth
from beamlit_auth import Session
from emulator import Emulator
from script import output
from stored import expire

# A renewal hangs at the server while the child is forked.
PARENT = """
import os, signal, sys, beamlit_auth
session = beamlit_auth.Session("acme")
try:
    session.token(timeout=0)
except beamlit_auth.DeadlineExceeded:
    print("asked", flush=True)
sys.stdin.readline()
child = os.fork()
if child == 0:
    os.close(0), os.close(1), os.close(2)
    signal.alarm(120)
    signal.pause()
    os._exit(1)
print(child, flush=True)
signal.pause()
"""


def log_in(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, rotation: str) -> None:
    """A login whose token is over."""
    monkeypatch.setenv("BL_API_URL", emulator.api_url)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    emulator.configure(rotation="none" if rotation == "none" else "revoke", interval_s=0)
    emulator.log_in(rotation=rotation)
    expire()


def sent(emulator: Emulator) -> None:
    """Waits until a renewal is at the server."""
    begun = time.monotonic()
    while emulator.refreshes() == 0:
        assert time.monotonic() < begun + 20, "no renewal was sent"


@pytest.fixture
def orphan(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[str]:
    """A child whose parent was killed while it renewed; gives the rotation."""
    log_in(emulator, monkeypatch, request.param)
    emulator.fault("/oauth/token", hang=True, times=1)
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        assert parent.stdout.readline() == "asked\n"
        sent(emulator)
        parent.stdin.write("\n")
        parent.stdin.flush()
        child = int(parent.stdout.readline())
        parent.kill()
    yield request.param
    os.kill(child, signal.SIGKILL)


@pytest.mark.parametrize("orphan", ["none", "strict"], indirect=True)
def test_a_killed_parents_child_keeps_no_lock(emulator: Emulator, orphan: str) -> None:
    begun = time.monotonic()
    session = Session("acme")
    if orphan == "none":
        assert session.token(timeout=60).generation == 2
    else:
        with pytest.raises(beamlit_auth.LoginRequired) as raised:
            session.token(timeout=60)
        assert raised.value.reason == "refresh_outcome_unknown"
    # Whoever waits for the lock waits for twenty seconds.
    assert time.monotonic() < begun + 10
    assert emulator.counters()["reuse_events"] == 0


@pytest.mark.parametrize("rotation", ["none", "strict"])
def test_children_forked_amid_a_renewal_get_headers(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, rotation: str
) -> None:
    log_in(emulator, monkeypatch, rotation)
    emulator.fault("/oauth/token", delay_s=1)
    code = """
        import os, signal, threading, beamlit_auth
        session = beamlit_auth.Session("acme")
        url = session.api_url + "/models"
        threads = [threading.Thread(target=session.headers, args=(url,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        children = []
        for _ in range(16):
            child = os.fork()
            if child == 0:
                signal.alarm(25)
                generation = session.headers(url).generation
                # The parent's renewal is adopted: the child has a session of its own with the same token.
                same = beamlit_auth.Session("acme").token().reveal() == session.token().reveal()
                os._exit(0 if generation == 2 and same else 1)
            children.append(child)
        for thread in threads:
            thread.join()
        print([os.waitpid(child, 0)[1] for child in children])
        """
    assert output(code) == str([0] * 16)
    assert emulator.refreshes() == 1
    assert emulator.counters()["reuse_events"] == 0


def test_a_child_leaves_its_parents_connections_alone(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BL_API_URL", emulator.api_url)
    monkeypatch.setenv("BL_CLIENT_CREDENTIALS", f"{emulator.client_id}:{emulator.client_secret}")
    code = """
        import os, beamlit_auth
        def renew(session):
            session.invalidate(session.token())
            return session.token().generation
        session, untouched = beamlit_auth.Session(), beamlit_auth.Session()
        session.token(), untouched.token()
        child = os.fork()
        if child == 0:
            good = renew(session) == 2
            session.close(), untouched.close()
            os._exit(0 if good else 1)
        print(os.waitpid(child, 0)[1], renew(session), renew(untouched))
        """
    before = emulator.counters()["connections"]
    assert output(code) == "0 2 2"
    # One each for the parent's two sessions and for the child's; and the one that asks now.
    assert emulator.counters()["connections"] == before + 3 + 1
