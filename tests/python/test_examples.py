"""The Python lines of `examples/README.md`, as they stand but for addresses and credentials."""

from __future__ import annotations

import ast
import asyncio
import gc
import inspect
import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import openai
import pytest
import requests
from websockets.asyncio.server import ServerConnection, serve

import beamlit_auth
from beamlit_auth import Session
from beamlit_auth.testing import LIMIT
from emulator import Emulator

README = (Path(__file__).parents[2] / "examples/README.md").read_text()
COMPLETION = {
    "id": "c",
    "object": "chat.completion",
    "created": 0,
    "model": "m",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello!"}}],
}
QUESTION: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
Names = dict[str, Any]


def lines(title: str) -> str:
    """What stands below the comment that begins so."""
    found = re.search(rf"^# {title}.*\n((?:(?!#|```).*\n)+)", README, re.MULTILINE)
    assert found, f"examples/README.md has no {title}"
    return found[1]


async def run_all(text: str, names: Names) -> list[Any]:
    """Runs lines in which `await` may stand by itself, as in a notebook; what its expressions are."""
    values = []
    for node in ast.parse(text).body:
        if isinstance(node, ast.Expr):
            expression = ast.Expression(node.value)
            code = compile(expression, "README.md", "eval", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            value = eval(code, names)
            values.append(await value if code.co_flags & inspect.CO_COROUTINE else value)
        else:
            exec(compile(ast.Module([node], []), "README.md", "exec"), names)
    return values


def run(title: str, **names: Any) -> Names:
    """Runs the lines of that title, and gives what they have named."""
    asyncio.run(run_all(lines(title), names))
    return names


@pytest.fixture(autouse=True)
def environment(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BL_API_URL", emulator.api_url)
    emulator.configure(interval_s=1)


@pytest.fixture
def session(emulator: Emulator) -> Session:
    return emulator.session()


def answering(emulator: Emulator) -> str:
    """The run URL of a model which answers."""
    body = {"body": json.dumps(COMPLETION), "content_type": "application/json"}
    emulator.fault("/acme/models/m/v1/chat/completions", **body)
    return f"{emulator.console_url}/acme/models/m/v1"


def test_a_script(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BL_API_KEY", emulator.own_key)
    run("script")
    models = ast.literal_eval(capsys.readouterr().out)
    assert [model["metadata"]["name"] for model in models] == ["small", "large"]


def test_a_notebook_that_is_run_again(emulator: Emulator) -> None:
    emulator.log_in()
    assert run("notebook cell", beamlit_auth=beamlit_auth)["session"].workspace == "acme"


def test_services(emulator: Emulator) -> None:
    own = {
        '"id", "secret"': f"{emulator.client_id!r}, {emulator.client_secret!r}",
        "https://login.example.com": emulator.api_url,
        "https://api.example.com": emulator.console_url,
    }
    text = lines("service")
    for written, meant in own.items():
        assert written in text
        text = text.replace(written, meant)
    for line in text.splitlines():
        names: Names = {"beamlit_auth": beamlit_auth, "key": emulator.own_key}
        asyncio.run(run_all(line, names))
        assert requests.get(emulator.models, auth=names["session"]).ok
    assert len(text.splitlines()) == 4


# The lines leave it to the interpreter to close what they have opened.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_every_library(emulator: Emulator) -> None:
    seen: list[str] = []

    async def answer(connection: ServerConnection) -> None:
        assert connection.request is not None
        seen.append(connection.request.headers["Authorization"])

    async def main() -> None:
        async with serve(answer, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            session = emulator.session(origins=[f"http://127.0.0.1:{port}"])
            text = lines("every HTTP library")
            text = text.replace("wss://run.beamlit.com/acme/agents/a", f"ws://127.0.0.1:{port}")
            text = text.replace("https://run.beamlit.com/acme/models/m/v1", answering(emulator))
            *answers, client, async_client, socket = await run_all(text, {"session": session})
            statuses = [getattr(answer, "status", None) or answer.status_code for answer in answers]
            assert statuses == [200] * 4
            assert client.chat.completions.create(**QUESTION).choices[0].message.content == "Hello!"
            completion = await async_client.chat.completions.create(**QUESTION)
            assert completion.choices[0].message.content == "Hello!"
            async with socket as connection:
                await connection.wait_closed()
            assert seen == [f"Bearer {session.token().reveal()}"]
            await async_client.close()
            client.close()

    emulator.fault("/models", status=401, times=1)
    asyncio.run(main())
    gc.collect()
    assert [request.status for request in emulator.received("/models")] == [401, 200, 200, 200, 200]
    assert emulator.token_requests() == 2


def test_openai_takes_a_new_token_when_there_is_one(session: Session, emulator: Emulator) -> None:
    with openai.OpenAI(base_url=answering(emulator), api_key=session.token_provider()) as client:
        client.chat.completions.create(**QUESTION)
        session.invalidate(session.token())
        client.chat.completions.create(**QUESTION)
    sent = [dict(request.headers)["authorization"] for request in emulator.received("/completions")]
    assert sent[0] != sent[1] == f"Bearer {session.token().reveal()}"


def test_openai_heals_a_401_by_the_adapter(session: Session, emulator: Emulator) -> None:
    emulator.fault("/acme/models/m/v1/chat/completions", status=401, times=1)
    http = openai.DefaultHttpxClient(auth=session.httpx2())
    with openai.OpenAI(base_url=answering(emulator), api_key="unused", http_client=http) as client:
        assert client.chat.completions.create(**QUESTION).choices
    assert emulator.token_requests() == 2


def test_a_401_by_hand(session: Session, emulator: Emulator) -> None:
    emulator.fault("/models", status=401, times=1)
    named = run("401 by hand", session=session, requests=requests, url=emulator.models)
    assert named["r"].status_code == 200
    assert emulator.token_requests() == 2


class Label:
    """What a window has for text."""

    def setText(self, text: str) -> None:
        self.text = text


class Kept(NamedTuple):
    """What a key-value store has under a key."""

    data: bytes
    version: int


class KeyValue:
    """A store as hosts share one: a write or a removal names what it finds, 0 for nothing."""

    def __init__(self) -> None:
        self.kept: dict[str, Kept] = {}

    def get(self, key: str) -> Kept | None:
        return self.kept.get(key)

    def put(self, key: str, data: bytes, cas: int) -> bool:
        found = self.kept.get(key, Kept(b"", 0)).version == cas
        if found:
            self.kept[key] = Kept(data, cas + 1)
        return found

    def delete(self, key: str, cas: int) -> bool:
        found = key in self.kept and self.kept[key].version == cas
        if found:
            del self.kept[key]
        return found


def test_an_own_store(emulator: Emulator) -> None:
    kv = KeyValue()
    names: Names = {"beamlit_auth": beamlit_auth, "kv": kv}
    text = lines("own store")
    vault, session = text.split("session =")
    asyncio.run(run_all(vault, names))
    emulator.log_in(store=names["Vault"]())
    asyncio.run(run_all(f"session ={session}", names))
    assert requests.get(emulator.models, auth=names["session"]).ok
    names["session"].logout()
    with pytest.raises(beamlit_auth.LoginRequired):
        Session("acme", store=names["Vault"]()).token()


def test_a_device_login_in_a_window_of_ones_own(emulator: Emulator) -> None:
    label, used = Label(), list[Session]()
    named = run("device login", beamlit_auth=beamlit_auth, label=label, use=used.append)
    pending, tick = named["pending"], named["tick"]
    page = f"{emulator.console_url}/device"
    assert label.text == f"Open {page} and enter {pending.user_code}"
    tick()
    assert used == []
    emulator.approve(pending.user_code)
    pending.wait(LIMIT)
    tick()
    assert [session.workspace for session in used] == ["acme"]
