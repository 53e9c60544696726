"""`login()` where somebody sees it, and where nobody does."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time

import pexpect
import pytest

import beamlit_auth
from beamlit_auth import Session
from emulator import Emulator
from script import LIMIT, output

LOG_IN = """
    import sys, beamlit_auth
    session = beamlit_auth.login("acme")
    print("session", session.workspace, file=sys.stdout)
"""


@pytest.fixture(autouse=True)
def quick(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    emulator.configure(interval_s=0)
    monkeypatch.setenv("BL_API_URL", emulator.api_url)
    monkeypatch.delenv("CI", raising=False)


def terminal(code: str) -> pexpect.spawn[str]:
    """A program that has a terminal, as a person sees it."""
    return pexpect.spawn(sys.executable, ["-c", textwrap.dedent(code)], timeout=LIMIT, encoding="utf-8")


def test_a_terminal_shows_link_and_code(emulator: Emulator) -> None:
    with terminal(LOG_IN) as person:
        person.expect("open this page in a browser")
        person.expect(r"\n  (http://\S+)\r\n")
        link = person.match.group(1)
        person.expect(r"\n  (\S+)\r\n")
        code = person.match.group(1)
        assert link.startswith(emulator.console_url)
        assert code in link
        person.expect(r"expires in \d+:\d\d min")
        emulator.approve(code)
        person.expect("Logged in")
        person.expect("session acme")
        person.expect(pexpect.EOF)


def test_nothing_but_stderr_is_written_and_nothing_read(emulator: Emulator) -> None:
    code = """
        import os, pty, sys, threading, beamlit_auth
        shown, sys.stderr = os.openpty()
        sys.stderr = os.fdopen(sys.stderr, "w")
        os.close(0)
        beamlit_auth.login("acme")
        os.write(1, os.read(shown, 4096))
        """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    emulator.approve(started(emulator))
    printed, errors = process.communicate(timeout=LIMIT)
    assert (process.returncode, errors) == (0, b"")
    assert b"open this page" in printed
    assert b"\x1b" not in printed


def test_what_a_server_says_is_no_command_to_the_terminal(emulator: Emulator) -> None:
    code = "AB\x1b]52;c;CANARY\x07\u202e\x9b2J\nCD"
    emulator.configure(device_extra={"user_code": code}, device_code_lifetime_s=1)
    with terminal(LOG_IN) as person:
        person.expect(pexpect.EOF)
        seen = person.before
    assert "open this page" in seen
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(seen)


def test_a_refusal_comes_through_in_one_line(emulator: Emulator) -> None:
    with terminal(LOG_IN) as person:
        person.expect("Waiting")
        emulator.deny(started(emulator))
        person.expect("AccessDenied: the login was denied in the browser")
        person.expect(pexpect.EOF)


def test_ctrl_c_gives_the_login_up(emulator: Emulator) -> None:
    with terminal(LOG_IN) as person:
        person.expect("Waiting")
        emulator_code = started(emulator)
        person.sendintr()
        sent = time.perf_counter()
        person.expect("KeyboardInterrupt")
        assert time.perf_counter() - sent < 1.5
        person.expect(pexpect.EOF)
    emulator.approve(emulator_code)
    assert beamlit_auth.workspaces() == []


def test_force_logs_in_anew(emulator: Emulator) -> None:
    first = emulator.log_in().token().reveal()
    with terminal(LOG_IN.replace('"acme"', '"acme", force=True')) as person:
        person.expect("Waiting")
        emulator.approve(started(emulator))
        person.expect("session acme")
    assert Session("acme").token().reveal() != first


def test_without_a_wait_the_login_is_shown_and_given(emulator: Emulator) -> None:
    code = """
        import beamlit_auth
        pending = beamlit_auth.login("acme", wait=False)
        print("given", pending.user_code in pending.url)
        print(pending.wait().workspace)
        """
    with terminal(code) as person:
        person.expect("open this page")
        person.expect("given True")
        emulator.approve(started(emulator))
        person.expect("acme")


def started(emulator: Emulator) -> str:
    """The code of the login that is being shown."""
    end = time.monotonic() + LIMIT
    while not (pending := emulator.pending()):
        assert time.monotonic() < end
    return str(pending[0]["user_code"])


NOBODY = """
    import sys, beamlit_auth
    try:
        beamlit_auth.login(WORKSPACE)
    except beamlit_auth.LoginRequired as error:
        print(error.reason, error.exit_code, error)
"""


@pytest.mark.parametrize("workspace", ["acme", None])
def test_where_nobody_sees_it_no_login_is_begun(emulator: Emulator, workspace: str | None) -> None:
    printed = output(NOBODY.replace("WORKSPACE", repr(workspace)))
    assert printed.startswith("not_interactive 3 ")
    assert f"`bl login{' acme' if workspace else ''}`" in printed
    assert not emulator.received()


def test_in_ci_nobody_sees_a_terminal(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with terminal(NOBODY.replace("WORKSPACE", "None")) as person:
        person.expect("not_interactive 3")
    assert not emulator.received()


@pytest.mark.parametrize("name", ["BL_API_KEY", "BL_AUTHENTICATION_CLIENT_CREDENTIALS"])
def test_a_variable_that_will_win_is_warned_of_once(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    emulator.log_in()
    monkeypatch.setenv(name, "EMULATOR:CANARY")
    monkeypatch.setattr("beamlit_auth._login._warned", False)
    with pytest.warns(UserWarning, match=f"the variable {name} is set") as warned:
        beamlit_auth.login("acme")
    assert [warning.filename for warning in warned] == [__file__]
    assert "CANARY" not in str(warned[0].message)
    # A second warning would be an error.
    session = beamlit_auth.login("acme")
    assert session.token().reveal() != "EMULATOR:CANARY"
