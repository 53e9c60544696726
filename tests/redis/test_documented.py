"""The lines of `examples/README.md` that have a Redis server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

import beamlit_auth
from fleet import Fleet
from test_examples import lines, run_all


def run(title: str, fleet: Fleet) -> beamlit_auth.Session:
    text = lines(title).replace("redis://cache:6379/0", fleet.redis.url)
    names = {"beamlit_auth": beamlit_auth}
    client = f'"{fleet.emulator.client_id}", "{fleet.emulator.client_secret}"'
    asyncio.run(run_all(text.replace('"id", "secret"', client), names))
    session = names["session"]
    assert isinstance(session, beamlit_auth.Session)
    return session


@pytest.fixture
def own(fleet: Callable[..., Fleet], monkeypatch: pytest.MonkeyPatch) -> Fleet:
    made = fleet()
    monkeypatch.setenv("HOME", str(made.home))
    monkeypatch.setenv("BL_API_URL", made.emulator.api_url)
    return made


def test_a_fleet_on_one_login(own: Fleet) -> None:
    assert own.log_in("bl").kind == "ok"
    with run("fleet of hosts on one login", own) as session:
        assert own.emulator.accepts(session.token().reveal())
        assert "redis" in str(session.explain())
        assert "CANARY" not in str(session.explain()) + repr(session)
        with pytest.raises(TypeError):
            session.__reduce__()


def test_a_fleet_with_one_service_account(own: Fleet) -> None:
    tokens = set()
    for _ in range(2):
        with run("fleet of hosts with one service account", own) as session:
            tokens.add(session.token().reveal())
    assert len(tokens) == own.requests() == 1
