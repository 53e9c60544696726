"""`bl emulator` as a test sees it: the console script of the wheel, steered over HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import beamlit_auth
from beamlit_auth import ApiKey, ClientCredentials, Credential, Login, Session

LIMIT = 20


class Emulator:
    def __init__(self, program: Path | None = None) -> None:
        program = program or Path(sys.executable).with_name("bl")
        assert program.exists(), "the wheel is not installed; cargo xtask test python installs it"
        self._process = subprocess.Popen([program, "emulator", "--json"], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        ready = json.loads(self._process.stdout.readline())
        self.api_url: str = ready["api_url"]
        self.console_url: str = ready["console_url"]
        self.models = f"{self.api_url}/models"
        self.workspace: str = ready["workspace"]
        self.api_key: str = ready["api_key"]
        self.client_id: str = ready["client_id"]
        self.client_secret: str = ready["client_secret"]

    def __enter__(self) -> Emulator:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """From here on the port refuses."""
        self._process.kill()
        self._process.wait(LIMIT)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def session(self, credential: Credential | None = None, **settings: Any) -> Session:
        """A session of this emulator, by default with its service account."""
        credential = credential or self.client()
        return Session(self.workspace, credential=credential, api_url=self.api_url, **settings)

    def key(self) -> ApiKey:
        return ApiKey(self.api_key)

    def client(self, **fields: str) -> ClientCredentials:
        return ClientCredentials(self.client_id, self.client_secret, **fields)

    def start_login(self, **settings: Any) -> Login:
        """A login of this emulator that nobody has approved yet."""
        return beamlit_auth.start_login(self.workspace, api_url=self.api_url, **settings)

    def log_in(self, **settings: Any) -> Session:
        """A login of this emulator, approved and stored."""
        pending = self.start_login(**settings)
        self.approve(pending.user_code)
        return pending.wait(LIMIT)

    def person(self) -> dict[str, Any]:
        """The tokens of a login that was made elsewhere."""
        tokens: dict[str, Any] = self._control("POST", "login", {"workspace": self.workspace})
        return tokens

    def add_workspace(self, name: str) -> None:
        """The person of the logins has one more."""
        self._control("POST", "client_credentials", {"workspace": name})

    def approve(self, user_code: str) -> None:
        self._control("POST", "approve", {"user_code": user_code})

    def deny(self, user_code: str) -> None:
        self._control("POST", "deny", {"user_code": user_code})

    def pending(self) -> list[dict[str, Any]]:
        """The device logins that nobody has decided about, with `user_code`."""
        pending: list[dict[str, Any]] = self._control("GET", "pending")
        return pending

    def counters(self) -> dict[str, Any]:
        """`token_requests` by grant, `reuse_events`, `connections`."""
        counters: dict[str, Any] = self._control("GET", "counters")
        return counters

    def refreshes(self) -> int:
        refreshes: int = self.counters()["token_requests"].get("refresh_token", 0)
        return refreshes

    def fault(self, path: str, **fault: Any) -> None:
        self._control("POST", "fault", {"path": path, **fault})

    def clear_faults(self) -> None:
        self._control("DELETE", "faults")

    def configure(self, **settings: Any) -> None:
        self._control("POST", "settings", settings)

    def requests(self, path: str = "") -> list[dict[str, Any]]:
        """What has arrived for paths that end so, oldest first, with `headers` as pairs."""
        requests: list[dict[str, Any]] = self._control("GET", "requests")["requests"]
        return [request for request in requests if request["path"].endswith(path)]

    def advance(self, seconds: int) -> None:
        """Its clock goes on by so much."""
        self._control("POST", "advance", {"seconds": seconds})

    def accepts(self, token: str) -> bool:
        """Whether its API answers to this token otherwise than by 401."""
        request = urllib.request.Request(self.models, headers={"Authorization": f"Bearer {token}"})
        try:
            with urllib.request.urlopen(request, timeout=LIMIT):
                return True
        except urllib.error.HTTPError as error:
            error.close()
            if error.code != 401:
                raise
            return False

    def token_requests(self) -> int:
        return len(self.requests("/oauth/token"))

    def _control(self, method: str, what: str, body: dict[str, Any] | None = None) -> Any:
        request = urllib.request.Request(
            f"{self.console_url}/_emulator/{what}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=LIMIT) as answer:
            return json.loads(answer.read() or b"null")
