from __future__ import annotations

import ctypes
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

import beamlit_auth
from beamlit_auth import ApiKey, Session
from emulator import Emulator

KEY_HEADERS = ["Authorization", "X-Beamlit-Authorization", "Api-Key", "X-Beamlit-Api-Key"]
TOKEN_HEADERS = ["Authorization", "X-Beamlit-Authorization"]
BLAXEL_HEADERS = ["X-Blaxel-Authorization", "X-Blaxel-Api-Key"]
LOOKALIKES = [
    "https://api.beamlit.com.evil.example/v0/models",
    "https://evil.example/https://api.beamlit.com/",
    "https://api.beamlit.com@evil.example/",
    "https://api.beamlit.com:443@evil.example/",
    "https://evil.example#@api.beamlit.com/",
    "https://evil.example\\@api.beamlit.com/",
    "https://api.beamlit.com\\.evil.example/",
    "https://apixbeamlit.com/",
    "https://xapi.beamlit.com/",
    "https://beamlit.com/",
    "https://api.beamlit.com:8443/",
    "https://api.beamlit.com./",
    "https://api.beamlit.com%2eevil.example/",
    "https://api.beamlit.co\u043c/",
    "https://\uff41pi.beamlit.com/",
    "https://api.beamlit.com\t/",
    " https://api.beamlit.com/",
    "http://api.beamlit.com/",
    "ftp://api.beamlit.com/",
    "//api.beamlit.com/",
    "/v0/models",
    "",
]


@pytest.mark.parametrize("header", KEY_HEADERS)
def test_an_api_key_is_accepted_under_each_name(emulator: Emulator, header: str) -> None:
    session = emulator.session(emulator.key(), header=header)
    assert requests.get(emulator.models, auth=session).status_code == 200
    assert requests.get(emulator.models, headers=session.headers(emulator.models)).status_code == 200


@pytest.mark.parametrize("header", TOKEN_HEADERS)
@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_a_service_account_is_accepted_under_each_name(emulator: Emulator, header: str, method: str) -> None:
    client = emulator.client(token_endpoint_auth_method=method)
    session = emulator.session(client, header=header)
    assert requests.get(emulator.models, auth=session).status_code == 200
    assert emulator.token_requests() == 1


@pytest.mark.parametrize("header", BLAXEL_HEADERS)
def test_blaxel_is_the_same_under_other_names(emulator: Emulator, header: str) -> None:
    session = emulator.session(emulator.key(), platform="blaxel", header=header)
    headers = session.headers(emulator.models)
    assert list(headers) == [header, "X-Blaxel-Workspace"]
    assert requests.get(emulator.models, auth=session).status_code == 200


def test_without_a_credential_it_says_what_to_set() -> None:
    with pytest.raises(beamlit_auth.LoginRequired, match="BL_API_KEY") as raised:
        Session()
    assert raised.value.reason == "no_credential"
    assert raised.value.exit_code == 3


def test_the_environment_gives_credential_workspace_and_url(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BL_API_URL", emulator.api_url)
    monkeypatch.setenv("BL_WORKSPACE", "acme")
    monkeypatch.setenv("BL_CLIENT_CREDENTIALS", f"{emulator.client_id}:{emulator.client_secret}")
    session = Session()
    assert (session.workspace, session.platform, session.api_url) == ("acme", "beamlit", emulator.api_url)
    assert requests.get(f"{session.api_url}/models", auth=session).status_code == 200


def test_an_argument_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BL_API_KEY", "EMULATOR-from-environment")
    monkeypatch.setenv("BL_WORKSPACE", "elsewhere")
    session = Session("acme", credential=ApiKey("EMULATOR-argument"), platform="blaxel")
    assert session.workspace == "acme"
    assert session.platform == "blaxel"
    assert session.api_url == "https://api.blaxel.ai/v0"
    assert session.token().reveal() == "EMULATOR-argument"


def test_none_is_as_good_as_not_given() -> None:
    names = ["platform", "api_url", "origins", "header", "timeout", "ca_file", "proxy", "user_agent"]
    names += ["rotation", "share", "store", "background_refresh"]
    settings: dict[str, Any] = dict.fromkeys(names)
    session = Session(None, credential=ApiKey("EMULATOR"), **settings)
    assert session.workspace is None


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"shared": "CANARY"}, "unexpected keyword argument 'shared'"),
        ({"api_url": 3}, "'api_url' must be str, not int"),
        ({"credential": "BL_CANARY"}, "'credential' must be a credential, such as"),
        ({"origins": "https://a.example"}, "not one str"),
        ({"origins": [1]}, "'origins' must be a list of str"),
        ({"timeout": "30"}, "'timeout' must be a number, not str"),
        ({"header": b"X"}, "'header' must be str, not bytes"),
        ({"share": "CANARY"}, "'share' must be bool, not str"),
        ({"background_refresh": 1}, "'background_refresh' must be bool, not int"),
    ],
)
def test_a_wrong_type_is_a_type_error_that_names_the_setting(settings: dict[str, Any], error: str) -> None:
    settings.setdefault("credential", ApiKey("CANARY"))
    with pytest.raises(TypeError, match=error) as raised:
        Session(**settings)
    assert "CANARY" not in str(raised.value)


@pytest.mark.parametrize(
    ("settings", "error", "text"),
    [
        ({"api_url": "http://api.example.com"}, beamlit_auth.InvalidConfig, "api_url"),
        ({"platform": "nonsense"}, beamlit_auth.InvalidConfig, "platform"),
        ({"header": "a b"}, beamlit_auth.InvalidConfig, "header"),
        ({"origins": ["https://a.example/path"]}, beamlit_auth.InvalidConfig, "origin"),
        ({"timeout": -1}, beamlit_auth.InvalidArgument, "seconds"),
        ({"timeout": float("nan")}, beamlit_auth.InvalidArgument, "seconds"),
        ({"credential": ApiKey("")}, beamlit_auth.InvalidArgument, "api_key is missing"),
        ({"user_agent": "a\nb"}, beamlit_auth.InvalidConfig, "user_agent"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    settings: dict[str, Any], error: type[Exception], text: str
) -> None:
    settings.setdefault("credential", ApiKey("CANARY"))
    with pytest.raises(error, match=text):
        Session(**settings)


@pytest.mark.parametrize("workspace", ["BL_" + "C" * 32, "id:CANARY", "a/CANARY", "a CANARY"])
def test_a_key_in_the_place_of_the_workspace_is_not_repeated(workspace: str) -> None:
    with pytest.raises(beamlit_auth.InvalidArgument) as raised:
        Session(workspace)
    assert workspace not in str(raised.value)
    assert "CANARY" not in str(raised.value)


@pytest.mark.parametrize("url", LOOKALIKES)
def test_a_foreign_origin_gets_no_headers(url: str) -> None:
    session = Session(credential=ApiKey("CANARY"))
    session.headers("https://api.beamlit.com/v0/models")
    with pytest.raises((beamlit_auth.OriginRefused, beamlit_auth.InvalidArgument)):
        session.headers(url)
    with pytest.raises((beamlit_auth.OriginRefused, beamlit_auth.InvalidArgument)):
        session.token_provider(url)()
    with pytest.raises((beamlit_auth.OriginRefused, beamlit_auth.InvalidArgument, requests.RequestException)):
        requests.get(url, auth=session)


def test_an_allowed_origin_gets_headers() -> None:
    origins = (f"https://{name}.example.com" for name in ("one", "two"))
    session = Session(credential=ApiKey("EMULATOR"), api_url="https://one.example.com", origins=origins)
    assert session.headers("wss://two.example.com/stream") is session.headers("https://one.example.com/")


def test_a_token_of_an_emulator_stays_on_this_machine(emulator: Emulator) -> None:
    session = emulator.session(origins=["https://api.example.com"])
    assert session.headers(emulator.models)
    with pytest.raises(beamlit_auth.OriginRefused, match="emulator"):
        session.headers("https://api.example.com/")


def test_a_url_that_is_no_str_is_a_type_error() -> None:
    session = Session(credential=ApiKey("EMULATOR"))
    for url in (b"https://api.beamlit.com/", None, 1):
        with pytest.raises(TypeError):
            session.headers(url)  # type: ignore[arg-type]
    with pytest.raises(UnicodeEncodeError):
        session.headers("https://api.beamlit.com/\ud800")
    with pytest.raises(beamlit_auth.InvalidArgument):
        session.headers("https://api.beamlit.com/", method="GET X")


def test_a_closed_session_says_so(emulator: Emulator) -> None:
    with emulator.session() as session:
        headers, token = session.headers(emulator.models), session.token()
        provider = session.token_provider()
    calls: list[Callable[[], object]] = [
        lambda: session.headers(emulator.models),
        session.token,
        session.renew,
        session.explain,
        provider,
        lambda: session.invalidate(headers),
        lambda: requests.get(emulator.models, auth=session),
    ]
    for call in calls:
        with pytest.raises(beamlit_auth.Closed):
            call()
    session.close()
    assert repr(session) == "<Session closed>"
    assert session.api_url == emulator.api_url
    assert headers["Authorization"] == f"Bearer {token.reveal()}"


def test_an_error_inside_with_passes_through(emulator: Emulator) -> None:
    with pytest.raises(KeyError), emulator.session():
        raise KeyError


def test_repr_does_not_look_at_the_disk(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BL_API_URL", emulator.api_url)
    emulator.configure(interval_s=0)
    session = emulator.log_in()
    system = ctypes.CDLL(None)
    watch = system.inotify_init1(os.O_NONBLOCK)
    opened = 0x20
    for folder in (Path.home() / ".beamlit/auth").iterdir():
        assert system.inotify_add_watch(watch, os.fsencode(folder), opened) > 0
    repr(session)
    with pytest.raises(BlockingIOError):
        os.read(watch, 4096)
    session.explain()
    assert os.read(watch, 4096)
    os.close(watch)


def test_repr_says_who_and_until_when(emulator: Emulator) -> None:
    session = emulator.session()
    assert repr(session) == "<Session beamlit workspace='acme' credential=client_credentials>"
    session.token()
    assert repr(session).startswith(
        "<Session beamlit workspace='acme' credential=client_credentials expires in 1"
    )
    assert repr(session).endswith(" min>")
    assert repr(Session(credential=ApiKey("CANARY"))) == "<Session beamlit workspace=None credential=api_key>"


def test_explain_says_what_was_picked_and_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BL_API_KEY", "CANARY")
    explanation = beamlit_auth.explain("acme")
    assert explanation.ok
    assert json.loads(explanation.json())["picked"]["source"] == "environment:BL_API_KEY"
    assert "BL_API_KEY" in str(explanation)
    assert repr(explanation) == "<Explanation ok=True>"
    own = Session("acme", credential=ApiKey("CANARY")).explain()
    assert json.loads(own.json())["picked"]["shadowing"] == ["BL_API_KEY"]
    assert "CANARY" not in explanation.json() + str(explanation) + own.json() + str(own)


def test_sessions_that_share_make_one_request(emulator: Emulator) -> None:
    tokens = {emulator.session(share=True).token().reveal() for _ in range(3)}
    assert (len(tokens), emulator.token_requests()) == (1, 1)


def test_explain_explains_what_cannot_be_used() -> None:
    for explanation in (beamlit_auth.explain(), beamlit_auth.explain(platform="nonsense")):
        assert not explanation.ok
        assert json.loads(explanation.json())["picked"] is None
    with pytest.raises(TypeError, match=r"explain\(\) got an unexpected"):
        beamlit_auth.explain(nonsense=1)  # type: ignore[call-arg]


def test_everything_public_is_there_and_nothing_else() -> None:
    for name in beamlit_auth.__all__:
        assert getattr(beamlit_auth, name) is not None
    planned = ["AccessToken", "AuthorizationCode"]
    assert not [name for name in planned if hasattr(beamlit_auth, name)]
    with pytest.raises(AttributeError, match="nonsense"):
        beamlit_auth.nonsense  # type: ignore[attr-defined]  # noqa: B018
    assert beamlit_auth.__version__.count(".") == 2
