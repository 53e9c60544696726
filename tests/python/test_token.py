from __future__ import annotations

import copy
import pickle
import time

import pytest

import beamlit_auth
from beamlit_auth import ApiKey, Session, Token
from emulator import Emulator


def test_it_says_what_the_server_granted(emulator: Emulator) -> None:
    session = emulator.session()
    token = session.token()
    assert token.token_type == "Bearer"
    assert token.generation == 1
    assert token.expires_at is not None
    assert 7100 < token.expires_at - time.time() <= 7200
    assert isinstance(token.scope, str)
    assert session.headers(emulator.models)["Authorization"] == f"Bearer {token.reveal()}"


def test_an_api_key_is_its_own_token() -> None:
    token = Session(credential=ApiKey("EMULATOR")).token(timeout=0)
    assert (token.reveal(), token.token_type, token.expires_at, token.scope) == ("EMULATOR", "", None, "")


def test_only_reveal_shows_it(emulator: Emulator) -> None:
    session = emulator.session()
    token = session.token()
    secret = token.reveal()
    for text in (repr(token), str(token), f"{token}", f"{token!r:>90}", "%s" % token, repr([token])):  # noqa: UP031
        assert secret not in text
        assert "<Token Bearer expires in" in text
    assert not hasattr(token, "__dict__")
    assert not [name for name in dir(token) if getattr(token, name, None) == secret]
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="BL_API_KEY"):
            pickle.dumps(token, protocol)
    with pytest.raises(TypeError):
        copy.copy(token)
    with pytest.raises(TypeError):
        type("Other", (Token,), {})


def test_min_valid_renews_what_is_too_short(emulator: Emulator) -> None:
    emulator.configure(token_lifetime_s=5)
    session = emulator.session()
    end = time.monotonic() + 20
    assert session.token(min_valid=2).generation == 1
    # Cut to what a new token has, less its mandatory window of a quarter of a second.
    while session.token(min_valid=1e9).generation == 1:
        assert time.monotonic() < end
    assert emulator.token_requests() == 2


def test_renew_is_never_by_force(emulator: Emulator) -> None:
    session = emulator.session()
    session.renew()
    session.renew(timeout=1)
    assert emulator.token_requests() == 1


def test_invalidate_takes_what_was_issued(emulator: Emulator) -> None:
    session = emulator.session()
    first = session.token()
    assert session.invalidate(first)
    second = session.token()
    assert second.generation == 2
    assert session.invalidate(first), "there is a newer one already"
    assert session.token().generation == 2
    # It came of a 401 a moment ago.
    assert not session.invalidate(second)
    for nonsense in (1, "x", None):
        with pytest.raises(TypeError):
            session.invalidate(nonsense)  # type: ignore[arg-type]


def test_an_api_key_cannot_be_renewed() -> None:
    session = Session(credential=ApiKey("EMULATOR"))
    assert not session.invalidate(session.token())
    assert session.token().reveal() == "EMULATOR"


def test_a_provider_gives_the_text_of_the_current_token(emulator: Emulator) -> None:
    session = emulator.session()
    provide = session.token_provider(emulator.models)
    first = provide()
    assert first == session.token().reveal()
    session.invalidate(session.token())
    assert provide() not in (first, "")
    assert first not in repr(provide)
    with pytest.raises(beamlit_auth.OriginRefused):
        session.token_provider("https://evil.example/")()
    with pytest.raises(TypeError):
        provide("x")  # type: ignore[call-arg]
    with pytest.raises((TypeError, pickle.PicklingError, AttributeError)):
        pickle.dumps(provide)
