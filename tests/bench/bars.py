"""The bars that this project set itself, and how a run did beside them."""

from collections.abc import Callable
from dataclasses import dataclass, field

from metrics.table import Table, cell


@dataclass
class Bar:
    """One figure of ours."""

    work: str
    metric: str
    name: str
    # The row's member that is the figure.
    figure: str
    # The most that it may be; None: there is no bar, the figure is only shown.
    most: float | None
    unit: str = "x"
    # What else the row has to be.
    row: dict = field(default_factory=dict)
    # Whether a peer's row is one to compare with.
    like: Callable[[dict], bool] = lambda row: True

    def line(self, tables: dict[str, Table]) -> list[str]:
        table = tables[self.metric]
        value = table.find(self.name, **self.row).get(self.figure)
        return [
            self.work,
            self._text(value),
            self._text(self.most, "≤ "),
            self.verdict(value),
            self._best(table),
        ]

    def verdict(self, value: float | None) -> str:
        if value is None:
            return "**no figure**"
        if self.most is None:
            return "-"
        return "met" if value <= self.most else "**missed**"

    def is_measured(self, tables: dict[str, Table]) -> bool:
        return tables[self.metric].find(self.name, **self.row).get(self.figure) is not None

    def _text(self, value: float | None, before: str = "") -> str:
        return "-" if value is None else f"{before}{cell(value)} {self.unit}"

    def _best(self, table: Table) -> str:
        rows = [row for row in table.rows if self._is_peer(row)]
        best = min(rows, key=lambda row: row[self.figure], default=None)
        return f"{self._text(best[self.figure])} {best['name']}" if best else "-"

    def _is_peer(self, row: dict) -> bool:
        is_peer = row["kind"] == "peer" and self.row.items() <= row.items() and self.like(row)
        return is_peer and row.get(self.figure) is not None


def native(row: dict) -> bool:
    return bool(row.get("native"))


def python(row: dict) -> bool:
    return not row.get("native")


def nobody(row: dict) -> bool:
    return False


def bars(threads: list[int]) -> list[Bar]:
    """All of them, in the order of the report, for a run with these numbers of threads."""
    return [*imports(), *cold(), *hot([threads[0], threads[-1]]), *fetch(), *herd(), *size()]


def plural(threads: int) -> str:
    return "1 thread" if threads == 1 else f"{threads} threads"


def imports() -> list[Bar]:
    rss = "import, memory over a bare interpreter's"
    return [
        Bar("import, wall (a bare interpreter)", "import", "beamlit", "ratio", 1.2),
        Bar(rss, "import", "beamlit", "rss_over_mb", 2.0, "MB"),
    ]


def cold() -> list[Bar]:
    lines = []
    for transport, in_python in (("http", 2.5), ("https", 1.7)):
        work, row = f"cold start over {transport}, %s (curl)", {"transport": transport}
        lines += [
            Bar(work % "Python", "cold", "beamlit", "ratio", in_python, row=row, like=python),
            Bar(work % "Rust", "cold", "beamlit_rust", "ratio", 0.25, row=row, like=native),
            Bar(work % "C", "cold", "beamlit_c", "ratio", 0.25, row=row, like=native),
        ]
    return lines


def hot(threads: list[int]) -> list[Bar]:
    lines = []
    for count in threads:
        work, figure = f"cached headers, %s, {plural(count)} (%s)", f"ratio{count}"
        in_python, in_c = "a function returning a dict", "a struct read"
        lines += [
            Bar(work % ("Python", in_python), "hot", "beamlit", figure, 1.2, like=python),
            Bar(work % ("C, not modified", in_c), "hot", "beamlit_c_held", figure, 2.0, like=native),
            Bar(work % ("C, new", in_c), "hot", "beamlit_c", figure, 3.5, like=native),
            Bar(work % ("Rust, not modified", in_c), "hot", "beamlit_rust_held", figure, None, like=native),
            Bar(work % ("Rust, new", in_c), "hot", "beamlit_rust", figure, None, like=native),
        ]
    requests = Bar(
        "`auth=session` in requests, per call", "hot", "beamlit_requests", "ns1", 1000.0, "ns", like=nobody
    )
    return [*lines, requests]


def fetch() -> list[Bar]:
    work, http, https = (
        "forced fetch over %s, %s (a raw socket)",
        {"transport": "http"},
        {"transport": "https"},
    )
    return [
        Bar(work % ("http", "Python"), "fetch", "beamlit", "ratio", 2.0, row=http, like=python),
        Bar(work % ("http", "Rust"), "fetch", "beamlit_rust", "ratio", 2.0, row=http, like=native),
        Bar(work % ("http", "C"), "fetch", "beamlit_c", "ratio", 2.0, row=http, like=native),
        Bar(work % ("https", "Python"), "fetch", "beamlit", "ratio", None, row=https, like=python),
    ]


def herd() -> list[Bar]:
    work = "64 threads, expired token, %s: %s"
    faces = {"Python": "beamlit", "Rust": "beamlit_rust", "C": "beamlit_c"}
    lines = []
    for face, name in faces.items():
        lines += [
            Bar(work % (face, "token requests"), "herd", name, "requests", 1.0, "request"),
            Bar(work % (face, "all served (one request)"), "herd", name, "ratio", 1.2),
        ]
    return lines


def size() -> list[Bar]:
    return [
        Bar("wheel", "size", "wheel", "mb", 3.0, "MB", like=nobody),
        Bar("`libbeamlit_auth.so`, stripped", "size", "libbeamlit_auth.so", "mb", 2.5, "MB", like=nobody),
    ]
