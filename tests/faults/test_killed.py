"""The renewing process is killed or stopped between claim and commit."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable

import pytest

from faces import FACES, Answer
from stage import Stage, until

KILLS = int(os.environ.get("BEAMLIT_KILLS", "50"))
UNKNOWN = ("login_required", "refresh_outcome_unknown")
SERVER = 0.03
"""Seconds that the server takes to answer."""


def moments(stage: Stage, face: str) -> Callable[[], float]:
    """Random moments of a renewal, in seconds from the start of its process: most of them after its claim."""
    stage.expire()
    begun = time.monotonic()
    program = stage.run(face, "token")
    until(stage.has_claim, "a claim")
    claimed = time.monotonic() - begun
    assert program.answer().kind == "ok"
    ended = time.monotonic() - begun
    seed = random.randrange(1 << 32)
    print(f"{face}: seed {seed}, claim after {claimed:.3f} s, end after {ended:.3f} s")
    generator = random.Random(seed)
    return lambda: generator.uniform(0.7 * claimed, 1.1 * ended)


def kill(stage: Stage, face: str, after: float) -> bool:
    """Kills a renewal so many seconds after the start of its process. Whether a claim stands."""
    program = stage.run(face, "token")
    program.ends_within(after)
    program.kill()
    return stage.has_claim()


@pytest.mark.timeout(600)
def test_a_killed_renewal_costs_nothing_where_refresh_tokens_stay_good(
    stage: Callable[[str], Stage], face: str
) -> None:
    none = stage("none")
    none.emulator.fault("/oauth/token", delay_s=SERVER)
    moment, claims = moments(none, face), 0
    for _ in range(KILLS):
        none.expire()
        claims += kill(none, face, moment())
        answer = none.ask(face, "token")
        assert (answer.what, answer.token) == (("ok", ""), none.token())
    print(f"{face}, none: {KILLS} kills, {claims} claims, 0 lost logins")
    assert claims > 0
    assert none.emulator.counters()["reuse_events"] == 0


@pytest.mark.timeout(600)
def test_a_killed_renewal_is_never_sent_again_where_they_are_spent(
    stage: Callable[[str], Stage], face: str
) -> None:
    strict = stage("strict")
    strict.emulator.fault("/oauth/token", delay_s=SERVER)
    moment, claims, lost = moments(strict, face), 0, 0
    for _ in range(KILLS):
        strict.age()
        old = strict.token()
        claimed = kill(strict, face, moment())
        claims += claimed
        if claimed:
            # Served to its end.
            answer = strict.ask(face, "token")
            assert (answer.kind, answer.token) == ("ok", old)
        strict.expire()
        answer = strict.ask(face, "token")
        assert strict.emulator.counters()["reuse_events"] == 0
        assert (answer.what == UNKNOWN) == claimed, answer
        if claimed:
            assert "log in again" in answer.message
            lost += 1
            strict.log_in()
        else:
            assert (answer.kind, answer.token) == ("ok", strict.token())
    print(f"{face}, strict: {KILLS} kills, {claims} claims, {lost} lost logins")
    assert 0 < lost == claims


def test_a_stopped_renewal_holds_up_nobody_and_a_login_goes_through(
    stage: Callable[[str], Stage], face: str
) -> None:
    strict = stage("strict")
    strict.age()
    old, before = strict.token(), strict.emulator.token_requests()
    strict.emulator.fault("/oauth/token", delay_s=3, times=1)
    stopped = strict.run(face, "token")
    until(lambda: strict.emulator.token_requests() > before, "the renewal")
    stopped.signal(signal.SIGSTOP)
    assert strict.has_claim()
    # The token is in its advisory window: it is served after the patience of one caller at most.
    others = [strict.run(other, "token") for other in FACES]
    answers = [other.answer() for other in others]
    assert [(answer.kind, answer.token) for answer in answers] == [("ok", old)] * len(FACES)
    print(f"served beside a stopped {face} after {show(answers)}")
    assert max(answer.took for answer in answers) < 10
    assert strict.log_in(face).kind == "ok"
    new = strict.token()
    assert [strict.ask(other, "token").token for other in FACES] == [new] * len(FACES)
    # Its late answer is dropped, and it takes what the login brought.
    stopped.signal(signal.SIGCONT)
    answer = stopped.answer()
    assert (answer.kind, answer.token in (old, new)) == ("ok", True)
    assert (strict.token(), strict.has_claim()) == (new, False)
    assert strict.emulator.counters()["reuse_events"] == 0


@pytest.mark.timeout(120)
def test_those_who_need_a_stopped_renewal_wait_no_longer_than_a_request_takes(
    stage: Callable[[str], Stage],
) -> None:
    stages = {"none": stage("none"), "strict": stage("strict")}
    for made in stages.values():
        made.expire()
        made.emulator.fault("/oauth/token", hang=True, times=1)
        stopped = made.run("rust", "token")
        until(made.emulator.refreshes, "the renewal")
        stopped.signal(signal.SIGSTOP)
    waiting = {name: [made.run(face, "token") for face in FACES] for name, made in stages.items()}
    hurried = [made.run(face, "token", "1000") for made in stages.values() for face in FACES]
    answers = [program.answer() for program in hurried]
    assert {answer.kind for answer in answers} == {"deadline_exceeded"}
    print(f"with a time limit of a second: {show(answers)}")
    assert all(1 <= answer.took < 5 for answer in answers)
    answers = [program.answer() for program in waiting["none"]]
    assert [(answer.kind, answer.token) for answer in answers] == [("ok", stages["none"].token())] * len(
        FACES
    )
    print(f"none: {show(answers)}")
    unknown = [program.answer() for program in waiting["strict"]]
    assert [answer.what for answer in unknown] == [UNKNOWN] * len(FACES)
    print(f"strict: {show(unknown)}")
    assert max(answer.took for answer in [*answers, *unknown]) < 25
    assert stages["none"].emulator.refreshes() == 2
    assert stages["strict"].emulator.refreshes() == 1
    assert stages["strict"].emulator.counters()["reuse_events"] == 0


def show(answers: list[Answer]) -> str:
    return ", ".join(f"{answer.took:.2f} s" for answer in answers)
