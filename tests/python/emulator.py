"""The emulator that the users' tests have, and what the library's own look at besides."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import Any

import beamlit_auth
from beamlit_auth import ApiKey, ClientCredentials, Credential, Login, Session
from beamlit_auth.testing import LIMIT, RecordedRequest
from beamlit_auth.testing import Emulator as Shipped


class Emulator(Shipped):
    """With one workspace, one key and one service account that its tests share."""

    def __init__(self) -> None:
        super().__init__()
        self.models = f"{self.api_url}/models"
        self.workspace = "acme"
        self.own_key = self.api_key(self.workspace)
        self.client_id, self.client_secret = self.client_credentials(self.workspace)

    def session(self, credential: Credential | None = None, **settings: Any) -> Session:
        """A session of this emulator, by default with its service account."""
        credential = credential or self.client()
        return Session(self.workspace, credential=credential, api_url=self.api_url, **settings)

    def key(self) -> ApiKey:
        return ApiKey(self.own_key)

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
        self.client_credentials(name)

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
        """A fault in the emulator's own words, of which the users' tests have some."""
        self._control("POST", "fault", {"path": path, **fault})

    def clear_faults(self) -> None:
        self._control("DELETE", "faults")

    def configure(self, **settings: Any) -> None:
        self._control("POST", "settings", settings)

    def received(self, path: str = "") -> list[RecordedRequest]:
        """What has arrived for paths that end so, oldest first."""
        return [request for request in self.requests if request.path.endswith(path)]

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
        return len(self.received("/oauth/token"))
