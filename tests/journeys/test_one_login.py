"""One login, made at a terminal and approved in a browser, and then every program of the machine on it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest
from programs import LIMIT, Emulator, binary, console_script

ROOT = Path(__file__).parents[2]
BROWSER = ROOT / "tests/browser"
# JupyterLab, its kernel and Chromium start for this.
NOTEBOOK_LIMIT = 120
# The notebook of README.md, and the objects that somebody looks at.
CELL = """\
import beamlit_auth, httpx

session = beamlit_auth.login("acme")
models = httpx.get(f"{session.api_url}/models", auth=session).json()
display(session, session.token(), session.headers(f"{session.api_url}/models"))
print(len(models), "models listed")"""

Run = Callable[..., str]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {
        **{name: os.environ[name] for name in ["PATH", "BEAMLIT_BROWSER", "BEAMLIT_JUPYTER"]},
        **{name: os.environ[name] for name in ["BEAMLIT_PICTURES"] if name in os.environ},
        "HOME": str(tmp_path),
        "TERM": "xterm",
    }


@pytest.fixture
def emulator(environment: dict[str, str]) -> Iterator[Emulator]:
    emulator = Emulator([binary(), "emulator", "--json"], environment)
    environment["BL_API_URL"] = emulator.ready["api_url"]
    emulator.ask("settings", {"interval_s": 1})
    yield emulator
    emulator.end()


@pytest.fixture
def run(environment: dict[str, str]) -> Run:
    """Runs a program to its end, which is a good one; what it printed."""

    def run(*command: object, limit: int = LIMIT) -> str:
        ended = subprocess.run(
            [str(word) for word in command],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
        )
        assert ended.returncode == 0, f"{command[0]}: {ended.stdout}{ended.stderr}"
        return ended.stdout

    return run


@pytest.fixture
def c_program(run: Run, environment: dict[str, str], tmp_path: Path) -> Path:
    """`examples/c/models.c`, built as README.md says."""
    prefix = os.environ.get("BEAMLIT_PREFIX", "")
    assert prefix, "the C library is missing; this installs it and runs the tests: cargo xtask test journeys"
    environment["PKG_CONFIG_PATH"] = f"{prefix}/lib/pkgconfig"
    build = 'cc "$1" -o "$2" $(pkg-config --cflags --libs beamlit-auth libcurl) -Wl,-rpath,"$3"'
    program = tmp_path / "models"
    run("sh", "-c", build, "sh", ROOT / "examples/c/models.c", program, f"{prefix}/lib")
    return program


def log_in(environment: dict[str, str], approve: Callable[[str, str], object]) -> None:
    """`bl login acme`, as a person sees it on a terminal of 80 columns."""
    terminal = pexpect.spawn(
        binary(), ["login", "acme"], env=environment, encoding="utf-8", timeout=LIMIT, dimensions=(24, 80)
    )
    try:
        terminal.expect_exact("How do you want to log in?")
        terminal.expect_exact("1 or 2 [1]: ")
        terminal.sendline("1")
        terminal.expect(r"\r\n    (http://\S+)\r\n")
        link = terminal.match.group(1)
        terminal.expect(r"\r\n    (\S{4}-\S{4})\r\n")
        code = terminal.match.group(1)
        terminal.expect_exact("Waiting for the approval")
        approve(link, code)
        terminal.expect_exact("logged in to workspace acme")
        terminal.expect(pexpect.EOF)
    finally:
        terminal.close(force=True)
    assert terminal.exitstatus == 0


# What it takes to start JupyterLab and Chromium twice on a busy machine.
@pytest.mark.timeout(240)
def test_every_program_of_the_machine_uses_the_login_that_was_made_at_a_terminal(
    environment: dict[str, str], emulator: Emulator, run: Run, c_program: Path, tmp_path: Path
) -> None:
    log_in(environment, lambda link, code: run("node", BROWSER / "approve.mjs", link, code, limit=60))

    token = run(console_script(), "token").strip()
    assert token.count(".") == 2
    models = run(sys.executable, ROOT / "examples/python/models.py")
    assert models.count("\n") == len(json.loads(run(c_program))) > 0
    listed = f"{models.count(chr(10))} models listed"
    run("node", BROWSER / "run_notebook.mjs", tmp_path, CELL, listed, limit=NOTEBOOK_LIMIT)

    saved = (tmp_path / "login.ipynb").read_text()
    assert listed in saved
    assert "<Session beamlit workspace='acme'" in saved
    for secret in [token, "EMULATOR", "eyJ"]:
        assert secret not in saved, "the notebook that was saved holds a secret"

    asked = emulator.ask("requests")["requests"]
    logins = [request for request in asked if request["path"].endswith("/login/device")]
    assert len(logins) == 1, "nobody logged in again"
    tokens = [request for request in asked if request["path"].endswith("/oauth/token")]
    assert [request["status"] for request in tokens].count(200) == 1, "nobody asked for another token"
    used = [dict(request["headers"]) for request in asked if request["path"].endswith("/models")]
    assert [headers["authorization"] for headers in used] == [f"Bearer {token}"] * 3
