"""`.aio`: the same names, awaited."""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest

import beamlit_auth
from beamlit_auth import Session, aio
from beamlit_auth.testing import LIMIT
from emulator import Emulator
from script import output

CROWD = 200


def run(main: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(main)


def test_each_call_that_waits_is_there_with_the_same_parameters() -> None:
    waiting = {"headers", "token", "token_provider", "renew", "logout"}
    assert public(aio.Session) == waiting
    assert public(aio.Login) == {"poll", "wait"}
    assert set(aio.__all__) == {"Session", "Login", "login", "start_login"}
    for ours, theirs in ((aio.Session, Session), (aio.Login, beamlit_auth.Login)):
        for name in public(ours):
            own = list(inspect.signature(getattr(ours, name)).parameters)
            assert own == list(inspect.signature(getattr(theirs, name)).parameters)


def public(owner: type) -> set[str]:
    return {name for name in vars(owner) if not name.startswith("_")}


def test_what_is_at_hand_is_the_same_object_and_takes_no_thread(emulator: Emulator) -> None:
    session = emulator.session()
    held = session.headers(emulator.models)

    async def main() -> None:
        before = threading.active_count()
        assert await session.aio.headers(emulator.models, method="POST") is held
        assert (await session.aio.token()).generation == held.generation
        assert await session.aio.token_provider(emulator.models)() == session.token().reveal()
        assert threading.active_count() == before

    run(main())


def test_the_first_token_is_awaited(emulator: Emulator) -> None:
    async def main() -> None:
        session = emulator.session()
        assert (await session.aio.headers(emulator.models))["Authorization"].startswith("Bearer ")
        assert (await emulator.session().aio.token(min_valid=60)).token_type == "Bearer"
        assert await emulator.session().aio.token_provider()()
        await emulator.session().aio.renew(timeout=5)

    run(main())
    assert emulator.token_requests() == 4


def test_a_crowd_waits_on_one_thread(emulator: Emulator) -> None:
    session = emulator.session()
    emulator.fault("/oauth/token", delay_s=0.5)

    async def main() -> set[int]:
        before = threading.active_count()
        tasks = [asyncio.create_task(session.aio.headers(emulator.models)) for _ in range(CROWD)]
        await asyncio.sleep(0.2)
        assert threading.active_count() == before + 1
        return {id(headers) for headers in await asyncio.gather(*tasks)}

    assert len(run(main())) == 1
    assert emulator.token_requests() == 1


def test_errors_are_the_same(emulator: Emulator) -> None:
    session = emulator.session()
    emulator.fault("/oauth/token", status=503)

    async def main() -> None:
        with pytest.raises(beamlit_auth.OriginRefused):
            await session.aio.headers("https://elsewhere.example/")
        with pytest.raises(beamlit_auth.InvalidArgument):
            await session.aio.headers("nonsense")
        for timeout in (-1, float("nan")):
            with pytest.raises(beamlit_auth.InvalidArgument):
                await session.aio.headers(emulator.models, timeout=timeout)
        for call in (session.aio.headers(emulator.models), session.aio.token(), session.aio.renew()):
            with pytest.raises(beamlit_auth.ServerUnavailable):
                await call
        with pytest.raises(beamlit_auth.OriginRefused):
            await session.aio.token_provider("https://elsewhere.example/")()
        session.close()
        with pytest.raises(beamlit_auth.Closed):
            await session.aio.headers(emulator.models)

    run(main())
    assert emulator.token_requests() == 1


@pytest.mark.parametrize("timeout", [0, 0.3])
def test_the_time_limit_is_each_callers_own(emulator: Emulator, timeout: float) -> None:
    emulator.fault("/oauth/token", delay_s=2)
    session = emulator.session()

    async def main() -> None:
        patient = asyncio.create_task(session.aio.headers(emulator.models))
        begun = time.monotonic()
        for call in (
            session.aio.headers(emulator.models, timeout=timeout),
            session.aio.token(timeout=timeout),
            session.aio.token(min_valid=60, timeout=timeout),
        ):
            with pytest.raises(beamlit_auth.DeadlineExceeded):
                await call
        assert 3 * timeout <= time.monotonic() - begun < 3 * timeout + 0.5
        assert (await patient)["Authorization"]

    run(main())
    assert emulator.token_requests() == 1


def test_the_sessions_own_time_limit_holds(emulator: Emulator) -> None:
    emulator.fault("/oauth/token", delay_s=5)

    async def main() -> None:
        with pytest.raises(beamlit_auth.DeadlineExceeded):
            await emulator.session(timeout=0.3).aio.headers(emulator.models)

    run(main())


@pytest.mark.parametrize(
    "call",
    [
        lambda session, url: session.aio.headers(url),
        lambda session, url: session.aio.token(min_valid=60),
        lambda session, url: session.aio.renew(),
    ],
)
def test_cancelling_ends_the_wait_alone(
    emulator: Emulator, call: Callable[[Session, str], Awaitable[object]]
) -> None:
    emulator.fault("/oauth/token", delay_s=1)
    session = emulator.session()

    async def main() -> None:
        begun, before = time.monotonic(), threading.active_count()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(call(session, emulator.models), 0.2)
        assert time.monotonic() - begun < 0.7
        # The thread that waited ends soon after.
        while threading.active_count() > before and time.monotonic() - begun < 0.9:
            await asyncio.sleep(0.01)
        assert threading.active_count() == before
        # The renewal went on.
        assert (await session.aio.token()).generation == 1

    run(main())
    assert emulator.token_requests() == 1


def test_one_of_many_is_cancelled(emulator: Emulator) -> None:
    emulator.fault("/oauth/token", delay_s=1)
    session = emulator.session()

    async def main() -> None:
        tasks = [asyncio.create_task(session.aio.headers(emulator.models)) for _ in range(3)]
        await asyncio.sleep(0.1)
        tasks[0].cancel()
        _, *others = await asyncio.gather(*tasks, return_exceptions=True)
        assert [other["Authorization"][:6] for other in others] == ["Bearer", "Bearer"]  # type: ignore[index]
        with pytest.raises(asyncio.CancelledError):
            await tasks[0]

    run(main())


def test_loops_of_many_threads_share_a_session(emulator: Emulator) -> None:
    emulator.fault("/oauth/token", delay_s=0.5)
    session = emulator.session()
    given: list[int] = []

    def work() -> None:
        given.append(asyncio.run(session.aio.token()).generation)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT)
    assert given == [1] * 8
    assert emulator.token_requests() == 1


def test_a_login_is_awaited(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    emulator.configure(interval_s=1)
    settings: dict[str, Any] = {"api_url": emulator.api_url}

    async def main() -> None:
        pending = await aio.start_login(emulator.workspace, **settings)
        assert await pending.aio.poll() is None
        with pytest.raises(beamlit_auth.DeadlineExceeded):
            await pending.aio.wait(0.2)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(pending.aio.wait(), 0.2)
        emulator.approve(pending.user_code)
        session = await pending.aio.wait(LIMIT)
        again = await aio.login(emulator.workspace, **settings)
        assert (await again.aio.token()).reveal() == session.token().reveal()
        done = await aio.login(emulator.workspace, wait=False, **settings)
        assert (await done.aio.wait()).workspace == emulator.workspace
        assert (await session.aio.logout()).deleted

    run(main())


def test_a_login_that_is_cancelled_is_given_up(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.delenv("CI", raising=False)
    emulator.configure(interval_s=1)

    async def main() -> None:
        task = asyncio.create_task(aio.login(emulator.workspace, api_url=emulator.api_url))
        while not (pending := emulator.pending()):
            await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert pending[0]["user_code"] in capsys.readouterr().err
        emulator.approve(pending[0]["user_code"])

    run(main())
    assert beamlit_auth.workspaces() == []


def test_nobody_can_see_a_login(emulator: Emulator) -> None:
    with pytest.raises(beamlit_auth.LoginRequired) as raised:
        run(aio.login(emulator.workspace, api_url=emulator.api_url))
    assert raised.value.reason == "not_interactive"


def test_asyncio_is_imported_at_first_use() -> None:
    code = """
        import sys, beamlit_auth
        session = beamlit_auth.Session(credential=beamlit_auth.ApiKey("EMULATOR"))
        before = "asyncio" in sys.modules
        session.aio
        print(before, "asyncio" in sys.modules)
        """
    assert output(code) == "False True"


def test_a_loop_that_is_gone_is_no_trouble(emulator: Emulator) -> None:
    emulator.fault("/oauth/token", delay_s=0.5)
    code = f"""
        import asyncio, beamlit_auth
        session = beamlit_auth.Session("acme", api_url={emulator.api_url!r},
            credential=beamlit_auth.ClientCredentials({emulator.client_id!r}, {emulator.client_secret!r}))
        async def main():
            task = asyncio.create_task(session.aio.token())
            await asyncio.sleep(0.1)
        asyncio.run(main())
        print(session.token().generation)
        """
    assert output(code) == "1"
