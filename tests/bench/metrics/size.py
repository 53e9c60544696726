"""Installed size, and that of the two files that users fetch."""

import glob
import json
import os
import subprocess

from harness import HOME

from metrics.table import Table

TITLE = "Installed size"
# Runs in the virtual environment: the distributions and all that they need, without compiled files.
SCRIPT = r"""
import importlib.metadata as metadata, json, os, sys
from pip._vendor.packaging.requirements import Requirement
from pip._vendor.packaging.utils import canonicalize_name
todo, seen = [(name, "") for name in sys.argv[1:]], {}
while todo:
    text, extra = todo.pop()
    requirement = Requirement(text)
    name = canonicalize_name(requirement.name)
    if name in seen or requirement.marker and not requirement.marker.evaluate({"extra": extra}):
        continue
    try:
        found = metadata.distribution(requirement.name)
    except metadata.PackageNotFoundError:
        continue
    paths = [found.locate_file(file) for file in found.files or [] if "__pycache__" not in str(file)]
    seen[name] = sum(os.path.getsize(path) for path in paths if os.path.exists(path))
    todo += [(text, extra) for extra in requirement.extras or {""} for text in found.requires or []]
print(json.dumps(seen))
"""


def only(pattern):
    """The size in MB of the one file of that pattern."""
    [path] = glob.glob(f"{HOME}/{pattern}")
    return os.path.getsize(path) / 1e6


def measure(adapters, options):
    table = Table(
        "Distributions and what they need, installed, no compiled files; programs without shared libraries.",
        {"name": "what", "mb": "MB", "dependencies": "dependencies", "note": "note"},
    )
    files = {"wheel": "wheel/*.whl", "libbeamlit_auth.so": "prefix/lib/libbeamlit_auth.so"}
    for name, pattern in files.items():
        table.rows.append(
            {"name": name, "kind": "ours", "mb": only(pattern), "note": "release build, stripped"}
        )
    for adapter in adapters:
        if adapter.native:
            size = os.path.getsize(adapter.program) / 1e6
            table.add(adapter, mb=size, note="executable, release build, not stripped")
        else:
            seen = installed(adapter)
            note = ", ".join(adapter["DISTS"])
            table.add(
                adapter,
                mb=sum(seen.values()) / 1e6,
                dependencies=len(seen) - len(adapter["DISTS"]),
                note=note,
            )
    table.rows.sort(key=lambda row: row["mb"])
    return table


def installed(adapter):
    command = [adapter.program, "-c", SCRIPT, *adapter["DISTS"]]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout)
