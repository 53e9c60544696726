"""A login at oidc-provider, approved in Chromium and shared by all languages.

The server takes each refresh token once, and ends the login for good when a spent one comes again."""

from __future__ import annotations

import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest
from person import CLIENT, Person, wait_for_the_end_of

from conftest import HERE, LIMIT, compile_c, part

FACES = ["rust", "c", "python", "bl"]
PROCESSES = 16
# Of a login in its own language, before all of them use it, and of the one that many processes share.
OWN_EXPIRIES, SHARED_EXPIRIES = 2, 10
CLEAN = {"refused": 0, "reused": 0, "revoked": 0}


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    return {
        "rust": [str(part("BEAMLIT_OIDC_LOGIN", "interop"))],
        "c": [str(compile_c("oidc_login", tmp_path_factory.mktemp("c")))],
        "python": [sys.executable, str(HERE / "oidc_login.py")],
        "bl": [str(part("BEAMLIT_BL", "interop"))],
    }


@pytest.fixture
def person(programs: dict[str, list[str]], tmp_path: Path) -> Callable[..., Person]:
    """Makes somebody new, with a home of their own."""

    def person(provider: Any, name: str = "alice") -> Person:
        home = tmp_path / name
        home.mkdir()
        return Person(home, provider.issuer, programs)

    return person


def together(work: Callable[[str], None], faces: list[str]) -> None:
    """The same for each face, at the same time."""
    with ThreadPoolExecutor(len(faces)) as pool:
        list(pool.map(work, faces))


def present(provider: Any, refresh_token: str) -> str:
    """Sends a refresh token as a thief would, and gives the server's error."""
    form = {"grant_type": "refresh_token", "client_id": CLIENT, "refresh_token": refresh_token}
    try:
        urllib.request.urlopen(f"{provider.issuer}/token", urllib.parse.urlencode(form).encode(), LIMIT)
    except urllib.error.HTTPError as error:
        with error:
            return error.read().decode()
    return "accepted"


@pytest.mark.timeout(150)
def test_a_login_of_each_language_outlives_its_tokens_and_serves_the_others(start, person):
    provider = start(ACCESS_TOKEN_LIFE="5")
    generations = []

    def live(face: str) -> None:
        owner = person(provider, face)
        login = owner.log_in(face)
        assert login.kind == "ok", login.message
        said = owner.ask(face, "headers")
        assert said.kind == "ok", said.message
        if face != "bl":
            said = owner.ask(face, "outlive", str(OWN_EXPIRIES))
            assert said.kind == "ok", said.message
        for other in FACES:
            wait_for_the_end_of(said)
            new = owner.ask(other, "headers")
            assert (new.kind, new.token != said.token) == ("ok", True), (face, other, new.message)
            said = new
        generations.append(owner.record()["generation"])

    together(live, FACES)
    # On a busy machine a token may end once more than was waited for. No renewal was made twice or lost.
    assert sorted(generations) >= [1 + len(FACES)] + 3 * [1 + len(FACES) + OWN_EXPIRIES]
    assert provider.counters() == {"renewed": sum(generations) - len(FACES), **CLEAN}


@pytest.mark.timeout(150)
def test_sixteen_processes_of_all_languages_make_one_request_at_each_expiry(start, person):
    # At the server the tokens live on: on a busy machine some process may come too late for a short life.
    provider = start()
    owner = person(provider)
    owner.log_in("bl")
    before = owner.ask("bl", "headers")
    for expiry in range(1, SHARED_EXPIRIES + 1):
        owner.let_expire()
        running = [owner.start(face, "headers") for face in islice(cycle(FACES), PROCESSES)]
        served = [process.said() for process in running]
        assert [said.kind for said in served] == ["ok"] * PROCESSES, [said.message for said in served]
        assert len({said.token for said in served}) == 1, "all have the same token"
        assert served[0].token != before.token
        assert provider.counters() == {"renewed": expiry, **CLEAN}
        before = served[0]


@pytest.mark.timeout(150)
def test_a_spent_refresh_token_that_comes_again_ends_the_login_until_the_next_one(start, person):
    provider = start()
    owner = person(provider)
    owner.log_in("python")
    spent = owner.record()["refresh_token"]
    owner.let_expire()
    assert owner.ask("c", "headers").kind == "ok"
    assert provider.counters() == {"renewed": 1, **CLEAN}
    assert "invalid_grant" in present(provider, spent)
    assert provider.counters() == {"renewed": 1, "refused": 1, "reused": 1, "revoked": 1}
    owner.let_expire()
    for face in FACES * 2:
        said = owner.ask(face, "headers")
        assert (said.kind, said.reason) == ("login_required", "revoked"), (face, said.message)
    # The first of them asked the server, and the others asked nobody.
    assert provider.counters() == {"renewed": 1, "refused": 2, "reused": 1, "revoked": 1}
    owner.log_in("rust")
    for face in FACES:
        assert owner.ask(face, "headers").kind == "ok"


@pytest.mark.timeout(150)
def test_rfc7009_a_logout_revokes_at_the_server_and_deletes_here(start, person):
    provider = start()

    def end(face: str) -> None:
        owner = person(provider, face)
        owner.log_in(face)
        refresh_token = owner.record()["refresh_token"]
        ended = owner.ask(face, "logout")
        assert ended.ended == (True, True)
        if face != "bl":
            # The same session, after its end.
            assert (ended.kind, ended.reason) == ("login_required", "logged_out"), ended.message
        assert refresh_token not in str(owner.record())
        for other in FACES:
            said = owner.ask(other, "headers")
            assert (said.kind, said.reason) == ("login_required", "logged_out"), said.message
        assert "invalid_grant" in present(provider, refresh_token)

    together(end, FACES)
    # Ours revoked, and were never refused; what was refused is what the test presented.
    assert provider.counters() == {"renewed": 0, "refused": 4, "reused": 0, "revoked": 4}
