"""A login in Redis: one of many hosts, and what is not taken there unless somebody says so."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from faces import FACES
from fleet import Fleet
from stage import until

BUILT_IN = ["bl", "python", "rust"]
"""The faces whose builds have a store in Redis."""


def test_sixteen_processes_renew_a_login_once_where_its_server_spends_refresh_tokens(
    fleet: Callable[..., Fleet],
) -> None:
    strict = fleet("strict", "?rotating=1")
    assert strict.log_in().kind == "ok"
    for expiry in range(1, 4):
        strict.expire()
        programs = [strict.run(face, "token") for face in (BUILT_IN * 6)[:16]]
        answers = [program.answer() for program in programs]
        assert [(answer.kind, answer.token) for answer in answers] == [("ok", strict.token())] * 16
        assert strict.emulator.refreshes() == expiry
    assert strict.emulator.counters()["reuse_events"] == 0


@pytest.mark.parametrize("rotation", ["none", "strict"])
def test_a_renewal_whose_process_is_killed_costs_what_its_server_makes_it_cost(
    fleet: Callable[..., Fleet], rotation: str
) -> None:
    login = fleet(rotation, "?rotating=1")
    assert login.log_in().kind == "ok"
    login.age()
    kept = login.token()
    login.emulator.fault("/oauth/token", delay_s=20, times=1)
    killed = login.run("rust", "token")
    until(login.has_claim, "a claim")
    until(lambda: login.emulator.refreshes() or login.emulator.token_requests() > 1, "a request")
    killed.kill()
    # What is valid is served, and nobody waits for the claim that stands.
    served = login.run("python", "token").answer()
    assert (served.kind, served.token) == ("ok", kept)
    login.expire()
    login.long_ago()
    answer = login.run("rust", "token").answer()
    if rotation == "none":
        assert (answer.kind, answer.token) == ("ok", login.token())
    else:
        assert answer.what == ("login_required", "refresh_outcome_unknown")
    assert login.emulator.counters()["reuse_events"] == 0


def test_an_answer_that_comes_while_the_server_is_away_is_written_down_when_it_is_back(
    fleet: Callable[..., Fleet],
) -> None:
    strict = fleet("strict", "?rotating=1")
    assert strict.log_in().kind == "ok"
    strict.expire()
    strict.emulator.fault("/oauth/token", delay_s=1, times=1)
    renewing = strict.run("rust")
    renewing.send("keep")
    until(strict.has_claim, "a claim")
    strict.redis.kill()
    answer = renewing.answer()
    assert answer.kind == "ok"
    strict.redis.start()
    until(lambda: not strict.has_claim(), "a record of the answer")
    assert strict.token() == answer.token
    served = strict.run("python", "token").answer()
    assert (served.kind, served.token) == ("ok", answer.token)
    assert strict.emulator.refreshes() == 1


@pytest.mark.parametrize("face", BUILT_IN)
def test_a_login_whose_refresh_tokens_are_spent_is_refused_before_anybody_is_asked(
    fleet: Callable[..., Fleet], face: str
) -> None:
    plain = fleet("strict")
    refused = plain.log_in(face)
    assert refused.kind == "invalid_config"
    assert "rotating=1" in refused.message
    assert plain.emulator.received() == []


def test_a_login_that_somebody_else_allowed_is_not_renewed_by_who_does_not(
    fleet: Callable[..., Fleet],
) -> None:
    strict = fleet("strict", "?rotating=1")
    assert strict.log_in().kind == "ok"
    refused = strict.ask("python", "token", BL_STORE=strict.redis.url)
    assert refused.kind == "invalid_config"
    assert "rotating=1" in refused.message


def test_what_a_login_is_promised_is_said(fleet: Callable[..., Fleet]) -> None:
    strict = fleet("strict", "?rotating=1")
    assert strict.log_in("bl").kind == "ok"
    status = json.loads(strict.bl("status", "--json").stdout)
    assert (status["store"], status["rotation"]) == ("redis", "strict")
    assert [weaker["name"] for weaker in status["weaker"]] == ["fail_over"]
    assert "appendfsync always" in status["weaker"][0]["why"]
    assert "CANARY" not in json.dumps(status)
    strict.redis.kill()
    links = json.loads(strict.bl("explain", "--json").stdout)["links"]
    assert [link["outcome"] for link in links if link["looked_at"] == "store"] == ["unavailable"]
    assert strict.ask("bl", "token", "5000").kind == "store_unavailable"


def test_a_wrong_password_is_said_and_not_shown(fleet: Callable[..., Fleet]) -> None:
    service = fleet()
    wrong = service.redis.url.replace("PASSWORDCANARY", "WRONGCANARY")
    for face in BUILT_IN:
        answer = service.ask(face, *(["token", "5000"] if face == "bl" else ["token"]), BL_STORE=wrong)
        assert answer.kind == "store_locked"
        assert "WRONGPASS" in answer.message
        assert "CANARY" not in answer.message
    assert "CANARY" not in service.redis.log()
    # Whoever can do without goes on without.
    service.serve(600)
    assert service.ask("rust", "token", BL_STORE=wrong).kind == "ok"


def test_a_password_is_no_argument(fleet: Callable[..., Fleet]) -> None:
    service = fleet()
    refused = service.bl("status", "--store", service.redis.url)
    assert refused.returncode == 2
    assert "BL_STORE" in refused.stderr
    assert "CANARY" not in refused.stdout + refused.stderr


def test_a_build_without_redis_names_the_feature(fleet: Callable[..., Fleet]) -> None:
    assert set(FACES) - set(BUILT_IN) == {"c"}
    answer = fleet().ask("c", "token")
    assert answer.kind == "unsupported"
    assert "feature redis" in answer.message
