"""Stores of one's own: an object of Python keeps a login like a file does."""

from __future__ import annotations

import contextlib
import pickle
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import beamlit_auth
from beamlit_auth.testing import conformance
from emulator import Emulator


class Vault:
    """A store as anybody might write it."""

    name = "vault"

    def __init__(self) -> None:
        self.entries: dict[str, tuple[bytes, str]] = {}
        self.writes = 0
        self.lock_of_all = threading.Lock()

    def version(self, key: str) -> str:
        return self.entries[key][1] if key in self.entries else ""

    def read(self, key: str) -> tuple[bytes, str] | None:
        with self.lock_of_all:
            return self.entries.get(key)

    def write(self, key: str, data: bytes, version: str) -> None:
        with self.lock_of_all:
            if self.version(key) != version:
                raise beamlit_auth.StoreBusy("vault: somebody else wrote first")
            self.writes += 1
            self.entries[key] = (data, str(self.writes))

    def delete(self, key: str, version: str) -> None:
        with self.lock_of_all:
            if not version or self.version(key) != version:
                raise beamlit_auth.StoreBusy("vault: somebody else wrote first")
            del self.entries[key]


class Locking(Vault):
    """The same with a lock of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.locks: dict[str, threading.Lock] = {}
        self.taken = self.released = 0

    @contextlib.contextmanager
    def lock(self, key: str, timeout: float) -> Iterator[None]:
        with self.lock_of_all:
            lock = self.locks.setdefault(key, threading.Lock())
        if not lock.acquire(timeout=timeout):
            raise beamlit_auth.StoreBusy("vault: somebody else holds the lock")
        self.taken += 1
        try:
            yield
        finally:
            self.released += 1
            lock.release()


class Failing(Vault):
    """One that raises."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error: BaseException | None = error

    def read(self, key: str) -> tuple[bytes, str] | None:
        if self.error is not None:
            raise self.error
        return super().read(key)


class Blind(Vault):
    """One that writes over whatever is there."""

    def write(self, key: str, data: bytes, version: str) -> None:
        super().write(key, data, self.version(key))


@pytest.mark.parametrize("store", [Vault(), Locking()])
def test_an_object_keeps_the_promises_of_a_store(store: Vault) -> None:
    conformance(store)
    if isinstance(store, Locking):
        assert store.taken == store.released > 0


def test_a_promise_that_is_not_kept_is_named() -> None:
    with pytest.raises(AssertionError, match="refused"):
        conformance(Blind())


def test_a_login_lives_in_an_object_and_is_renewed_there(emulator: Emulator) -> None:
    store = Locking()
    session = emulator.log_in(store=store)
    assert '"source":"vault"' in session.explain().json().replace(" ", "")
    first = session.token()
    sessions = [beamlit_auth.Session("acme", api_url=emulator.api_url, store=store) for _ in range(4)]
    assert {other.token().reveal() for other in sessions} == {first.reveal()}
    assert all(other.invalidate(other.token()) for other in sessions)
    tokens: list[str] = []
    threads = [
        threading.Thread(target=lambda other=other: tokens.append(other.token().reveal()))
        for other in sessions
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(tokens) == 4
    assert len(set(tokens)) == 1
    assert tokens[0] != first.reveal()
    assert session.logout().deleted
    with pytest.raises(beamlit_auth.LoginRequired):
        beamlit_auth.Session("acme", api_url=emulator.api_url, store=store)


@pytest.mark.parametrize(
    ("raised", "kind", "text"),
    [
        (beamlit_auth.StoreLocked("sealed"), beamlit_auth.StoreLocked, "sealed"),
        (beamlit_auth.StoreCorrupt("broken"), beamlit_auth.StoreCorrupt, "broken"),
        (beamlit_auth.StoreBusy("busy"), beamlit_auth.StoreBusy, "wrote to the store first"),
        (beamlit_auth.StoreUnavailable("down"), beamlit_auth.StoreUnavailable, "down"),
        (ValueError("CANARY"), beamlit_auth.StoreUnavailable, "read raised ValueError"),
    ],
)
def test_what_a_method_raises_becomes_an_error_of_the_store(
    raised: Exception, kind: type[Exception], text: str
) -> None:
    with pytest.raises(kind, match=text) as caught:
        beamlit_auth.Session("acme", store=Failing(raised))
    assert "CANARY" not in str(caught.value)


def test_ctrl_c_in_a_method_reaches_the_program() -> None:
    with pytest.raises(KeyboardInterrupt):
        beamlit_auth.Session("acme", store=Failing(KeyboardInterrupt()))


@pytest.mark.parametrize("wrong", [7, object(), ["file"]])
def test_what_is_no_store_is_a_type_error(wrong: object) -> None:
    with pytest.raises(TypeError, match="read, write and delete"):
        beamlit_auth.Session(store=wrong)  # type: ignore[arg-type]


def test_what_read_gives_has_to_be_bytes_and_a_version() -> None:
    class Wrong(Vault):
        def read(self, key: str) -> tuple[bytes, str] | None:
            return "CANARY"  # type: ignore[return-value]

    with pytest.raises(beamlit_auth.StoreUnavailable, match="read raised TypeError") as caught:
        beamlit_auth.Session("acme", store=Wrong())
    assert "CANARY" not in str(caught.value)


def test_an_encrypted_file_wants_its_passphrase(emulator: Emulator, tmp_path: Path) -> None:
    store = f"encrypted-file:{tmp_path}/sealed"
    token = emulator.log_in(store=store, passphrase="CANARY right").token().reveal()
    where: dict[str, Any] = {"api_url": emulator.api_url, "store": store}
    session = beamlit_auth.Session("acme", **where, passphrase="CANARY right")
    assert session.token().reveal() == token
    for wrong in (None, "CANARY wrong"):
        with pytest.raises(beamlit_auth.StoreLocked) as caught:
            beamlit_auth.Session("acme", **where, passphrase=wrong)
        assert "CANARY" not in str(caught.value)
    with pytest.raises(TypeError, match="secret"):
        pickle.dumps(session)
