"""Forced fetch: a new token over a connection that is kept."""

from contextlib import ExitStack

from harness import Driver, Server, median, paired, percentile

from metrics.table import Table

TITLE = "Forced fetch"


class Measured:
    """A driver that has fetched before."""

    def __init__(self, adapter, driver):
        self.adapter, self.driver = adapter, driver
        self.p50, self.p99, self.counts, self.connections = [], [], [], []
        self.errors, self.error = 0, ""

    def run(self, server, options):
        server.prepare(self.adapter)
        answer = self.driver.command(f"refresh {options.fetch_n} {options.fetch_s}", options.fetch_s + 30)
        asked = server.control()
        taken = answer.get("lat_ns", [])
        self.p50.append(percentile(taken, 0.5))
        self.p99.append(percentile(taken, 0.99))
        self.counts.append(len(taken))
        self.connections.append(1000 * asked["connections"] / max(1, asked["token_requests"]))
        self.errors += answer.get("errors", 0)
        self.error = self.error or answer.get("err", "")


def measure(adapters, options):
    table = Table(
        f"{options.rounds} interleaved runs of {options.fetch_n} fetches, {options.fetch_s} s at most. "
        "Floors: one raw socket that is kept, in Python, and in C for native clients over http. Ours are "
        "forced by a 401, once a session: each is a session's second, which has floors of its own, and about "
        "500 connections per 1000 are right.",
        {
            "name": "client",
            "transport": "over",
            "p50_us": "p50 us",
            "ratio": "x floor",
            "p99_us": "p99 us",
            "ratio99": "x floor",
            "connections": "connections per 1000 requests",
            "count": "fetches per run",
            "errors": "errors",
            "err": "first error",
        },
    )
    for transport in ("http", "https"):
        with Server() as server, ExitStack() as drivers:
            over(transport, server, drivers, adapters, options, table)
    return table


def over(transport, server, drivers, adapters, options, table):
    measured = []
    for adapter in adapters:
        if transport not in adapter["TRANSPORTS"]:
            continue
        server.prepare(adapter)
        driver = drivers.enter_context(Driver(adapter, server, transport))
        first = driver.command("call")
        if first.get("ok"):
            driver.command("refresh 20 5")
            measured.append(Measured(adapter, driver))
        else:
            table.add(
                adapter, transport=transport, err=(driver.ready.get("err") or first.get("err", ""))[:160]
            )
    for _ in range(options.rounds):
        for one in measured:
            one.run(server, options)
    floors = {one.adapter.name: one for one in measured}
    rows = [row(one, floors, transport) for one in measured]
    table.rows += sorted(rows, key=lambda row: row["p50_us"] or float("inf"))


def row(one, floors, transport):
    language = "c" if one.adapter.native and transport == "http" else "py"
    floor = floors.get(f"floor_{language}_second" if one.adapter.ours else f"floor_{language}_socket")
    return {
        "name": one.adapter.name,
        "kind": one.adapter.kind,
        "native": one.adapter.native,
        "transport": transport,
        "p50_us": (median(one.p50) or 0) / 1e3,
        "p99_us": (median(one.p99) or 0) / 1e3,
        "ratio": paired(one.p50, floor.p50) if floor else None,
        "ratio99": paired(one.p99, floor.p99) if floor else None,
        "connections": median(one.connections),
        "count": median(one.counts),
        "errors": one.errors,
        "err": one.error,
    }
