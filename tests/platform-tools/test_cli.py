"""The platform's own command line, unmodified, on one login with ours, in whatever order both write."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from home import LIMIT, WORKSPACE, Home, until

# It renews a token when a fifth of its life is left.
SHORT = 6


@pytest.fixture
def home(home_of: Callable[[str], Home]) -> Home:
    return home_of("blaxel")


def theirs(home: Home, *words: str, code: int = 0, **variables: str) -> str:
    return home.run(home.cli, *words, code=code, **variables)


def client_credentials(home: Home) -> int:
    """How often somebody asked for a token by client credentials."""
    asked: int = home.emulator.counters()["token_requests"]["client_credentials"]
    return asked


def they_renew(home: Home) -> None:
    """Their command line works until its token is to be renewed, and saves what it got."""
    before = home.file.read_text()
    until(lambda: theirs(home, "get", "models") and home.file.read_text() != before, "they renew and save")


def log_in_by_device(home: Home) -> None:
    """A person logs in by their command line, which opens a browser and polls every three seconds."""
    login = home.start(home.cli, "login")
    until(home.emulator.pending, "a device login of theirs")
    home.emulator.approve(home.emulator.pending()[0]["user_code"])
    printed, told = login.communicate(timeout=LIMIT)
    assert login.returncode == 0, printed + told


@pytest.mark.parametrize("face", ["bl", "python"])
def test_our_login_is_theirs(home: Home, face: str) -> None:
    home.log_in(face)
    written = home.file.read_text()
    assert theirs(home, "token") == home.token()
    assert "small" in theirs(home, "get", "models")
    assert home.last_call()["x-blaxel-authorization"] == f"Bearer {home.token()}"
    assert WORKSPACE in theirs(home, "workspaces")
    assert home.emulator.refreshes() == 0
    assert home.file.read_text() == written


@pytest.mark.parametrize("variable", ["BL_API_KEY", "BL_CLIENT_CREDENTIALS"])
def test_a_secret_that_they_stored_is_ours(home: Home, variable: str) -> None:
    emulator = home.emulator
    pair = f"{emulator.client_id}:{emulator.client_secret}"
    theirs(home, "login", WORKSPACE, **{variable: emulator.own_key if variable == "BL_API_KEY" else pair})
    asked = client_credentials(home)
    token = home.token()
    if variable == "BL_API_KEY":
        assert token == emulator.own_key
    else:
        assert client_credentials(home) == asked + 1


@pytest.mark.parametrize("kind", ["api-key", "client-credentials"])
def test_a_secret_that_we_stored_is_theirs(home: Home, kind: str) -> None:
    emulator = home.emulator
    pair = f"{emulator.client_id}:{emulator.client_secret}"
    home.run(
        home.bl, "login", WORKSPACE, f"--{kind}", "-", given=emulator.own_key if kind == "api-key" else pair
    )
    assert "small" in theirs(home, "get", "models")


def test_a_login_that_they_made_is_ours_and_stays_when_they_log_out(home: Home) -> None:
    log_in_by_device(home)
    token = home.token()
    assert home.emulator.refreshes() == 1
    # They renew on, and so do we.
    assert "small" in theirs(home, "get", "models")
    assert home.status()["mirror"].endswith("holds the same login")
    theirs(home, "logout", WORKSPACE)
    # What is missing in the file means nothing: one's own logout alone ends a login.
    assert home.token(BL_WORKSPACE=WORKSPACE) == token
    home.expire()
    assert home.token(BL_WORKSPACE=WORKSPACE) != token
    home.run(home.bl, "logout", WORKSPACE)
    home.run(home.bl, "token", WORKSPACE, code=3)


def test_their_later_login_replaces_ours(home: Home) -> None:
    home.log_in()
    ours = json.loads(home.record().read_text())["refresh_token"]
    log_in_by_device(home)
    assert ours not in home.file.read_text()
    # Until a renewal has tried it, nobody knows whether it is any good.
    assert home.token()
    until(lambda: home.token() and home.status()["mirror"].endswith("holds the same login"), "it is tried")
    now = json.loads(home.record().read_text())["refresh_token"]
    assert now != ours
    assert now in home.file.read_text()
    # And ours, made anew, replaces theirs.
    home.log_in()
    assert now not in home.file.read_text()
    assert theirs(home, "token") == home.token()


def test_after_our_logout_they_are_logged_out_too(home: Home) -> None:
    log_in_by_device(home)
    home.token()
    home.run(home.bl, "logout", WORKSPACE)
    assert "EMULATOR" not in home.file.read_text()
    theirs(home, "token", code=1)
    home.run(home.bl, "token", code=3)
    # The file is still one of theirs, for a login of theirs.
    log_in_by_device(home)
    assert theirs(home, "token")
    assert home.token()


def test_they_renew_and_save_we_renew_and_nobody_is_logged_out(home: Home) -> None:
    home.emulator.configure(token_lifetime_s=SHORT)
    home.log_in()
    for number in range(2):
        they_renew(home)
        assert home.emulator.refreshes() == 2 * number + 1
        saved = home.file.read_text()
        home.expire()
        assert home.token()
        assert home.emulator.refreshes() == 2 * number + 2
        assert home.file.read_text() == saved, "a renewal that spends nothing writes no file of theirs"
    assert home.emulator.counters()["reuse_events"] == 0
    status = home.status()
    assert status["ok"], status
    assert status["mirror"].endswith("holds the same login")


def test_a_crowd_of_both(home: Home) -> None:
    """Their command line saves in place, without a lock, while ours and the SDK work on the same login."""
    home.emulator.configure(token_lifetime_s=SHORT)
    home.log_in()
    saved, rounds = {home.file.read_text()}, 0
    end = time.monotonic() + LIMIT
    while len(saved) < 3 and time.monotonic() < end:
        # One of theirs that saves, since two of them take each other's half file for none.
        crowd = [home.start(home.cli, "get", "models")]
        home.expire()
        crowd += [home.start(home.bl, "token") for _ in range(4)]
        for program in crowd:
            printed, told = program.communicate(timeout=LIMIT)
            assert program.returncode == 0, told
            assert printed
        saved.add(home.file.read_text())
        rounds += 1
    assert len(saved) == 3, "they renew and save"
    # Ours renew once in each round, whatever happens to the file.
    assert home.emulator.refreshes() == rounds + 2
    assert home.emulator.counters()["reuse_events"] == 0
    assert home.sdk()["models"]
    assert home.status()["ok"]


def test_our_bl_names_theirs_for_what_it_does_not_know(home: Home) -> None:
    home.log_in()
    path = f"{home.bl.parent}:{home.cli.parent}:/usr/bin:/bin"
    refused = subprocess.run(
        [home.bl, "get", "models"],
        env={**home.environment, "PATH": path},
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert refused.returncode == 2
    assert f"unknown command get; {home.cli} is another bl, which may know it" in refused.stderr
    named = refused.stderr.split("; ", 1)[1].split(" is another", 1)[0]
    assert "small" in home.run(Path(named), "get", "models")
    assert sys.executable not in refused.stderr
