"""A renewal that strace strikes at one system call after the other, and what must hold whatever is struck."""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from faces import LIMIT, Answer, Program
from stage import Stage, until

LOOKS = {"openat", "statx", "newfstatat", "read", "getdents64"}
"""Those of which there are many, and of which most find out what another has found out already."""
FILES = {"write", "fsync", "linkat", "unlink", "rename", "renameat2", "mkdir", "flock", "fchmod", "chmod"}
SOCKETS = {"socket", "ioctl", "connect", "poll", "setsockopt", "sendto", "recvfrom"}
# What asks the disk or the network, of all that a renewal's thread calls.
CALLS = LOOKS | FILES | SOCKETS
ERRORS = ("ENOSPC", "EIO", "EROFS", "EACCES", "EINTR", "EMFILE", "ENOLCK")
AGAIN = ("openat", "read", "write", "fsync", "poll", "sendto", "recvfrom")
"""A signal that interrupts one of these changes nothing: it is made again."""

UNKNOWN = ("login_required", "refresh_outcome_unknown")
SOON = 10


class Strace:
    """strace on all threads of a program, from here on."""

    def __init__(self, program: Program, *words: str) -> None:
        command = ["strace", "-f", "-p", str(program.pid), *words]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        line = self._process.stderr.readline()
        assert "attached" in line, f"strace cannot attach, which takes root or ptrace_scope 0: {line}"

    def end(self) -> None:
        """It ends with the program."""
        self._process.communicate(timeout=LIMIT)


@dataclass
class Blow:
    """What is struck, by what, and the how manieth of its kind."""

    call: str
    how: str
    when: int
    sent: bool
    """Whether the request has left before."""
    answered: bool

    def __str__(self) -> str:
        return f"{self.call} number {self.when}, {self.how}"


def record_calls(stage: Stage, face: str, log: Path) -> list[Blow]:
    """The calls that the thread of a renewal makes, in order, with nothing to strike them yet."""
    client = stage.run(face)
    assert client.ask("keep").kind == "ok"
    lines = traced(client, log, lambda: client.ask("refused"))
    thread = next(number for number, call in lines if "beamlit-renewal" in call)
    counted: Counter[str] = Counter()
    calls = []
    for number, call in lines:
        name = name_of(call)
        if number == thread and name in CALLS:
            sent, answered = counted["sendto"] > 0, counted["recvfrom"] > 0
            counted[name] += 1
            calls.append(Blow(name, "", counted[name], sent, answered))
    return calls


def traced(client: Program, log: Path, act: Callable[[], Answer]) -> list[list[str]]:
    """What the client calls while it does this, to its end: each call after the number of its thread."""
    strace = Strace(client, "-o", str(log))
    assert act().kind == "ok"
    client.close()
    strace.end()
    return [line.split(maxsplit=1) for line in log.read_text().splitlines()]


def name_of(call: str) -> str:
    """What is resumed was counted when it began."""
    name = re.match(r"\w+", call)
    return name.group() if name else ""


def blows(calls: list[Blow], *, full: bool) -> Iterator[Blow]:
    """Each call is struck by a kill and by every error; those that look by one each, unless in full."""
    for number, call in enumerate(calls):
        if (call.call, call.when) == ("read", 1):
            continue  # Of the thread that listens as well, whose client would end.
        few = call.call in LOOKS and not full
        errors = [ERRORS[number % len(ERRORS)]] if few else ERRORS
        for how in ["signal=KILL", *(f"error={error}" for error in errors)]:
            yield replace(call, how=how)


class Sweep:
    """One login whose renewals are struck, again and again."""

    def __init__(self, stage: Stage, face: str) -> None:
        self.stage, self.face = stage, face
        self.seen: Counter[str] = Counter()

    def strike(self, blow: Blow) -> None:
        stage = self.stage
        old, generation, refreshes = stage.token(), stage.generation(), stage.emulator.refreshes()
        client = stage.run(self.face)
        assert client.ask("keep").token == old
        strace = Strace(client, "-o", "/dev/null", "-e", f"inject={blow.call}:{blow.how}:when={blow.when}")
        client.send("refused")
        answer = client.answer_or_end()
        if answer and answer.kind == "ok":
            until(lambda: not stage.has_claim(), "the answer is written down")
        client.close()
        strace.end()
        state = self._state(old, generation)
        self._judge(answer, blow, state, refreshes)
        self._go_on(state)
        self.seen[f"{'killed' if answer is None else answer.kind}, {state}"] += 1

    def _state(self, old: str, generation: int) -> str:
        """Which of the three records lies there; that one does is half of what is to be shown."""
        record = self.stage.record()
        known = {(old, generation, True): "claimed", (old, generation, False): "old"}
        facts = (self.stage.token(), record["generation"], record["claim"] is not None)
        if facts[1:] == (generation + 1, False) and facts[0] != old:
            return "new"
        assert facts in known, f"neither the old, the claimed nor the new record: {facts[1:]}"
        return known[facts]

    def _judge(self, answer: Answer | None, blow: Blow, state: str, refreshes: int) -> None:
        sent = self.stage.emulator.refreshes() - refreshes
        assert sent <= 1, "a refresh token was sent twice"
        if state != "claimed":
            assert sent == (state == "new"), f"{sent} requests, and the record is the {state} one"
        if answer is None:
            assert blow.how == "signal=KILL"
            return
        assert answer.took < SOON, answer
        if blow.answered or (blow.how == "error=EINTR" and blow.call in AGAIN):
            assert answer.kind == "ok", answer
        if answer.kind == "ok":
            assert (state, answer.token) == ("new", self.stage.token())
        else:
            assert answer.kind not in ("internal_error", "cancelled"), answer
            assert state == ("claimed" if blow.sent else "old"), f"{state} after {answer}"

    def _go_on(self, state: str) -> None:
        """The next programs are served the token, and after its end renew a login that was not spent."""
        stage, before = self.stage, self.stage.emulator.refreshes()
        served = stage.ask("rust", "token")
        assert (served.kind, served.token) == ("ok", stage.token()), served
        assert stage.emulator.refreshes() == before
        self._let_rest_end()
        stage.expire()
        renewed = stage.ask("rust", "token")
        if state == "claimed" and stage.rotation != "none":
            assert renewed.what == UNKNOWN, renewed
            assert stage.log_in().kind == "ok"
        else:
            assert (renewed.kind, renewed.token) == ("ok", stage.token()), renewed
        assert stage.emulator.counters()["reuse_events"] == 0

    def _let_rest_end(self) -> None:
        """After a failure all programs rest for seconds, which the record tells them."""
        file, record = self.stage.record_file(), self.stage.record()
        if record["failure"]:
            file.write_text(json.dumps({**record, "failure": None}))
