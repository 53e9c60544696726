"""A local Beamlit for the tests of programs that log in: no account, no network, nothing mocked.

    # conftest.py
    pytest_plugins = ["beamlit_auth.testing"]

    def test_models(beamlit_emulator):
        beamlit_emulator.login("acme")
        session = beamlit_auth.Session()
        assert requests.get(f"{session.api_url}/models", auth=session).ok

While a fixture of here lasts, the home folder is an empty one, the variables BL_* are gone, and BL_API_URL is
that of the emulator, so that the code under test runs unchanged. Without pytest, `Emulator` is a context
manager that changes nothing around it.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from . import Session, start_login
from ._native import store_conformance
from .errors import InternalError, InvalidArgument

if TYPE_CHECKING:
    from pathlib import Path

    from typing_extensions import Self

    from . import Store

__all__ = ["Emulator", "RecordedRequest", "conformance"]

LIMIT = 20
"""Seconds: the longest that the emulator takes for anything."""

COMMAND = "import sys; from beamlit_auth._cli import main; sys.exit(main())"


class RecordedRequest:
    """A request as it arrived, and how it was answered. Its `repr` shows neither headers nor body."""

    __slots__ = ("body", "headers", "method", "path", "query", "status", "time")

    def __init__(self, recorded: dict[str, Any]) -> None:
        self.time: float = recorded["time"]
        """When it had arrived, in seconds since 1970."""
        self.method: str = recorded["method"]
        self.path: str = recorded["path"]
        self.query: str | None = recorded["query"]
        self.headers: list[tuple[str, str]] = [(name, value) for name, value in recorded["headers"]]
        """Names in lower case and values, in the order of their arrival."""
        self.body: str = recorded["body"]
        self.status: int | None = recorded["status"]
        """None if the connection was dropped."""

    def header(self, name: str) -> str | None:
        """The value of the first header of that name, in whatever case."""
        return next((value for known, value in self.headers if known == name.lower()), None)

    def __repr__(self) -> str:
        return f"<RecordedRequest {self.method} {self.path} {self.status}>"


class Emulator:
    """A local console, authorization server and API on 127.0.0.1, in a process of its own (`bl emulator`).

    `seed` is a JSON file of the workspaces to begin with: `{"workspaces": ["acme"]}`. Every name is one as
    soon as something is issued for it. `data` is a file, made if there is none, that keeps what the emulator
    knows: the next one with it has its port, and no login is lost. What it issues bears a mark, and the
    library sends it to no other machine.
    """

    def __init__(
        self, *, seed: str | os.PathLike[str] | None = None, data: str | os.PathLike[str] | None = None
    ) -> None:
        files = {"--seed": seed, "--data": data}
        arguments = [f"{flag}={os.fspath(file)}" for flag, file in files.items() if file is not None]
        self._process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, "emulator", "--json", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        self._stdout = self._process.stdout
        # Whatever proxy is set for the program under test is not for this.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            ready = self._ready()
        except BaseException:
            self.close()
            raise
        self.api_url: str = ready["api_url"]
        """Base URL of the API, and the issuer: what BL_API_URL takes."""
        self.console_url: str = ready["console_url"]
        """Where a person would approve a login."""

    def _ready(self) -> dict[str, Any]:
        readable, _, _ = select.select([self._stdout], [], [], LIMIT)
        line = self._stdout.readline() if readable else b""
        if not line:
            raise InternalError("`bl emulator` did not start; run it by hand to see why")
        ready: dict[str, Any] = json.loads(line)
        return ready

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends it; from here on its port refuses."""
        self._process.terminate()
        try:
            self._process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._stdout.close()

    @property
    def env(self) -> dict[str, str]:
        """The variables by which this library, and the platform's own tools, come here."""
        return dict.fromkeys(("BL_API_URL", "BEAMLIT_API_URL", "BL_BASE_URL"), self.api_url)

    @property
    def requests(self) -> list[RecordedRequest]:
        """What has arrived, oldest first."""
        return [RecordedRequest(recorded) for recorded in self._control("GET", "requests")["requests"]]

    def login(self, workspace: str) -> Session:
        """A device login of a person, approved, and stored in the home folder of this process."""
        interval = self._control("GET", "settings")["interval_s"]
        self._control("POST", "settings", {"interval_s": 0})
        try:
            pending = start_login(workspace, api_url=self.api_url)
        finally:
            self._control("POST", "settings", {"interval_s": interval})
        self.approve(pending.user_code)
        return pending.wait(LIMIT)

    def api_key(self, workspace: str) -> str:
        """A new API key."""
        key: str = self._control("POST", "api_key", {"workspace": workspace})["api_key"]
        return key

    def client_credentials(self, workspace: str) -> tuple[str, str]:
        """`client_id` and `client_secret` of a new service account."""
        made = self._control("POST", "client_credentials", {"workspace": workspace})
        return made["client_id"], made["client_secret"]

    def approve(self, user_code: str) -> None:
        """Approves a pending device login, as a person would in the console."""
        self._decide("approve", user_code)

    def deny(self, user_code: str) -> None:
        """Denies a pending device login."""
        self._decide("deny", user_code)

    def fault(
        self,
        path: str,
        *,
        status: int | None = None,
        delay: float = 0.0,
        drop: bool = False,
        times: int | None = None,
    ) -> None:
        """Has requests whose path begins with `path`, with or without `/v0`, go wrong: they are answered with
        `status`, `delay` seconds later, or not at all (`drop`). `times` is how often; without it, to the end.
        """
        fault = {"path": path, "status": status, "delay_s": delay, "drop": drop, "times": times}
        self._control("POST", "fault", fault)

    def advance(self, seconds: int) -> None:
        """Moves the emulator's clock, by which its tokens, codes and keys expire; not that of this machine,
        so that a session learns of it by a 401.
        """
        self._control("POST", "advance", {"seconds": seconds})

    def _decide(self, decision: str, user_code: str) -> None:
        try:
            self._control("POST", decision, {"user_code": user_code})
        except urllib.error.HTTPError as error:
            error.close()
            if error.code != 404:
                raise
            raise InvalidArgument("no login with this user code is pending") from None

    def _control(self, method: str, what: str, body: dict[str, Any] | None = None) -> Any:
        request = urllib.request.Request(
            f"{self.console_url}/_emulator/{what}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with self._opener.open(request, timeout=LIMIT) as answer:
            return json.loads(answer.read() or b"null")


try:
    import pytest
except ModuleNotFoundError:  # The class is of use without it.
    pass
else:

    @pytest.fixture
    def beamlit_emulator(tmp_path: Path) -> Iterator[Emulator]:
        """An emulator for one test, with an empty home folder and no variable of Beamlit but its own."""
        yield from _emulator(tmp_path)

    @pytest.fixture(scope="session")
    def beamlit_emulator_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
        """The same for all the tests of a run, which share what they do to it."""
        yield from _emulator(tmp_path_factory.mktemp("beamlit"))

    def _emulator(folder: Path) -> Iterator[Emulator]:
        home = folder / "beamlit-home"
        home.mkdir()
        with pytest.MonkeyPatch.context() as patch:
            for name in [*os.environ]:
                if name.startswith("BL_") or name in ("BEAMLIT_API_URL", "XDG_STATE_HOME"):
                    patch.delenv(name)
            patch.setenv("HOME", str(home))
            with Emulator() as emulator:
                for name, value in emulator.env.items():
                    patch.setenv(name, value)
                yield emulator


def conformance(store: Store) -> None:
    """Tries whether a store of one's own keeps what the library relies on.

    `AssertionError` says what it does not. Uses keys of its own, which begin with `conformance-`, and removes
    them. It cannot see whether a write outlives a power cut, nor what other hosts see.
    """
    store_conformance(store)
