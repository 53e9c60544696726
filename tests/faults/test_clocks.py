"""Clocks of one login's processes that differ by a day cost one renewal at most, and nothing that lasts.

A clock that was set ahead or back differs from the one that wrote the record, which is what is written here:
nobody sets the clock of the machine that runs the tests.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from faces import CLIENTS, FACES
from stage import Stage, Wrap

Make = Callable[[str], Stage]
DAY = 86_400
LIFE = 7200


def up_for_longer() -> Wrap:
    """A machine that was started a day earlier, by its clocks that count from there."""
    return ["unshare", "--time", f"--boottime={DAY}", f"--monotonic={DAY}"]


@pytest.mark.parametrize("rotation", ["strict", "none"])
@pytest.mark.parametrize("jump", [DAY, -DAY], ids=["ahead", "back"])
def test_a_jump_of_a_day_costs_one_renewal_for_all(stage: Make, rotation: str, jump: int) -> None:
    made = stage(rotation)
    made.set_life(LIFE, LIFE / 2 - jump)
    before = made.emulator.refreshes()
    for _ in range(3):
        programs = [made.run(face, "token") for face in FACES * 2]
        answers = [program.answer() for program in programs]
        assert {(answer.kind, answer.token) for answer in answers} == {("ok", made.token())}, answers
        assert made.emulator.refreshes() == before + 1
    assert made.emulator.counters()["reuse_events"] == 0


def test_a_jump_there_and_back_costs_two(stage: Make, face: str) -> None:
    strict = stage("strict")
    for number, jump in enumerate([DAY, -DAY], 1):
        strict.set_life(LIFE, LIFE / 2 - jump)
        answer = strict.ask(face, "token")
        assert (answer.kind, answer.token) == ("ok", strict.token())
        assert strict.emulator.refreshes() == number


def test_another_boot_clock_is_no_other_time(stage: Make, face: str) -> None:
    """A container can have one of its own: what is fresh is served, and what is over is renewed once."""
    strict = stage("strict")
    wrap = up_for_longer()
    assert strict.ask(face, "token", wrap=wrap).token == strict.token()
    assert strict.emulator.refreshes() == 0
    strict.expire()
    programs = [strict.run(face, "token", wrap=wrap if number % 2 else None) for number in range(6)]
    answers = [program.answer() for program in programs]
    assert {(answer.kind, answer.token) for answer in answers} == {("ok", strict.token())}, answers
    assert strict.emulator.refreshes() == 1


@pytest.mark.parametrize("face", CLIENTS)
def test_a_token_that_only_the_server_takes_for_expired_costs_one_401(stage: Make, face: str) -> None:
    """The clock here is late by a day: the token looks fresh for as long as nobody tries it."""
    strict = stage("strict")
    client = strict.run(face)
    old = client.ask("keep")
    strict.emulator.advance(DAY)
    assert not strict.emulator.accepts(strict.record()["access_token"])
    new = client.ask("refused")
    assert (new.kind, new.token) == ("ok", strict.token())
    assert new.token != old.token
    assert strict.emulator.accepts(strict.record()["access_token"])
    assert client.ask("keep").token == new.token
    assert [strict.ask(other, "token").token for other in FACES] == [new.token] * len(FACES)
    assert strict.emulator.refreshes() == 1
