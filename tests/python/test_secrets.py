"""No secret in anything that is printed, raised, logged or pickled."""

from __future__ import annotations

import copy
import io
import logging
import pickle
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress

import httpx
import pytest
import requests

import beamlit_auth
from beamlit_auth import ApiKey, ClientCredentials, RefreshToken, Session
from emulator import Emulator
from script import LIMIT, output
from stored import expire

CANARY = "CANARY-7f3a9c"


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that Python's own logging gets to see."""
    root, stream = logging.getLogger(), io.StringIO()
    handler = logging.StreamHandler(stream)
    root.addHandler(handler)
    level = root.level
    root.setLevel(1)
    try:
        yield stream
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def shown(value: object) -> str:
    """Every text that can be had of a value without asking for the secret."""
    texts = [repr(value), str(value), f"{value}", f"{value!r:>200}", repr([value]), repr({"key": value})]
    for attribute in dir(value):
        # `raw` is what httpx hands to the transport.
        if attribute != "raw":
            texts.append(repr(getattr(value, attribute, None)))
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with suppress(TypeError, AttributeError, pickle.PicklingError):
            texts.append(repr(pickle.dumps(value, protocol)))
    with suppress(TypeError):
        texts.append(repr(copy.copy(value)))
    return "\n".join(texts)


def raised(call: Callable[[], object]) -> str:
    """The whole traceback of a call that fails, with the locals of every frame, and its errors' insides."""
    try:
        call()
    except Exception as error:
        texts = ["".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())]
        at: BaseException | None = error
        while at is not None:
            texts.append(shown(at) if isinstance(at, beamlit_auth.BeamlitError) else repr(at))
            at = at.__cause__ or at.__context__
        return "\n".join(texts)
    pytest.fail("nothing was raised")


def assert_without(text: str, *secrets: str) -> None:
    for secret in secrets:
        assert secret not in text


def test_no_object_shows_one(emulator: Emulator, logged: io.StringIO) -> None:
    for credential in (emulator.key(), emulator.client()):
        session = emulator.session(credential)
        token, headers = session.token(), session.headers(emulator.models)
        provide = session.token_provider()
        secrets = (token.reveal(), emulator.own_key, emulator.client_secret)
        answer = requests.get(emulator.models, auth=session)
        objects: list[object] = [credential, session, token, headers, provide, session.explain(), answer]
        objects += [dict(headers), headers | {}, list(headers.values()), answer.request.headers]
        sent = httpx.get(emulator.models, auth=session).request
        objects += [sent, sent.headers, dict(sent.headers), sent.extensions["trace"]]
        for value in objects:
            if isinstance(value, (dict, list, requests.Response, requests.structures.CaseInsensitiveDict)):
                assert_without(repr(value), *secrets)
            else:
                assert_without(shown(value), *secrets)
        assert_without(logged.getvalue(), *secrets)


def test_no_login_shows_one(emulator: Emulator, logged: io.StringIO) -> None:
    emulator.configure(interval_s=0, rotation="revoke")
    pending = emulator.start_login()
    unapproved = shown(pending) + raised(lambda: pending.wait(0))
    emulator.approve(pending.user_code)
    session = pending.wait(LIMIT)
    token, headers = session.token(), session.headers(emulator.models)
    brought = emulator.session(RefreshToken(emulator.person()["refresh_token"]))
    assert brought.token().reveal()
    expire()
    emulator.fault("/oauth/token", status=401, times=1)
    texts = [unapproved, *map(shown, (pending, session, token, headers, session.explain(), brought))]
    stale = Session("acme", api_url=emulator.api_url)
    texts += [raised(stale.token), shown(stale.logout()), raised(stale.token), logged.getvalue()]
    # Every device code and refresh token of the emulator has the word, every access token begins so.
    assert_without("\n".join(texts), token.reveal(), brought.token().reveal(), "EMULATOR", "eyJ")


FAULTS: list[dict[str, object]] = [
    {"status": 400},
    {"status": 401},
    {"status": 403},
    {"status": 429, "retry_after": 1},
    {"status": 500},
    {"status": 503},
    {"drop": True},
    {"redirect": "https://evil.example/?secret"},
    {"body": "<html>", "content_type": "text/html"},
    {"body": "{", "content_type": "application/json"},
    {"status": 400, "body": '{"error":"invalid_client"}', "content_type": "application/json"},
]


@pytest.mark.parametrize("fault", FAULTS)
def test_no_failure_of_the_token_endpoint_shows_one(
    emulator: Emulator, fault: dict[str, object], logged: io.StringIO
) -> None:
    emulator.fault("/oauth/token", **fault)
    session = emulator.session()
    text = raised(session.token) + raised(lambda: session.headers(emulator.models))
    text += raised(lambda: requests.get(emulator.models, auth=session))
    text += raised(lambda: httpx.get(emulator.models, auth=session))
    assert_without(text + logged.getvalue(), emulator.client_secret)


def test_no_wrong_secret_is_repeated(emulator: Emulator) -> None:
    client = ClientCredentials(emulator.client_id, CANARY)
    calls: list[Callable[[], object]] = [
        emulator.session(client).token,
        emulator.session(client, platform=emulator.api_url).token,
        lambda: Session(credential=ApiKey(f"{CANARY} x")),
        lambda: Session(credential=ClientCredentials("id", f"{CANARY}\n")),
        lambda: ClientCredentials.decode(CANARY),
        lambda: Session(f"id:{CANARY}"),
        lambda: Session(credential=ApiKey("x"), api_url=f"https://user:{CANARY}@api.example.com"),
        lambda: Session(credential=ApiKey("x"), proxy=f"http://user:{CANARY}@").token(timeout=0) and 1 / 0,
        lambda: Session(credential=ApiKey("x")).headers(f"https://api.beamlit.com.evil/?token={CANARY}"),
        lambda: Session(credential=ApiKey("x")).headers(f"https://{CANARY}@api.beamlit.com/"),
        lambda: pickle.dumps(ApiKey(CANARY)),
    ]
    for call in calls:
        assert_without(raised_here(call), CANARY)


def raised_here(call: Callable[[], object]) -> str:
    """The error's own text: the frames of this test hold the secret as their own."""
    with pytest.raises(Exception) as raised:  # noqa: PT011
        call()
    return shown(raised.value) + str(raised.value.__cause__) + str(raised.value.__context__)


def test_no_variable_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("BL_API_KEY", f"{CANARY} x"), ("BL_CLIENT_CREDENTIALS", CANARY)):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            text = raised(Session)
            assert name in text
            assert_without(text + str(beamlit_auth.explain()) + beamlit_auth.explain().json(), CANARY)


@pytest.mark.parametrize("fault", [{"drop": True}, {"hang": True}])
def test_a_library_that_fails_under_our_headers_shows_none(
    emulator: Emulator, fault: dict[str, object], logged: io.StringIO
) -> None:
    session = emulator.session()
    secret = session.token().reveal()
    emulator.fault("/models", **fault)
    text = raised(lambda: requests.get(emulator.models, auth=session, timeout=0.3))
    text += raised(lambda: httpx.get(emulator.models, auth=session, timeout=0.3))
    headers = session.headers(emulator.models)
    text += raised(lambda: requests.get(emulator.models, headers=headers, timeout=0.3))
    assert_without(text + logged.getvalue(), secret)


def test_a_process_prints_none(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the most talkative settings that a person would try."""
    monkeypatch.setenv("BL_API_URL", emulator.api_url)
    monkeypatch.setenv("BL_CLIENT_CREDENTIALS", f"{emulator.client_id}:{emulator.client_secret}")
    monkeypatch.setenv("RUST_LOG", "trace")
    monkeypatch.setenv("RUST_BACKTRACE", "full")
    code = """
        import logging, sys, traceback
        import beamlit_auth, requests
        logging.basicConfig(level=1, stream=sys.stdout)
        sys.stderr = sys.stdout
        session = beamlit_auth.Session()
        url = session.api_url + "/models"
        print(requests.get(url, auth=session).status_code, session, session.headers(url), session.token())
        print(dict(session.headers(url)), f"{session.token()}", session.explain())
        try:
            session.headers("https://evil.example/")
        except beamlit_auth.OriginRefused:
            traceback.print_exc()
        """
    printed = output(code)
    assert "200 <Session" in printed
    assert "OriginRefused" in printed
    # Each access token of the emulator begins so.
    assert_without(printed, emulator.client_secret, "eyJ")
