"""The platform's SDKs for Python, unmodified, on one login with ours: nobody logs anybody out."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest

from home import LIMIT, WORKSPACE, Home

HomeOf = Callable[[str], Home]
PLATFORMS = ["blaxel", "beamlit"]
HEADERS = {
    "blaxel": ("x-blaxel-authorization", "x-blaxel-workspace"),
    "beamlit": ("x-beamlit-authorization", "x-beamlit-workspace"),
}
CREDENTIAL = {"blaxel": "DeviceMode", "beamlit": "BearerToken"}
# The SDKs renew a token that has less than ten minutes to live.
SHORT, LONG = 60, 7200
ROUNDS = 3

# As their own tools write it, with what people put into it beside.
FOREIGN = """\
# kept by hand
context:
    workspace: globex
workspaces:
    # the big one
    - name: globex
      credentials:
        access_token: eyJ.CANARY.theirs
        refresh_token: rt_CANARY_theirs   # of March
        expires_in: 7200
        device_code: dc_CANARY_theirs
"""


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("face", ["bl", "python"])
def test_our_login_is_theirs(home_of: HomeOf, platform: str, face: str) -> None:
    home = home_of(platform)
    home.log_in(face)
    said = home.sdk()
    assert said == {"credential": CREDENTIAL[platform], "workspace": WORKSPACE, "models": ["small", "large"]}
    authorization, workspace = HEADERS[platform]
    call = home.last_call()
    # The very token that our login got, in the header of theirs.
    assert (call[authorization], call[workspace]) == (f"Bearer {home.token()}", WORKSPACE)
    assert home.emulator.refreshes() == 0


@pytest.mark.parametrize("platform", PLATFORMS)
def test_they_renew_we_renew_and_nobody_is_logged_out(home_of: HomeOf, platform: str) -> None:
    home = home_of(platform)
    home.emulator.configure(token_lifetime_s=SHORT)
    home.log_in()
    authorization, _ = HEADERS[platform]
    tokens = {home.token()}
    for number in range(ROUNDS):
        assert home.sdk()["models"]
        assert home.emulator.refreshes() == 2 * number + 1
        theirs = home.last_call()[authorization].removeprefix("Bearer ")
        home.expire()
        ours = home.token()
        assert home.emulator.refreshes() == 2 * number + 2
        tokens |= {theirs, ours}
    assert len(tokens) == 2 * ROUNDS + 1
    assert home.emulator.counters()["reuse_events"] == 0
    status = home.status()
    assert status["ok"], status
    assert status["mirror"].endswith("holds the same login")


# The SDK of the old name writes its file in place, and two of them read each other's empty ones.
@pytest.mark.parametrize(("platform", "sdks"), [("blaxel", 2), ("beamlit", 1)])
def test_a_crowd_of_both_renews_one_login(home_of: HomeOf, platform: str, sdks: int) -> None:
    home = home_of(platform)
    home.emulator.configure(token_lifetime_s=SHORT)
    home.log_in()
    for number in range(1, ROUNDS + 1):
        home.expire()
        theirs = [home.start_sdk() for _ in range(sdks)]
        ours = [home.start(home.bl, "token") for _ in range(4)]
        for program in theirs + ours:
            printed, told = program.communicate(timeout=LIMIT)
            assert program.returncode == 0, told
            assert printed
        # Each of theirs renews for itself, all of ours once.
        assert home.emulator.refreshes() == number * (sdks + 1)
    assert home.emulator.counters()["reuse_events"] == 0
    assert home.status()["ok"]
    assert home.sdk()["models"]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_what_is_not_ours_stays_in_the_file(home_of: HomeOf, platform: str) -> None:
    home = home_of(platform)
    home.emulator.configure(token_lifetime_s=SHORT)
    home.file.parent.mkdir()
    home.file.write_text(FOREIGN)
    home.log_in()
    written = home.file.read_text()
    # A login on this machine takes the current workspace from nobody.
    assert written.startswith(FOREIGN)
    if platform == "blaxel":
        assert home.sdk(BL_WORKSPACE=WORKSPACE)["models"]
    else:
        assert [entry["name"] for entry in home.sdk_file()["workspaces"]] == ["globex", WORKSPACE]
    home.expire()
    assert home.token(BL_WORKSPACE=WORKSPACE)
    assert home.file.read_text() == written
    home.run(home.bl, "logout", WORKSPACE)
    assert home.file.read_text() == FOREIGN


def test_a_login_that_they_saved_is_ours(home_of: HomeOf) -> None:
    home = home_of("beamlit")
    person = home.emulator.person()
    members = ("access_token", "refresh_token", "expires_in", "device_code")
    home.sdk_saves(**{name: person[name] for name in members})
    # Nobody knows how long their token lives: it is tried by a renewal.
    token = home.token()
    assert token != person["access_token"]
    assert home.emulator.refreshes() == 1
    assert home.status()["mirror"].endswith("holds the same login")
    # What they renew and save afterwards is the same login.
    home.emulator.configure(token_lifetime_s=SHORT)
    home.sdk_saves(**{name: person[name] for name in members} | {"access_token": short_token(home)})
    assert home.sdk()["models"]
    assert home.emulator.refreshes() == 2
    assert home.status()["mirror"].endswith("holds the same login")
    assert home.token() == token


def short_token(home: Home) -> str:
    """An access token that the SDKs take for one to renew."""
    token: str = home.emulator.person()["access_token"]
    return token


def test_a_key_that_they_saved_is_ours(home_of: HomeOf) -> None:
    home = home_of("beamlit")
    home.sdk_saves(apiKey=home.emulator.own_key)
    assert home.token() == home.emulator.own_key
    assert home.sdk()["credential"] == "ApiKeyProvider"


def test_client_credentials_that_they_saved_are_ours(home_of: HomeOf) -> None:
    home = home_of("beamlit")
    pair = f"{home.emulator.client_id}:{home.emulator.client_secret}"
    home.sdk_saves(client_credentials=base64.b64encode(pair.encode()).decode())
    assert home.sdk()["credential"] == "ClientCredentials"
    assert home.token().count(".") == 2
    assert home.emulator.counters()["token_requests"]["client_credentials"] == 2


@pytest.mark.parametrize("kind", ["api-key", "client-credentials"])
def test_our_other_credentials_are_theirs(home_of: HomeOf, kind: str) -> None:
    home = home_of("beamlit")
    given = home.emulator.own_key
    if kind == "client-credentials":
        given = f"{home.emulator.client_id}:{home.emulator.client_secret}"
    home.run(home.bl, "login", WORKSPACE, f"--{kind}", "-", given=given)
    assert home.sdk()["models"] == ["small", "large"]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_after_our_logout_they_are_logged_out_too(home_of: HomeOf, platform: str) -> None:
    home = home_of(platform)
    home.log_in()
    assert home.sdk()["models"]
    home.run(home.bl, "logout", WORKSPACE)
    if platform == "blaxel":
        assert home.sdk() == {"credential": "MissingCredentials", "workspace": None, "models": None}
    else:
        # It dies of lists that are null, and must not of ours.
        assert home.sdk_file()["workspaces"] == []
    assert "EMULATOR" not in home.file.read_text()
    home.run(home.bl, "token", code=3)
