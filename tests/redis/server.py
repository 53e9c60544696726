"""A Redis server of its own, and what is said to it."""

from __future__ import annotations

import contextlib
import re
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stage import until

LIMIT = 30.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Redis:
    """A server that can be killed, stopped and started again at the same port."""

    def __init__(self, folder: Path, *options: str, password: str = "") -> None:
        program = shutil.which("redis-server")
        assert program, "redis-server is missing: apt-get install redis-server"
        folder.mkdir(exist_ok=True)
        self.port, self.password, self._log = free_port(), password, folder / "log"
        own = ["--requirepass", password] if password else []
        self._command = [program, "--bind", "127.0.0.1", "--port", str(self.port), "--save", ""]
        self._command += ["--appendonly", "yes", "--appendfsync", "always"]
        self._command += ["--dir", str(folder), "--logfile", str(self._log), *own, *options]
        self.start()

    @property
    def url(self) -> str:
        login = f":{self.password}@" if self.password else ""
        return f"redis://{login}127.0.0.1:{self.port}/0"

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        until(self._answers, "redis-server answers")

    def _answers(self) -> bool:
        with contextlib.suppress(OSError):
            return bool(self("PING") == "PONG")
        return False

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        self._process.wait(LIMIT)

    def log(self) -> str:
        return self._log.read_text()

    @contextlib.contextmanager
    def connected(self) -> Iterator[Line]:
        with Line(self.port) as line:
            if self.password:
                line("AUTH", self.password)
            yield line

    def __call__(self, *words: str) -> Any:
        with self.connected() as line:
            return line(*words)

    @contextlib.contextmanager
    def monitored(self) -> Iterator[list[bytes]]:
        """Everything that anybody says to it meanwhile."""
        heard: list[bytes] = []
        with self.connected() as line:
            line("MONITOR")
            listener = threading.Thread(target=lambda: heard.extend(line.rest()))
            listener.start()
            try:
                yield heard
            finally:
                line.close()
                listener.join(LIMIT)


class Line:
    """One connection, in the simplest words of the protocol (RESP 2)."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), LIMIT)
        self._file = self._socket.makefile("rb")

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def __call__(self, *words: str) -> Any:
        said = [word.encode() for word in words]
        parts = [b"*%d\r\n" % len(said), *(b"$%d\r\n%s\r\n" % (len(word), word) for word in said)]
        self._socket.sendall(b"".join(parts))
        return self._reply()

    def rest(self) -> list[bytes]:
        self._socket.settimeout(None)
        with contextlib.suppress(OSError, ValueError):
            return list(self._file)
        return []

    def _reply(self) -> Any:
        line = self._file.readline()
        kind, text = line[:1], line[1:].rstrip(b"\r\n")
        if kind in (b"+", b":"):
            return text.decode()
        if kind == b"$":
            length = int(text)
            return None if length < 0 else self._file.read(length + 2)[:-2].decode()
        if kind == b"*":
            return [self._reply() for _ in range(int(text))]
        # An error, of which the first word is enough; or the end of a server that is going.
        raise ConnectionError(re.sub(rb"\W.*", b"", text, flags=re.DOTALL).decode() or "closed")
