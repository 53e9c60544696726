"""Whose files a login makes: this user's, readable for nobody else, and never in another user's home."""

from __future__ import annotations

import os
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from faces import LIMIT
from stage import Stage, Wrap

Make = Callable[[str], Stage]
OTHER = 12345
UNAVAILABLE = ("store_unavailable", "")
READ_ONLY = ("login_required", "store_read_only")
NOBODY = ("login_required", "no_credential")


@pytest.fixture(autouse=True)
def root() -> None:
    assert os.geteuid() == 0, "another user's files can be made by root alone; run the tests as root"


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user finds."""
    with tempfile.TemporaryDirectory(prefix="beamlit-faults-", dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


def everything(below: Path) -> dict[str, tuple[int, int, int, bytes]]:
    """All there is, with owner, mode, time of the last change and content."""
    found = {}
    for path in [below, *sorted(below.rglob("*"))]:
        facts = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(facts.st_mode) else b""
        found[str(path)] = (facts.st_uid, facts.st_mode, facts.st_mtime_ns, content)
    return found


def as_other() -> Wrap:
    """Runs a program as another user, who may read all of this machine so that every face can be loaded."""
    capability = "+dac_read_search"
    user = [f"--reuid={OTHER}", f"--regid={OTHER}", "--clear-groups"]
    return ["setpriv", *user, f"--inh-caps={capability}", f"--ambient-caps={capability}"]


def give_away(home: Path) -> None:
    subprocess.run(["chown", "-R", f"{OTHER}:{OTHER}", home], check=True, timeout=LIMIT)


@pytest.mark.parametrize("umask", ["000", "077", "0777"])
@pytest.mark.parametrize("user", ["root", "other"])
def test_nobody_else_reads_a_login_whatever_the_umask_is(
    stage: Make, face: str, umask: str, user: str, open_folder: Path
) -> None:
    strict, home = stage("strict"), open_folder / "home"
    home.mkdir()
    wrap = ["sh", "-c", f'umask {umask}; exec "$@"', "sh"]
    if user == "other":
        wrap = [*as_other(), *wrap]
        give_away(home)
    strict.auth = home / ".beamlit/auth"
    assert strict.log_in(face, wrap=wrap, HOME=str(home)).kind == "ok"
    strict.expire()
    answer = strict.ask(face, "token", wrap=wrap, HOME=str(home))
    assert (answer.kind, answer.token, strict.generation()) == ("ok", strict.token(), 2)
    ours = list(home.rglob("*"))
    assert len([path for path in ours if path.is_file()]) >= 3, "two records and a lock"
    # What a process that ended in the making left is empty, and goes with a later write.
    made = [path for path in ours if ".new-" not in path.name]
    modes = {(path.is_dir(), oct(path.stat().st_mode & 0o7777)) for path in made}
    assert modes == {(True, "0o700"), (False, "0o600")}
    assert all(path.stat().st_mode & 0o077 == 0 for path in ours)
    assert {path.stat().st_uid for path in ours} == {0 if user == "root" else OTHER}


def test_what_a_kill_left_before_it_had_its_mode_does_no_harm(stage: Make, open_folder: Path) -> None:
    """A file is nobody's until its mode is set, and empty: the next process mends that."""
    strict, home = stage("strict"), open_folder / "home"
    home.mkdir()
    give_away(home)
    strict.auth = home / ".beamlit/auth"
    assert strict.log_in("bl", wrap=as_other(), HOME=str(home)).kind == "ok"
    strict.expire()
    lock, left = (strict.record_file().with_name(name) for name in ("lock", ".new-1-0123456789abcdef"))
    for file in (lock, left):
        file.touch()
        os.chown(file, OTHER, OTHER)
        file.chmod(0)
    answer = strict.ask("bl", "token", wrap=as_other(), HOME=str(home))
    assert (answer.kind, answer.token, strict.generation()) == ("ok", strict.token(), 2)
    assert oct(lock.stat().st_mode & 0o7777) == "0o600", "who comes later queues again"
    assert not left.exists()


def test_root_leaves_a_login_of_another_user_alone(stage: Make, face: str) -> None:
    strict = stage("strict")
    strict.expire()
    give_away(strict.home)
    before = everything(strict.home)
    for command in ("token", "logout"):
        answer = strict.ask(face, command)
        assert answer.what == UNAVAILABLE
        assert "belongs to another user" in answer.message
        assert str(strict.auth) in answer.message
    answer = strict.log_in(face)
    assert answer.what == UNAVAILABLE
    assert "belongs to another user" in answer.message
    assert everything(strict.home) == before
    assert strict.emulator.refreshes() == 0


@pytest.mark.parametrize("what", ["link", "pipe", "torn"])
def test_root_does_not_mend_what_another_user_has(stage: Make, face: str, what: str) -> None:
    strict = stage("strict")
    file = strict.record_file()
    file.unlink()
    make = {"link": lambda: file.symlink_to("x"), "pipe": lambda: os.mkfifo(file)}
    make.get(what, lambda: file.write_text("{"))()
    subprocess.run(["chown", "-hR", f"{OTHER}:{OTHER}", strict.home], check=True, timeout=LIMIT)
    before = everything(strict.home)
    answer = strict.ask(face, "token")
    assert answer.kind in ("store_unavailable", "store_corrupt")
    assert "belongs to another user" in answer.message
    assert everything(strict.home) == before


def test_root_makes_nothing_in_the_home_of_another_user(stage: Make, face: str, open_folder: Path) -> None:
    strict = stage("strict")
    home = open_folder / "home"
    home.mkdir()
    give_away(home)
    before = everything(home)
    answer = strict.ask(face, "token", HOME=str(home))
    assert answer.what == NOBODY
    answer = strict.log_in(face, HOME=str(home))
    assert answer.what == READ_ONLY
    assert f"{home} belongs to another user" in answer.message
    assert everything(home) == before


def test_another_user_makes_nothing_in_the_home_of_root(stage: Make, face: str) -> None:
    strict = stage("strict")
    strict.expire()
    # A home that anybody may write to is still somebody's.
    os.chmod(strict.home, 0o777)
    before = everything(strict.home)
    answer = strict.ask(face, "token", wrap=as_other())
    assert (answer.what, "belongs to another user" in answer.message) == (UNAVAILABLE, True)
    answer = strict.log_in(face, wrap=as_other())
    assert (answer.what, "belongs to another user" in answer.message) == (UNAVAILABLE, True)
    empty = strict.home / "empty"
    empty.mkdir()
    os.chmod(empty, 0o777)
    answer = strict.log_in(face, wrap=as_other(), HOME=str(empty))
    assert (answer.what, "belongs to another user" in answer.message) == (READ_ONLY, True)
    empty.rmdir()
    after = everything(strict.home)
    del before[str(strict.home)], after[str(strict.home)]
    assert after == before


@pytest.mark.parametrize("face", ["bl", "rust"])
def test_a_home_that_cannot_be_looked_into(stage: Make, face: str, open_folder: Path) -> None:
    """These two are programs of one file, which another user can be given."""
    strict = stage("strict")
    command = strict.programs.command(face, "token")
    copied = open_folder / "program"
    subprocess.run(["cp", command[0], copied], check=True, timeout=LIMIT)
    give_away(copied)
    home = open_folder / "home"
    home.mkdir(mode=0o700)
    instead = ["sh", "-c", 'program=$1; shift 2; exec "$program" "$@"', "sh", str(copied)]
    user = ["setpriv", f"--reuid={OTHER}", f"--regid={OTHER}", "--clear-groups", *instead]
    answer = strict.ask(face, "token", wrap=user, HOME=str(home))
    assert answer.what == UNAVAILABLE
    assert str(home) in answer.message
    assert "Permission denied" in answer.message
    answer = strict.log_in(face, wrap=user, HOME=str(home))
    assert answer.what in (UNAVAILABLE, READ_ONLY)
    assert str(home) in answer.message
    assert list(home.iterdir()) == []
