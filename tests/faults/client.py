"""The client of the fault tests in Python, as those in C and Rust beside it.

It does what its arguments say and ends, or without arguments what each line of its input says. A line answers
each, with tabs between its parts: `ok` and the token, or the error's kind, reason and message.

    token [MILLISECONDS]         asks a new session, with that time limit
    keep                         asks the same session as the time before
    refused                      the same, after a server has answered 401 to its token
    herd COUNT shared|own|kept   so many threads ask at once: a new session, one each, or (not C) the kept one
    login [ROTATION]             says `code` and the code, and waits for the person
    logout

The login is that of the workspace acme, or the one that TEST_WORKSPACE names, as the platform's client, or
the one that TEST_CLIENT_ID names. With TEST_BACKGROUND_REFRESH sessions have that.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import Any

import beamlit_auth

WORKSPACE = os.environ.get("TEST_WORKSPACE", "acme")
KEPT: list[beamlit_auth.Session] = []


def settings() -> dict[str, Any]:
    client_id = os.environ.get("TEST_CLIENT_ID")
    named = {"credential": beamlit_auth.DeviceLogin(client_id=client_id)} if client_id else {}
    return {"background_refresh": "TEST_BACKGROUND_REFRESH" in os.environ, **named}


def session() -> beamlit_auth.Session:
    return beamlit_auth.Session(WORKSPACE, **settings())


def answer(*parts: str) -> None:
    print(*parts, sep="\t", flush=True)


def token(milliseconds: str = "") -> str:
    limits = {"timeout": int(milliseconds) / 1000} if milliseconds else {}
    return session().token(**limits).reveal()


def kept() -> beamlit_auth.Session:
    if not KEPT:
        KEPT.append(session())
    return KEPT[0]


def keep() -> str:
    return kept().token().reveal()


def refused() -> str:
    keep()
    KEPT[0].invalidate(KEPT[0].token())
    return keep()


def herd(count: str, sessions: str) -> str:
    start, shared = threading.Barrier(int(count)), kept() if sessions == "kept" else session()
    given: list[str | beamlit_auth.BeamlitError] = []

    def member(own: beamlit_auth.Session) -> None:
        start.wait()
        try:
            given.append(own.token().reveal())
        except beamlit_auth.BeamlitError as error:
            given.append(error)

    members = [session() if sessions == "own" else shared for _ in range(int(count))]
    threads = [threading.Thread(target=member, args=(own,)) for own in members]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for error in given:
        if isinstance(error, beamlit_auth.BeamlitError):
            raise error
    tokens = {token for token in given if isinstance(token, str)}
    return tokens.pop() if len(tokens) == 1 and len(given) == int(count) else "different tokens"


def login(rotation: str = "") -> str:
    pending = beamlit_auth.start_login(WORKSPACE, rotation=rotation or None, **settings())
    answer("code", pending.user_code)
    return pending.wait().token().reveal()


def logout() -> str:
    session().logout()
    return ""


COMMANDS = {"token": token, "keep": keep, "refused": refused, "herd": herd, "login": login, "logout": logout}


def act(command: str, *words: str) -> None:
    try:
        answer("ok", COMMANDS[command](*words))
    except beamlit_auth.BeamlitError as error:
        answer(error.kind, error.reason or "", str(error))
    except KeyboardInterrupt:
        answer("cancelled", "", "KeyboardInterrupt")


if len(sys.argv) > 1:
    act(*sys.argv[1:])
else:
    for line in sys.stdin:
        act(*line.split())
