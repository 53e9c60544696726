"""Every code, every kind of redirect, every name of our headers, every HTTP library: `redirects.json`."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from beamlit_auth import ApiKey, Session
from followers import ALL, Follow, by_urllib
from matrix import KEY, MATRIX, assert_arrived, assert_nothing_arrived
from origins import Origins, resolve


@pytest.fixture(scope="module")
def origins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origins]:
    with Origins(tmp_path_factory.mktemp("origins")) as origins:
        yield origins


@pytest.mark.parametrize("target", MATRIX["targets"], ids=lambda target: target["name"].replace(" ", "-"))
@pytest.mark.parametrize("follow", ALL)
def test_what_arrives(
    origins: Origins, monkeypatch: pytest.MonkeyPatch, follow: Follow, target: dict[str, Any]
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    own, other = origins.url(target["from"]), origins.url(target["to"])
    ca = origins.ca if own.startswith("https:") else None
    for row in MATRIX["headers"]:
        settings = {"platform": row["platform"], "header": row["header"], "api_url": own}
        session = Session("acme", credential=ApiKey(KEY), **settings)
        assert list(session.headers(f"{own}/start")) == [row["header"], row["workspace"]]
        for status, method in itertools.product(MATRIX["statuses"], MATRIX["methods"]):
            origins.status, origins.location = status, f"{other}/end?q"
            followed = not (follow is by_urllib and method == "POST" and status in (307, 308))
            assert follow(session, f"{own}/start", method, ca) == (200 if followed else status)
            (first, sent), *rest = origins.take()
            assert first == "/start"
            assert_arrived(sent, row)
            assert [path for path, _ in rest] == ["/end?q"] * followed
            for _, lines in rest:
                (assert_arrived if target["kept"] else assert_nothing_arrived)(lines, row)
