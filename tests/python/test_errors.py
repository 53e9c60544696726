from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest

import beamlit_auth
from beamlit_auth import _native, errors
from emulator import Emulator

FAMILIES = {
    1: errors.BeamlitError,
    2: errors.UsageError,
    3: errors.LoginError,
    4: errors.ServiceError,
    5: errors.StoreError,
    6: errors.DeniedError,
    130: errors.BeamlitError,
}
BUILT_IN = {
    "UsageError": ValueError,
    "DeadlineExceeded": TimeoutError,
    "NetworkError": ConnectionError,
}
RETRYABLE = {
    "NetworkError",
    "DeadlineExceeded",
    "RateLimited",
    "ServerUnavailable",
    "StoreUnavailable",
    "StoreBusy",
}


def test_the_list_has_every_kind() -> None:
    assert len(_native.KINDS) == 26
    classes = {name for name, value in vars(errors).items() if isinstance(value, type)}
    families = {family.__name__ for family in FAMILIES.values()}
    assert classes == families | {name for name, _, _ in _native.KINDS}
    assert classes <= set(beamlit_auth.__all__)


@pytest.mark.parametrize(("name", "kind", "number"), _native.KINDS)
def test_each_kind_has_its_class(name: str, kind: str, number: int) -> None:
    error = getattr(beamlit_auth, name)("what happened")
    assert type(error).__bases__[0] is FAMILIES[number // 1000]
    assert isinstance(error, beamlit_auth.BeamlitError)
    assert error.kind == kind
    assert error.exit_code == number // 1000
    assert str(error) == "what happened"
    assert error.retry_after == (0.0 if name in RETRYABLE else None)
    assert (error.reason, error.oauth_error, error.oauth_error_description, error.http_status) == (None,) * 4
    for built_in_of, built_in in BUILT_IN.items():
        assert isinstance(error, built_in) is isinstance(error, getattr(errors, built_in_of))


@pytest.mark.parametrize("name", [name for name, _, _ in _native.KINDS])
def test_each_pickles_with_what_is_known_of_it(name: str) -> None:
    error = getattr(beamlit_auth, name)("what happened")
    error.http_status, error.retry_after, error.oauth_error = 503, 2.5, "slow_down"
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(error, protocol))
        assert type(again) is type(error)
        assert str(again) == "what happened"
        assert (again.http_status, again.retry_after, again.oauth_error) == (503, 2.5, "slow_down")
    assert str(copy.copy(error)) == "what happened"


def test_a_refusal_of_the_server_says_all_it_said(emulator: Emulator) -> None:
    emulator.configure(dialect="strict")
    client = beamlit_auth.ClientCredentials(emulator.client_id, "CANARY")
    session = emulator.session(client, platform=emulator.api_url)
    with pytest.raises(beamlit_auth.InvalidClient) as raised:
        session.token()
    error = raised.value
    assert (error.kind, error.exit_code, error.http_status) == ("invalid_client", 6, 401)
    assert error.oauth_error == "invalid_client"
    assert error.retry_after is None
    assert isinstance(error, beamlit_auth.DeniedError)
    assert "CANARY" not in str(error)


def test_a_server_that_asks_for_patience_is_quoted(emulator: Emulator) -> None:
    emulator.fault("/oauth/token", status=429, retry_after=7)
    with pytest.raises(beamlit_auth.RateLimited) as raised:
        emulator.session().token()
    assert raised.value.http_status == 429
    assert raised.value.retry_after == 7.0


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"status": 503}, errors.ServerUnavailable),
        ({"drop": True}, errors.NetworkError),
        ({"body": "<html>", "content_type": "text/html"}, errors.InvalidResponse),
        ({"redirect": "https://evil.example/"}, errors.InvalidResponse),
        ({"status": 403, "body": "no", "content_type": "text/plain"}, errors.AccessDenied),
    ],
)
def test_each_failure_of_the_token_endpoint_has_its_class(
    emulator: Emulator, fault: dict[str, object], error: type[errors.BeamlitError]
) -> None:
    emulator.fault("/oauth/token", **fault)
    with pytest.raises(error):
        emulator.session().token()


def test_a_port_that_refuses_is_a_connection_error(emulator: Emulator) -> None:
    session = emulator.session()
    emulator.close()
    with pytest.raises(ConnectionError) as raised:
        session.token()
    assert isinstance(raised.value, beamlit_auth.NetworkError)


def test_a_panic_is_an_internal_error_and_closes_the_session(capfd: pytest.CaptureFixture[str]) -> None:
    session = beamlit_auth.Session(credential=beamlit_auth.ApiKey("CANARY"))
    with pytest.raises(beamlit_auth.InternalError, match="bug of beamlit-auth") as raised:
        _native._panic(session)  # type: ignore[attr-defined]
    assert raised.value.exit_code == 1
    assert "CANARY" not in capfd.readouterr().err
    with pytest.raises(beamlit_auth.Closed):
        session.token()


def test_a_store_that_cannot_be_used_says_where_it_is(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(beamlit_auth.StoreUnavailable, match="file/auth") as raised:
        beamlit_auth.start_login(
            "acme", credential=emulator.client(), api_url=emulator.api_url, store=f"file:{tmp_path}/file/auth"
        )
    assert (raised.value.exit_code, raised.value.retry_after) == (5, 0.0)
    assert isinstance(raised.value, beamlit_auth.StoreError)
