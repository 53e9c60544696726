"""A home with one login, the emulator that it is of, and the programs that use it."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from emulator import Emulator
from faces import LIMIT, Answer, Program, Programs, digest

Wrap = list[str]

REST = 5.0
"""Seconds: the server is asked no more often than this."""


def until(happened: Callable[[], Any], what: str) -> None:
    """Waits for an event."""
    end = time.monotonic() + LIMIT
    while not happened():
        assert time.monotonic() < end, f"it did not happen: {what}"
        time.sleep(0.001)


class Stage:
    def __init__(self, programs: Programs, home: Path, rotation: str, server: str = "") -> None:
        """`rotation` is what the login is told; the server revokes a login at reuse unless it is "none"."""
        self.programs, self.home, self.rotation = programs, home, rotation
        home.mkdir(mode=0o755, exist_ok=True)
        self.auth = home / ".beamlit/auth"
        self.emulator = Emulator()
        self.emulator.configure(rotation="none" if rotation == "none" else "revoke", interval_s=0)
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "VIRTUAL_ENV")}
        self.environment = {**kept, "HOME": str(home), "BL_API_URL": server or self.emulator.api_url}
        self._running: list[Program] = []

    def end(self) -> None:
        for program in self._running:
            program.kill()
        self.emulator.close()

    def run(self, face: str, *words: str, wrap: Wrap | None = None, **variables: str | None) -> Program:
        """Starts what does this one thing; without words a client. `None` takes a variable away."""
        environment = {**self.environment, **variables}
        environment = {name: value for name, value in environment.items() if value is not None}
        command = self.programs.command(face, *words, client_id=environment.get("TEST_CLIENT_ID", ""))
        program = Program(face, [*(wrap or []), *command], environment)
        self._running.append(program)
        return program

    def ask(self, face: str, *words: str, wrap: Wrap | None = None, **variables: str | None) -> Answer:
        """What a new program answers; it has ended then, and with it all that it writes."""
        program = self.run(face, *words, wrap=wrap, **variables)
        return self._end_of(program, variables)

    def log_in(self, face: str = "rust", wrap: Wrap | None = None, **variables: str | None) -> Answer:
        """A person logs in, whatever else is going on."""
        login = self.run(face, "login", self.rotation, wrap=wrap, **variables)
        if code := login.code():
            self.emulator.approve(code)
        return self._end_of(login, variables)

    def _end_of(self, program: Program, variables: dict[str, str | None]) -> Answer:
        answer = program.answer()
        assert program.ends_within(LIMIT)
        # Whoever finds the platform's file changed lately waits for its writer, for seconds.
        copy = Path(variables.get("HOME") or self.home) / ".beamlit/config.yaml"
        with contextlib.suppress(OSError):
            os.utime(copy, (1, 1))
        return answer

    # The record of the login, as it lies on the disk.

    def record(self) -> dict[str, Any]:
        return self._read()[1]

    def record_file(self) -> Path:
        return self._read()[0]

    def _read(self) -> tuple[Path, dict[str, Any]]:
        # A number may be swept while it is looked at.
        for _ in range(1000):
            for folder in self.auth.iterdir():
                try:
                    numbers = [int(file.name) for file in folder.iterdir() if file.name.isdecimal()]
                    file = folder / str(max(numbers))
                    record = json.loads(file.read_text())
                except (ValueError, FileNotFoundError, NotADirectoryError):
                    continue
                if record["access_token"]:
                    return file, record
        raise AssertionError("nobody is logged in")

    def has_claim(self) -> bool:
        return self.record()["claim"] is not None

    def token(self) -> str:
        return digest(self.record()["access_token"])

    def generation(self) -> int:
        generation: int = self.record()["generation"]
        return generation

    def set_life(self, whole: float, left: float) -> None:
        """Writes another life into the record: `left` seconds of a token of `whole`."""
        issued = int((time.time() + left - whole) * 1000)
        self._change(lambda record: record.update(issued_at_ms=issued, lifetime_ms=int(whole * 1000)))

    def rest(self) -> None:
        """What a killed process sent was sent long enough ago that it may be sent again."""
        sent = int((time.time() - REST) * 1000)
        self._change(lambda record: record["claim"].update(sent_at_ms=sent))

    def _change(self, change: Callable[[dict[str, Any]], None]) -> None:
        file, record = self._read()
        change(record)
        # In one step, because a process that reads half a record sets it aside.
        facts, rewritten = file.stat(), file.with_name("rewritten")
        rewritten.write_text(json.dumps(record))
        rewritten.chmod(0o600)
        os.chown(rewritten, facts.st_uid, facts.st_gid)
        rewritten.rename(file)

    def expire(self) -> None:
        """The token is over."""
        self.set_life(1000, 0)

    def age(self) -> None:
        """The token enters its advisory window."""
        self.set_life(1000, 100)
