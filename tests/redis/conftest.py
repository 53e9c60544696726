"""Redis servers, and fleets around them."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from faces import Programs
from fleet import Fleet
from server import Redis

# Whoever is run in the background ignores Ctrl-C and hands that down; what is started here must know it.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Programs:
    return Programs(tmp_path_factory.mktemp("programs"))


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    server = Redis(tmp_path / "redis", password="PASSWORDCANARY")
    yield server
    with contextlib.suppress(ProcessLookupError):
        server.kill()


@pytest.fixture
def fleet(programs: Programs, redis: Redis, tmp_path: Path) -> Iterator[Callable[..., Fleet]]:
    """Makes a fleet: what its server does to refresh tokens, and what stands behind the URI of its store."""
    fleets: list[Fleet] = []

    def make(rotation: str = "none", query: str = "") -> Fleet:
        fleets.append(Fleet(programs, tmp_path / f"home-{len(fleets)}", redis, rotation, query))
        return fleets[-1]

    yield make
    for made in fleets:
        made.end()
