"""oidc-provider, the programs that talk to it, and what each of them answers."""

from __future__ import annotations

import json
import os
import queue
import shlex
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent
LIMIT = 20


def part(variable: str, step: str) -> Path:
    """The folder that a step of `cargo xtask test` has filled."""
    folder = Path(os.environ.get(variable, "/nonexistent"))
    assert folder.exists(), f"a part is missing; this installs it and runs the tests: cargo xtask test {step}"
    return folder


class Provider:
    """A running server. `issuer` is its issuer identifier."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._lines: queue.Queue[dict[str, str] | None] = queue.Queue()
        self._process = process
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def begin(self) -> None:
        self.issuer = self._next()["issuer"]

    def end(self) -> None:
        """Ends the server, and the reading of its output before that is closed."""
        self._process.kill()
        self._reader.join(LIMIT)

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            if line.startswith("{"):
                self._lines.put(json.loads(line))
        self._lines.put(None)

    def _next(self) -> dict[str, str]:
        line = self._lines.get(timeout=LIMIT)
        assert line is not None, "the server has ended"
        return line

    def requests(self, count: int) -> list[dict[str, str]]:
        """The requests since the last call, up to the one that is the `count`th to the token endpoint."""
        requests: list[dict[str, str]] = []
        while sum(request["path"] == "/token" for request in requests) < count:
            requests.append(self._next())
        return requests

    def scheme(self) -> str:
        """The scheme of the header that the next token request has; empty without one."""
        return self.requests(1)[-1]["authorization"]

    def counters(self) -> dict[str, int]:
        """What became of logins: renewed, refused, reused, revoked."""
        origin = self.issuer.split("/", 3)[:3]
        with urllib.request.urlopen("/".join([*origin, "counters"]), timeout=LIMIT) as answer:
            return json.load(answer)


@contextmanager
def running(environment: dict[str, str]) -> Iterator[Provider]:
    npm = part("BEAMLIT_NPM", "interop")
    process = subprocess.Popen(
        ["node", HERE / "oidc-provider/server.mjs"],
        env={"PATH": os.environ["PATH"], "BEAMLIT_NPM": str(npm), **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        provider = Provider(process)
        try:
            provider.begin()
            yield provider
        finally:
            provider.end()


@pytest.fixture
def start() -> Iterator[object]:
    """Starts a server with the variables it is given; all end with the test."""
    with ExitStack() as servers:
        yield lambda **environment: servers.enter_context(running(environment))


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A server over http."""
    with running({}) as provider:
        yield provider


@pytest.fixture(scope="session")
def own_ca(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a certificate authority of our own and a server certificate of it."""
    folder = tmp_path_factory.mktemp("own-ca")
    command = ["sh", HERE / "oidc-provider/own-ca.sh", folder]
    subprocess.run(command, check=True, capture_output=True, timeout=LIMIT)
    return folder


@dataclass
class Answer:
    """What a face said: the error's kind, or "ok", and what belongs to it."""

    kind: str
    message: str = ""
    oauth_error: str = ""
    http_status: int = 0
    header: str = ""
    token_type: str = ""
    scope: str = ""
    # Of the first token, and of the one after a 401 that was reported.
    generations: tuple[int, ...] = ()


def ask_python(settings: dict[str, str]) -> Answer:
    """Headers for settings["url"] by this interpreter's Python package; "again" reports a 401 in between."""
    import beamlit_auth

    fields = ("scope", "resource", "token_endpoint_auth_method")
    optional = {name: settings[name] for name in fields if name in settings}
    client = beamlit_auth.ClientCredentials(settings["client_id"], settings["client_secret"], **optional)
    try:
        session = beamlit_auth.Session(
            credential=client,
            platform=settings["issuer"],
            origins=[settings["origin"]],
            ca_file=settings.get("ca_file"),
        )
        headers = session.headers(settings["url"])
        generations = [headers.generation]
        if "again" in settings:
            assert session.invalidate(headers)
            headers = session.headers(settings["url"])
            generations.append(headers.generation)
        token = session.token()
    except beamlit_auth.BeamlitError as error:
        return Answer(error.kind, str(error), error.oauth_error or "", error.http_status or 0)
    assert headers["Authorization"] == f"Bearer {token.reveal()}"
    [header] = headers
    return Answer("ok", "", "", 0, header, token.token_type, token.scope, tuple(generations))


def compile_c(name: str, folder: Path) -> Path:
    """A program of this folder, linked with the installed library."""
    prefix = part("BEAMLIT_PREFIX", "interop")
    path = {**os.environ, "PKG_CONFIG_PATH": str(prefix / "lib/pkgconfig")}
    flags = ["pkg-config", "--cflags", "--libs", "beamlit-auth"]
    found = subprocess.run(flags, env=path, check=True, capture_output=True, text=True, timeout=LIMIT).stdout
    program = folder / name
    command = ["cc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-o", program, HERE / f"{name}.c"]
    subprocess.run([*command, *shlex.split(found), f"-Wl,-rpath,{prefix}/lib"], check=True, timeout=LIMIT)
    return program


@pytest.fixture(scope="session")
def c_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same questions in C."""
    return compile_c("oidc_client", tmp_path_factory.mktemp("c"))


def ask_c(program: Path, settings: dict[str, str]) -> Answer:
    """The same by a C program, which is given the settings as variables: a secret is no argument."""
    ran = subprocess.run([program], check=False, env=settings, capture_output=True, text=True, timeout=LIMIT)
    assert ran.returncode == 0, ran.stderr
    said = dict(line.split("=", 1) for line in ran.stdout.splitlines())
    generations = tuple(int(number) for number in said.pop("generations", "").split())
    return Answer(http_status=int(said.pop("http_status", "0")), generations=generations, **said)


@pytest.fixture(params=["python", "c"])
def ask(request: pytest.FixtureRequest) -> object:
    """Asks through one face after the other."""
    if request.param == "python":
        return ask_python
    program = request.getfixturevalue("c_program")
    return lambda settings: ask_c(program, settings)
