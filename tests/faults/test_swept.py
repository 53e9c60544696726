"""A renewal is struck at every single system call with which its thread asks the disk and the network.

Killed or failed before the claim, the login is intact and unspent. After it the record can be read and is the
old, the claimed or the new one; an answer that came is served and written down; and where the process died
first, the next one says that the outcome is unknown, and sends nothing twice.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from stage import Stage
from sweep import Sweep, blows, record_calls

FULL = "BEAMLIT_SWEEP" in os.environ
FACES = ["rust", "python", "c"] if FULL else ["rust"]
"""The thread of a renewal is the same in each."""


@pytest.mark.timeout(3000 if FULL else 300)
@pytest.mark.parametrize("rotation", ["strict", "none"] if FULL else ["strict"])
@pytest.mark.parametrize("face", FACES)
def test_every_call_of_a_renewal(
    stage: Callable[[str], Stage], face: str, rotation: str, tmp_path: Path
) -> None:
    made = stage(rotation)
    calls = record_calls(made, face, tmp_path / "log")
    sweep = Sweep(made, face)
    for blow in blows(calls, full=FULL):
        if face != "rust" and blow.how != "signal=KILL":
            continue  # Only the client in Rust says its answer again if that is what was struck.
        try:
            sweep.strike(blow)
        except AssertionError as error:
            raise AssertionError(f"{blow}: {error}") from error
    print(f"{face}, {rotation}: {len(calls)} calls, {dict(sorted(sweep.seen.items()))}")
    assert {"ok, new", "killed, old", "killed, claimed", "killed, new"} <= set(sweep.seen)
