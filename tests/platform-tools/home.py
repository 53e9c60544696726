"""A home folder in which our programs and the platform's own tools work on one login."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from emulator import Emulator

HERE = Path(__file__).parent
LIMIT = 30
WORKSPACE = "acme"

# Our Python package, as a program that logs in.
LOGIN = f"""
import json, beamlit_auth
pending = beamlit_auth.start_login({WORKSPACE!r})
print(json.dumps({{"event": "device_code", "user_code": pending.user_code}}), flush=True)
pending.wait()
"""


def until(happened: Callable[[], Any], what: str) -> None:
    """Waits for an event, by asking again."""
    end = time.monotonic() + LIMIT
    while not happened():
        assert time.monotonic() < end, f"it did not happen: {what}"


class Home:
    def __init__(self, folder: Path, platform: str) -> None:
        self.folder, self.platform = folder, platform
        self.file = folder / f".{platform}/config.yaml"
        self.tools = Path(os.environ.get("BEAMLIT_PLATFORM_TOOLS", "/nonexistent"))
        assert self.tools.exists(), (
            "the tools are missing; this installs them: cargo xtask test platform-tools"
        )
        self.emulator = Emulator()
        self.emulator.configure(interval_s=0)
        folder.mkdir(exist_ok=True)
        # Nothing opens a browser, and nobody asks a host outside for anything.
        self._stubs(folder / "bin", "open", "xdg-open", "wslview")
        self.environment = {
            "HOME": str(folder),
            "PATH": f"{folder / 'bin'}:/usr/bin:/bin",
            "BL_PLATFORM": platform,
            "BL_API_URL": self.emulator.api_url,
            "BL_BASE_URL": self.emulator.api_url,
            "DO_NOT_TRACK": "1",
            **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9"),
            "NO_PROXY": "127.0.0.1",
        }

    def _stubs(self, folder: Path, *names: str) -> None:
        folder.mkdir()
        for name in names:
            (folder / name).write_text("#!/bin/sh\n")
            (folder / name).chmod(0o755)

    def end(self) -> None:
        self.emulator.close()

    def start(self, *command: object, **variables: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(word) for word in command],
            cwd=self.folder,
            env={**self.environment, **variables},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *command: object, given: str = "", code: int = 0, **variables: str) -> str:
        """What a program prints that ends so."""
        program = self.start(*command, **variables)
        printed, told = program.communicate(given, LIMIT)
        assert program.returncode == code, f"{command}: {printed}{told}"
        return printed.strip()

    # Ours.

    def log_in(self, face: str = "bl") -> None:
        """A person logs in by a program of ours."""
        words = ["login", WORKSPACE, "--device", "--force", "--json", "--no-open"]
        login = self.start(*([self.bl, *words] if face == "bl" else [sys.executable, "-c", LOGIN]))
        assert login.stdout
        self.emulator.approve(json.loads(login.stdout.readline())["user_code"])
        _, told = login.communicate(timeout=LIMIT)
        assert login.returncode == 0, told

    @property
    def bl(self) -> Path:
        return Path(sys.executable).with_name("bl")

    def token(self, **variables: str) -> str:
        return self.run(self.bl, "token", **variables)

    def status(self) -> dict[str, Any]:
        status: dict[str, Any] = json.loads(self.run(self.bl, "status", "--json"))
        return status

    def record(self) -> Path:
        """The file that is our login, the newest of them if there are several."""
        return max(self._records(), key=lambda file: file.stat().st_mtime_ns)

    def _records(self) -> list[Path]:
        files = [file for file in self.file.parent.glob("auth/*/*") if file.name.isdecimal()]
        return [file for file in files if json.loads(file.read_text())["kind"] != "current"]

    def expire(self) -> None:
        """Our token is over, as by the time."""
        file = self.record()
        record = json.loads(file.read_text())
        record["issued_at_ms"] = int(time.time() * 1000) - record["lifetime_ms"]
        file.write_text(json.dumps(record))

    # Theirs.

    def sdk(self, **variables: str) -> dict[str, Any]:
        """The SDK of this platform's name lists models."""
        said: dict[str, Any] = json.loads(self.run(*self._models(), **variables))
        return said

    def start_sdk(self) -> subprocess.Popen[str]:
        """The same, not waited for."""
        return self.start(*self._models())

    def _models(self) -> list[object]:
        words = {"blaxel": self.emulator.api_url, "beamlit": "models"}
        return [*self._python(self.platform), words[self.platform]]

    def _python(self, name: str) -> list[object]:
        return [self.tools / name / "bin/python", HERE / f"{name}_sdk.py"]

    def sdk_file(self) -> dict[str, Any]:
        """What the SDK of the old name reads in its file."""
        said: dict[str, Any] = json.loads(self.run(*self._python("beamlit"), "file"))
        return said

    def sdk_saves(self, **credentials: Any) -> None:
        """The SDK of the old name writes its file."""
        asked = json.dumps({"workspace": WORKSPACE, "credentials": credentials})
        self.run(*self._python("beamlit"), "save", given=asked)

    @property
    def cli(self) -> Path:
        """The platform's own `bl`."""
        return self.tools / "cli/bl"

    # What arrived.

    def last_call(self) -> dict[str, str]:
        """The headers of the last request for models."""
        return dict(self.emulator.received("/models")[-1].headers)
