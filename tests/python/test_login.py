"""Logins without a display: started, polled, waited for, ended, and found again."""

from __future__ import annotations

import gc
import json
import pickle
import threading
import time

import pytest
import requests

import beamlit_auth
from beamlit_auth import ApiKey, DeviceLogin, InvalidArgument, Login, Session, _native
from emulator import Emulator
from script import LIMIT
from stored import expire


@pytest.fixture(autouse=True)
def quick(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    emulator.configure(interval_s=0)
    monkeypatch.setenv("BL_API_URL", emulator.api_url)


def served(emulator: Emulator, session: Session) -> bool:
    return requests.get(emulator.models, auth=session).status_code == 200


def test_a_login_has_what_is_to_be_shown(emulator: Emulator) -> None:
    emulator.configure(interval_s=3)
    pending = beamlit_auth.start_login("acme")
    assert pending.url == pending.verification_uri_complete
    assert pending.url.startswith(emulator.console_url)
    assert pending.user_code in pending.url
    assert pending.verification_uri.startswith(emulator.console_url)
    assert 500 < pending.expires_at - time.time() <= 600
    assert pending.interval == 3.0
    assert isinstance(pending.expires_at, float)


def test_without_a_link_for_the_code_the_plain_one_is_given(emulator: Emulator) -> None:
    emulator.configure(device_omit=["verification_uri_complete"])
    pending = beamlit_auth.start_login()
    assert (pending.url, pending.verification_uri_complete) == (pending.verification_uri, "")


def test_whoever_named_none_of_several_workspaces_is_told_to(emulator: Emulator) -> None:
    emulator.add_workspace("globex")
    pending = beamlit_auth.start_login()
    emulator.approve(pending.user_code)
    with pytest.raises(InvalidArgument, match=r"\(acme, globex\); log in to one of them by its name"):
        pending.wait()
    assert beamlit_auth.workspaces() == []


def test_an_approved_login_is_a_session_here_and_in_every_later_program(emulator: Emulator) -> None:
    pending = beamlit_auth.start_login("acme")
    emulator.approve(pending.user_code)
    session = pending.wait()
    assert pending.wait() is session
    assert pending.poll() is session
    assert served(emulator, session)
    assert served(emulator, Session())
    assert served(emulator, Session("acme"))
    assert beamlit_auth.workspaces() == ["acme"]
    assert emulator.token_requests() <= emulator.counters()["token_requests"]["all"]
    assert emulator.refreshes() == 0
    assert repr(session).startswith("<Session beamlit workspace='acme' credential=device_code expires in 1")


def test_polls_come_at_any_rate_and_requests_at_the_servers(emulator: Emulator) -> None:
    emulator.configure(interval_s=1)
    pending = beamlit_auth.start_login("acme")
    for _ in range(100):
        assert pending.poll() is None
    assert emulator.token_requests() == 0
    emulator.approve(pending.user_code)
    polls, end = 0, time.monotonic() + LIMIT
    while (session := pending.poll()) is None:
        polls += 1
        assert time.monotonic() < end
    assert polls > 1
    assert emulator.token_requests() == 1
    assert session.workspace == "acme"


def test_a_wait_that_runs_out_does_not_end_the_login(emulator: Emulator) -> None:
    pending = beamlit_auth.start_login("acme")
    with pytest.raises(beamlit_auth.DeadlineExceeded):
        pending.wait(0.2)
    with pytest.raises(TimeoutError):
        pending.wait(timeout=0)
    emulator.approve(pending.user_code)
    assert pending.wait(LIMIT).workspace == "acme"


def test_a_denied_login_says_so(emulator: Emulator) -> None:
    pending = beamlit_auth.start_login("acme")
    emulator.deny(pending.user_code)
    for call in (pending.wait, pending.poll):
        with pytest.raises(beamlit_auth.AccessDenied) as raised:
            call()
        assert raised.value.exit_code == 6
    assert beamlit_auth.workspaces() == []


def test_a_code_that_ran_out_says_so(emulator: Emulator) -> None:
    emulator.configure(device_code_lifetime_s=1)
    with pytest.raises(beamlit_auth.LoginExpired):
        beamlit_auth.start_login("acme").wait()


def test_a_cancelled_login_is_over_whatever_is_approved(emulator: Emulator) -> None:
    pending = beamlit_auth.start_login("acme")
    pending.cancel()
    emulator.approve(pending.user_code)
    with pytest.raises(beamlit_auth.Closed):
        pending.wait()
    with pytest.raises(beamlit_auth.Closed):
        pending.poll()
    assert beamlit_auth.workspaces() == []


@pytest.mark.parametrize("call", ["wait", "poll"])
def test_who_waits_hears_that_the_login_is_cancelled(emulator: Emulator, call: str) -> None:
    emulator.fault("/oauth/token", hang=True)
    pending = beamlit_auth.start_login("acme")
    raised: list[BaseException] = []

    def wait() -> None:
        try:
            getattr(pending, call)()
        except beamlit_auth.BeamlitError as error:
            raised.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    # Nobody else could have sent it, so it is in its wait.
    end = time.monotonic() + LIMIT
    while emulator.token_requests() == 0:
        assert time.monotonic() < end
    pending.cancel()
    waiting.join(LIMIT)
    assert [type(error) for error in raised] == [beamlit_auth.Cancelled]
    with pytest.raises(beamlit_auth.Closed):
        getattr(pending, call)()


def test_a_login_that_nobody_holds_any_more_is_given_up(emulator: Emulator) -> None:
    emulator.fault("/oauth/token", delay_s=1, after=True)
    pending = beamlit_auth.start_login("acme")
    emulator.approve(pending.user_code)
    with pytest.raises(beamlit_auth.DeadlineExceeded):
        pending.wait(0.5)
    del pending
    gc.collect()
    end = time.monotonic() + LIMIT
    while not any(request.status == 200 for request in emulator.received("/oauth/token")):
        assert time.monotonic() < end
    assert _native.shutdown(LIMIT)
    assert beamlit_auth.workspaces() == []


def test_a_key_that_is_found_good_too_late_is_not_stored(emulator: Emulator) -> None:
    emulator.fault("/workspaces", delay_s=1)
    with pytest.raises(beamlit_auth.DeadlineExceeded):
        beamlit_auth.start_login("acme", credential=emulator.key(), timeout=0.3)
    assert _native.shutdown(LIMIT)
    assert emulator.received("/workspaces/acme")[-1].status == 200
    assert beamlit_auth.workspaces() == []


def test_a_poll_waits_no_longer_than_the_setting(emulator: Emulator) -> None:
    emulator.fault("/oauth/token", hang=True)
    pending = beamlit_auth.start_login("acme", timeout=0.3)
    started = time.perf_counter()
    assert pending.poll() is None
    assert 0.3 <= time.perf_counter() - started < 3


@pytest.mark.parametrize("kind", ["key", "client"])
def test_a_key_is_verified_and_stored_without_a_person(emulator: Emulator, kind: str) -> None:
    credential = getattr(emulator, kind)()
    session = beamlit_auth.login("acme", credential=credential)
    assert served(emulator, session)
    assert served(emulator, Session())
    pending = beamlit_auth.login("acme", credential=credential, wait=False)
    assert (pending.url, pending.user_code, pending.interval) == ("", "", 0.0)
    assert served(emulator, pending.wait())
    assert repr(pending) == "<Login done>"


def test_a_wrong_key_is_not_stored(emulator: Emulator) -> None:
    with pytest.raises(beamlit_auth.BeamlitError) as raised:
        beamlit_auth.login("acme", credential=ApiKey("BL_CANARY"))
    assert "CANARY" not in str(raised.value)
    assert beamlit_auth.workspaces() == []


def test_login_gives_the_stored_session_without_a_request(emulator: Emulator) -> None:
    emulator.log_in()
    before = len(emulator.received())
    session = beamlit_auth.login("acme")
    assert session.workspace == "acme"
    assert beamlit_auth.login().workspace == "acme"
    assert beamlit_auth.login(credential=DeviceLogin()).workspace == "acme"
    pending = beamlit_auth.login("acme", wait=False)
    assert pending.poll() is pending.wait()
    assert pending.url == ""
    assert len(emulator.received()) == before
    assert served(emulator, session)


def test_an_expired_login_is_renewed_before_it_is_given(emulator: Emulator) -> None:
    emulator.log_in()
    expire()
    assert served(emulator, beamlit_auth.login("acme"))
    assert emulator.refreshes() == 1


def test_a_login_that_is_of_no_use_is_not_given(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "1")
    for force in (False, True):
        with pytest.raises(beamlit_auth.LoginRequired) as raised:
            beamlit_auth.login("acme", force=force)
        assert raised.value.reason == "not_interactive"
        emulator.log_in()
    assert beamlit_auth.login("acme").logout() == (False, True)
    with pytest.raises(beamlit_auth.LoginRequired, match="bl login acme"):
        beamlit_auth.login("acme")


def test_a_server_that_cannot_be_reached_is_told_and_no_login_is_begun(emulator: Emulator) -> None:
    emulator.log_in()
    expire()
    emulator.fault("/oauth/token", status=503)
    with pytest.raises(beamlit_auth.ServerUnavailable):
        beamlit_auth.login("acme")
    assert not emulator.pending()


def test_a_logout_ends_the_login_and_says_how(emulator: Emulator) -> None:
    session = emulator.log_in()
    done = session.logout(timeout=LIMIT)
    assert isinstance(done, beamlit_auth.Logout)
    # The platform has no revocation endpoint.
    assert (done.revoked, done.deleted) == (False, True)
    for call in (session.token, lambda: Session("acme")):
        with pytest.raises(beamlit_auth.LoginRequired) as raised:
            call()
        assert raised.value.reason == "logged_out"
    assert beamlit_auth.workspaces() == []


def test_an_issuer_revokes_the_refresh_token(emulator: Emulator) -> None:
    emulator.configure(revocation=True)
    session = emulator.log_in(platform=emulator.api_url, credential=DeviceLogin(client_id="cli"))
    assert session.logout() == (True, True)


def test_a_credential_of_the_callers_is_no_login(emulator: Emulator) -> None:
    with pytest.raises(beamlit_auth.InvalidArgument, match="no stored login"):
        emulator.session().logout()


def test_a_session_of_a_login_is_pickled_as_its_name(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = emulator.log_in()
    found = beamlit_auth.login("acme", credential=DeviceLogin())
    monkeypatch.setenv("BL_API_KEY", "EMULATOR-other")
    for one in (session, found):
        pickled = pickle.dumps(one)
        assert session.token().reveal().encode() not in pickled
        again = pickle.loads(pickled)
        assert again.workspace == "acme"
        assert again.token().reveal() == session.token().reveal()
    stored = beamlit_auth.start_login("acme", credential=emulator.key()).wait()
    pickled = pickle.dumps(stored)
    assert emulator.own_key.encode() not in pickled
    assert pickle.loads(pickled).token().reveal() == emulator.own_key


def test_a_login_itself_is_not_pickled(emulator: Emulator) -> None:
    with pytest.raises(TypeError):
        pickle.dumps(beamlit_auth.start_login("acme"))
    with pytest.raises(TypeError):
        Login()


def test_a_folder_of_ones_own_is_a_store(emulator: Emulator, tmp_path: object) -> None:
    store = f"file:{tmp_path}/own"
    emulator.log_in(store=store)
    assert served(emulator, Session("acme", store=store))
    with pytest.raises(beamlit_auth.LoginRequired):
        Session("acme")
    with pytest.raises(beamlit_auth.InvalidConfig, match="store"):
        Session("acme", store="nonsense")


def test_a_scope_that_the_login_lacks_wants_another_login(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator.log_in(credential=DeviceLogin(scope="models:read"))
    assert Session("acme", credential=DeviceLogin(scope="models:read")).workspace == "acme"
    wider = DeviceLogin(scope="models:read models:write")
    with pytest.raises(beamlit_auth.LoginRequired, match="the scope models:write;") as raised:
        Session("acme", credential=wider)
    assert raised.value.reason == "insufficient_scope"
    # login() does not take what is there for what is asked for.
    monkeypatch.setenv("CI", "1")
    with pytest.raises(beamlit_auth.LoginRequired) as raised:
        beamlit_auth.login("acme", credential=wider)
    assert raised.value.reason == "not_interactive"
    emulator.log_in(credential=wider)
    assert beamlit_auth.login("acme", credential=wider).workspace == "acme"


def test_another_rotation_than_the_logins_is_no_setting(emulator: Emulator) -> None:
    emulator.log_in()
    for call in (Session, beamlit_auth.login):
        with pytest.raises(beamlit_auth.InvalidConfig, match="rotation is strict"):
            call("acme", rotation="strict")
    pending = beamlit_auth.start_login("acme", rotation="strict")
    emulator.approve(pending.user_code)
    assert pending.wait(LIMIT).workspace == "acme"
    assert Session("acme", rotation="strict").workspace == "acme"


def test_a_stored_key_has_no_identity(emulator: Emulator) -> None:
    beamlit_auth.login("acme", credential=emulator.key())
    picked = json.loads(beamlit_auth.explain("acme").json())["picked"]
    assert (picked["credential"], picked["identity"]) == ("api_key", None)


@pytest.mark.parametrize("rotation", ["strict", "grace:30", "none"])
def test_rotation_is_a_setting(emulator: Emulator, rotation: str) -> None:
    emulator.log_in(rotation=rotation)
    expire()
    assert Session("acme", rotation=rotation).token().generation == 2
    with pytest.raises(beamlit_auth.InvalidConfig, match="rotation"):
        Session("acme", rotation="sometimes")
