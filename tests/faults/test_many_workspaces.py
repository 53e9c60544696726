"""Eight processes log in, renew and log out at the same time, each in a workspace of its own."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import yaml

from faces import CLIENTS, Program, digest
from stage import Stage

UPDATES = int(os.environ.get("BEAMLIT_UPDATES", "30"))
PROCESSES = [*CLIENTS, "rust", "c", "rust", "c", "rust"]
NOBODY = "login_required"


class Tenant:
    """One process, and what its workspace must be after all that it did."""

    def __init__(self, stage: Stage, face: str, number: int) -> None:
        self.workspace = f"tenant-{number}"
        self.token = ""
        self._renewed = False
        self._stage = stage
        self._client = stage.run(face, TEST_WORKSPACE=self.workspace)
        self._random = random.Random(number)

    def updates(self) -> None:
        for _ in range(UPDATES):
            self._update()
            self.check(self._client)

    def _update(self) -> None:
        if not self.token or self._random.random() < 0.2:
            self._log_in()
        elif not self._renewed and self._random.random() < 0.7:
            # One that came of a refusal itself is not renewed for another.
            answer = self._client.ask("refused")
            assert answer.kind == "ok", (self._client.face, answer)
            assert answer.token != self.token
            self.token, self._renewed = answer.token, True
        else:
            answer = self._client.ask("logout")
            assert answer.kind == "ok", (self._client.face, answer)
            self.token = ""

    def _log_in(self) -> None:
        self._client.send("login", "strict")
        self._stage.emulator.approve(self._client.code())
        answer = self._client.answer()
        assert answer.kind == "ok", (self._client.face, answer)
        self.token, self._renewed = answer.token, False

    def check(self, client: Program) -> None:
        answer = client.ask("token")
        assert (answer.kind, answer.token) == (("ok", self.token) if self.token else (NOBODY, ""))

    def check_anew(self) -> None:
        """What a process sees that has seen nothing else."""
        self.check(self._stage.run("rust", TEST_WORKSPACE=self.workspace))


@pytest.mark.timeout(1800)
def test_no_update_of_another_workspace_is_lost(stage: Callable[[str], Stage]) -> None:
    made = stage("strict")
    for number in range(len(PROCESSES)):
        made.emulator.add_workspace(f"tenant-{number}")
    tenants = [Tenant(made, face, number) for number, face in enumerate(PROCESSES)]
    with ThreadPoolExecutor(len(tenants)) as threads:
        for done in [threads.submit(tenant.updates) for tenant in tenants]:
            done.result()
    for tenant in tenants:
        tenant.check_anew()
    copy = yaml.safe_load((made.home / ".beamlit/config.yaml").read_text())
    found = {
        entry["name"]: digest(entry["credentials"].get("access_token", "")) for entry in copy["workspaces"]
    }
    assert found == {tenant.workspace: tenant.token for tenant in tenants if tenant.token} | {
        "acme": made.ask("rust", "token").token
    }
    assert made.emulator.counters()["reuse_events"] == 0
    print(f"{len(tenants)} processes, {UPDATES} updates each, {made.emulator.refreshes()} renewals, 0 lost")
