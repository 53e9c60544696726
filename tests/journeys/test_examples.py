"""The programs and lines of `examples`, as they stand but for host names, ports, paths and credentials."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

import pytest
from examples import API, EXAMPLES, lines, program
from programs import LIMIT, Emulator, binary

from sink import Sink
from test_login import QUESTION, Terminal

VALGRIND = [
    "valgrind",
    "--quiet",
    "--leak-check=full",
    "--show-leak-kinds=definite",
    "--errors-for-leak-kinds=definite",
    "--error-exitcode=9",
]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    path = f"{Path(binary()).parent}:{os.environ['PATH']}"
    return {"HOME": str(tmp_path), "PATH": path, "TERM": "xterm"}


@pytest.fixture
def emulator(environment: dict[str, str]) -> Iterator[Emulator]:
    emulator = Emulator([binary(), "emulator", "--json"], environment)
    environment["BL_API_URL"] = emulator.ready["api_url"]
    emulator.ask("settings", {"interval_s": 0})
    yield emulator
    emulator.end()


@pytest.fixture
def keyed(environment: dict[str, str], emulator: Emulator) -> dict[str, str]:
    """With an API key, as a script has."""
    return environment | {"BL_API_KEY": emulator.ready["api_key"]}


def run(environment: dict[str, str], *command: str | Path, stdin: str = "", code: int = 0) -> str:
    """What a program prints that ends with this code."""
    done = subprocess.run(
        command, env=environment, input=stdin, capture_output=True, text=True, timeout=LIMIT, check=False
    )
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def approved(
    program: Path, environment: dict[str, str], emulator: Emulator, below: Sequence[str] = ()
) -> None:
    """Runs a program that shows a login, which a person approves as soon as it is there."""
    with subprocess.Popen(
        [*below, program], env=environment, stdout=-1, stderr=subprocess.STDOUT, text=True
    ) as process:
        code = emulator.approve()
        shown, _ = process.communicate(timeout=LIMIT)
    page = f"{emulator.ready['console_url']}/device"
    assert (process.returncode, shown) == (0, f"open {page} and enter {code}\nlogged in to acme\n")


def logs_in(line: str, environment: dict[str, str], emulator: Emulator) -> None:
    """Types a line of a login by device code at a terminal, and approves it."""
    login = Terminal(["sh", "-c", line], environment)
    try:
        login.expect(QUESTION)
        login.type("1\r")
        emulator.approve()
        login.expect("logged in to workspace acme")
        assert login.end() == 0
    finally:
        login.close()


def assert_models(text: str) -> None:
    """curl shows its progress after what it fetched."""
    models, _ = json.JSONDecoder().raw_decode(text)
    assert [model["metadata"]["name"] for model in models] == ["small", "large"]


@pytest.mark.parametrize("name", ["c/headers.c", "rust/models.rs"])
def test_the_shortest_program(keyed: dict[str, str], emulator: Emulator, tmp_path: Path, name: str) -> None:
    shortest = program(name, tmp_path, emulator.ready["api_url"])
    assert_models(run(keyed, shortest))
    with Sink() as sink:
        for status in (301, 302, 303, 307, 308):
            emulator.ask("fault", {"path": "/models", "status": status, "redirect": sink.url, "times": 1})
            run(keyed, shortest)
        assert sink.received == []
    if name == "c/headers.c":
        assert_models(run(keyed, *VALGRIND, shortest))
        del keyed["BL_API_KEY"]
        assert "BL_API_KEY" in run(keyed, shortest, code=3)


def test_the_shortest_program_in_cpp(keyed: dict[str, str], emulator: Emulator, tmp_path: Path) -> None:
    shown = run(keyed, program("cpp/headers.cpp", tmp_path, emulator.ready["api_url"]))
    assert shown == f"X-Beamlit-Api-Key: {keyed['BL_API_KEY']}\nX-Beamlit-Workspace: acme\n"


def test_a_service_in_c_meets_a_401(environment: dict[str, str], emulator: Emulator, tmp_path: Path) -> None:
    service = program("c/service.c", tmp_path)
    client_id, secret = emulator.ready["client_id"], emulator.ready["client_secret"]
    for statuses in ([], [401], [401, 401]):
        for status in statuses:
            emulator.ask("fault", {"path": "/models", "status": status, "times": 1})
        code = 4 if len(statuses) == 2 else 0
        run(environment, service, client_id, stdin=secret, code=code)
    asked = [request for request in emulator.ask("requests")["requests"] if "models" in request["path"]]
    assert [request["status"] for request in asked] == [200, 401, 200, 401, 401]


@pytest.mark.parametrize("name", ["c/timer_login.c", "rust/login.rs"])
def test_a_login(environment: dict[str, str], emulator: Emulator, tmp_path: Path, name: str) -> None:
    environment["BL_WORKSPACE"] = "acme"
    approved(program(name, tmp_path), environment, emulator)
    assert_models(run(environment, program("rust/models.rs", tmp_path)))


@pytest.mark.parametrize("name", ["c/own_store.c", "rust/own_store.rs"])
def test_a_login_in_a_store_of_ones_own(
    environment: dict[str, str], emulator: Emulator, tmp_path: Path, name: str
) -> None:
    environment["BL_WORKSPACE"] = "acme"
    approved(program(name, tmp_path), environment, emulator)
    if name.endswith(".c"):
        approved(program(name, tmp_path), environment, emulator, VALGRIND)
    assert "nobody is logged in" in run(environment, program("rust/models.rs", tmp_path), code=1)


@pytest.mark.parametrize("name", sorted(str(path.relative_to(EXAMPLES)) for path in EXAMPLES.glob("c*/*.c*")))
def test_every_program_compiles_without_a_warning(tmp_path: Path, name: str) -> None:
    program(name, tmp_path)


def test_the_lines_for_a_shell(environment: dict[str, str], emulator: Emulator) -> None:
    login, headers, account, *_ = lines()
    logs_in(login, environment, emulator)
    headers = headers.replace(API, emulator.ready["api_url"])
    assert_models(run(environment, "sh", "-c", headers))
    secrets = {"ID": emulator.ready["client_id"], "SECRET": emulator.ready["client_secret"]}
    run(environment | secrets, "sh", "-c", account)
    assert_models(run(environment, "sh", "-c", headers))


class Displayed(Emulator):
    """`bl emulator` as a person starts it."""

    def read_ready(self, shown: TextIO) -> dict[str, str]:
        found = next(found for line in shown if (found := re.search(r"(http://127\.0\.0\.1:\d+)/v0", line)))
        return {"console_url": found[1]}


def test_the_lines_for_an_emulator(environment: dict[str, str]) -> None:
    *_, emulator, login = lines()
    # A port of the kernel's choosing, because 4180 may be taken.
    started = Displayed(["sh", "-c", f"exec {emulator.replace('4180', '0')}"], environment)
    try:
        started.ask("settings", {"interval_s": 0})
        logs_in(login.replace("http://127.0.0.1:4180", started.ready["console_url"]), environment, started)
    finally:
        started.end()
