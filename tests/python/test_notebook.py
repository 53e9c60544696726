"""`login()` in a notebook: what a person sees while it runs, and what is saved of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest

from beamlit_auth import Session
from emulator import Emulator
from script import LIMIT

# What the Jupyter libraries warn of among themselves.
pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture(autouse=True)
def quick(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    emulator.configure(interval_s=0)
    monkeypatch.setenv("BL_API_URL", emulator.api_url)
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.delenv("CI", raising=False)


class Notebook(nbclient.NotebookClient):
    """A notebook that is run, and every output as it was on its way, cleared or not."""

    def __init__(self, *cells: str) -> None:
        self.shown: list[dict[str, Any]] = []
        v4: Any = nbformat.v4
        notebook = v4.new_notebook(cells=[v4.new_code_cell(cell) for cell in cells])
        super().__init__(notebook, timeout=LIMIT, kernel_name="python3")

    def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
        if "data" in msg["content"]:
            self.shown.append(msg["content"]["data"])
        return super().process_message(msg, cell, cell_index)

    def has_counted_down(self) -> bool:
        return len({text for data in self.shown if "expires in" in (text := data["text/plain"])}) > 1

    def saved(self, folder: Path) -> str:
        """The text of the file that is left."""
        path = folder / "saved.ipynb"
        write: Any = nbformat.write
        write(self.nb, path)
        return path.read_text()


def run(notebook: Notebook, emulator: Emulator, decide: Callable[[str], None]) -> str:
    """Runs a notebook in which a person decides about a login, once the countdown moves; gives the code."""
    codes: list[str] = []

    def person() -> None:
        end = time.monotonic() + LIMIT
        while not (pending := emulator.pending()) or not notebook.has_counted_down():
            assert time.monotonic() < end
        codes.append(pending[0]["user_code"])
        decide(codes[0])

    thread = threading.Thread(target=person)
    thread.start()
    try:
        notebook.execute()
    finally:
        thread.join(LIMIT)
    return codes[0]


def is_clean(saved: str, *secrets: str) -> None:
    for secret in (*secrets, "CANARY", "EMULATOR", "eyJ", "user_code=", "/device"):
        assert secret not in saved


@pytest.mark.parametrize("last", ["session", "session.headers(session.api_url)", "session.token()"])
def test_a_card_is_shown_and_gone_when_the_login_is_done(
    emulator: Emulator, tmp_path: Path, last: str
) -> None:
    notebook = Notebook(f"import beamlit_auth\nsession = beamlit_auth.login('acme')\n{last}")
    code = run(notebook, emulator, emulator.approve)
    card = notebook.shown[0]
    assert f">{code}<" in card["text/html"]
    assert code in card["text/plain"]
    assert f'href="{emulator.console_url}/device?' in card["text/html"]
    assert "<script" not in card["text/html"]
    line = notebook.shown[1]
    assert "expires in" in line["text/html"]
    assert "expires in" in line["text/plain"]
    saved = notebook.saved(tmp_path)
    is_clean(saved, code, Session("acme").token().reveal())
    assert "Logged in." in saved
    assert "acme" in saved


def test_a_cell_that_is_run_again_shows_nothing(emulator: Emulator) -> None:
    emulator.log_in()
    notebook = Notebook("import beamlit_auth\nsession = beamlit_auth.login('acme')")
    notebook.execute()
    assert notebook.shown == []


def test_a_refusal_leaves_the_error_and_no_code(emulator: Emulator, tmp_path: Path) -> None:
    notebook = Notebook("import beamlit_auth\nbeamlit_auth.login('acme')")
    with pytest.raises(nbclient.exceptions.CellExecutionError):
        run(notebook, emulator, emulator.deny)
    saved = notebook.saved(tmp_path)
    is_clean(saved, notebook.shown[0]["text/plain"].split()[-1])
    assert "AccessDenied" in saved


def test_without_a_wait_the_card_goes_as_well(emulator: Emulator, tmp_path: Path) -> None:
    notebook = Notebook(
        "import beamlit_auth\npending = beamlit_auth.login('acme', wait=False)\npending",
        "session = pending.wait()",
        # The card's own thread has then said whatever it has to say.
        "import threading\n[t.join() for t in threading.enumerate() if t.name == 'beamlit-card']",
    )
    code = run(notebook, emulator, emulator.approve)
    saved = notebook.saved(tmp_path)
    is_clean(saved, code)
    assert "<Login expires in" in saved


def test_what_a_server_says_is_text_and_no_markup(emulator: Emulator, tmp_path: Path) -> None:
    emulator.configure(device_extra={"user_code": "<script>CANARY</script>"}, device_code_lifetime_s=1)
    notebook = Notebook("import beamlit_auth\nbeamlit_auth.login('acme')")
    with pytest.raises(nbclient.exceptions.CellExecutionError):
        notebook.execute()
    html = notebook.shown[0]["text/html"]
    assert "&lt;script&gt;CANARY&lt;/script&gt;" in html
    assert "<script" not in html
    is_clean(notebook.saved(tmp_path))


def test_a_notebook_in_ci_has_nobody(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CI", "true")
    notebook = Notebook("import beamlit_auth\nbeamlit_auth.login('acme')")
    with pytest.raises(nbclient.exceptions.CellExecutionError, match="LoginRequired"):
        notebook.execute()
    assert not emulator.received()
