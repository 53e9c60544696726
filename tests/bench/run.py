#!/usr/bin/env python3
"""Measures this library beside floors and peers (README.md); `cargo xtask bench` builds what it needs."""

import argparse
import json
import os
import platform
import sys
import time

from bars import bars
from harness import HOME, Adapter, adapter_names
from metrics import METRICS

# The floors, ours, and for each metric the peer that comes closest.
QUICK = (
    *("beamlit", "beamlit_requests", "beamlit_c", "beamlit_c_held", "beamlit_rust", "beamlit_rust_held"),
    *("floor_c_second", "floor_c_socket", "floor_py_second", "floor_py_socket", "floor_rust", "floor_static"),
    *("google_auth", "httpx_auth", "libcurl", "requests_oauthlib", "rust_oauth2_ureq"),
)
QUICK_OPTIONS = {
    "rounds": 3,
    "rounds_proc": 9,
    "hot_s": 0.2,
    "fetch_n": 200,
    "fetch_s": 3,
    "threads": [1, 32],
}
FULL_OPTIONS = {
    "rounds": 5,
    "rounds_proc": 11,
    "hot_s": 0.5,
    "fetch_n": 1000,
    "fetch_s": 10,
    "threads": [1, 2, 8, 32],
}


def note(text):
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


def options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="few rounds, and the closest peers alone: under 5 minutes"
    )
    parser.add_argument("--only", help="metrics, separated by commas: " + ",".join(METRICS))
    parser.add_argument(
        "--adapters", help="names of files in adapters/, separated by commas; keep the floors"
    )
    given = parser.parse_args()
    for name, value in (QUICK_OPTIONS if given.quick else FULL_OPTIONS).items():
        setattr(given, name, value)
    return given


def chosen(given):
    """The adapters, and those among the names that are not installed here."""
    names = given.adapters.split(",") if given.adapters else QUICK if given.quick else adapter_names()
    adapters = [Adapter(name) for name in names]
    absent = [adapter for adapter in adapters if not os.path.exists(adapter.program)]
    needed = [adapter.name for adapter in absent if adapter.kind != "peer"]
    if needed:
        sys.exit(
            f"not built: {', '.join(needed)}; this builds and runs everything: cargo xtask bench --quick"
        )
    return [adapter for adapter in adapters if adapter not in absent], [adapter.name for adapter in absent]


def measure(adapters, given):
    tables = {}
    for metric in given.only.split(",") if given.only else METRICS:
        taking_part = [adapter for adapter in adapters if metric in adapter["METRICS"]]
        note(f"{metric}: {', '.join(adapter.name for adapter in taking_part)}")
        tables[metric] = METRICS[metric].measure(taking_part, given)
    return tables


def summary(lines, tables):
    heads = ["work (the floor of the same run)", "ours", "bar", "", "best peer of this run"]
    rows = [heads, ["---"] * len(heads), *(bar.line(tables) for bar in lines)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"


def report(tables, lines, absent, given, share):
    parts = [
        f"# beamlit-auth beside its floors and peers{', quick run' if given.quick else ''}\n",
        machine(share),
    ]
    parts.append(summary(lines, tables))
    if absent:
        parts.append(f"Not installed, so not measured: {', '.join(absent)}.\n")
    parts += [f"## {METRICS[metric].TITLE}\n\n{table.markdown()}" for metric, table in tables.items()]
    return "\n".join(parts)


def busy():
    """The share of the processors' time that others take, looked at for a second."""
    before = ticks()
    time.sleep(1)
    idle, total = (after - earlier for earlier, after in zip(before, ticks(), strict=True))
    return 1 - idle / total


def ticks():
    with open("/proc/stat") as file:
        numbers = [int(word) for word in file.readline().split()[1:9]]
    # The fourth and fifth are idle time and the wait for disks.
    return numbers[3] + numbers[4], sum(numbers)


def machine(share):
    with open("/proc/cpuinfo") as file:
        model = next(
            (line.split(":")[1].strip() for line in file if line.startswith("model name")), "unknown"
        )
    return (
        f"{time.strftime('%Y-%m-%d')}, {model}, {os.cpu_count()} cores, Linux {platform.release()}, "
        f"Python {platform.python_version()}. Loopback only, and others took "
        f"{share:.0%} of the processors before: with more than a tenth, repeat it. x is the ratio to the "
        "floor in brackets, of the same run. A bar is an aim: a missed one fails nothing.\n"
    )


def keep(name, text):
    path = os.path.join(HOME, name)
    with open(path, "w") as file:
        file.write(text)
    return path


def main():
    given = options()
    started = time.monotonic()
    adapters, absent = chosen(given)
    os.makedirs(os.path.join(HOME, "home"), exist_ok=True)
    share = busy()
    tables = measure(adapters, given)
    lines = [bar for bar in bars(given.threads) if bar.metric in tables]
    if given.adapters:
        lines = [bar for bar in lines if bar.is_measured(tables)]
    text = report(tables, lines, absent, given, share)
    print(text)
    keep("results.json", json.dumps({metric: table.rows for metric, table in tables.items()}, indent=1))
    note(f"{time.monotonic() - started:.0f} s; kept in {keep('report.md', text)}")
    if not all(bar.is_measured(tables) for bar in lines):
        sys.exit("a figure of ours is missing")


if __name__ == "__main__":
    main()
