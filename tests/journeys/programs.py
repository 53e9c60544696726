"""The programs that the journeys run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any, TextIO

LIMIT = 20


def binary() -> str:
    path = Path(os.environ.get("BEAMLIT_BL", "/nonexistent"))
    assert path.exists(), "bl is not built; this builds it and runs the tests: cargo xtask test journeys"
    return str(path)


def console_script() -> str:
    path = shutil.which("bl")
    assert path, "the wheel is not installed; this installs it and runs the tests: cargo xtask test journeys"
    return path


class Emulator:
    """`bl emulator`, running."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.ready: dict[str, str] = self.read_ready(self.process.stdout)

    def read_ready(self, shown: TextIO) -> dict[str, str]:
        ready: dict[str, str] = json.loads(shown.readline())
        return ready

    def ask(self, what: str, body: dict[str, Any] | None = None) -> Any:
        """Steers the emulator, or looks at it."""
        url = f"{self.ready['console_url']}/_emulator/{what}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=LIMIT) as answer:
            return json.loads(answer.read() or "null")

    def approve(self) -> str:
        """Approves the one device login that is pending; its code."""
        until = time.monotonic() + LIMIT
        while not (pending := self.ask("pending")):
            assert time.monotonic() < until, "no login is pending"
            time.sleep(0.01)
        code: str = pending[0]["user_code"]
        self.ask("approve", {"user_code": code})
        return code

    def end(self) -> None:
        self.process.terminate()
        self.process.communicate(timeout=LIMIT)
