from __future__ import annotations

import base64
import copy
import pickle

import pytest
import requests

import beamlit_auth
from beamlit_auth import ApiKey, ClientCredentials, Credential, DeviceLogin, RefreshToken, Session
from emulator import Emulator


def test_no_credential_shows_its_secret() -> None:
    assert repr(ApiKey("CANARY")) == "<ApiKey(…)>"
    assert repr(ClientCredentials("id", "CANARY")) == '<ClientCredentials("id", …)>'
    assert repr(RefreshToken("CANARY", client_id="cli")) == '<RefreshToken("cli", …)>'
    for credential in (ApiKey("CANARY"), ClientCredentials("id", "CANARY"), RefreshToken("CANARY")):
        assert "CANARY" not in f"{credential} {credential!r}"
        assert not hasattr(credential, "__dict__")
        assert not [name for name in dir(credential) if "CANARY" in str(getattr(credential, name, ""))]
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            with pytest.raises(TypeError, match="BL_CLIENT_CREDENTIALS"):
                pickle.dumps(credential, protocol)
        with pytest.raises(TypeError):
            copy.deepcopy(credential)


def test_a_device_login_holds_no_secret_and_is_pickled() -> None:
    for login in (DeviceLogin(), DeviceLogin(client_id="cli", scope="a b")):
        assert repr(pickle.loads(pickle.dumps(login))) == repr(login)
    assert repr(DeviceLogin(client_id="cli")) == '<DeviceLogin("cli")>'


def test_a_refresh_token_is_renewed_in_memory(emulator: Emulator) -> None:
    emulator.configure(rotation="revoke")
    token = RefreshToken(emulator.person()["refresh_token"])
    session = emulator.session(token, rotation="strict")
    assert requests.get(emulator.models, auth=session).status_code == 200
    assert session.invalidate(session.token())
    assert session.token().generation == 2
    assert emulator.counters()["reuse_events"] == 0
    assert beamlit_auth.workspaces() == []


def test_a_refresh_token_that_is_refused_is_an_invalid_grant(emulator: Emulator) -> None:
    emulator.configure(rotation="revoke")
    spent = RefreshToken(emulator.person()["refresh_token"])
    emulator.session(spent, rotation="strict").token()
    with pytest.raises(beamlit_auth.InvalidGrant, match="refresh token") as refused:
        emulator.session(spent, rotation="strict").token()
    assert (refused.value.oauth_error, refused.value.http_status) == ("invalid_grant", 400)
    assert "login" not in str(refused.value)


def test_they_are_values_without_equality() -> None:
    assert ApiKey("EMULATOR") != ApiKey("EMULATOR")
    assert isinstance(ApiKey("EMULATOR"), Credential)
    with pytest.raises(AttributeError):
        ApiKey("EMULATOR").anything = 1  # type: ignore[attr-defined]


def test_the_list_of_kinds_is_closed() -> None:
    with pytest.raises(TypeError):
        Credential()
    own = type("Own", (Credential,), {})
    with pytest.raises(TypeError):
        own()
    with pytest.raises(TypeError):
        type("Own", (ApiKey,), {})


@pytest.mark.parametrize("encode", [str, lambda text: base64.b64encode(text.encode()).decode()])
def test_decode_reads_what_the_console_shows(emulator: Emulator, encode: object) -> None:
    assert callable(encode)
    text = encode(f"{emulator.client_id}:{emulator.client_secret}")
    session = emulator.session(ClientCredentials.decode(text))
    assert requests.get(emulator.models, auth=session).status_code == 200


@pytest.mark.parametrize("text", ["CANARY", ":CANARY", "", "CANARY$"])
def test_decode_does_not_repeat_what_it_cannot_read(text: str) -> None:
    with pytest.raises(beamlit_auth.InvalidArgument) as raised:
        ClientCredentials.decode(text)
    assert "CANARY" not in str(raised.value)


def test_fields_reach_the_token_endpoint(emulator: Emulator) -> None:
    fields = {"scope": "read write", "audience": "https://aud.example", "resource": "https://res.example/"}
    for client in (
        emulator.client(**fields),
        ClientCredentials.decode(f"{emulator.client_id}:{emulator.client_secret}", **fields),
    ):
        emulator.session(client).token()
    for request in emulator.received("/oauth/token"):
        for value in ("read", "aud.example", "res.example"):
            assert value in request.body


def test_what_is_wrong_is_said_by_the_session() -> None:
    for credential, text in [
        (ApiKey("CAN ARY"), "api_key"),
        (ClientCredentials("", "CANARY"), "client_id"),
        (ClientCredentials("id", ""), "client_secret"),
        (ClientCredentials("id", "CANARY", token_endpoint_auth_method="x"), "token_endpoint_auth_method"),
        (ClientCredentials("id", "CANARY", resource="x"), "resource"),
    ]:
        with pytest.raises(beamlit_auth.InvalidArgument, match=text) as raised:
            Session(credential=credential)
        assert "ARY" not in str(raised.value)


def test_fields_of_no_kind_are_a_type_error() -> None:
    with pytest.raises(TypeError):
        ClientCredentials("id", "EMULATOR", refresh_token="x")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        ClientCredentials("id")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        ApiKey(b"EMULATOR")  # type: ignore[arg-type]
