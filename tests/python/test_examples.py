"""What a user writes, line for line, but for addresses and credentials."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import httpx
import openai
import pytest
import requests
import websockets
from websockets.asyncio.server import ServerConnection, serve

import beamlit_auth
from beamlit_auth import Session
from emulator import LIMIT, Emulator

COMPLETION = {
    "id": "c",
    "object": "chat.completion",
    "created": 0,
    "model": "m",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello!"}}],
}


@pytest.fixture(autouse=True)
def environment(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BL_API_URL", emulator.api_url)
    emulator.configure(interval_s=1)


@pytest.fixture
def session(emulator: Emulator) -> Session:
    return emulator.session()


def test_a_script(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BL_API_KEY", emulator.api_key)
    session = beamlit_auth.Session()
    assert len(requests.get(f"{session.api_url}/models", auth=session).json()) == 2


def test_a_notebook_that_is_run_again(emulator: Emulator) -> None:
    emulator.log_in()
    session = beamlit_auth.login("acme")
    assert session.workspace == "acme"


def test_a_service(emulator: Emulator) -> None:
    key, (client_id, secret) = emulator.api_key, (emulator.client_id, emulator.client_secret)
    sessions = [
        beamlit_auth.Session("acme", credential=beamlit_auth.ClientCredentials(client_id, secret)),
        beamlit_auth.Session(credential=beamlit_auth.ApiKey(key)),
        beamlit_auth.Session(
            credential=beamlit_auth.ClientCredentials(client_id, secret),
            platform=emulator.api_url,
            origins=[emulator.console_url],
        ),
    ]
    for session in sessions:
        assert requests.get(emulator.models, auth=session).ok


def test_httpx(session: Session, emulator: Emulator) -> None:
    url = f"{session.api_url}/models"

    async def main() -> int:
        client = httpx.AsyncClient(auth=session.httpx())
        status = (await client.get(url)).status_code
        await client.aclose()
        return status

    emulator.fault("/models", status=401, times=1)
    client = httpx.Client(auth=session.httpx())
    assert client.get(url).status_code == 200
    client.close()
    assert asyncio.run(main()) == 200
    assert emulator.token_requests() == 2


def test_aiohttp(session: Session) -> None:
    url = f"{session.api_url}/models"

    async def main() -> int:
        client = aiohttp.ClientSession(middlewares=[session.aiohttp()])
        status = (await client.get(url)).status
        await client.close()
        return status

    assert asyncio.run(main()) == 200


def test_urllib(session: Session) -> None:
    import urllib.request

    url = f"{session.api_url}/models"
    with urllib.request.build_opener(session.urllib()).open(url) as answer:
        assert answer.status == 200


def test_openai(session: Session, emulator: Emulator) -> None:
    run_url = f"{emulator.console_url}/acme/models/m/v1"
    body = {"body": json.dumps(COMPLETION), "content_type": "application/json"}
    emulator.fault("/acme/models/m/v1/chat/completions", **body)
    message: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
    with openai.OpenAI(base_url=run_url, api_key=session.token_provider()) as client:
        assert client.chat.completions.create(**message).choices[0].message.content == "Hello!"
        session.invalidate(session.token())
        client.chat.completions.create(**message)

    async def main() -> str | None:
        async with openai.AsyncOpenAI(base_url=run_url, api_key=session.aio.token_provider()) as client:
            answer = await client.chat.completions.create(**message)
            content: str | None = answer.choices[0].message.content
            return content

    assert asyncio.run(main()) == "Hello!"
    sent = [dict(request["headers"])["authorization"] for request in emulator.requests("/completions")]
    assert sent[0] != sent[1] == sent[2] == f"Bearer {session.token().reveal()}"


def test_openai_heals_a_401_by_the_adapter(session: Session, emulator: Emulator) -> None:
    run_url = f"{emulator.console_url}/acme/models/m/v1"
    emulator.fault("/acme/models/m/v1/chat/completions", status=401, times=1)
    body = {"body": json.dumps(COMPLETION), "content_type": "application/json"}
    emulator.fault("/acme/models/m/v1/chat/completions", **body)
    http = openai.DefaultHttpxClient(auth=session.httpx2())
    with openai.OpenAI(base_url=run_url, api_key="unused", http_client=http) as client:
        messages: list[Any] = [{"role": "user", "content": "Hi"}]
        assert client.chat.completions.create(model="m", messages=messages).choices
    assert emulator.token_requests() == 2


def test_websockets(session: Session, emulator: Emulator) -> None:
    seen: list[str] = []

    async def answer(connection: ServerConnection) -> None:
        assert connection.request is not None
        seen.append(connection.request.headers["Authorization"])

    async def main() -> None:
        async with serve(answer, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            ws = f"ws://127.0.0.1:{port}"
            session = emulator.session(origins=[f"http://127.0.0.1:{port}"])
            async with websockets.connect(ws, additional_headers=session.headers(ws)) as connection:
                await connection.wait_closed()
            assert seen == [session.headers(ws)["Authorization"]]

    asyncio.run(main())


def test_a_401_by_hand(session: Session, emulator: Emulator) -> None:
    url = f"{session.api_url}/models"
    emulator.fault("/models", status=401, times=1)
    headers = session.headers(url)
    r = requests.get(url, headers=headers)
    if r.status_code == 401 and session.invalidate(headers):
        r = requests.get(url, headers=session.headers(url))
    assert r.status_code == 200
    assert emulator.token_requests() == 2


def test_a_device_login_in_a_window_of_ones_own(emulator: Emulator) -> None:
    shown: list[str] = []
    used: list[Session] = []
    pending = beamlit_auth.start_login("acme")
    shown.append(f"Open {pending.verification_uri} and enter {pending.user_code}")

    def tick() -> None:
        if session := pending.poll():
            used.append(session)

    tick()
    assert used == []
    emulator.approve(pending.user_code)
    pending.wait(LIMIT)
    tick()
    assert used[0].workspace == "acme"
    assert emulator.console_url in shown[0]
