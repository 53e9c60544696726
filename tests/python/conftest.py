"""Every test has a home of its own, no variable of ours, and an emulator that it starts by asking for it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator import Emulator
from sink import Sink

# Whoever is run in the background ignores Ctrl-C and hands that down; what is started here must know it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# What changes where HTTP clients connect to and whom they trust.
OTHERS = [
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "NETRC",
]


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in list(os.environ):
        if name.startswith("BL_") or name.upper() in OTHERS:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as sink:
        yield sink
