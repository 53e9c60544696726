"""The stored login of the home folder, brought to its end as time would."""

from __future__ import annotations

import json
import time
from pathlib import Path


def expire() -> None:
    """The token of the one device login is over."""
    set_life(7200, 0)


def set_life(whole: float, left: float) -> None:
    """The token of the one device login, which lives for `whole` seconds, has so many left."""
    for folder in (Path.home() / ".beamlit/auth").iterdir():
        numbers = [int(file.name) for file in folder.iterdir() if file.name.isdecimal()]
        if not numbers:
            continue
        file = folder / str(max(numbers))
        record = json.loads(file.read_text())
        if record["kind"] == "device_code":
            record["issued_at_ms"] = int((time.time() + left - whole) * 1000)
            record["lifetime_ms"] = int(whole * 1000)
            # In one step, because a process that reads half a record sets it aside.
            rewritten = file.with_name("rewritten")
            rewritten.write_text(json.dumps(record))
            rewritten.chmod(0o600)
            rewritten.rename(file)
            return
    raise AssertionError("nobody is logged in")
