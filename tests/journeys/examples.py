"""The programs and lines of `examples`."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"
COMPILERS = {".c": ["cc", "-std=c99"], ".cpp": ["c++", "-std=c++17"]}
STRICT = ["-Wall", "-Wextra", "-pedantic", "-Werror"]
API = "https://api.beamlit.com/v0"
LIMIT = 60


def part(variable: str) -> Path:
    """What a step of `cargo xtask test` has built."""
    path = Path(os.environ.get(variable, "/nonexistent"))
    assert path.exists(), "a part is missing; this builds it and runs the tests: cargo xtask test journeys"
    return path


def program(name: str, folder: Path, api_url: str = API) -> Path:
    """A program of `examples/c`, `examples/cpp` or `examples/rust`.

    One in C or C++ is compiled with what pkg-config says of the installed library, and has `api_url` in the
    place of the platform's.
    """
    source = EXAMPLES / name
    if source.suffix == ".rs":
        return part("BEAMLIT_EXAMPLES") / source.stem
    text = folder / source.name
    text.write_text(source.read_text().replace(API, api_url))
    prefix = part("BEAMLIT_PREFIX")
    asked = subprocess.run(
        ["pkg-config", "--cflags", "--libs", "beamlit-auth", "libcurl"],
        env={**os.environ, "PKG_CONFIG_PATH": f"{prefix}/lib/pkgconfig"},
        capture_output=True,
        text=True,
        check=True,
    )
    program = folder / source.stem
    command = [*COMPILERS[source.suffix], *STRICT, text, "-o", program, *asked.stdout.split()]
    subprocess.run([*command, f"-Wl,-rpath,{prefix}/lib"], check=True, timeout=LIMIT)
    return program


def lines() -> list[str]:
    """The lines for a shell."""
    found = re.search(r"```sh\n(.*?)```", (EXAMPLES / "README.md").read_text(), re.DOTALL)
    assert found
    return found[1].splitlines()
