"""The renewing process is killed or stopped between claim and commit."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable

import pytest

from faces import FACES, LIMIT, Answer
from stage import REST, Stage, until

KILLS = int(os.environ.get("BEAMLIT_KILLS", "50"))
UNKNOWN = ("login_required", "refresh_outcome_unknown")
SERVER = 0.03
"""Seconds that the server takes to answer."""


class Moments:
    """Random moments of a renewal, from the start of its process or, in every other round, from its claim."""

    def __init__(self, stage: Stage, face: str) -> None:
        # The quickest of a few: a moment after the end of a renewal finds out nothing.
        timed = [self._time(stage, face) for _ in range(3)]
        self._from_start, self._from_claim = min(whole for whole, _ in timed), min(rest for _, rest in timed)
        seed = random.randrange(1 << 32)
        self._random = random.Random(seed)
        print(
            f"{face}: seed {seed}, {self._from_start:.3f} s, {self._from_claim:.3f} s of them after the claim"
        )

    @staticmethod
    def _time(stage: Stage, face: str) -> tuple[float, float]:
        """The seconds that a renewal takes, and those from its claim on."""
        stage.expire()
        begun = time.monotonic()
        program = stage.run(face, "token")
        until(stage.has_claim, "a claim")
        claimed = time.monotonic()
        assert program.answer().kind == "ok"
        ended = time.monotonic()
        assert program.ends_within(LIMIT)
        return 1.1 * (ended - begun), 1.1 * (ended - claimed)

    def kill(self, stage: Stage, face: str, number: int) -> bool:
        """Kills a renewal at the next moment. Whether a claim stands."""
        program, latest = stage.run(face, "token"), self._from_start
        if number % 2:
            until(lambda: stage.has_claim() or program.ends_within(0), "a claim, or the end")
            latest = self._from_claim
        program.ends_within(self._random.uniform(0, latest))
        program.kill()
        return stage.has_claim()


@pytest.mark.timeout(600)
def test_a_killed_renewal_costs_nothing_where_refresh_tokens_stay_good(
    stage: Callable[[str], Stage], face: str
) -> None:
    none = stage("none")
    none.emulator.fault("/oauth/token", delay_s=SERVER)
    moments, claims = Moments(none, face), 0
    for number in range(KILLS):
        none.expire()
        if moments.kill(none, face, number):
            claims += 1
            none.rest()
        answer = none.ask(face, "token")
        assert (answer.what, answer.token) == (("ok", ""), none.token())
    print(f"{face}, none: {KILLS} kills, {claims} claims, 0 lost logins")
    assert claims > 0
    assert none.emulator.counters()["reuse_events"] == 0


def test_what_a_killed_process_sent_is_sent_again_after_a_rest(
    stage: Callable[[str], Stage], face: str
) -> None:
    """Whoever has a valid token gets that at once, and whoever has none waits."""
    none = stage("none")
    none.age()
    none.emulator.fault("/oauth/token", hang=True, times=1)
    killed = none.run(face, "token")
    until(none.emulator.refreshes, "the renewal")
    sent = time.monotonic()
    killed.kill()
    valid = [none.ask(other, "token") for other in FACES]
    assert [(answer.kind, answer.token) for answer in valid] == [("ok", none.token())] * len(FACES)
    assert time.monotonic() - sent > REST or none.emulator.refreshes() == 1
    none.expire()
    waiting = [none.run(other, "token") for other in FACES]
    answers = [program.answer() for program in waiting]
    print(f"with a valid token: {show(valid)}; without: {show(answers)}")
    assert [(answer.kind, answer.token) for answer in answers] == [("ok", none.token())] * len(FACES)
    assert REST - 0.2 < time.monotonic() - sent < 3 * REST
    assert none.emulator.refreshes() == 2


@pytest.mark.timeout(600)
def test_a_killed_renewal_is_never_sent_again_where_they_are_spent(
    stage: Callable[[str], Stage], face: str
) -> None:
    strict = stage("strict")
    strict.emulator.fault("/oauth/token", delay_s=SERVER)
    moments, claims, lost = Moments(strict, face), 0, 0
    for number in range(KILLS):
        strict.age()
        old = strict.token()
        claimed = moments.kill(strict, face, number)
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
    unknown = [program.answer() for program in waiting["strict"]]
    assert [answer.what for answer in unknown] == [UNKNOWN] * len(FACES)
    print(f"strict: {show(unknown)}")
    # And the rest after that, because the stopped one cannot write down how its request ended.
    answers = [program.answer() for program in waiting["none"]]
    assert [(answer.kind, answer.token) for answer in answers] == [("ok", stages["none"].token())] * len(
        FACES
    )
    print(f"none: {show(answers)}")
    assert max(answer.took for answer in unknown) < 25
    assert max(answer.took for answer in answers) < 25 + REST
    assert stages["none"].emulator.refreshes() == 2
    assert stages["strict"].emulator.refreshes() == 1
    assert stages["strict"].emulator.counters()["reuse_events"] == 0


def show(answers: list[Answer]) -> str:
    return ", ".join(f"{answer.took:.2f} s" for answer in answers)
