"""Programs of a few lines in interpreters of their own."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from typing import Any

LIMIT = 30


def start(code: str, *arguments: str, **options: Any) -> subprocess.Popen[str]:
    """A program that runs; its output is read line by line."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def output(code: str, *arguments: str, **options: Any) -> str:
    """What a program printed; it must not fail."""
    with start(code, *arguments, **options) as process:
        try:
            printed, errors = process.communicate(timeout=LIMIT)
        finally:
            process.kill()
    assert process.returncode == 0, errors
    return printed.strip()
