"""What a person does in a shell, with the binary `bl` and with the wheel's console script."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from programs import LIMIT, binary, console_script


@pytest.fixture(params=[binary, console_script])
def environment(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    find: Callable[[], str] = request.param
    return {"BL": find(), "HOME": str(tmp_path), "PATH": os.environ["PATH"]}


@pytest.fixture
def announced(environment: dict[str, str]) -> Iterator[dict[str, str]]:
    """An emulator, and the variables that it says to set."""
    command = [environment["BL"], "emulator"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        variables: dict[str, str] = {}
        while "BL_CLIENT_CREDENTIALS" not in variables:
            line = process.stdout.readline()
            assert line, "the emulator has ended"
            if line.strip().startswith("export "):
                name, _, value = line.strip().removeprefix("export ").partition("=")
                variables[name] = value
        try:
            yield variables
        finally:
            process.terminate()
    assert process.returncode == 0


def shell(script: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = ["sh", "-euc", script]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=LIMIT, check=False
    )


@pytest.mark.parametrize("variable", ["BL_API_KEY", "BL_CLIENT_CREDENTIALS"])
def test_variables_of_the_announcement_list_models_with_curl(
    environment: dict[str, str], announced: dict[str, str], variable: str
) -> None:
    environment |= {name: announced[name] for name in ["BL_API_URL", variable]}
    script = """
        url=$BL_API_URL/models
        "$BL" headers "$url" --workspace acme | curl --silent --show-error --fail --header @- "$url"
    """
    listed = shell(script, environment)
    assert (listed.returncode, listed.stderr) == (0, "")
    assert isinstance(json.loads(listed.stdout), list)


def test_a_token_goes_into_a_variable(environment: dict[str, str], announced: dict[str, str]) -> None:
    environment |= {name: announced[name] for name in ["BL_API_URL", "BL_CLIENT_CREDENTIALS"]}
    script = """
        "$BL" status --quiet > /dev/null || exit 1
        token=$("$BL" token acme --min-valid 60)
        case $token in *.*.*) echo "a token" ;; esac
    """
    assert shell(script, environment).stdout == "a token\n"


def test_a_script_stops_where_there_is_no_credential(environment: dict[str, str]) -> None:
    stopped = shell('token=$("$BL" token)\necho "used $token"', environment)
    assert (stopped.returncode, stopped.stdout) == (3, "")
    assert stopped.stderr.startswith("bl: ")
    assert stopped.stderr.count("\n") == 1


def test_ctrl_c_ends_a_wait_for_the_server(environment: dict[str, str], announced: dict[str, str]) -> None:
    environment |= {name: announced[name] for name in ["BL_API_URL", "BL_CLIENT_CREDENTIALS"]}
    console = announced["BL_API_URL"].removesuffix("/v0")
    fault = json.dumps({"path": "/oauth/token", "hang": True}).encode()
    request = urllib.request.Request(
        f"{console}/_emulator/fault", fault, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=LIMIT) as answer:
        assert answer.status == 204

    command = [environment["BL"], "token"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True) as process:
        until = time.monotonic() + LIMIT
        while token_requests(console) == 0:
            assert time.monotonic() < until, "no token request"
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=LIMIT)
    assert (process.returncode, stdout, stderr) == (130, "", "bl: interrupted\n")


def token_requests(console: str) -> int:
    with urllib.request.urlopen(f"{console}/_emulator/requests", timeout=LIMIT) as answer:
        count: int = json.load(answer)["token_requests"]
    return count


def test_another_bl_is_named_and_not_run(environment: dict[str, str], tmp_path: Path) -> None:
    other = tmp_path / "bl"
    other.write_text("#!/bin/sh\necho ran\n")
    other.chmod(0o755)
    path = f"{Path(environment['BL']).parent}:{tmp_path}:/usr/bin:/bin"
    refused = shell('"$BL" get models', environment | {"PATH": path + ":" + environment["PATH"]})
    assert (refused.returncode, refused.stdout) == (2, "")
    assert f"unknown command get; {other} is another bl" in refused.stderr


def test_binary_and_console_script_are_one_program() -> None:
    described = [
        subprocess.run([find(), "help", "--json"], capture_output=True, text=True, timeout=LIMIT, check=True)
        for find in (binary, console_script)
    ]
    assert described[0].stdout == described[1].stdout
