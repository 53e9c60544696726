"""Redirects that the examples in C and Rust follow by hand: what another origin gets to see of ours."""

from __future__ import annotations

import itertools
import os
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from examples import program

from matrix import KEY, LOCATIONS, MATRIX, assert_arrived, assert_nothing_arrived
from origins import NAMES, Origins
from sink import Sink, redirect

LIMIT = 20
BEAMLIT = {"platform": "beamlit", "header": "X-Beamlit-Api-Key", "workspace": "X-Beamlit-Workspace"}

Follow = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def origins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origins]:
    with Origins(tmp_path_factory.mktemp("origins")) as origins:
        yield origins


@pytest.fixture(scope="module", params=["c/redirects.c", "rust/redirects.rs"])
def follow(
    request: pytest.FixtureRequest, origins: Origins, tmp_path_factory: pytest.TempPathFactory
) -> Follow:
    """Runs the example for an API key of the workspace acme."""
    folder = tmp_path_factory.mktemp("example")
    hosts, example = folder / "hosts", program(request.param, folder)
    # Names below localhost as RFC 6761 §6.3 has them; not every system has.
    hosts.write_text(f"127.0.0.1 {' '.join(NAMES)}\n")
    fixed = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "BL_API_KEY": KEY,
        "BL_WORKSPACE": "acme",
        "CURL_CA_BUNDLE": str(origins.ca),
        "SSL_CERT_FILE": str(origins.ca),
        "LD_PRELOAD": "libnss_wrapper.so",
        "NSS_WRAPPER_HOSTS": str(hosts),
    }

    def follow(own: str, row: dict[str, str] = BEAMLIT, method: str = "GET", api_url: str = "") -> Any:
        return subprocess.run(
            [example, method, f"{own}/start", row["header"]],
            env={**fixed, "BL_API_URL": api_url or own, "BL_PLATFORM": row["platform"]},
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )

    return follow


@pytest.mark.parametrize("target", MATRIX["targets"], ids=lambda target: target["name"].replace(" ", "-"))
def test_what_arrives(origins: Origins, follow: Follow, target: dict[str, Any]) -> None:
    own, other = origins.url(target["from"]), origins.url(target["to"])
    for row in MATRIX["headers"]:
        for status, method in itertools.product(MATRIX["statuses"], MATRIX["methods"]):
            origins.status, origins.location = status, f"{other}/end?q"
            done = follow(own, row, method)
            assert (done.returncode, done.stdout, done.stderr) == (0, "200\n", "")
            (first, sent), (last, lines) = origins.take()
            assert (first, last) == ("/start", "/end?q")
            assert_arrived(sent, row)
            (assert_arrived if target["kept"] else assert_nothing_arrived)(lines, row)


@pytest.mark.parametrize("location", LOCATIONS)
def test_a_location_that_is_read_in_two_ways(follow: Follow, location: str) -> None:
    with Sink() as sink, Sink() as first:
        first.answers = [redirect(location.format(port=sink.port, own=first.port))]
        # A library that cannot read it sends nothing more, and says so.
        follow(first.url)
        assert KEY.encode() in first.received[0]
        for received in sink.received:
            assert_nothing_arrived(received.decode(), BEAMLIT)


def test_a_way_back_does_not_bring_them_back(origins: Origins, follow: Follow) -> None:
    with Sink(redirect(f"http://127.0.0.1:{origins.plain}/end")) as sink:
        origins.status, origins.location = 302, sink.url
        assert follow(origins.url("http://127.0.0.1:{plain}")).stdout == "200\n"
        (away,) = sink.received
    (_, sent), (_, back) = origins.take()
    assert_arrived(sent, BEAMLIT)
    assert_nothing_arrived(away.decode(), BEAMLIT)
    assert_nothing_arrived(back, BEAMLIT)


def test_a_circle_ends(origins: Origins, follow: Follow) -> None:
    origins.status, origins.location = 307, "/start"
    follow(origins.url("http://127.0.0.1:{plain}"))
    assert len(origins.take()) == 10


def test_a_first_url_of_somebody_else_is_refused(origins: Origins, follow: Follow) -> None:
    own, other = (origins.url(f"http://127.0.0.1:{port}") for port in ("{plain}", "{other}"))
    done = follow(other, api_url=own)
    assert (done.returncode != 0, done.stdout, KEY in done.stderr) == (True, "", False)
    assert f"{other} is no origin of this session" in done.stderr
    assert origins.take() == []
