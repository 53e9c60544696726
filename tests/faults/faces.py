"""The faces of the library, each as a program that asks for the token of the one login."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import queue
import shlex
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

FACES = ["bl", "python", "c", "rust"]
CLIENTS = FACES[1:]
"""Those that can be asked more than once."""

HERE = Path(__file__).parent
LIMIT = 60


def part(variable: str) -> Path:
    """What a step of `cargo xtask test` has built."""
    path = Path(os.environ.get(variable, "/nonexistent"))
    assert path.exists(), "a part is missing; this builds it and runs the tests: cargo xtask test faults"
    return path


def compile_c(folder: Path) -> Path:
    """The client in C, linked with the installed library."""
    prefix, program = part("BEAMLIT_PREFIX"), folder / "client"
    path = {**os.environ, "PKG_CONFIG_PATH": str(prefix / "lib/pkgconfig")}
    flags = ["pkg-config", "--cflags", "--libs", "beamlit-auth"]
    found = subprocess.run(flags, env=path, check=True, capture_output=True, text=True, timeout=LIMIT).stdout
    command = ["cc", "-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-pedantic", "-Werror", "-pthread"]
    command += ["-o", str(program), str(HERE / "client.c"), *shlex.split(found), f"-Wl,-rpath,{prefix}/lib"]
    subprocess.run(command, check=True, timeout=LIMIT)
    return program


class Programs:
    """How each face is started. `bl` is the one that is not a client of these tests, but what people use."""

    def __init__(self, folder: Path) -> None:
        self.bl = part("BEAMLIT_BL")
        rust = self.bl.parent / "examples/faults-client"
        assert rust.exists(), "the client in Rust is not built; cargo xtask test faults builds it"
        self._clients = {
            "python": [sys.executable, str(HERE / "client.py")],
            "c": [str(compile_c(folder))],
            "rust": [str(rust)],
        }

    def command(self, face: str, *words: str, client_id: str = "") -> list[str]:
        """The program that does this one thing, or a client that listens to its input."""
        if face != "bl":
            return [*self._clients[face], *words]
        match words:
            case ["token", milliseconds]:
                flags = ["token", "acme", "--timeout", str(int(milliseconds) / 1000)]
            case ["login", rotation]:
                flags = ["login", "acme", "--device", "--no-open", "--force", "--rotation", rotation]
            case ["login"]:
                flags = ["login", "acme", "--device", "--no-open", "--force"]
            case [word]:
                flags = [word, "acme"]
            case _:
                raise AssertionError(f"bl has no {words}")
        return [str(self.bl), *flags, "--json", *(["--client-id", client_id] if client_id else [])]


@dataclass
class Answer:
    """What a program answered: "ok" and a digest of the token, or the error. `took` is in seconds."""

    kind: str
    reason: str = ""
    message: str = ""
    token: str = ""
    took: float = 0.0

    @property
    def what(self) -> tuple[str, str]:
        return self.kind, self.reason


def digest(token: str) -> str:
    """What a token is compared by, so that none is ever shown by a test that fails."""
    return hashlib.sha256(token.encode()).hexdigest()[:12] if token else ""


class Program:
    """A running program. With arguments it is asked once, by these; else as often as wanted, by its input."""

    def __init__(self, face: str, command: list[str], environment: dict[str, str]) -> None:
        self.face, self._asked = face, time.perf_counter()
        self._process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self.pid = self._process.pid
        self._lines: queue.Queue[str] = queue.Queue()
        self._first: list[str] = []
        self._errors: list[str] = []
        self._threads = [
            threading.Thread(target=self._read, daemon=True),
            threading.Thread(target=lambda: self._errors.extend(self._process.stderr), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _read(self) -> None:
        for line in self._process.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put("")

    def send(self, *words: str) -> None:
        self._asked = time.perf_counter()
        print(*words, file=self._process.stdin, flush=True)

    def ask(self, *words: str) -> Answer:
        self.send(*words)
        return self.answer()

    def code(self) -> str:
        """The code of the login that it has begun; empty if it could not, which its answer tells."""
        line = self._lines.get(timeout=LIMIT)
        if self.face == "bl" and line:
            code: str = json.loads(line).get("user_code", "")
        else:
            code = line.removeprefix("code\t") if line.startswith("code\t") else ""
        if not code:
            self._first = [line]
        return code

    def answer(self) -> Answer:
        answer = self._bl_answer() if self.face == "bl" else self._client_answer(self._line())
        answer.took = time.perf_counter() - self._asked
        return answer

    def answer_or_end(self) -> Answer | None:
        """What a client answers; `None` if it was killed before."""
        line = self._next()
        answer = self._client_answer(line) if line else None
        if answer:
            answer.took = time.perf_counter() - self._asked
        return answer

    def close(self) -> None:
        """Nothing more is asked: it ends when it has done what it has to."""
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        assert self.ends_within(LIMIT), f"{self.face} does not end"

    def _line(self) -> str:
        line = self._next()
        if not line:
            self._end()
            raise AssertionError(f"{self.face} ended: {''.join(self._errors)}")
        return line

    def _next(self) -> str:
        return self._first.pop() if self._first else self._lines.get(timeout=LIMIT)

    def _client_answer(self, line: str) -> Answer:
        if line.startswith("ok\t"):
            return Answer("ok", token=digest(line.split("\t")[1]))
        return Answer(*line.split("\t"))

    def _bl_answer(self) -> Answer:
        code = self._end()
        events = []
        while line := self._next():
            events.append(json.loads(line))
        if code == 0:
            return Answer("ok", token=digest(events[-1].get("access_token", "")))
        errors = [json.loads(line) for line in self._errors if line.startswith("{")]
        error = next((event for event in [*errors, *events] if "kind" in event), None)
        assert error, f"{code}: {''.join(self._errors)}"
        assert code == error["exit_code"]
        return Answer(error["kind"], error["reason"] or "", error["message"])

    def _end(self) -> int:
        code = self._process.wait(LIMIT)
        for thread in self._threads:
            thread.join(LIMIT)
        return code

    def signal(self, number: int) -> None:
        """Sends a signal; an answer's time counts from here."""
        self._asked = time.perf_counter()
        self._process.send_signal(number)

    def ends_within(self, seconds: float) -> bool:
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._end()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            pipe.close()
