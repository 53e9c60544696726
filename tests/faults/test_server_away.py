"""The server fails until the token is over, and for a while longer; processes of all faces go on asking.

Six stories run side by side, because most of their time is waiting: a server that refuses connections, one
that hangs and one that answers 503, each where refresh tokens stay good and where they are spent.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from door import Door
from faces import CLIENTS, FACES, Answer, Program, Programs
from stage import REST, Stage

UNKNOWN = ("login_required", "refresh_outcome_unknown")
UNSURE = [("503", "strict"), ("hang", "strict")]
"""Where the server may have spent the refresh token."""
CASES = [(fault, rotation) for fault in ("down", "503", "hang") for rotation in ("none", "strict")]
LEFT = 6.0
"""Seconds that the token has left when the server begins to fail: half of them in its advisory window."""
AWAY = {"down": 8.0, "503": 8.0, "hang": 17.0}
"""Seconds that the server fails on after that; one that hangs longer than a request may take."""
BACK = 20.0
"""Seconds within which the login has to work again: the longest rest after failures is over by then."""
PACE = 0.1


@dataclass
class Call:
    face: str
    begun: float
    ended: float
    answer: Answer


@dataclass
class Story:
    """What happened, in seconds since the server began to fail."""

    token: str
    calls: list[Call] = field(default_factory=list)
    attempts: list[float] = field(default_factory=list)
    back: float = 0.0


class Telling:
    def __init__(self, programs: Programs, stage: Stage, door: Door, fault: str) -> None:
        self._stage, self._door, self._fault = stage, door, fault
        self._story, self._over = Story(stage.token()), threading.Event()
        self._failures: set[int] = set()
        self._begun = 0.0

    def now(self) -> float:
        return time.time() - self._begun

    def tell(self) -> Story:
        stage = self._stage
        before = stage.emulator.token_requests()
        stage.set_life(60, LEFT)
        self._begun = time.time()
        self._fail()
        callers = [threading.Thread(target=self._call, args=(face,)) for face in FACES + CLIENTS]
        watcher = threading.Thread(target=self._watch)
        for thread in (*callers, watcher):
            thread.start()
        self._over.wait(LEFT + AWAY[self._fault])
        self._mend()
        self._story.back = self.now()
        while not self._is_settled() and self.now() < self._story.back + BACK:
            self._over.wait(PACE)
        self._over.set()
        for thread in (*callers, watcher):
            thread.join()
        arrived = [request.time for request in stage.emulator.received("/oauth/token")[before:]]
        at = arrived if self._fault != "down" else [number / 1000 for number in self._failures]
        self._story.attempts = sorted(moment - self._begun for moment in at)
        return self._story

    def _fail(self) -> None:
        match self._fault:
            case "down":
                self._door.shut()
            case "hang":
                self._stage.emulator.fault("/oauth/token", hang=True)
            case _:
                self._stage.emulator.fault("/oauth/token", status=503)

    def _mend(self) -> None:
        if self._fault == "down":
            self._door.open()
        self._stage.emulator.clear_faults()

    def _is_settled(self) -> bool:
        """Whether all faces have a new token, or know that they will get none."""
        last = {call.face: call.answer for call in self._story.calls if call.begun > self._story.back}
        unsure = (self._fault, self._stage.rotation) in UNSURE
        settled = [
            answer.what == UNKNOWN if unsure else answer.token not in ("", self._story.token)
            for answer in last.values()
        ]
        return len(settled) == len(FACES) and all(settled)

    def _call(self, face: str) -> None:
        """Asks over and over; a client by one session, and by a new one in between."""
        client = self._stage.run(face) if face in CLIENTS else None
        word = "keep"
        while not self._over.wait(PACE):
            begun = self.now()
            answer = self._ask(client, face, word)
            self._story.calls.append(Call(face, begun, self.now(), answer))
            word = "token" if word == "keep" else "keep"

    def _ask(self, client: Program | None, face: str, word: str) -> Answer:
        return client.ask(word) if client else self._stage.ask(face, "token")

    def _watch(self) -> None:
        """A request that nobody takes can only be counted by what was written down of it."""
        while not self._over.wait(0.01):
            if failure := self._stage.record()["failure"]:
                self._failures.add(failure["at_ms"])


@pytest.fixture(scope="module")
def stories(
    programs: Programs, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[tuple[str, str], Story]]:
    stages, doors = {}, {}
    for case in CASES:
        stages[case] = Stage(programs, tmp_path_factory.mktemp("home"), case[1])
        doors[case] = Door(stages[case].emulator.api_url)
        stages[case].environment["BL_API_URL"] = doors[case].url
        assert stages[case].log_in().kind == "ok"
    with ThreadPoolExecutor(len(CASES)) as pool:
        told = {
            case: pool.submit(Telling(programs, stages[case], doors[case], case[0]).tell) for case in CASES
        }
        yield {case: future.result() for case, future in told.items()}
    for case in CASES:
        assert stages[case].emulator.counters()["reuse_events"] == 0
        stages[case].end()
        doors[case].end()


@pytest.fixture(params=CASES, ids=["-".join(case) for case in CASES])
def case(request: pytest.FixtureRequest) -> tuple[str, str]:
    case: tuple[str, str] = request.param
    return case


@pytest.mark.timeout(120)
def test_every_call_is_served_as_long_as_the_token_lives(
    stories: dict[tuple[str, str], Story], case: tuple[str, str]
) -> None:
    story = stories[case]
    calls = [call for call in story.calls if call.begun < LEFT - 0.5]
    assert {call.face for call in calls} == set(FACES)
    assert {(call.answer.kind, call.answer.token) for call in calls} == {("ok", story.token)}
    # A process that has sent what it spends waits for the answer, after it has served the token.
    slowest = max(call.answer.took for call in calls if call.face in CLIENTS)
    print(f"{case}: {len(calls)} calls, the slowest {slowest:.2f} s")
    assert slowest < LEFT


def test_there_is_one_attempt_in_five_seconds_at_most(
    stories: dict[tuple[str, str], Story], case: tuple[str, str]
) -> None:
    story = stories[case]
    attempts = [at for at in story.attempts if at < story.back]
    print(f"{case}: attempts at {', '.join(f'{at:.1f}' for at in attempts)}")
    assert attempts
    gaps = [later - earlier for earlier, later in pairwise(attempts)]
    # A request arrives some time after its claim was written, from which the rest counts.
    assert all(gap > REST - 0.5 for gap in gaps), gaps


def test_then_the_error_is_typed(stories: dict[tuple[str, str], Story], case: tuple[str, str]) -> None:
    story = stories[case]
    fault, rotation = case
    late = [call.answer for call in story.calls if call.begun > LEFT + 0.2 and call.ended < story.back]
    what = {answer.what for answer in late}
    expected = {
        ("down", "none"): {("network_error", "")},
        ("down", "strict"): {("network_error", "")},
        ("503", "none"): {("server_unavailable", "")},
        ("503", "strict"): {("server_unavailable", ""), UNKNOWN},
        ("hang", "none"): {("network_error", ""), ("deadline_exceeded", "")},
        ("hang", "strict"): {("network_error", ""), ("deadline_exceeded", ""), UNKNOWN},
    }[fault, rotation]
    assert what <= expected, what
    assert what or fault == "hang"


def test_when_it_is_back_nobody_has_to_log_in_again(
    stories: dict[tuple[str, str], Story], case: tuple[str, str]
) -> None:
    """Unless the server may have spent the refresh token: who asks is told so then."""
    story = stories[case]
    # A call from before may end by its deadline after the server is back: it says nothing of afterwards.
    last = {call.face: call.answer for call in story.calls if call.begun > story.back}
    assert set(last) == set(FACES)
    if case in UNSURE:
        assert {answer.what for answer in last.values()} == {UNKNOWN}
        return
    assert {answer.what for answer in last.values()} == {("ok", "")}
    assert len({answer.token for answer in last.values()}) == 1
    new = [call for call in story.calls if call.answer.token not in ("", story.token)]
    first = [min(call.ended for call in new if call.face == face) - story.back for face in FACES]
    print(f"{case}: back after {min(first):.1f} s, for all after {max(first):.1f} s")
