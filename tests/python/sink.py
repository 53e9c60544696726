"""A server that knows nothing: it keeps what it was sent, byte for byte, and answers as it is told."""

from __future__ import annotations

import socket
import threading

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


class Sink:
    """Listens on one port of 127.0.0.1; `host_url` names the same port by `localhost`.

    Gives the answers in their order, and then `OK`.
    """

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)
        self.received: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.host_url = f"http://localhost:{self.port}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def __enter__(self) -> Sink:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(20)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(20)
                received = b""
                while b"\r\n\r\n" not in received and (part := connection.recv(65536)):
                    received += part
                self.received.append(received)
                connection.sendall(self.answers.pop(0) if self.answers else OK)


def redirect(location: str) -> bytes:
    """A whole answer, which goes there."""
    lines = ["HTTP/1.1 302 Found", f"Location: {location}", "Content-Length: 0", "Connection: close"]
    return "\r\n".join([*lines, "", ""]).encode()
