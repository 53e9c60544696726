"""Servers of several origins, which redirect and record; with a certificate of an authority of our own."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

OWN_CA = Path(__file__).parents[1] / "interop/oidc-provider/own-ca.sh"
NAMES = ("localhost", "sub.localhost")


class Origins:
    """`plain` is the port of 127.0.0.1 and 127.0.0.2, `other` and `secure` are ports of 127.0.0.1."""

    def __init__(self, folder: Path) -> None:
        made = subprocess.run(["sh", OWN_CA, folder], capture_output=True, check=False)
        assert made.returncode == 0, f"apt-get install openssl\n{made.stderr.decode()}"
        self.ca = folder / "ca.pem"
        self.status = 302
        self.location = ""
        self._received: list[tuple[str, str]] = []
        self._servers = [_Server(("127.0.0.1", 0), self)]
        self.plain: int = self._servers[0].server_address[1]
        self._servers += [_Server(("127.0.0.2", self.plain), self)]
        self._servers += [_Server(("127.0.0.1", 0), self) for _ in range(2)]
        self.other: int = self._servers[2].server_address[1]
        self.secure: int = self._servers[3].server_address[1]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "server.pem", folder / "server.key")
        self._servers[3].socket = context.wrap_socket(self._servers[3].socket, server_side=True)
        for server in self._servers:
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()

    def __enter__(self) -> Origins:
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def url(self, template: str) -> str:
        return template.format(plain=self.plain, other=self.other, secure=self.secure)

    def take(self) -> list[tuple[str, str]]:
        """The requests since the last look: path, and names and values as they came, a line each."""
        received, self._received = self._received, []
        return received

    def record(self, path: str, lines: str) -> None:
        self._received.append((path, lines))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], origins: Origins) -> None:
        self.origins = origins
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, address: Any) -> None:
        """Clients go as they like."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Or an answer waits for the other side to acknowledge the end of the handshake, which takes its time.
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Transfer-Encoding") == "chunked":
            # No body here has a chunk but the last.
            assert self.rfile.readline() + self.rfile.readline() == b"0\r\n\r\n"
        origins = self.server.origins
        origins.record(self.path, "".join(f"{name}: {value}\n" for name, value in self.headers.items()))
        if self.path == "/start":
            self.send_response(origins.status)
            self.send_header("Location", origins.location)
        else:
            self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        """Tests print nothing."""


_resolve = socket.getaddrinfo


def resolve(host: Any, *arguments: Any, **options: Any) -> Any:
    """`socket.getaddrinfo` with names below localhost as RFC 6761 §6.3 has them; not every system has."""
    name = host.decode() if isinstance(host, bytes) else host
    return _resolve("127.0.0.1" if name in NAMES else host, *arguments, **options)
