"""Many threads and processes on one login whose token is over: one request each time, and all are served."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

import pytest

from faces import CLIENTS, FACES, Program
from stage import Stage

EXPIRIES, PROCESSES, THREADS = 20, 16, 64


def check(stage: Stage, faces: list[str], *words: str) -> None:
    """Lets clients of these faces meet at each of twenty expiries."""
    clients = [stage.run(face) for face in faces]
    slowest, awake = [], []
    for expiry in range(1, EXPIRIES + 1):
        stage.expire()
        slowest.append(meet(stage, clients, *words))
        assert stage.emulator.refreshes() == expiry
        if expiry % 5 == 0:
            # The same without a renewal: what it takes to start and wake as many.
            awake.append(meet(stage, clients, *words))
    assert stage.emulator.counters()["reuse_events"] == 0
    print(
        f"{len(faces)} times {' '.join(words)}: the slowest answer after {median(slowest) * 1000:.0f} ms, "
        f"{max(slowest) * 1000:.0f} ms at worst, without a renewal {median(awake) * 1000:.0f} ms"
    )


def meet(stage: Stage, clients: list[Program], *words: str) -> float:
    """All ask at once, and all are served the same token; when the last one was, in seconds."""
    for client in clients:
        client.send(*words)
    answers = [client.answer() for client in clients]
    assert {answer.kind for answer in answers} == {"ok"}, answers
    assert {answer.token for answer in answers} == {stage.token()}
    return max(answer.took for answer in answers)


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
