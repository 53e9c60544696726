"""`redirects.json`, and what may arrive of a session's headers at the end of a redirect."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

MATRIX: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors/redirects.json").read_text())
LOCATIONS: list[str] = MATRIX["locations"]
KEY = "EMULATOR-CANARY"


def assert_arrived(lines: str, row: dict[str, str]) -> None:
    """Each header of the row once, and the key."""
    names = [line.partition(":")[0].lower() for line in lines.splitlines()]
    for name in (row["header"], row["workspace"]):
        assert names.count(name.lower()) == 1
    assert KEY in lines


def assert_nothing_arrived(lines: str, row: dict[str, str]) -> None:
    """Neither a name of the row nor a value."""
    for secret in (KEY, "acme", f"{row['header']}:", f"{row['workspace']}:"):
        assert secret.lower() not in lines.lower()
