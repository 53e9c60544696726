"""An open session learns at its next renewal what others did to its login and to the platform's own file."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import beamlit_auth
from beamlit_auth import LoginRequired, Session
from beamlit_auth.testing import LIMIT
from emulator import Emulator

LIFETIME = 6
"""Seconds; of what is shorter the library makes five."""


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        emulator.configure(token_lifetime_s=LIFETIME, interval_s=0)
        yield emulator


def write(emulator: Emulator, **credentials: Any) -> None:
    """A login by the platform's own tools, as far as their file shows it."""
    entry = {"name": emulator.workspace, "credentials": credentials}
    file = Path.home() / ".beamlit/config.yaml"
    # What is JSON is YAML too.
    file.write_text(json.dumps({"context": {"workspace": emulator.workspace}, "workspaces": [entry]}))


def pair(emulator: Emulator) -> str:
    return f"{emulator.client_id}:{emulator.client_secret}"


def asked(emulator: Emulator) -> tuple[int, int]:
    """How often somebody asked by client credentials, and by a refresh token."""
    requests = emulator.counters()["token_requests"]
    return requests["client_credentials"], requests["refresh_token"]


def renewed(session: Session) -> str:
    """The token after the next renewal, which comes soon: tokens are short."""
    before, end = session.token().reveal(), time.monotonic() + LIMIT
    while (now := session.token(min_valid=LIFETIME).reveal()) == before:
        assert time.monotonic() < end, "it was not renewed"
    return now


def by_client(emulator: Emulator) -> Session:
    """A session of stored client credentials, with a token."""
    session = beamlit_auth.login(emulator.workspace, api_url=emulator.api_url, credential=emulator.client())
    session.token()
    return session


def log_out_elsewhere(emulator: Emulator) -> None:
    Session(emulator.workspace, api_url=emulator.api_url, timeout=19).logout()


def test_a_key_that_was_never_met_wins_over_a_login(emulator: Emulator) -> None:
    session = emulator.log_in()
    before = session.token().reveal()
    write(emulator, apiKey=emulator.own_key)
    assert session.token().reveal() == before, "nothing is read while the token is good"
    assert renewed(session) == emulator.own_key
    assert session.headers(emulator.models)["X-Beamlit-Api-Key"] == emulator.own_key
    assert asked(emulator) == (0, 0)
    # What is missing there means nothing, and the login is where it was.
    (Path.home() / ".beamlit/config.yaml").write_text("")
    assert session.invalidate(session.token())
    assert session.token().reveal().count(".") == 2


def test_client_credentials_that_were_never_met_win_over_a_login(emulator: Emulator) -> None:
    session = emulator.log_in()
    write(emulator, client_credentials=pair(emulator))
    assert renewed(session).count(".") == 2
    assert asked(emulator) == (1, 0)


def test_a_later_login_of_theirs_takes_the_place_of_client_credentials(emulator: Emulator) -> None:
    session = by_client(emulator)
    person = emulator.person()
    before = asked(emulator)
    write(emulator, **{name: person[name] for name in ("access_token", "refresh_token", "device_code")})
    renewed(session)
    renewed(session)
    assert asked(emulator) == (before[0], before[1] + 2)
    assert Session(emulator.workspace, api_url=emulator.api_url).explain().json().count('"device_code"')


def test_a_later_login_of_ours_takes_the_place_of_client_credentials(emulator: Emulator) -> None:
    session = by_client(emulator)
    before = asked(emulator)
    token = emulator.log_in().token().reveal()
    assert session.invalidate(session.token())
    assert session.token().reveal() == token
    assert asked(emulator) == before


def test_client_credentials_end_with_a_logout(emulator: Emulator) -> None:
    session = by_client(emulator)
    issued = session.token()
    log_out_elsewhere(emulator)
    assert session.invalidate(issued)
    with pytest.raises(LoginRequired) as raised:
        session.token()
    assert raised.value.reason == "logged_out"


def test_a_store_that_is_gone_costs_no_client_credentials(emulator: Emulator) -> None:
    session = by_client(emulator)
    shutil.rmtree(Path.home() / ".beamlit")
    assert renewed(session).count(".") == 2


def test_client_credentials_of_their_file_go_on_when_it_is_half_written(emulator: Emulator) -> None:
    (Path.home() / ".beamlit").mkdir()
    write(emulator, client_credentials=pair(emulator))
    session = Session(api_url=emulator.api_url)
    before = asked(emulator)[0]
    session.token()
    for torn in ("", "workspaces: [", '{"workspaces": [{"name": "acme"'):
        (Path.home() / ".beamlit/config.yaml").write_text(torn)
        renewed(session)
    assert asked(emulator)[0] > before
    write(emulator, apiKey=emulator.own_key)
    assert renewed(session) == emulator.own_key


def test_a_session_on_a_key_keeps_it_until_it_is_opened_anew(emulator: Emulator) -> None:
    session = beamlit_auth.login(emulator.workspace, api_url=emulator.api_url, credential=emulator.key())
    write(emulator, client_credentials=pair(emulator))
    assert not session.invalidate(session.token()), "nothing else is to be had of a key"
    assert session.token().reveal() == emulator.own_key
    assert Session(api_url=emulator.api_url).token().reveal() != emulator.own_key
