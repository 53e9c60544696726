"""One stored login and many processes: each expiry costs one request, and everybody is served."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from beamlit_auth import Session
from emulator import Emulator
from script import output
from stored import expire

PROCESSES, THREADS, EXPIRIES = 16, 4, 20
HERD = """
import multiprocessing, sys, threading, beamlit_auth
from stored import expire

METHOD, (PROCESSES, THREADS, EXPIRIES) = sys.argv[1], map(int, sys.argv[2:])

def work(session, barrier, served):
    generations = []
    for expiry in range(EXPIRIES):
        barrier.wait(60)
        if expiry > 0:
            session = beamlit_auth.Session("acme", rotation="strict")
        tokens = []
        threads = [
            threading.Thread(target=lambda: tokens.append(session.token())) for _ in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert session.headers(session.api_url + "/models")["Authorization"].startswith("Bearer ")
        generations.append([token.generation for token in tokens])
        barrier.wait(60)
    served.put(generations)

if __name__ == "__main__":
    context = multiprocessing.get_context(METHOD)
    session = beamlit_auth.Session("acme", rotation="strict")
    barrier, served = context.Barrier(PROCESSES + 1), context.Queue()
    processes = [context.Process(target=work, args=(session, barrier, served)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    for expiry in range(EXPIRIES):
        expire()
        barrier.wait(60)
        barrier.wait(60)
    print([served.get(timeout=100) for _ in processes])
    for process in processes:
        process.join()
        assert process.exitcode == 0
"""
WORKER = """
import multiprocessing, sys, beamlit_auth

def work():
    session = beamlit_auth.Session("acme", rotation="strict")
    try:
        session.token(timeout=0.2)
    except beamlit_auth.DeadlineExceeded:
        print("late", flush=True)

if __name__ == "__main__":
    process = multiprocessing.get_context(sys.argv[1]).Process(target=work)
    process.start()
    process.join()
    assert process.exitcode == 0
"""


@pytest.fixture(autouse=True)
def strict(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A login whose token is over, at a server that takes each refresh token once."""
    monkeypatch.setenv("BL_API_URL", emulator.api_url)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    emulator.configure(rotation="revoke", interval_s=0)
    emulator.log_in(rotation="strict")
    expire()


def run(folder: Path, code: str, *arguments: object) -> str:
    """What a program with a file of its own printed, as spawned processes need it."""
    program = folder / "program.py"
    program.write_text(code)
    done = subprocess.run(
        [sys.executable, program, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.timeout(200)
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_each_expiry_costs_one_request(emulator: Emulator, tmp_path: Path, method: str) -> None:
    served = ast.literal_eval(run(tmp_path, HERD, method, PROCESSES, THREADS, EXPIRIES))
    assert served == [[[expiry + 2] * THREADS for expiry in range(EXPIRIES)]] * PROCESSES
    assert emulator.refreshes() == EXPIRIES
    assert emulator.counters()["reuse_events"] == 0


def test_one_process_with_many_threads_makes_one_request(emulator: Emulator) -> None:
    code = """
        import threading, beamlit_auth
        session = beamlit_auth.Session("acme", rotation="strict")
        barrier, given = threading.Barrier(64), []
        def work():
            barrier.wait()
            given.append(session.token().generation)
        threads = [threading.Thread(target=work) for _ in range(64)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(given == [2] * 64)
        """
    assert output(code) == "True"
    assert emulator.refreshes() == 1


def is_alive(emulator: Emulator) -> None:
    """The login has the token of the one renewal that was made."""
    assert Session("acme", rotation="strict").token().generation == 2
    assert emulator.refreshes() == 1
    assert emulator.counters()["reuse_events"] == 0


@pytest.mark.parametrize("end", ["pass", "sys.exit(0)", "raise SystemExit"])
def test_an_exit_waits_for_a_renewal_that_was_sent(emulator: Emulator, end: str) -> None:
    emulator.fault("/oauth/token", delay_s=1)
    code = f"""
        import sys, beamlit_auth
        try:
            beamlit_auth.Session("acme", rotation="strict").token(timeout=0.2)
        except beamlit_auth.DeadlineExceeded:
            print("late", flush=True)
        {end}
        """
    assert output(code) == "late"
    is_alive(emulator)


@pytest.mark.parametrize("before", ["beamlit_auth, multiprocessing", "multiprocessing, beamlit_auth"])
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_a_worker_waits_for_it_as_well(emulator: Emulator, tmp_path: Path, method: str, before: str) -> None:
    emulator.fault("/oauth/token", delay_s=1)
    code = WORKER.replace("multiprocessing, sys, beamlit_auth", f"{before}, sys")
    assert run(tmp_path, code, method) == "late"
    is_alive(emulator)


def test_a_forked_child_waits_for_it_as_well(emulator: Emulator) -> None:
    emulator.fault("/oauth/token", delay_s=1)
    code = """
        import os, sys, beamlit_auth
        session = beamlit_auth.Session("acme", rotation="strict")
        pid = os.fork()
        if pid == 0:
            try:
                session.token(timeout=0.2)
            except beamlit_auth.DeadlineExceeded:
                print("late", flush=True)
            sys.exit(0)
        os.waitpid(pid, 0)
        """
    assert output(code) == "late"
    is_alive(emulator)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_workers_get_headers_of_the_login(emulator: Emulator, tmp_path: Path, method: str) -> None:
    code = """
import multiprocessing, sys, beamlit_auth

def work(session):
    return session.headers(session.api_url + "/models").generation

if __name__ == "__main__":
    session = beamlit_auth.Session("acme", rotation="strict")
    with multiprocessing.get_context(sys.argv[1]).Pool(4) as pool:
        print(set(pool.map(work, [session] * 16)))
"""
    assert run(tmp_path, code, method) == "{2}"
    is_alive(emulator)
