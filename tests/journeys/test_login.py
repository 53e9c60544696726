"""What a person does at a terminal to log in, with the binary `bl` and with the wheel's console script."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import subprocess
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from programs import LIMIT, Emulator, binary, console_script

QUESTION = "1 or 2 [1]: "
KEY_PROMPT = "API key: "
WHICH = "Which one? Number or name: "


class Terminal:
    """A program with a terminal of its own, on which somebody reads and types."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.master, self.slave = pty.openpty()
        self.shown = ""
        self.process = subprocess.Popen(
            command,
            env=environment,
            stdin=self.slave,
            stdout=subprocess.PIPE,
            stderr=self.slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )

    def read(self, seconds: float) -> bool:
        """Reads what is shown within this time, if anything is."""
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        self.shown += os.read(self.master, 65536).decode()
        return True

    def expect(self, text: str) -> None:
        """Waits until the text is shown, and forgets all up to its end."""
        until = time.monotonic() + LIMIT
        while text not in self.shown:
            assert time.monotonic() < until, f"{text!r} is not shown: {self.shown!r}"
            self.read(0.1)
        self.shown = self.shown.partition(text)[2]

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def echoes(self) -> bool:
        """Whether what is typed is shown."""
        modes: int = termios.tcgetattr(self.slave)[3]
        return bool(modes & termios.ECHO)

    def end(self) -> int:
        """Waits for the end; its exit code. Nothing was written to standard output."""
        stdout, _ = self.process.communicate(timeout=LIMIT)
        while self.read(0):
            pass
        assert stdout == b""
        assert "\x1b" not in self.shown
        return self.process.returncode

    def close(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=LIMIT)
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture(params=[binary, console_script])
def environment(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    find: Callable[[], str] = request.param
    return {"BL": find(), "HOME": str(tmp_path), "PATH": os.environ["PATH"], "TERM": "xterm"}


@pytest.fixture
def emulator(environment: dict[str, str]) -> Iterator[Emulator]:
    emulator = Emulator([environment["BL"], "emulator", "--json"], environment)
    environment["BL_API_URL"] = emulator.ready["api_url"]
    emulator.ask("settings", {"interval_s": 0})
    yield emulator
    emulator.end()


@pytest.fixture
def terminal(environment: dict[str, str]) -> Iterator[Callable[..., Terminal]]:
    """Starts `bl` on a terminal."""
    terminals: list[Terminal] = []

    def start(*arguments: str) -> Terminal:
        terminals.append(Terminal([environment["BL"], *arguments], environment))
        return terminals[-1]

    yield start
    for each in terminals:
        each.close()


def bl(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """`bl` without a terminal."""
    return subprocess.run(
        [environment["BL"], *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )


@pytest.mark.parametrize("answer", ["\r", "1\r", " 1 \r"])
def test_the_question_is_answered_with_the_browser_by_default(
    environment: dict[str, str], emulator: Emulator, terminal: Callable[..., Terminal], answer: str
) -> None:
    login = terminal("login", "acme")
    login.expect("How do you want to log in?")
    login.expect(QUESTION)
    login.type(answer)
    code = emulator.approve()
    page = f"{emulator.ready['console_url']}/device"
    login.expect(f"{page}?code={code}")
    login.expect(page)
    login.expect(code)
    login.expect("Never enter a code that somebody sent you.")
    login.expect("logged in to workspace acme")
    assert login.end() == 0
    token = bl(environment, "token", "acme")
    assert (token.returncode, token.stdout.count(".")) == (0, 2)
    again = terminal("login", "acme")
    again.expect("already logged in to workspace acme")
    assert again.end() == 0


def test_a_key_is_asked_for_and_never_shown(
    environment: dict[str, str], emulator: Emulator, terminal: Callable[..., Terminal]
) -> None:
    key = emulator.ready["api_key"]
    shown = ""
    for arguments in [("login", "acme"), ("login", "acme", "--api-key", "-")]:
        login = terminal(*arguments)
        if len(arguments) == 2:
            login.expect(QUESTION)
            login.type("2\r")
        login.expect(KEY_PROMPT)
        assert not login.echoes()
        login.type(f"{key}\r")
        shown += login.shown
        login.expect("logged in to workspace acme")
        assert login.end() == 0
        assert login.echoes()
        shown += login.shown
        command_line = bl(environment, "token").stdout
        assert command_line == f"{key}\n"
        assert bl(environment, "logout").returncode == 0
    assert key not in shown


def test_a_key_is_in_no_argument_while_it_is_asked_for(
    emulator: Emulator, terminal: Callable[..., Terminal]
) -> None:
    login = terminal("login", "acme", "--api-key", "-")
    login.expect(KEY_PROMPT)
    login.type(emulator.ready["api_key"])
    arguments = Path(f"/proc/{login.process.pid}/cmdline").read_text().split("\0")
    assert arguments[-5:] == ["login", "acme", "--api-key", "-", ""]
    login.type("\r")
    assert login.end() == 0


def test_an_answer_that_is_none_is_asked_for_again_three_times(
    emulator: Emulator, terminal: Callable[..., Terminal]
) -> None:
    login = terminal("login", "acme")
    for answer in ["3\r", "browser\r", "CANARY\r"]:
        login.expect(QUESTION)
        login.type(answer)
    login.expect("bl: nothing was chosen")
    assert login.end() == 2
    assert emulator.ask("requests")["requests"] == []


def test_the_end_of_the_input_is_no_answer(emulator: Emulator, terminal: Callable[..., Terminal]) -> None:
    login = terminal("login", "acme")
    login.expect(QUESTION)
    login.type("\x04")
    login.expect("run `bl login acme --device`")
    assert login.end() == 3
    login = terminal("login", "acme", "--api-key", "-")
    login.expect(KEY_PROMPT)
    login.type("\x04")
    login.expect("nothing was entered")
    assert login.end() == 2
    assert login.echoes()


@pytest.mark.parametrize("how", ["key", "signal"])
@pytest.mark.parametrize("where", [QUESTION, KEY_PROMPT, "Ctrl-C gives up."])
def test_ctrl_c_ends_every_wait_and_leaves_the_terminal_as_it_was(
    environment: dict[str, str],
    emulator: Emulator,
    terminal: Callable[..., Terminal],
    where: str,
    how: str,
) -> None:
    method = {QUESTION: [], KEY_PROMPT: ["--api-key", "-"]}.get(where, ["--device"])
    longest = 0.0
    for _ in range(3):
        login = terminal("login", "acme", *method)
        login.expect(where)
        if where == KEY_PROMPT:
            login.type("CANARY")
        begun = time.monotonic()
        if how == "key":
            login.type("\x03")
        else:
            login.process.send_signal(signal.SIGINT)
        assert login.end() == 130
        longest = max(longest, time.monotonic() - begun)
        assert login.shown.endswith("\nbl: interrupted\r\n")
        assert "CANARY" not in login.shown
        assert login.echoes()
    print(f"longest of 3 from Ctrl-C to the end of the process: {longest:.3f} s")
    assert longest < 1.5
    assert bl(environment, "status").returncode == 3


@pytest.fixture
def approved(emulator: Emulator, terminal: Callable[..., Terminal]) -> Terminal:
    """A login without a workspace to an account that has two, approved: the question which one is asked."""
    emulator.ask("client_credentials", {"workspace": "globex"})
    login = terminal("login", "--device")
    emulator.approve()
    login.expect("This account has several workspaces:\r\n  1  acme\r\n  2  globex\r\n")
    login.expect(WHICH)
    return login


@pytest.mark.parametrize("answer", ["2\r", " globex \r", "3\rglobex\r"])
def test_among_several_workspaces_the_person_chooses(
    environment: dict[str, str], approved: Terminal, answer: str
) -> None:
    approved.type(answer)
    approved.expect("logged in to workspace globex")
    assert approved.end() == 0
    assert bl(environment, "workspaces").stdout == "* globex\n"
    assert bl(environment, "token").returncode == 0


@pytest.mark.parametrize(
    ("answer", "code", "told"),
    [
        ("\x03", 130, "bl: interrupted; nothing was stored, although the login was approved"),
        ("\x04", 2, "several workspaces (acme, globex); log in to one of them by its name"),
        ("\rinitech\r0\r", 2, "several workspaces (acme, globex); log in to one of them by its name"),
    ],
)
def test_without_a_choice_nothing_is_stored_and_that_is_said(
    environment: dict[str, str], approved: Terminal, answer: str, code: int, told: str
) -> None:
    approved.type(answer)
    approved.expect(told)
    assert approved.end() == code
    assert bl(environment, "workspaces").stdout == ""
    assert bl(environment, "status").returncode == 3


def test_a_shell_goes_on_after_ctrl_c_and_sees_nothing_of_the_secret(
    environment: dict[str, str], emulator: Emulator
) -> None:
    shell = Terminal(["/bin/sh", "-i"], environment | {"PS1": "$ "})
    try:
        shell.expect("$ ")
        shell.type('"$BL" login acme --api-key -\r')
        shell.expect(KEY_PROMPT)
        shell.type("CANARY\x03")
        shell.expect("bl: interrupted")
        shell.expect("$ ")
        shell.type("echo code $? >&2\r")
        shell.expect("code 130")
        assert "CANARY" not in shell.shown
    finally:
        shell.close()
    assert emulator.ask("requests")["requests"] == []


def test_where_nobody_can_be_asked_the_command_to_run_is_told(
    environment: dict[str, str], emulator: Emulator
) -> None:
    refused = bl(environment, "login", "acme")
    assert (refused.returncode, refused.stdout) == (3, "")
    assert "`bl login acme --device`" in refused.stderr
    assert emulator.ask("requests")["requests"] == []
