"""A home folder for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from home import Home


@pytest.fixture
def home_of(tmp_path: Path) -> Iterator[Callable[[str], Home]]:
    """Makes a home folder for the tools of a platform."""
    homes: list[Home] = []

    def make(platform: str) -> Home:
        homes.append(Home(tmp_path / platform, platform))
        return homes[-1]

    yield make
    for home in homes:
        home.end()
