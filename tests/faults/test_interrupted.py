"""Ctrl-C in every wait: KeyboardInterrupt in Python, exit code 130 of `bl`, the call cancelled in C."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from faces import Program
from stage import Stage, until

SAMPLES = int(os.environ.get("BEAMLIT_SAMPLES", "8"))
LIMIT = 1.5
"""Seconds: ten times what is promised, because the machine of a test has other things to do."""

Make = Callable[..., Stage]
Begin = Callable[[Stage, str], Program]


def more(stage: Stage, path: str, begin: Callable[[], Program]) -> Program:
    """Begins, and waits until a request to this path has arrived."""
    before = len(stage.emulator.received(path))
    program = begin()
    until(lambda: len(stage.emulator.received(path)) > before, f"a request to {path}")
    return program


def begun_login(stage: Stage, face: str) -> Program:
    program = stage.run(face, "login", "none")
    assert program.code()
    return program


def for_the_person(stage: Stage, face: str) -> Program:
    stage.emulator.configure(interval_s=5)
    program = begun_login(stage, face)
    until(lambda: is_asleep(program.pid), "the wait")
    return program


def is_asleep(pid: int) -> bool:
    """Whether its main thread waits for something."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "S"


def in_the_back_off_of_a_login(stage: Stage, face: str) -> Program:
    """The server answers 503, so that it is asked again after five seconds."""
    stage.emulator.fault("/oauth/token", status=503)
    program = more(stage, "/oauth/token", lambda: begun_login(stage, face))
    until(lambda: stage.emulator.received("/oauth/token")[-1].status == 503, "its answer")
    return program


def in_the_start_of_a_login(stage: Stage, face: str) -> Program:
    stage.emulator.fault("/login/device", hang=True)
    return more(stage, "/login/device", lambda: stage.run(face, "login", "none"))


def for_the_token_server(stage: Stage, face: str) -> Program:
    """With a grant that spends nothing: `bl` waits for the answer to one that does, see below."""
    stage.emulator.fault("/oauth/token", hang=True)
    client = f"{stage.emulator.client_id}:{stage.emulator.client_secret}"
    return more(stage, "/oauth/token", lambda: stage.run(face, "token", BL_CLIENT_CREDENTIALS=client))


def for_the_lock(stage: Stage, face: str) -> Program:
    """Another process has it, and its request hangs."""
    if not stage.has_claim():
        stage.expire()
        stage.emulator.fault("/oauth/token", hang=True)
        more(stage, "/oauth/token", lambda: stage.run("rust", "token"))
    program = stage.run(face, "token")
    until(lambda: renews(program.pid), "the wait for the lock")
    assert stage.emulator.refreshes() == 1
    return program


def renews(pid: int) -> bool:
    """Whether the process has a thread for a renewal."""
    threads = Path(f"/proc/{pid}/task").glob("*/comm")
    return any(thread.read_text() == "beamlit-renewal\n" for thread in threads)


def in_a_logout(stage: Stage, face: str) -> Program:
    """The server is to revoke the login, and hangs."""
    stage.environment |= {"BL_PLATFORM": stage.emulator.api_url, "TEST_CLIENT_ID": "cli"}
    stage.emulator.clear_faults()
    stage.emulator.configure(revocation=True)
    assert stage.log_in().kind == "ok"
    stage.emulator.fault("/oauth/revoke", hang=True)
    return more(stage, "/oauth/revoke", lambda: stage.run(face, "logout"))


WAITS: list[Begin] = [
    for_the_person,
    in_the_back_off_of_a_login,
    in_the_start_of_a_login,
    for_the_token_server,
    for_the_lock,
    in_a_logout,
]


# Nobody can cancel the start of a login in C, which has no handle yet: its time limit ends it.
CASES = [
    (face, wait)
    for wait in WAITS
    for face in ("bl", "python", "c")
    if (face, wait) != ("c", in_the_start_of_a_login)
]


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("face", "wait"), CASES, ids=[f"{face}-{wait.__name__}" for face, wait in CASES])
def test_ctrl_c_ends_the_wait(stage: Make, face: str, wait: Begin) -> None:
    none = stage("none")
    took = []
    for _ in range(SAMPLES):
        program = wait(none, face)
        # At any moment of the wait.
        assert not program.ends_within(random.uniform(0, 0.05))
        program.signal(signal.SIGINT)
        answer = program.answer()
        assert answer.kind == "cancelled", answer
        took.append(answer.took)
        program.kill()
    slowest = sorted(took)[-1 - len(took) // 100]
    print(f"{face}, {wait.__name__}: p99 of {len(took)} {slowest * 1000:.0f} ms")
    assert max(took) < LIMIT


@pytest.mark.parametrize("face", ["bl", "python", "c"])
def test_ctrl_c_never_cuts_an_exchange(stage: Make, face: str) -> None:
    strict = stage("strict")
    strict.expire()
    strict.emulator.fault("/oauth/token", delay_s=1, times=1)
    program = strict.run(face, "token")
    until(strict.emulator.refreshes, "the renewal")
    program.signal(signal.SIGINT)
    assert program.answer().kind == "cancelled"
    assert program.ends_within(10)
    assert (strict.generation(), strict.has_claim()) == (2, False)
    assert strict.ask("rust", "token").token == strict.token()
    assert strict.emulator.refreshes() == 1
    assert strict.emulator.counters()["reuse_events"] == 0
