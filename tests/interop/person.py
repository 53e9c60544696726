"""A person with one home folder, the programs that log in there, and what each of them says."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

API = "https://api.example.com"
CLIENT = "cli-device"
HERE = Path(__file__).parent
LIMIT_S = 60


@dataclass
class Said:
    """What a program said of a login: the error's kind and reason, or "ok" and what it was served."""

    kind: str
    reason: str = ""
    message: str = ""
    # A digest: no output of a test holds a token.
    token: str = ""
    expires_at_s: int = 0
    # Of a logout: whether it revoked, and whether it deleted.
    ended: tuple[bool, bool] | None = None


class Running:
    """A program that has been started; its output is read to the end in any case."""

    def __init__(self, person: Person, face: str, *words: str) -> None:
        self.face = face
        command = person.bl(*words) if face == "bl" else [*person.programs[face], *words]
        self.process = subprocess.Popen(
            command, env=person.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def codes(self) -> tuple[str, str]:
        """The link to open, and the code that has to be there."""
        assert self.process.stdout
        if self.face == "bl":
            event = json.loads(self.process.stdout.readline())
            return event["verification_uri_complete"], event["user_code"]
        lines = (self.process.stdout.readline().strip().split("=", 1) for _ in range(2))
        said = dict(lines)
        return said["url"], said["user_code"]

    def said(self) -> Said:
        out, err = self.process.communicate(timeout=LIMIT_S)
        assert "CANARY" not in out + err
        if self.face == "bl":
            return bl_said(self.process.returncode, out, err)
        assert self.process.returncode == 0, (self.face, self.process.args, err)
        said = dict(line.split("=", 1) for line in out.splitlines())
        ended = (said["revoked"] == "1", said["deleted"] == "1") if "revoked" in said else None
        token = digest(said.get("token", ""))
        expires_at_s = int(said.get("expires_at_s", 0))
        return Said(said["kind"], said.get("reason", ""), said.get("message", ""), token, expires_at_s, ended)


def bl_said(status: int, out: str, err: str) -> Said:
    """What `bl --json` said."""
    if status != 0:
        error = json.loads(err.splitlines()[-1])
        return Said(error["kind"], error["reason"] or "", error["message"])
    said: dict[str, Any] = json.loads(out.splitlines()[-1])
    ended = (said["revoked"], said["deleted"]) if "revoked" in said else None
    token = digest(said.get("access_token", ""))
    return Said("ok", "", "", token, said.get("expires_at") or 0, ended)


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()[:16] if token else ""


@dataclass
class Person:
    """Who has this home folder, and uses that server."""

    home: Path
    issuer: str
    # By the face that each speaks through.
    programs: dict[str, list[str]]

    def environment(self) -> dict[str, str]:
        settings = {"ISSUER": self.issuer, "CLIENT_ID": CLIENT, "ORIGIN": API, "URL": f"{API}/v0/models"}
        return {"PATH": os.environ["PATH"], "HOME": str(self.home), **settings}

    def bl(self, *words: str) -> list[str]:
        command = "token" if words[0] == "headers" else words[0]
        more = ["--device", "--no-open"] if command == "login" else []
        settings = ["--issuer", self.issuer, "--client-id", CLIENT]
        return [*self.programs["bl"], command, "--json", *settings, *more]

    def start(self, face: str, *words: str) -> Running:
        return Running(self, face, *words)

    def ask(self, face: str, *words: str) -> Said:
        """Runs a program to its end; `headers`, `outlive EXPIRIES` or `logout`."""
        return self.start(face, *words).said()

    def log_in(self, face: str) -> Said:
        """A device login, approved in Chromium."""
        running = self.start(face, "login")
        link, code = running.codes()
        approve(link, code)
        return running.said()

    def record(self) -> dict[str, Any]:
        """The record of the login, as it lies on the disk."""
        return json.loads(self._file().read_text())

    def let_expire(self) -> None:
        """The token of the login is over, as far as this home folder can tell."""
        record = self.record()
        record["issued_at_ms"] = int(time.time() * 1000) - record["lifetime_ms"]
        self._file().write_text(json.dumps(record))

    def _file(self) -> Path:
        """The highest of the numbered files of the login."""
        files = [path for path in (self.home / ".local/state").rglob("*") if path.name.isdecimal()]
        folders = {path.parent for path in files}
        highest = [max(folder.glob("[0-9]*"), key=lambda path: int(path.name)) for folder in folders]
        [file] = [file for file in highest if json.loads(file.read_text())["kind"] == "device_code"]
        return file


def approve(link: str, code: str) -> None:
    """What the person does in the browser."""
    command = ["node", HERE / "oidc-provider/approve.mjs", link, code]
    ran = subprocess.run(command, check=False, capture_output=True, text=True, timeout=LIMIT_S)
    assert ran.returncode == 0, ran.stderr


def wait_for_the_end_of(said: Said) -> None:
    """Waits until a token is over; its second is over only with the next."""
    give_up = time.monotonic() + LIMIT_S
    while time.time() < said.expires_at_s + 1:
        assert time.monotonic() < give_up
        time.sleep(0.02)
