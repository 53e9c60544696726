"""Many threads and processes on one login whose token is over: one request each time, and all are served."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from faces import CLIENTS, FACES
from stage import Stage

EXPIRIES, PROCESSES, THREADS = 20, 16, 64


def check(stage: Stage, faces: list[str], *words: str) -> None:
    """Lets clients of these faces meet at each of twenty expiries."""
    clients = [stage.run(face) for face in faces]
    longest = 0.0
    for expiry in range(1, EXPIRIES + 1):
        stage.expire()
        for client in clients:
            client.send(*words)
        answers = [client.answer() for client in clients]
        assert {answer.kind for answer in answers} == {"ok"}, answers
        assert {answer.token for answer in answers} == {stage.token()}
        assert stage.emulator.refreshes() == expiry
        longest = max([longest, *(answer.took for answer in answers)])
    assert stage.emulator.counters()["reuse_events"] == 0
    print(f"{len(faces)} times {' '.join(words)}: the slowest answer after {longest:.2f} s")


@pytest.mark.timeout(120)
@pytest.mark.parametrize("face", CLIENTS)
@pytest.mark.parametrize("sessions", ["shared", "own"])
def test_one_process_with_many_threads(stage: Callable[[str], Stage], face: str, sessions: str) -> None:
    check(stage("strict"), [face], "herd", str(THREADS), sessions)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("face", CLIENTS)
def test_many_processes_with_many_threads(stage: Callable[[str], Stage], face: str) -> None:
    check(stage("strict"), [face] * PROCESSES, "herd", str(THREADS), "shared")


@pytest.mark.timeout(120)
def test_many_processes_of_all_faces(stage: Callable[[str], Stage]) -> None:
    strict = stage("strict")
    for expiry in range(1, EXPIRIES + 1):
        strict.expire()
        programs = [strict.run(face, "token") for face in FACES * (PROCESSES // len(FACES))]
        answers = [program.answer() for program in programs]
        assert [(answer.kind, answer.token) for answer in answers] == [("ok", strict.token())] * PROCESSES
        assert strict.emulator.refreshes() == expiry
    assert strict.emulator.counters()["reuse_events"] == 0
