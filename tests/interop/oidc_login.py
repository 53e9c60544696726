"""Logs in, uses a stored login and ends it through the Python package, as oidc_login.rs says."""

from __future__ import annotations

import os
import sys
import time
from typing import Any

import beamlit_auth

LIMIT_S = 40


def settings() -> dict[str, Any]:
    client = beamlit_auth.DeviceLogin(client_id=os.environ["CLIENT_ID"])
    return {"credential": client, "platform": os.environ["ISSUER"], "origins": [os.environ["ORIGIN"]]}


def tell(**members: object) -> None:
    for name, value in members.items():
        print(f"{name}={value}", flush=True)


def log_in() -> None:
    pending = beamlit_auth.start_login(**settings())
    tell(user_code=pending.user_code, url=pending.url)
    tell_headers(pending.wait())


def tell_headers(session: beamlit_auth.Session) -> None:
    headers = session.headers(os.environ["URL"])
    value = headers["Authorization"]
    tell(kind="ok", generation=headers.generation, token=value.removeprefix("Bearer "))
    tell(expires_at_s=int(session.token().expires_at or 0))


def outlive(expiries: int) -> None:
    session = beamlit_auth.Session(**settings())
    for _ in range(expiries):
        token = session.token()
        give_up = time.monotonic() + LIMIT_S
        while time.time() <= (token.expires_at or 0):
            assert time.monotonic() < give_up
            time.sleep(0.02)
        assert session.headers(os.environ["URL"]).generation == token.generation + 1
    tell_headers(session)


def log_out() -> None:
    session = beamlit_auth.Session(**settings())
    ended = session.logout()
    tell(revoked=int(ended.revoked), deleted=int(ended.deleted))
    tell_headers(session)


def main() -> None:
    try:
        match sys.argv[1:]:
            case ["login"]:
                log_in()
            case ["headers"]:
                tell_headers(beamlit_auth.Session(**settings()))
            case ["outlive", expiries]:
                outlive(int(expiries))
            case ["logout"]:
                log_out()
    except beamlit_auth.BeamlitError as error:
        tell(kind=error.kind, reason=error.reason or "", message=error)


if __name__ == "__main__":
    main()
