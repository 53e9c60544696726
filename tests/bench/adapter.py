"""Loads an adapter by its file: on sys.path the adapters' names would hide the libraries."""

import os

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "adapters")
BASE = "# base: "


def load(name):
    """The names that adapters/NAME.py defines, after those of the base that its first line names."""
    path = os.path.join(FOLDER, name + ".py")
    with open(path) as file:
        source = file.read()
    first = source.partition("\n")[0]
    names = load(first.removeprefix(BASE).strip()) if first.startswith(BASE) else {}
    names |= {"__name__": "adapter_" + name, "__file__": path}
    exec(compile(source, path, "exec"), names)
    return names
