"""A fleet: programs of several faces that have one Redis server in common, and the emulator that they ask."""

from __future__ import annotations

import json
import secrets
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from faces import LIMIT, Programs
from server import Redis
from stage import Stage

LONG = 25_000
"""Milliseconds after which the answer of a renewal cannot come any more."""


class Fleet(Stage):
    """A stage whose logins and tokens lie in Redis."""

    def __init__(self, programs: Programs, home: Path, redis: Redis, rotation: str, query: str = "") -> None:
        super().__init__(programs, home, rotation)
        self.redis = redis
        self.environment["BL_STORE"] = redis.url + query

    def serve(self, life: int) -> None:
        """The programs are of one service account, whose tokens last for `life` seconds."""
        self.environment["BL_CLIENT_CREDENTIALS"] = f"{self.emulator.client_id}:{self.emulator.client_secret}"
        self.emulator.configure(token_lifetime_s=life)

    def requests(self) -> int:
        """How often a token was asked for with client credentials."""
        return int(self.emulator.counters()["token_requests"].get("client_credentials", 0))

    def bl(self, *words: str) -> subprocess.CompletedProcess[str]:
        """What the command prints, whatever it ends with."""
        command = [str(self.programs.bl), *words, "--workspace", "acme"]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=LIMIT, check=False
        )

    def _entry(self) -> tuple[str, dict[str, Any]]:
        for key in self.redis("KEYS", "beamlit-auth:*"):
            if "lock:" not in key and (record := json.loads(self.redis("HGET", key, "data")))["access_token"]:
                return key, record
        raise AssertionError("nobody is logged in")

    def record(self) -> dict[str, Any]:
        return self._entry()[1]

    def long_ago(self) -> None:
        """What a killed process sent was sent so long ago that nobody waits for it, nor for its lock."""
        for key in self.redis("KEYS", "beamlit-auth:lock:*"):
            self.redis("DEL", key)
        self._change(lambda record: record["claim"].update(sent_at_ms=record["claim"]["sent_at_ms"] - LONG))

    def _change(self, change: Callable[[dict[str, Any]], None]) -> None:
        key, record = self._entry()
        change(record)
        self.redis("HSET", key, "version", secrets.token_hex(16), "data", json.dumps(record))
