"""A login and a logout are struck at the calls with which they change something, one after the other.

Whatever is struck, there is one login afterwards or none, the one before or the one that was made; nothing is
sent twice; and what others wrote into the platform's file stays there.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from faces import Answer, Program
from stage import Stage
from sweep import CALLS, ERRORS, FILES, SOON, Blow, Strace, name_of, traced

FULL = "BEAMLIT_SWEEP" in os.environ
THEIRS = """# what somebody wrote
workspaces:
  - name: theirs # theirs
    env: prod
    credentials:
      apiKey: CANARY-theirs
"""
LOGGED_OUT = ("login_required", "logged_out")


@pytest.fixture
def strict(stage: Callable[[str], Stage]) -> Stage:
    """A login beside one of others in the platform's file."""
    made = stage("strict")
    copy = made.home / ".beamlit/config.yaml"
    copy.write_text(THEIRS)
    old(copy)
    assert made.log_in().kind == "ok"
    assert copy.read_text() != THEIRS, "both are there"
    return made


def old(copy: Path) -> None:
    """Whoever finds it changed lately waits for its writer, for seconds."""
    os.utime(copy, (1, 1))


def blows(lines: list[list[str]]) -> Iterator[Blow]:
    """Each call of any thread is struck by a kill and by every error; in short, only what changes files."""
    counted = Counter((number, name_of(call)) for number, call in lines)
    for name in sorted(CALLS if FULL else FILES):
        most = max((count for (_, called), count in counted.items() if called == name), default=0)
        for when in range(1, most + 1):
            if (name, when) != ("read", 1):  # The client's own, which would end.
                for how in ["signal=KILL", *(f"error={error}" for error in ERRORS)]:
                    yield Blow(name, how, when, sent=False, answered=False)


def begun(client: Program, stage: Stage) -> None:
    client.send("login", "strict")
    if code := client.code():
        stage.emulator.approve(code)


def struck(stage: Stage, blow: Blow, act: Callable[[Program], None]) -> Answer | None:
    client = stage.run("rust")
    strace = Strace(client, "-o", "/dev/null", "-e", f"inject={blow.call}:{blow.how}:when={blow.when}")
    act(client)
    answer = client.answer_or_end()
    client.close()
    strace.end()
    old(stage.home / ".beamlit/config.yaml")
    if answer:
        assert answer.took < SOON, answer
        assert answer.kind != "internal_error", answer
    else:
        assert blow.how == "signal=KILL"
    text = (stage.home / ".beamlit/config.yaml").read_text()
    for line in THEIRS.splitlines():
        assert line in text, "what others wrote is gone"
    return answer


@pytest.mark.timeout(3000 if FULL else 300)
def test_every_change_that_a_login_makes(strict: Stage, tmp_path: Path) -> None:
    client = strict.run("rust")

    def logged_in() -> Answer:
        begun(client, strict)
        return client.answer()

    seen: Counter[str] = Counter()
    for blow in blows(traced(client, tmp_path / "log", logged_in)):
        old(strict.home / ".beamlit/config.yaml")
        before = strict.token()
        answer = struck(strict, blow, lambda client: begun(client, strict))
        state = "old" if strict.token() == before else "new"
        if answer and answer.kind == "ok":
            assert (state, answer.token) == ("new", strict.token()), blow
        assert not strict.has_claim(), blow
        assert strict.ask("rust", "token").token == strict.token(), blow
        strict.expire()
        renewed = strict.ask("rust", "token")
        assert (renewed.kind, renewed.token) == ("ok", strict.token()), (blow, renewed)
        assert strict.emulator.counters()["reuse_events"] == 0, blow
        seen[f"{answer.kind if answer else 'killed'}, {state}"] += 1
    print(dict(sorted(seen.items())))
    assert {"killed, old", "killed, new", "ok, new"} <= set(seen)


@pytest.mark.timeout(3000 if FULL else 300)
def test_every_change_that_a_logout_makes(strict: Stage, tmp_path: Path) -> None:
    client = strict.run("rust")
    lines = traced(client, tmp_path / "log", lambda: client.ask("logout"))
    seen: Counter[str] = Counter()
    for blow in blows(lines):
        assert strict.log_in().kind == "ok"
        before = strict.token()
        answer = struck(strict, blow, lambda client: client.send("logout"))
        after = strict.ask("rust", "token")
        if after.kind == "ok":
            assert (after.token, strict.token()) == (before, before), blow
            assert answer is None or answer.kind != "ok", (blow, answer)
        else:
            assert after.what == LOGGED_OUT, (blow, after)
        seen[f"{answer.kind if answer else 'killed'}, {after.reason or 'logged_in'}"] += 1
    print(dict(sorted(seen.items())))
    assert {"killed, logged_in", "killed, logged_out", "ok, logged_out"} <= set(seen)
