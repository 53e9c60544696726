"""Thundering herd: many threads meet an expired token at once."""

import time
from contextlib import ExitStack

from harness import Adapter, Driver, Server, median

from metrics.table import Table

TITLE = "Thundering herd"
THREADS = 64
DELAY_MS = 100
# Until a token of one second has expired for everybody: some round to whole seconds, and up.
EXPIRED = 2.6
# Who takes longer than this has said all in one round.
SLOW_MS = 2000


class Measured:
    """What the herds of one adapter met."""

    def __init__(self, adapter):
        self.adapter = adapter
        self.wall_ms, self.floor_ms, self.requests, self.inflight = [], [], [], []
        self.served, self.distinct, self.error = [], [], ""

    def begin(self, stack):
        """Takes a token that will have expired."""
        self.server = stack.enter_context(Server())
        self.server.prepare(self.adapter, expires_in=1)
        self.driver = stack.enter_context(Driver(self.adapter, self.server, self.adapter.transport))
        self.first = self.driver.command("call")

    def end(self, floor_ms):
        self.server.prepare(self.adapter, delay_ms=DELAY_MS)
        answer = self.driver.command(f"herd {THREADS}") if self.first.get("ok") else self.first
        self.error = self.error or answer.get("err", "")
        if "wall_ns" not in answer:
            return
        asked = self.server.control()
        self.floor_ms.append(floor_ms)
        self.wall_ms.append(answer["wall_ns"] / 1e6)
        self.requests.append(asked["token_requests"])
        self.inflight.append(asked["max_inflight"])
        self.served.append(THREADS - answer["errors"])
        self.distinct.append(answer["distinct"])

    def is_slow(self):
        return any(wall > SLOW_MS for wall in self.wall_ms)

    def row(self):
        ratios = [wall / floor for wall, floor in zip(self.wall_ms, self.floor_ms, strict=True)]
        return {
            "name": self.adapter.name,
            "kind": self.adapter.kind,
            "native": self.adapter.native,
            "requests": median(self.requests),
            "inflight": median(self.inflight),
            "wall_ms": median(self.wall_ms),
            "ratio": median(ratios),
            "served": min(self.served, default=0),
            "distinct": median(self.distinct),
            "err": self.error[:160],
        }


def one_request():
    """How long one request takes over a raw socket, in ms."""
    adapter = Adapter("floor_py_socket")
    with Server() as server, Driver(adapter, server, "http") as driver:
        server.prepare(adapter, delay_ms=DELAY_MS)
        return median([driver.command("call")["ns"] / 1e6 for _ in range(5)])


def measure(adapters, options):
    measured = [Measured(adapter) for adapter in adapters]
    longest = max(adapter.get("EXPIRED", EXPIRED) for adapter in adapters)
    for _ in range(options.rounds):
        with ExitStack() as stack:
            taking_part = [one for one in measured if not one.is_slow()]
            for one in taking_part:
                one.begin(stack)
            time.sleep(longest)
            floor_ms = one_request()
            for one in taking_part:
                one.end(floor_ms)
    table = Table(
        f"{THREADS} threads, an expired token, a server that takes {DELAY_MS} ms; {options.rounds} rounds. "
        "Floor: one request over a raw socket.",
        {
            "name": "client",
            "requests": "token requests",
            "inflight": "at once",
            "wall_ms": "all served after ms",
            "ratio": "x one request",
            "served": f"served of {THREADS}, at worst",
            "distinct": "different tokens",
            "err": "first error",
        },
    )
    table.rows = sorted((one.row() for one in measured), key=lambda row: row["wall_ms"] or float("inf"))
    return table
