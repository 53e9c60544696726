"""Disks that cannot do what others can, and what lies about on them: nothing is lost."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from faces import CLIENTS, FACES, LIMIT
from stage import Stage, Wrap, until

Make = Callable[[str], Stage]
READ_ONLY = ("login_required", "store_read_only")


def without(*calls: str) -> Wrap:
    """Runs a program whose calls fail so, each as the file system would let it fail that does not have it."""
    words = [word for call in calls for word in ("-e", f"inject={call}")]
    return ["strace", "-f", "--seccomp-bpf", "-qqq", "-o", "/dev/null", *words]


NO_LOCKS = [("flock:error=ENOLCK",), ("flock:error=ENOSYS",)]
NO_LINKS = [("link,linkat:error=EPERM",), ("link,linkat:error=EOPNOTSUPP",)]
NEITHER = ("link,linkat:error=EPERM", "renameat2:error=EINVAL")


@pytest.mark.parametrize("calls", [*NO_LOCKS, *NO_LINKS, NO_LOCKS[0] + NO_LINKS[0]], ids=" ".join)
def test_all_goes_on_where_there_are_no_locks_or_no_links(stage: Make, calls: tuple[str, ...]) -> None:
    """Processes of every face meet at the end of a token: one of them asks, all are served."""
    strict, wrap = stage("strict"), without(*calls)
    for generation in (2, 3):
        strict.expire()
        answers = [
            program.answer() for program in [strict.run(face, "token", wrap=wrap) for face in FACES * 2]
        ]
        assert {(answer.kind, answer.token) for answer in answers} == {("ok", strict.token())}, answers
        assert (strict.generation(), strict.emulator.refreshes()) == (generation, generation - 1)
    assert strict.log_in("bl", wrap=wrap).kind == "ok"
    assert strict.ask("python", "token").token == strict.token(), "with links and locks it is the same login"
    assert strict.ask("c", "logout", wrap=wrap).kind == "ok"
    assert strict.ask("rust", "token").what == ("login_required", "logged_out")
    assert strict.emulator.counters()["reuse_events"] == 0


def test_without_links_and_without_a_careful_rename_nothing_is_written(stage: Make, face: str) -> None:
    strict, wrap = stage("strict"), without(*NEITHER)
    before = strict.token()
    valid = strict.ask(face, "token", wrap=wrap)
    assert (valid.kind, valid.token) == ("ok", before)
    strict.expire()
    for command in ("token", "logout"):
        answer = strict.ask(face, command, wrap=wrap)
        assert answer.what == READ_ONLY, answer
        assert "no hard links" in answer.message
        assert "BL_STORE" in answer.message
    assert strict.log_in(face, wrap=wrap).what == READ_ONLY
    assert strict.emulator.refreshes() == 0
    answer = strict.ask("rust", "token")
    assert (answer.kind, answer.token) == ("ok", strict.token())


def test_a_record_that_others_can_read_is_private_again(stage: Make, face: str) -> None:
    """The very next look repairs it. The platform's file and its folder, not ours alone, keep theirs."""
    strict = stage("strict")
    file, platform = strict.record_file(), strict.home / ".beamlit"
    file.chmod(0o644)
    platform.chmod(0o755)
    (platform / "config.yaml").chmod(0o644)
    assert strict.ask(face, "token").token == strict.token()
    modes = [path.stat().st_mode & 0o777 for path in (file, platform, platform / "config.yaml")]
    assert modes == [0o600, 0o755, 0o644]


@pytest.mark.parametrize("face", FACES)
def test_only_old_files_of_ours_that_nobody_finished_are_swept(stage: Make, face: str) -> None:
    strict = stage("strict")
    entry, platform = strict.record_file().parent, strict.home / ".beamlit"
    now = int(time.time())
    old = [entry / ".new-1000-0123456789abcdef", platform / ".config.yaml.new-1000-0123456789abcdef"]
    young = [entry / f".new-{now}-0123456789abcdef", platform / f".config.yaml.old-{now}-0123456789abcdef"]
    others = [entry / "notes", entry / ".new", entry / "7.corrupt-1000", platform / ".config.yaml.backup"]
    for file in [*old, *young, *others]:
        file.write_text("CANARY")
    assert strict.log_in(face).kind == "ok"
    assert [file.name for file in old if file.exists()] == []
    assert [file.name for file in [*young, *others] if not file.exists()] == []


@pytest.mark.parametrize("face", CLIENTS)
def test_a_session_that_is_open_serves_on_when_a_newer_version_writes(stage: Make, face: str) -> None:
    strict = stage("strict")
    client = strict.run(face)
    served = client.ask("keep")
    file, record = strict.record_file(), strict.record()
    newer = json.dumps({**record, "format": 99, "more": True})
    file.write_text(newer)
    assert client.ask("keep").token == served.token == strict.token()
    answer = client.ask("refused")
    assert answer.what == ("unsupported", ""), answer
    assert "format 99" in answer.message
    assert "update" in answer.message
    assert (file.read_text(), strict.emulator.refreshes()) == (newer, 0)


def test_without_locks_a_killed_renewal_is_waited_for_as_long_as_a_request_takes(stage: Make) -> None:
    """Nobody can tell that its owner is gone; then it is as with locks."""
    stages = {"none": stage("none"), "strict": stage("strict")}
    for made in stages.values():
        made.age()
        made.emulator.fault("/oauth/token", hang=True, times=1)
        killed = made.run("rust", "token", wrap=without("flock:error=ENOLCK"))
        until(made.emulator.refreshes, "the renewal")
        # strace alone would leave it to go on.
        os.kill(int(Path(f"/proc/{killed.pid}/task/{killed.pid}/children").read_text()), signal.SIGKILL)
        assert killed.ends_within(LIMIT)
        assert made.record()["claim"]["boot"] is None
        served = made.run("rust", "token").answer()
        assert (served.kind, served.token, served.took < 5) == ("ok", made.token(), True), served
        made.expire()
    waiting = {name: [made.run(face, "token") for face in FACES] for name, made in stages.items()}
    answers = {name: [program.answer() for program in programs] for name, programs in waiting.items()}
    assert {(answer.kind, answer.token) for answer in answers["none"]} == {("ok", stages["none"].token())}
    assert {answer.what for answer in answers["strict"]} == {("login_required", "refresh_outcome_unknown")}
    assert all(answer.took < 25 for given in answers.values() for answer in given)
    assert [made.emulator.refreshes() for made in stages.values()] == [2, 1]
