"""`auth=session` in requests."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

import beamlit_auth
from emulator import Emulator


def tokens(emulator: Emulator, path: str) -> list[str]:
    """The header `Authorization` of each request to `path`."""
    return [dict(request.headers).get("authorization", "") for request in emulator.received(path)]


def test_a_session_of_requests_takes_it_once(emulator: Emulator) -> None:
    with requests.Session() as client:
        client.auth = emulator.session()
        assert [client.get(emulator.models).status_code for _ in range(3)] == [200] * 3
    assert emulator.token_requests() == 1
    assert len(set(tokens(emulator, "/models"))) == 1


def test_the_callers_own_headers_stay(emulator: Emulator) -> None:
    session = emulator.session(emulator.key())
    own = {"X-Own": "1", "x-beamlit-api-key": "other", "Authorization": "Basic own"}
    assert requests.get(emulator.models, auth=session, headers=own).status_code == 200
    (request,) = emulator.received("/models")
    sent = [(name, value) for name, value in request.headers if name.startswith(("x-", "auth"))]
    assert sorted(sent) == [
        ("authorization", "Basic own"),
        ("x-beamlit-api-key", emulator.own_key),
        ("x-beamlit-workspace", "acme"),
        ("x-own", "1"),
    ]


def test_a_401_heals_once(emulator: Emulator) -> None:
    session = emulator.session()
    before = session.headers(emulator.models)
    emulator.fault("/models", status=401, times=1)
    answer = requests.get(emulator.models, auth=session)
    assert answer.status_code == 200
    assert [old.status_code for old in answer.history] == [401]
    first, second = tokens(emulator, "/models")
    assert first == before["Authorization"] != second == session.headers(emulator.models)["Authorization"]
    assert emulator.token_requests() == 2


def test_then_a_401_surfaces(emulator: Emulator) -> None:
    session = emulator.session()
    emulator.fault("/models", status=401)
    assert requests.get(emulator.models, auth=session).status_code == 401
    assert len(emulator.received("/models")) == 2
    # The second token came of a 401 a moment ago: it is not renewed for another one.
    assert requests.get(emulator.models, auth=session).status_code == 401
    assert len(emulator.received("/models")) == 3
    assert emulator.token_requests() == 2


def test_a_401_to_an_api_key_surfaces_at_once(emulator: Emulator) -> None:
    session = emulator.session(beamlit_auth.ApiKey("EMULATOR-unknown"))
    assert requests.get(emulator.models, auth=session).status_code == 401
    assert len(emulator.received("/models")) == 1


def test_a_403_is_the_callers(emulator: Emulator) -> None:
    emulator.fault("/models", status=403)
    assert requests.get(emulator.models, auth=emulator.session()).status_code == 403
    assert len(emulator.received("/models")) == 1


def test_a_prepared_request_goes_on_with_the_newer_token(emulator: Emulator) -> None:
    session = emulator.session()
    prepared = requests.Request("GET", emulator.models, auth=session).prepare()
    session.invalidate(session.token())
    session.token()
    emulator.fault("/models", status=401, times=1)
    with requests.Session() as client:
        assert [client.send(prepared).status_code for _ in range(2)] == [200, 200]
    first, second, third = tokens(emulator, "/models")
    assert first != second == third
    assert emulator.token_requests() == 2


def generated() -> Iterator[bytes]:
    yield b"body"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("bytes", 2),
        ("str", 2),
        ("form", 2),
        ("json", 2),
        ("memory", 2),
        ("file", 2),
        ("multipart", 2),
        ("generator", 1),
        ("pipe", 1),
    ],
)
def test_a_body_is_sent_again_if_it_can_be(
    emulator: Emulator, tmp_path: Path, kind: str, sent: int, stream: bool
) -> None:
    file = tmp_path / "body"
    file.write_bytes(b"...body")
    reading, writing = os.pipe()
    os.write(writing, b"body")
    os.close(writing)
    with file.open("rb") as opened, open(reading, "rb") as pipe:
        opened.seek(3)
        bodies: dict[str, dict[str, object]] = {
            "bytes": {"data": b"body"},
            "str": {"data": "body"},
            "form": {"data": {"body": "body"}},
            "json": {"json": "body"},
            "memory": {"data": io.BytesIO(b"body")},
            "file": {"data": opened},
            "multipart": {"files": {"body": b"body"}},
            "generator": {"data": generated()},
            "pipe": {"data": pipe},
        }
        emulator.fault("/anything", status=401, times=1)
        session = emulator.session()
        url = f"{emulator.api_url}/anything"
        answer = requests.post(url, auth=session, stream=stream, **bodies[kind])  # type: ignore[arg-type]
    requests_seen = emulator.received("/anything")
    assert answer.status_code == (404 if sent == 2 else 401)
    assert len(requests_seen) == sent
    assert len({request.body for request in requests_seen}) == 1
    assert "body" in requests_seen[0].body
    # The token is discarded in any case, so that the caller's own next attempt has another one.
    assert session.token().generation == 2


def test_what_the_renewal_fails_with_is_raised(emulator: Emulator) -> None:
    session = emulator.session()
    session.token()
    emulator.fault("/models", status=401)
    emulator.fault("/oauth/token", status=503)
    with pytest.raises(beamlit_auth.ServerUnavailable):
        requests.get(emulator.models, auth=session)


def test_the_callers_own_hook_sees_the_last_answer(emulator: Emulator) -> None:
    seen: list[int] = []
    emulator.fault("/models", status=401, times=1)
    hooks = {"response": lambda answer, **_: seen.append(answer.status_code)}
    assert requests.get(emulator.models, auth=emulator.session(), hooks=hooks).status_code == 200
    assert seen == [200]


def test_a_request_of_no_known_library_is_refused() -> None:
    session = beamlit_auth.Session(credential=beamlit_auth.ApiKey("EMULATOR"))
    with pytest.raises(beamlit_auth.InvalidArgument, match="requests"):
        session(object())
