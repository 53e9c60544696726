"""The programs of all faces, and stages with one login each."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from faces import FACES, Programs
from stage import Stage

# Whoever is run in the background ignores Ctrl-C and hands that down; what is started here must know it.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Programs:
    return Programs(tmp_path_factory.mktemp("programs"))


@pytest.fixture
def stage(programs: Programs, tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    """Makes a stage with a login of that rotation."""
    stages: list[Stage] = []

    def make(rotation: str, server: str = "") -> Stage:
        made = Stage(programs, tmp_path / f"home-{len(stages)}", rotation, server)
        stages.append(made)
        assert made.log_in().kind == "ok"
        return made

    yield make
    for made in stages:
        made.end()


@pytest.fixture(params=FACES)
def face(request: pytest.FixtureRequest) -> str:
    face: str = request.param
    return face
