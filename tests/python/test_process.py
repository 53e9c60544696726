"""Other processes: forked, spawned, started anew; and what importing the package costs them."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import beamlit_auth
from beamlit_auth import ApiKey, Session
from emulator import Emulator
from script import LIMIT, output

SLOW_TO_IMPORT = {
    "asyncio",
    "collections",
    "dataclasses",
    "enum",
    "functools",
    "importlib.metadata",
    "inspect",
    "json",
    "logging",
    "pathlib",
    "re",
    "typing",
}


@pytest.fixture
def environment(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    monkeypatch.setenv("BL_API_URL", emulator.api_url)
    monkeypatch.setenv("BL_CLIENT_CREDENTIALS", f"{emulator.client_id}:{emulator.client_secret}")
    return emulator


@pytest.mark.parametrize(
    "settings", [{}, {"header": "X-Own", "timeout": 5, "origins": ("https://a.example",)}]
)
def test_a_pickle_carries_the_settings(environment: Emulator, settings: dict[str, object]) -> None:
    session = Session("acme", **settings)  # type: ignore[arg-type]
    session.token()
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        pickled = pickle.dumps(session, protocol)
        assert environment.client_secret.encode() not in pickled
        assert session.token().reveal().encode() not in pickled
        again = pickle.loads(pickled)
        assert list(again.headers(environment.models)) == list(session.headers(environment.models))
        assert again.workspace == "acme"
        assert pickle.loads(pickle.dumps(again)).workspace == "acme"


def test_a_secret_is_not_pickled() -> None:
    for session in (
        Session(credential=ApiKey("CANARY")),
        Session(credential=ApiKey("CANARY"), proxy="http://user:CANARY@proxy.example"),
    ):
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            with pytest.raises(TypeError, match="BL_API_KEY"):
                pickle.dumps(session, protocol)


def test_a_password_of_a_proxy_is_not_pickled(environment: Emulator) -> None:
    pickle.dumps(Session(proxy="http://proxy.example"))
    with pytest.raises(TypeError, match="BL_API_KEY"):
        pickle.dumps(Session(proxy="http://user:CANARY@proxy.example"))


def test_a_pickle_is_no_credential(environment: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    pickled = pickle.dumps(Session())
    monkeypatch.delenv("BL_CLIENT_CREDENTIALS")
    with pytest.raises(beamlit_auth.LoginRequired):
        pickle.loads(pickled)


@pytest.mark.parametrize("before", ["session.token()", "pass"])
def test_forked_children_get_headers(environment: Emulator, before: str) -> None:
    code = f"""
        import os, threading, beamlit_auth
        session = beamlit_auth.Session()
        url = session.api_url + "/models"
        {before}
        # Threads of the parent hold locks while it forks.
        stop = threading.Event()
        def work():
            while not stop.is_set():
                session.invalidate(session.headers(url))
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        children = []
        for _ in range(8):
            pid = os.fork()
            if pid == 0:
                good = session.headers(url)["Authorization"] and session.token().generation
                session.invalidate(session.token())
                session.renew()
                os._exit(0 if good else 1)
            children.append(pid)
        stop.set()
        for thread in threads:
            thread.join()
        print([os.waitpid(pid, 0)[1] for pid in children])
        """
    assert output(code) == str([0] * 8)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_workers_of_multiprocessing_get_headers(environment: Emulator, tmp_path: Path, method: str) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        """
import multiprocessing, sys, beamlit_auth

def work(session):
    return session.headers(session.api_url + "/models")["Authorization"].split()[0]

if __name__ == "__main__":
    session = beamlit_auth.Session("acme")
    with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
        print(pool.map(work, [session] * 4))
"""
    )
    printed = subprocess.run(
        [sys.executable, program, method], capture_output=True, text=True, timeout=LIMIT, check=True
    )
    assert printed.stdout.strip() == str(["Bearer"] * 4)
    assert environment.token_requests() >= 1


def test_the_import_loads_the_package_alone() -> None:
    code = """
        import sys
        before = set(sys.modules)
        import beamlit_auth
        print(*sorted(set(sys.modules) - before))
        """
    assert output(code) == "beamlit_auth"


def test_the_first_name_loads_nothing_slow() -> None:
    code = """
        import sys
        before = set(sys.modules)
        import beamlit_auth
        beamlit_auth.Session, beamlit_auth.LoginRequired
        print(*sorted(set(sys.modules) - before))
        """
    loaded = set(output(code).split())
    own = {f"beamlit_auth{name}" for name in ("", "._exit", "._native", "._secret", ".errors")}
    assert loaded == own | {"atexit"}
    assert not loaded & SLOW_TO_IMPORT


def test_the_way_to_a_header_loads_nothing_slow(environment: Emulator) -> None:
    code = """
        import sys
        before = set(sys.modules)
        import beamlit_auth
        session = beamlit_auth.Session()
        session.headers(session.api_url + "/models"), repr(session), session.explain().json()
        print(*sorted(set(sys.modules) - before))
        """
    assert not set(output(code).split()) & SLOW_TO_IMPORT


def test_the_import_starts_no_thread_and_opens_no_file(environment: Emulator) -> None:
    code = """
        import os
        before = len(os.listdir("/proc/self/fd"))
        import beamlit_auth
        session = beamlit_auth.Session()
        print(len(os.listdir("/proc/self/task")), len(os.listdir("/proc/self/fd")) - before)
        """
    assert output(code) == "1 0"


def test_an_interpreter_ends_while_a_renewal_is_under_way(environment: Emulator) -> None:
    environment.fault("/oauth/token", delay_s=5)
    code = """
        import threading, beamlit_auth
        session = beamlit_auth.Session()
        threading.Thread(target=session.token, daemon=True).start()
        try:
            session.token(timeout=0.2)
        except beamlit_auth.DeadlineExceeded:
            print("late")
        """
    for _ in range(5):
        assert output(code) == "late"


def test_the_console_scripts_run_the_command_line(environment: Emulator) -> None:
    for name in ("bl", "beamlit"):
        program = Path(sys.executable).with_name(name)
        token = subprocess.run([program, "token"], capture_output=True, text=True, timeout=LIMIT, check=True)
        assert token.stdout.strip().count(".") == 2
        assert token.stderr == ""
        wrong = subprocess.run([program, "nonsense"], capture_output=True, timeout=LIMIT, check=False)
        assert wrong.returncode == 2


@pytest.mark.parametrize("name", ["models.py", "by_hand.py"])
def test_the_examples_list_models(environment: Emulator, name: str) -> None:
    example = Path(__file__).parents[2] / "examples/python" / name
    environment.fault("/models", status=401, times=1)
    listed = subprocess.run(
        [sys.executable, example], capture_output=True, text=True, timeout=LIMIT, check=True, env=os.environ
    )
    assert listed.stdout.split() == ["small", "large"]
    assert environment.token_requests() == 2
