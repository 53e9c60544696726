"""Cold start: a fresh process, a token from the server, the header printed."""

import subprocess

from harness import (
    CA,
    CLIENT_ID,
    CLIENT_SECRET,
    TOKEN_PATH,
    Server,
    column,
    environment,
    median,
    paired,
    timed,
)

from metrics.table import Table

TITLE = "Cold start"
FLOOR = "curl"


class Program:
    """One client over one transport."""

    def __init__(self, name, kind, command, adapter, native=True):
        self.name, self.kind, self.command, self.adapter = name, kind, command, adapter
        self.native = native
        self.environment = environment(adapter)
        self.runs, self.requests = [], 0

    def failure(self, server):
        """What it says instead of a header, if it does."""
        server.prepare(self.adapter)
        try:
            run = {"env": self.environment, "capture_output": True, "text": True, "timeout": 60}
            ran = subprocess.run(self.command, check=False, **run)
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"failed: {error}"[:160]
        said = ran.stdout + ran.stderr
        return "" if "Bearer eyJ" in said or "access_token" in said else f"failed: {said[-160:]}"

    def run(self, server, counts):
        server.prepare(self.adapter)
        run = timed(self.command, self.environment)
        asked = server.control()
        self.requests = asked["token_requests"] + asked["discovery"]
        self.runs += [run] if counts else []


def curl(server, transport):
    form = ["-d", "grant_type=client_credentials&scope=api"]
    trust = ["--cacert", CA] if transport == "https" else []
    url = server.url(transport, TOKEN_PATH)
    command = ["curl", "-s", "-u", f"{CLIENT_ID}:{CLIENT_SECRET}", *form, *trust, url]
    return Program(FLOOR, "floor", command, {})


def measure(adapters, options):
    table = Table(
        "Fresh process, token, header printed; "
        f"{options.rounds_proc} interleaved runs; floor: `curl` with the same POST over the same transport.",
        {
            "name": "client",
            "transport": "over",
            "wall_ms": "wall ms",
            "ratio": "x curl",
            "cpu_ms": "CPU ms",
            "rss_mb": "max RSS MB",
            "requests": "HTTP requests",
            "err": "note",
        },
    )
    for transport in ("http", "https"):
        with Server() as server:
            over(transport, server, adapters, options.rounds_proc, table)
    return table


def over(transport, server, adapters, rounds, table):
    programs = [curl(server, transport)]
    for adapter in adapters:
        if transport not in adapter["TRANSPORTS"]:
            continue
        command = adapter.command("cold", server, transport)
        program = Program(adapter.name, adapter.kind, command, adapter, adapter.native)
        failure = program.failure(server)
        if failure:
            table.add(adapter, transport=transport, err=failure)
        else:
            programs.append(program)
    for number in range(rounds + 1):
        for program in programs:
            # The first round only warms the page cache.
            program.run(server, counts=number > 0)
    rows = [row(program, programs[0], transport) for program in programs]
    table.rows += sorted(rows, key=lambda row: row["wall_ms"])


def row(program, floor, transport):
    broken = max(column(program.runs, "status"))
    return {
        "name": program.name,
        "kind": program.kind,
        "native": program.native,
        "transport": transport,
        "wall_ms": median(column(program.runs, "wall_ms")),
        "ratio": paired(column(program.runs, "wall_ms"), column(floor.runs, "wall_ms")),
        "cpu_ms": median(column(program.runs, "cpu_ms")),
        "rss_mb": median(column(program.runs, "rss_mb")),
        "requests": program.requests,
        "err": f"failed with status {broken}" if broken else program.adapter.get("NOTES", ""),
    }
