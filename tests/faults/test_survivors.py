"""Eight processes renew one login, again and again, and any of them is killed at any moment."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable

import pytest

from faces import CLIENTS
from stage import Stage

RENEWALS = int(os.environ.get("BEAMLIT_RENEWALS", "300"))
PROCESSES = [*CLIENTS, "rust", "c", "rust", "c", "rust"]
UNKNOWN = ("login_required", "refresh_outcome_unknown")


class Survivors:
    """The processes; for each that is killed a new one."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._clients = [stage.run(face) for face in PROCESSES]
        seed = random.randrange(1 << 32)
        self._random = random.Random(seed)
        self._longest = self._round()
        print(f"seed {seed}; a round takes {self._longest * 1000:.0f} ms")

    def _round(self) -> float:
        """All meet an expired token, and nobody is killed. How long that takes."""
        begun = self._begin()
        assert {client.answer().kind for client in self._clients} == {"ok"}
        return time.monotonic() - begun

    def round(self) -> set[tuple[str, str]]:
        """The same, and one of them is killed meanwhile. What the others answer."""
        victim = self._random.randrange(len(self._clients))
        self._begin()
        time.sleep(self._random.uniform(0, self._longest))
        killed = self._clients.pop(victim)
        killed.kill()
        answers = {client.answer().what for client in self._clients}
        self._clients.insert(victim, self._stage.run(killed.face))
        return answers

    def _begin(self) -> float:
        self._stage.expire()
        begun = time.monotonic()
        for client in self._clients:
            client.send("token")
        return begun


@pytest.mark.timeout(3600)
def test_a_kill_costs_a_login_only_between_claim_and_commit(stage: Callable[[str], Stage]) -> None:
    strict = stage("strict")
    survivors = Survivors(strict)
    kills = lost = 0
    while strict.emulator.refreshes() < RENEWALS:
        answers, kills = survivors.round(), kills + 1
        assert kills < 100 + 2 * RENEWALS, "hardly any of them renews"
        # Everybody who lives has answered: a claim that stands is that of the one who was killed.
        if strict.has_claim():
            lost += 1
            assert answers == {UNKNOWN}
            assert strict.log_in().kind == "ok"
        else:
            assert answers == {("ok", "")}
        assert strict.emulator.counters()["reuse_events"] == 0
    print(f"{strict.emulator.refreshes()} renewals, {kills} kills, {lost} of them between claim and commit")
