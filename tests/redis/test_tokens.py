"""One service account in many processes: one request at each expiry, whatever becomes of the Redis server."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

from faces import Answer, Program
from fleet import Fleet
from stage import until

FACES = ["rust", "python"] * 4
THREADS = "64"
LIFE = 5
"""Seconds that a token lasts."""
REST = 5
"""Seconds that a server is left alone which could not be reached."""


def herd(clients: list[Program]) -> list[Answer]:
    """All threads of all processes ask at once; all are served."""
    for client in clients:
        client.send("herd", THREADS, "kept")
    answers = [client.answer() for client in clients]
    assert {answer.kind for answer in answers} == {"ok"}, answers
    return answers


def pass_by(moment: float) -> None:
    until(lambda: time.monotonic() > moment, "time passes")


def test_eight_processes_of_sixty_four_threads_make_one_request_at_each_expiry(
    fleet: Callable[..., Fleet],
) -> None:
    service, longest, over = fleet(), 0.0, 0.0
    service.serve(LIFE)
    with service.redis.monitored() as heard:
        clients = [service.run(face) for face in FACES]
        for expiry in range(1, 4):
            pass_by(over)
            answers = herd(clients)
            over = time.monotonic() + LIFE
            assert len({answer.token for answer in answers}) == 1
            assert service.requests() == expiry
            longest = max([longest, *(answer.took for answer in answers)])
    print(f"{len(FACES)} processes of {THREADS} threads: the slowest answer after {longest:.2f} s")
    said = b"".join(heard)
    assert b"evalsha" in said.lower(), "the recorder records nothing"
    assert service.emulator.client_secret.encode() not in said
    # What is of no use any more goes by itself.
    kept = [key for key in service.redis("KEYS", "*") if "lock:" not in key]
    assert [int(service.redis("PTTL", key)) > 0 for key in kept] == [True]


def test_a_server_that_is_killed_while_a_token_is_asked_for_keeps_nobody_waiting(
    fleet: Callable[..., Fleet],
) -> None:
    service = fleet()
    service.serve(LIFE)
    clients = [service.run(face) for face in FACES]
    service.emulator.fault("/oauth/token", delay_s=1, times=1)
    for client in clients:
        client.send("herd", THREADS, "kept")
    until(service.emulator.token_requests, "a request for a token")
    service.redis.kill()
    answers = [client.answer() for client in clients]
    killed = time.monotonic()
    assert {answer.kind for answer in answers} == {"ok"}, answers
    assert max(answer.took for answer in answers) < 5
    # Each for itself, and none twice.
    alone = service.requests()
    assert 1 < alone <= len(FACES)
    herd(clients)
    assert service.requests() == alone
    service.redis.start()
    pass_by(killed + max(LIFE, REST))
    herd(clients)
    assert service.requests() == alone + 1


def test_a_server_that_does_not_answer_costs_two_seconds(fleet: Callable[..., Fleet]) -> None:
    service = fleet()
    service.serve(LIFE)
    clients = [service.run(face) for face in FACES[:4]]
    herd(clients)
    over = time.monotonic() + LIFE
    service.redis.signal(signal.SIGSTOP)
    pass_by(over)
    answers = herd(clients)
    assert max(answer.took for answer in answers) < 6, answers
    assert max(answer.took for answer in herd(clients)) < 2
    service.redis.signal(signal.SIGCONT)


def test_the_lock_of_a_process_that_was_killed_is_free_after_five_seconds(
    fleet: Callable[..., Fleet],
) -> None:
    service = fleet()
    service.serve(600)
    service.emulator.fault("/oauth/token", delay_s=20, times=1)
    killed = service.run("rust", "token")
    until(service.emulator.token_requests, "a request for a token")
    killed.kill()
    answer = service.ask("python", "token")
    assert answer.kind == "ok"
    assert answer.took < 8
