"""The Python face of `tests/faces.toml`: each name there is there, and no public one stands in no row."""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
from pathlib import Path
from typing import Any

import pytest

import beamlit_auth
from beamlit_auth import _native, errors

# pytest brings the latter where the former is missing.
tomllib = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")

TESTS = Path(__file__).parent.parent
FACES: dict[str, list[dict[str, Any]]] = tomllib.loads((TESTS / "faces.toml").read_text("utf-8"))
STUB = ast.parse((TESTS.parent / "python/beamlit_auth/_native.pyi").read_text("utf-8"))
NOUNS = ["Session", "Login", "Headers", "Token", "Explanation", "ClientCredentials", "BeamlitError"]


def cells() -> list[str]:
    found: list[str] = []
    for row in FACES["noun"]:
        cell = row["python"]
        found += [] if isinstance(cell, dict) else [cell] if isinstance(cell, str) else cell
    return found


def look_up(path: str) -> Any:
    found: Any = beamlit_auth
    for name in path.split("."):
        if name in ("aio", "testing") and found is beamlit_auth:
            found = importlib.import_module(f"beamlit_auth.{name}")
        else:
            found = getattr(found, name)
    return found


@pytest.mark.parametrize("cell", cells())
def test_each_name_is_there(cell: str) -> None:
    path, _, keyword = cell.removesuffix(")").partition("(")
    found = look_up(path)
    if keyword:
        assert keyword in inspect.signature(found).parameters


def test_each_public_name_stands_in_a_row() -> None:
    rows = {cell.partition("(")[0] for cell in cells()} | {row["class"] for row in FACES["credential"]}
    rows |= {row["name"] for row in FACES["kind"]} | {row["python"] for row in FACES["family"]}
    assert set(beamlit_auth.__all__) - rows == set()
    for noun in NOUNS:
        cls = getattr(beamlit_auth, noun)
        members = {name for name in vars(cls) if not name.startswith("_")}
        assert {f"{noun}.{name}" for name in members} - rows == set()
    waiting = {name for cls in ("Session", "Login") for name in vars(look_up(f"aio.{cls}"))}
    assert {name for name in waiting if not name.startswith("_")} == {
        cell.rpartition(".")[2] for cell in rows if cell.startswith(("aio.Session.", "aio.Login."))
    }


def stub(name: str) -> ast.ClassDef:
    return next(node for node in STUB.body if isinstance(node, ast.ClassDef) and node.name == name)


def test_each_setting_is_a_keyword_and_back() -> None:
    keywords = {node.target.id for node in stub("_Settings").body if isinstance(node, ast.AnnAssign)}  # type: ignore[union-attr]
    assert keywords | {"workspace"} == {row["python"] for row in FACES["setting"]}
    for name in keywords:
        # None is as good as nothing; a keyword that is unknown is a TypeError.
        beamlit_auth.explain(**{name: None})


@pytest.mark.parametrize("row", FACES["credential"], ids=lambda row: row["kind"])
def test_each_credential_takes_its_fields_and_no_other(row: dict[str, Any]) -> None:
    cls = getattr(beamlit_auth, row["class"])
    assert issubclass(cls, beamlit_auth.Credential)
    values = {"token_endpoint_auth_method": "client_secret_post", "resource": "https://api.example.com"}
    fields = {name: values.get(name, "EMULATOR") for name in row["required"] + row["optional"]}
    assert row["class"] in repr(cls(**fields))
    for name in row["required"]:
        with pytest.raises(TypeError):
            cls(**{field: value for field, value in fields.items() if field != name})
    with pytest.raises(TypeError):
        cls(**fields, colour="EMULATOR")


def test_each_kind_is_a_class_of_its_family() -> None:
    families = {row["number"]: row["python"] for row in FACES["family"]}
    assert [(row["name"], row["number"]) for row in FACES["kind"]] == [
        (name, number) for name, _, number in _native.KINDS
    ]
    for row in FACES["kind"]:
        cls = getattr(errors, row["name"])
        assert cls.__bases__[0].__name__ == families[row["number"] // 1000]
        assert (cls.retry_after == 0.0) is row["retry"]
