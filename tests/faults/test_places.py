"""Where the login lies something is wrong: it stays intact or the error is typed, and nothing hangs.

Every case is tried with a token that is valid, one that is over, a new login and a logout, where that makes a
difference. A message names the thing and the next step.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from faces import CLIENTS, FACES, Answer
from stage import Stage, Wrap, until

READ_ONLY = ("login_required", "store_read_only")
UNAVAILABLE = ("store_unavailable", "")
NOBODY = ("login_required", "no_credential")
OK = ("ok", "")
SOON = 5
"""Seconds; nothing here has anything to wait for."""

LANGUAGES = [face for face in FACES if face != "rust"]
"""Where a long list of cases is tried: the core is the same for all of them."""

Make = Callable[[str], Stage]


def mounted(place: Path, prepare: str) -> Wrap:
    """Runs a program with something else mounted at `place`, which nobody beside it sees."""
    place.mkdir(exist_ok=True)
    script = f'place=$1; {prepare} && shift && exec "$@"'
    return ["unshare", "--map-root-user", "--mount", "sh", "-c", script, "sh", str(place)]


def says(answer: Answer, what: tuple[str, str], *parts: str) -> None:
    """It failed so, soon, with a line that names the thing and the next step."""
    assert answer.what == what, answer
    assert answer.took < SOON
    for part in parts:
        assert part in answer.message, answer


def is_alive(stage: Stage, before: str) -> None:
    """Nothing was lost: the login is renewed as if nothing had happened."""
    assert (stage.token(), stage.has_claim()) == (before, False)
    stage.expire()
    answer = stage.ask("rust", "token")
    assert (answer.kind, answer.token) == ("ok", stage.token())
    assert stage.emulator.counters()["reuse_events"] == 0


@pytest.mark.parametrize(
    ("case", "error", "parts"),
    [
        ("full", UNAVAILABLE, ["No space left", "BL_STORE"]),
        ("no_inodes", UNAVAILABLE, ["No space left", "BL_STORE"]),
        ("read_only", READ_ONLY, ["Read-only file system", "BL_STORE"]),
    ],
)
def test_a_disk_that_takes_nothing(
    stage: Make, face: str, case: str, error: tuple[str, str], parts: list[str]
) -> None:
    strict = stage("strict")
    place = strict.home / "mounted"
    copied = f'cp -a {strict.auth}/. "$place"'
    prepare = {
        "full": f'mount -t tmpfs -o size=64k none "$place" && {copied}'
        ' && { cat /dev/zero >"$place/full" 2>/dev/null; true; }',
        "no_inodes": f'mount -t tmpfs -o nr_inodes=20 none "$place" && {copied}'
        ' && { touch $(seq -f "$place/full-%g" 20) 2>/dev/null; true; }',
        "read_only": f'mount --bind {strict.auth} "$place" && mount -o remount,ro,bind "$place"',
    }[case]
    wrap, store = mounted(place, prepare), f"file:{place}"
    before = strict.token()
    valid = strict.ask(face, "token", wrap=wrap, BL_STORE=store)
    assert (valid.kind, valid.token) == ("ok", before)
    strict.age()
    ageing = strict.ask(face, "token", wrap=wrap, BL_STORE=store)
    assert (ageing.kind, ageing.token, ageing.took < SOON) == ("ok", before, True)
    strict.expire()
    says(strict.ask(face, "token", wrap=wrap, BL_STORE=store), error, store, *parts)
    assert strict.emulator.refreshes() == 0, "no durable claim, no request"
    says(strict.log_in(face, wrap=wrap, BL_STORE=store), error, store, *parts)
    says(strict.ask(face, "logout", wrap=wrap, BL_STORE=store), error, store, *parts)
    is_alive(strict, before)


@pytest.mark.parametrize("face", CLIENTS)
def test_a_disk_that_is_full_at_the_commit(stage: Make, face: str) -> None:
    """The answer is served, and written down as soon as there is room; nobody spends it before."""
    strict = stage("strict")
    strict.expire()
    place = strict.home / "mounted"
    wrap = mounted(place, f'mount -t tmpfs -o size=64k none "$place" && cp -a {strict.auth}/. "$place"')
    client = strict.run(face, wrap=wrap, BL_STORE=f"file:{place}")
    begun = "\0".join(strict.programs.command(face)) + "\0"
    until(lambda: Path(f"/proc/{client.pid}/cmdline").read_text() == begun, "the client")
    strict.auth = Path(f"/proc/{client.pid}/root{place}")
    strict.emulator.fault("/oauth/token", delay_s=1, times=1)
    client.send("keep")
    until(strict.has_claim, "a claim")
    fill(strict.auth / "full")
    before = client.answer()
    assert before.kind == "ok"
    assert strict.has_claim(), "there is no room for more"
    assert client.ask("keep").token == before.token
    (strict.auth / "full").unlink()
    until(lambda: not strict.has_claim(), "the answer is written down")
    assert (strict.token(), strict.generation()) == (before.token, 2)
    strict.expire()
    there = ["nsenter", f"--target={client.pid}", "--user", "--mount", "--preserve-credentials"]
    answer = strict.ask(face, "token", wrap=there, BL_STORE=f"file:{place}")
    assert (answer.token, strict.generation()) == (strict.token(), 3)
    assert strict.emulator.counters()["reuse_events"] == 0


def test_bl_ends_when_a_full_disk_has_room_for_its_commit(stage: Make) -> None:
    """A process that is asked once has no later call that could write it down."""
    strict = stage("strict")
    strict.expire()
    place = strict.home / "mounted"
    wrap = mounted(place, f'mount -t tmpfs -o size=64k none "$place" && cp -a {strict.auth}/. "$place"')
    # The disk is there as long as this one, which does nothing.
    holder = strict.run("rust", wrap=wrap, BL_STORE=f"file:{place}")
    begun = "\0".join(strict.programs.command("rust")) + "\0"
    until(lambda: Path(f"/proc/{holder.pid}/cmdline").read_text() == begun, "the disk")
    strict.auth = Path(f"/proc/{holder.pid}/root{place}")
    strict.emulator.fault("/oauth/token", delay_s=1, times=1)
    there = ["nsenter", f"--target={holder.pid}", "--user", "--mount", "--preserve-credentials"]
    program = strict.run("bl", "token", wrap=there, BL_STORE=f"file:{place}")
    until(strict.has_claim, "a claim")
    fill(strict.auth / "full")
    until(lambda: strict.emulator.received("/oauth/token")[-1].status == 200, "the answer")
    assert not program.ends_within(1)
    assert strict.has_claim(), "there is no room for more"
    (strict.auth / "full").unlink()
    answer = program.answer()
    assert (answer.kind, answer.token) == ("ok", strict.token())
    assert (strict.generation(), strict.has_claim()) == (2, False)
    assert strict.emulator.counters()["reuse_events"] == 0


def fill(file: Path) -> None:
    with file.open("wb", buffering=0) as full, contextlib.suppress(OSError):
        while full.write(bytes(512)):
            pass


def half(file: Path) -> None:
    text = file.read_text()
    file.write_text(text[: len(text) // 2])


def instead(file: Path, make: Callable[[Path], object]) -> None:
    file.unlink()
    make(file)


def link(file: Path) -> None:
    file.rename(file.with_name("elsewhere"))
    file.symlink_to("elsewhere")


def listen(file: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        os.chdir(file.parent)
        listener.bind(file.name)


RECORDS = {
    "torn": half,
    "empty": lambda file: file.write_text(""),
    "no_json": lambda file: file.write_text("CANARY"),
    "no_text": lambda file: file.write_bytes(b"\xff CANARY"),
    "trailing": lambda file: file.write_text(file.read_text() + "CANARY"),
    "no_record": lambda file: file.write_text("{}"),
    "100_mb": lambda file: os.truncate(file, 100 << 20),
    "fifo": lambda file: instead(file, os.mkfifo),
    "directory": lambda file: instead(file, Path.mkdir),
    "socket": lambda file: instead(file, listen),
    "symlink": link,
    "dangling_symlink": lambda file: instead(file, lambda file: file.symlink_to("nowhere")),
}


@pytest.mark.parametrize("face", LANGUAGES)
@pytest.mark.parametrize("case", RECORDS)
def test_what_is_no_record_is_set_aside(stage: Make, face: str, case: str) -> None:
    """In a store of one's own, which has no copy in the platform's file."""
    strict = stage("strict")
    strict.environment["BL_STORE"] = f"file:{strict.auth}"
    file = strict.record_file()
    RECORDS[case](file)
    first = strict.ask(face, "token")
    says(first, NOBODY, str(file.parent), "bl login")
    assert "CANARY" not in first.message
    aside = [name for name in os.listdir(file.parent) if ".corrupt-" in name]
    assert len(aside) == 1, "it can be looked into"
    if case not in ("fifo", "directory", "socket", "symlink", "dangling_symlink"):
        assert (file.parent / aside[0]).stat().st_mode & 0o777 == 0o600
    says(strict.ask(face, "token"), NOBODY, "bl login")
    assert strict.log_in(face).what == OK
    assert strict.ask(face, "token").what == OK
    assert strict.emulator.counters()["reuse_events"] == 0


@pytest.mark.parametrize("face", LANGUAGES)
@pytest.mark.parametrize("case", ["torn", "symlink"])
def test_the_copy_in_the_platforms_file_stands_in_for_the_record(stage: Make, face: str, case: str) -> None:
    none = stage("none")
    none.expire()
    assert none.ask(face, "token").kind == "ok"
    RECORDS[case](none.record_file())
    answer = none.ask(face, "token")
    assert answer.kind == "ok", answer
    assert none.ask("rust", "token").token == answer.token, "it is the login now"
    assert none.token() == answer.token


@pytest.mark.parametrize("face", LANGUAGES)
@pytest.mark.parametrize("case", ["torn", "fifo"])
def test_what_is_no_record_and_cannot_be_set_aside_either(stage: Make, face: str, case: str) -> None:
    strict = stage("strict")
    file, place = strict.record_file(), strict.home / "mounted"
    RECORDS[case](file)
    wrap = mounted(place, f'mount --bind {strict.auth} "$place" && mount -o remount,ro,bind "$place"')
    there = str(place / file.relative_to(strict.auth))
    for answer in (
        strict.ask(face, "token", wrap=wrap, BL_STORE=f"file:{place}"),
        strict.log_in(face, wrap=wrap, BL_STORE=f"file:{place}"),
    ):
        says(answer, ("store_corrupt", ""), there, "Read-only", "remove it")
    assert file.name in os.listdir(file.parent)


@pytest.mark.parametrize("face", LANGUAGES)
def test_a_record_of_a_newer_format_is_left_alone(stage: Make, face: str) -> None:
    strict = stage("strict")
    file = strict.record_file()
    newer = json.dumps({**strict.record(), "format": 99})
    file.write_text(newer)
    for command in ("token", "logout"):
        says(strict.ask(face, command), ("unsupported", ""), "format 99", "update")
    says(strict.log_in(face), ("unsupported", ""), "format 99", "update")
    assert file.read_text() == newer


# What is no folder in the place of one, and no file in the place of the lock.
OTHERS = {
    "fifo": os.mkfifo,
    "file": lambda path: path.write_text(""),
    "loop": lambda path: path.symlink_to(path.name),
}


@pytest.mark.parametrize("face", LANGUAGES)
@pytest.mark.parametrize("case", OTHERS)
@pytest.mark.parametrize("which", ["entry", "auth", "platform"])
def test_what_is_no_folder_in_the_place_of_one(stage: Make, face: str, case: str, which: str) -> None:
    strict = stage("strict")
    folders = {"entry": strict.record_file().parent, "auth": strict.auth, "platform": strict.auth.parent}
    folder = folders[which]
    aside = folder.rename(folder.with_name("aside"))
    OTHERS[case](folder)
    says(strict.ask(face, "token"), UNAVAILABLE, str(strict.auth), "BL_STORE")
    says(strict.log_in(face), UNAVAILABLE, str(strict.auth))
    folder.unlink()
    aside.rename(folder)
    is_alive(strict, strict.token())


@pytest.mark.parametrize("face", LANGUAGES)
@pytest.mark.parametrize("case", [*OTHERS, "directory"])
def test_what_is_no_lock_in_the_place_of_one(stage: Make, face: str, case: str) -> None:
    strict = stage("strict")
    lock = strict.record_file().parent / "lock"
    lock.unlink(missing_ok=True)
    OTHERS[case](lock) if case != "directory" else lock.mkdir()
    strict.expire()
    answer = strict.ask(face, "token")
    assert (answer.kind, answer.token, answer.took < SOON) == ("ok", strict.token(), True), answer


@pytest.mark.parametrize("home", [None, "", "relative"])
def test_no_home(stage: Make, face: str, home: str | None) -> None:
    strict = stage("strict")
    before = strict.token()
    says(strict.ask(face, "token", HOME=home), NOBODY, "HOME")
    says(strict.log_in(face, HOME=home), UNAVAILABLE, "HOME", "file:PATH")
    named = f"file:{strict.auth}"
    answer = strict.ask(face, "token", HOME=home, BL_STORE=named)
    assert (answer.kind, answer.token) == ("ok", before)


def test_a_home_that_is_a_file(stage: Make, face: str, tmp_path: Path) -> None:
    strict, home = stage("strict"), tmp_path / "file"
    home.write_text("")
    says(strict.ask(face, "token", HOME=str(home)), UNAVAILABLE, str(home))
    says(strict.log_in(face, HOME=str(home)), UNAVAILABLE, str(home))
    assert home.read_text() == ""
