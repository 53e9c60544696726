"""`login()` in a notebook: what a person sees while it runs, and what is saved of it."""

from __future__ import annotations

import threading
import time
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
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        super().__init__(notebook, timeout=LIMIT, kernel_name="python3")

    def output(self, outs: Any, msg: Any, display_id: Any, cell_index: Any) -> Any:
        self.shown.append(msg["content"])
        return super().output(outs, msg, display_id, cell_index)

    def saved(self, folder: Path) -> str:
        """The text of the file that is left."""
        path = folder / "saved.ipynb"
        nbformat.write(self.nb, path)
        return path.read_text()


def decided(emulator: Emulator, decide: Any) -> tuple[threading.Thread, list[str]]:
    """A person who decides about the next login, and the codes that they saw."""
    codes: list[str] = []

    def person() -> None:
        end = time.monotonic() + LIMIT
        while not (pending := emulator.pending()):
            assert time.monotonic() < end
        codes.append(pending[0]["user_code"])
        # Time enough for the line below the card to count down.
        time.sleep(1.5)
        decide(codes[0])

    thread = threading.Thread(target=person)
    thread.start()
    return thread, codes


def is_clean(saved: str, *secrets: str) -> None:
    for secret in (*secrets, "CANARY", "EMULATOR", "eyJ", "user_code=", "/device"):
        assert secret not in saved


@pytest.mark.parametrize("last", ["session", "session.headers(session.api_url)", "session.token()"])
def test_a_card_is_shown_and_gone_when_the_login_is_done(
    emulator: Emulator, tmp_path: Path, last: str
) -> None:
    person, codes = decided(emulator, emulator.approve)
    notebook = Notebook(f"import beamlit_auth\nsession = beamlit_auth.login('acme')\n{last}")
    notebook.execute()
    person.join(LIMIT)
    (code,) = codes
    card = notebook.shown[0]["data"]
    assert f">{code}<" in card["text/html"]
    assert code in card["text/plain"]
    assert f'href="{emulator.console_url}/device?' in card["text/html"]
    assert "<script" not in card["text/html"]
    line = notebook.shown[1]["data"]
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
    person, codes = decided(emulator, emulator.deny)
    notebook = Notebook("import beamlit_auth\nbeamlit_auth.login('acme')")
    with pytest.raises(nbclient.exceptions.CellExecutionError):
        notebook.execute()
    person.join(LIMIT)
    saved = notebook.saved(tmp_path)
    is_clean(saved, *codes)
    assert "AccessDenied" in saved


def test_without_a_wait_the_card_goes_as_well(emulator: Emulator, tmp_path: Path) -> None:
    person, codes = decided(emulator, emulator.approve)
    notebook = Notebook(
        "import beamlit_auth\npending = beamlit_auth.login('acme', wait=False)\npending",
        "session = pending.wait()",
        # Whatever the card's own thread has to say is said before this cell ends.
        "import threading\n[t.join() for t in threading.enumerate() if t.name.startswith('beamlit')]",
    )
    notebook.execute()
    person.join(LIMIT)
    saved = notebook.saved(tmp_path)
    is_clean(saved, *codes)
    assert "<Login expires in" in saved


def test_what_a_server_says_is_text_and_no_markup(emulator: Emulator, tmp_path: Path) -> None:
    emulator.configure(device_extra={"user_code": "<script>CANARY</script>"}, device_code_lifetime_s=1)
    notebook = Notebook("import beamlit_auth\nbeamlit_auth.login('acme')")
    with pytest.raises(nbclient.exceptions.CellExecutionError):
        notebook.execute()
    html = notebook.shown[0]["data"]["text/html"]
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
    assert not emulator.requests()
