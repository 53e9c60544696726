"""`beamlit_auth.testing`, as somebody else's tests use it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

import beamlit_auth
from beamlit_auth.testing import Emulator
from script import LIMIT, output
from stored import expire

CONFTEST = 'pytest_plugins = ["beamlit_auth.testing"]\n'


def run(folder: Path, tests: str) -> str:
    """The output of a run of pytest that must not fail."""
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_it.py").write_text("import os\nimport beamlit_auth, pytest, requests\n" + tests)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_code_under_test_runs_unchanged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BL_API_KEY", "CANARY")
    home = Path.home()
    printed = run(
        tmp_path,
        """
def test_models_when_the_server_recovers(beamlit_emulator):
    beamlit_emulator.login("acme")
    beamlit_emulator.fault("/oauth/token", status=503, times=1)
    session = beamlit_auth.Session()
    assert requests.get(f"{session.api_url}/models", auth=session).ok

def test_the_next_one_begins_anew(beamlit_emulator):
    assert beamlit_auth.workspaces() == []
    assert beamlit_emulator.requests == []

@pytest.mark.parametrize("number", [1, 2])
def test_a_suite_shares_one(beamlit_emulator_session, number):
    if number == 1:
        beamlit_emulator_session.login("globex")
    assert beamlit_auth.Session().workspace == "globex"
    assert os.environ["BL_API_URL"] == beamlit_emulator_session.api_url
""",
    )
    assert "4 passed" in printed
    assert list(home.glob(".beamlit")) == []


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    with Emulator() as emulator:
        for name, value in emulator.env.items():
            monkeypatch.setenv(name, value)
        yield emulator


def test_a_login_takes_no_time_and_is_stored(emulator: Emulator) -> None:
    begun = time.monotonic()
    session = emulator.login("acme")
    assert time.monotonic() - begun < 3
    assert session.workspace == "acme"
    assert beamlit_auth.workspaces() == ["acme"]
    assert beamlit_auth.Session().token().reveal() == session.token().reveal()


def test_what_it_issues_is_good(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    key, (client_id, secret) = emulator.api_key("acme"), emulator.client_credentials("acme")
    for variable, value in (("BL_API_KEY", key), ("BL_CLIENT_CREDENTIALS", f"{client_id}:{secret}")):
        with monkeypatch.context() as patch:
            patch.setenv(variable, value)
            session = beamlit_auth.Session()
            assert requests.get(f"{session.api_url}/models", auth=session, timeout=LIMIT).ok
    *_, last = emulator.requests
    assert (last.method, last.path, last.query, last.status) == ("GET", "/v0/models", None, 200)
    assert (last.header("authorization") or "").startswith("Bearer ")
    assert last.header("X-Nothing") is None
    assert repr(last) == "<RecordedRequest GET /v0/models 200>"


def test_time_passes_for_the_server(emulator: Emulator) -> None:
    session = emulator.login("acme")
    emulator.advance(7300)
    url = f"{session.api_url}/models"
    assert requests.get(url, headers=session.headers(url), timeout=LIMIT).status_code == 401
    assert requests.get(url, auth=session, timeout=LIMIT).status_code == 200


def test_faults_come_and_go(emulator: Emulator) -> None:
    client = beamlit_auth.ClientCredentials(*emulator.client_credentials("acme"))
    emulator.fault("/oauth/token", drop=True, times=1)
    with pytest.raises(beamlit_auth.NetworkError):
        beamlit_auth.Session(credential=client).token()
    emulator.fault("/oauth/token", delay=1, times=1)
    with pytest.raises(beamlit_auth.DeadlineExceeded):
        beamlit_auth.Session(credential=client).token(timeout=0.1)
    assert beamlit_auth.Session(credential=client).token()


def test_a_login_is_approved_or_denied(emulator: Emulator) -> None:
    pending = beamlit_auth.start_login("acme")
    emulator.deny(pending.user_code)
    with pytest.raises(beamlit_auth.AccessDenied):
        pending.wait(LIMIT)
    for decide in (emulator.approve, emulator.deny):
        with pytest.raises(beamlit_auth.InvalidArgument):
            decide("NONE-SUCH")


def test_a_seed_names_the_workspaces(tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text('{"workspaces": ["globex", "initech"]}')
    with Emulator(seed=seed) as emulator:
        session = beamlit_auth.Session(
            credential=beamlit_auth.ApiKey(emulator.api_key("globex")), api_url=emulator.api_url
        )
        listed = requests.get(f"{emulator.api_url}/workspaces", auth=session, timeout=LIMIT).json()
    assert [workspace["name"] for workspace in listed] == ["globex", "initech"]


def test_data_outlives_the_emulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tmp_path / "emulator.json"
    with Emulator(data=data) as emulator:
        url = emulator.api_url
        monkeypatch.setenv("BL_API_URL", url)
        emulator.login("acme")
    expire()
    with Emulator(data=data) as emulator:
        assert emulator.api_url == url
        session = beamlit_auth.Session()
        assert requests.get(f"{url}/models", auth=session, timeout=LIMIT).ok
        assert [request.path for request in emulator.requests] == ["/v0/oauth/token", "/v0/models"]


def test_one_that_does_not_start_says_so(tmp_path: Path) -> None:
    with pytest.raises(beamlit_auth.InternalError, match="bl emulator"):
        Emulator(seed=tmp_path / "missing.json")


def test_it_ends_with_its_block() -> None:
    with Emulator() as emulator:
        os.environ.pop("BL_API_URL", None)
    with pytest.raises(requests.ConnectionError):
        requests.get(emulator.api_url, timeout=LIMIT)


def test_it_is_of_use_without_pytest() -> None:
    code = """
        import sys
        sys.modules["pytest"] = None
        from beamlit_auth.testing import Emulator
        with Emulator() as emulator:
            print(emulator.login("acme").workspace)
        """
    assert output(code) == "acme"
