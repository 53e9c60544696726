"""Processes whose tokens are renewed before anybody asks: one request at an expiry, whoever is first."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from faces import CLIENTS, LIMIT
from stage import Stage, until

Make = Callable[[str], Stage]
WHOLE, LEFT = 60, 15
"""Seconds of a life of which the last twelve are the advisory window."""


@pytest.mark.parametrize("rotation", ["strict", "none"])
def test_the_timers_of_many_processes_make_one_request(stage: Make, rotation: str) -> None:
    made = stage(rotation)
    made.set_life(WHOLE, LEFT)
    old, before = made.token(), made.emulator.refreshes()
    faces = (CLIENTS * 3)[:8]
    clients = [made.run(face, TEST_BACKGROUND_REFRESH="1") for face in faces]
    # On a busy machine the first timer may be faster than the last process begins.
    assert {client.ask("keep").kind for client in clients} == {"ok"}
    until(lambda: made.emulator.refreshes() > before, "a renewal that nobody asked for")
    until(lambda: made.token() != old, "its end")
    end = time.monotonic() + LIMIT
    while {client.ask("keep").token for client in clients} != {made.token()}:
        assert time.monotonic() < end, "a process has not taken the new token"
    assert made.emulator.refreshes() == before + 1
    assert made.emulator.counters()["reuse_events"] == 0
