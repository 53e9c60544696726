from __future__ import annotations

import asyncio
import copy
import http.client
import pickle
import threading
import urllib.request
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import aiohttp
import httpx
import httpx2
import pytest
import requests
import urllib3

from beamlit_auth import ApiKey, Headers, Session
from emulator import Emulator

URL = "https://api.beamlit.com/v0/models"


@pytest.fixture
def headers() -> Headers:
    return Session("acme", credential=ApiKey("CANARY")).headers(URL)


def test_it_is_a_mapping(headers: Headers) -> None:
    assert isinstance(headers, Mapping)
    assert list(headers) == ["X-Beamlit-Api-Key", "X-Beamlit-Workspace"]
    assert len(headers) == 2
    assert headers["X-Beamlit-Api-Key"] == "CANARY"
    assert headers.get("X-Beamlit-Workspace") == "acme"
    assert headers.get("Nothing") is None
    assert headers.get("Nothing", "x") == "x"
    assert "X-Beamlit-Workspace" in headers
    assert "Nothing" not in headers
    with pytest.raises(KeyError):
        headers["Nothing"]
    match headers:
        case {"X-Beamlit-Workspace": workspace}:
            assert workspace == "acme"
        case _:
            pytest.fail("a mapping pattern does not match")


def test_plain_dicts_come_of_it(headers: Headers) -> None:
    plain = {"X-Beamlit-Api-Key": "CANARY", "X-Beamlit-Workspace": "acme"}
    for made in (dict(headers), {**headers}, headers.copy(), headers | {}, {} | headers):
        assert type(made) is dict
        assert made == plain == headers
    assert headers | {"X-Beamlit-Workspace": "other"} == {**plain, "X-Beamlit-Workspace": "other"}
    assert {"X-Beamlit-Workspace": "other", "A": "b"} | headers == {**plain, "A": "b"}
    assert list(headers.keys()) == list(plain)
    assert list(headers.values()) == list(plain.values())


def test_it_is_immutable(headers: Headers) -> None:
    with pytest.raises(TypeError):
        headers["A"] = "b"  # type: ignore[index]
    with pytest.raises(TypeError):
        del headers["X-Beamlit-Workspace"]  # type: ignore[attr-defined]
    with pytest.raises(AttributeError):
        headers.generation = 7  # type: ignore[misc]
    with pytest.raises(AttributeError):
        headers.anything = 7  # type: ignore[attr-defined]
    headers.copy()["A"] = "b"
    (headers | {"A": "b"}).clear()
    assert len(headers) == 2
    assert not hasattr(headers, "__dict__")
    with pytest.raises(TypeError):
        type("Other", (Headers,), {})


def test_no_repr_shows_the_credential(headers: Headers) -> None:
    assert repr(headers) == str(headers) == "<Headers X-Beamlit-Api-Key, X-Beamlit-Workspace, generation 1>"
    shown = [headers, dict(headers), headers | {}, headers.items(), headers.values(), list(headers.values())]
    for value in (*shown, headers["X-Beamlit-Api-Key"]):
        assert "CANARY" not in repr(value)
    assert f"{headers['X-Beamlit-Api-Key']}" == "CANARY"
    assert headers["X-Beamlit-Workspace"] == "acme"


def test_it_is_not_copied_into_a_pickle(headers: Headers) -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="BL_API_KEY"):
            pickle.dumps(headers, protocol)
    with pytest.raises(TypeError):
        copy.deepcopy(headers)


def test_the_same_object_comes_back_until_the_token_changes(emulator: Emulator) -> None:
    session = emulator.session()
    first = session.headers(emulator.models)
    assert session.headers(emulator.models) is first
    assert session.headers(f"{emulator.console_url}/elsewhere?q=1", method="POST", timeout=0) is first
    assert session.invalidate(first)
    second = session.headers(emulator.models)
    assert second is not first
    assert second.generation == first.generation + 1
    assert second["Authorization"] != first["Authorization"]


def test_threads_that_meet_a_new_token_all_get_one_object(emulator: Emulator) -> None:
    session = emulator.session()
    meet = threading.Barrier(16)

    def headers() -> Headers:
        meet.wait(20)
        return session.headers(emulator.models)

    with ThreadPoolExecutor(16) as pool:
        given = {id(future.result()) for future in [pool.submit(headers) for _ in range(16)]}
    assert given == {id(session.headers(emulator.models))}


def by_aiohttp(url: str, headers: Headers) -> int:
    async def get() -> int:
        async with aiohttp.ClientSession(headers=headers) as client, client.get(url) as answer:
            return answer.status

    return asyncio.run(get())


def by_urllib(url: str, headers: Any) -> int:
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
        status: int = answer.status
        return status


def by_http_client(url: str, headers: Headers) -> int:
    connection = http.client.HTTPConnection(url.split("/")[2])
    connection.request("GET", url, headers=headers)
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.parametrize(
    "send",
    [
        lambda url, headers: requests.get(url, headers=headers).status_code,
        lambda url, headers: httpx.get(url, headers=headers).status_code,
        lambda url, headers: httpx2.get(url, headers=headers).status_code,
        lambda url, headers: urllib3.request("GET", url, headers=headers).status,
        lambda url, headers: urllib3.PoolManager(headers=headers).request("GET", url).status,
        by_aiohttp,
        by_urllib,
        by_http_client,
    ],
    ids=["requests", "httpx", "httpx2", "urllib3", "PoolManager", "aiohttp", "urllib", "http.client"],
)
def test_each_library_takes_them(emulator: Emulator, send: Callable[[str, Headers], int]) -> None:
    headers = emulator.session().headers(emulator.models)
    assert send(emulator.models, headers) == 200
    (request,) = emulator.received("/models")
    sent = dict(request.headers)
    assert sent["authorization"] == headers["Authorization"]
    assert sent["x-beamlit-workspace"] == "acme"
