"""What a metric gives: rows, which of their members are columns, and how they were measured."""

from dataclasses import dataclass, field


@dataclass
class Table:
    how: str
    # A row's member, and the heading above it.
    columns: dict[str, str]
    rows: list[dict] = field(default_factory=list)

    def add(self, adapter, **members):
        mark = {"name": adapter.name, "kind": adapter.kind, "native": adapter.native}
        self.rows.append({**mark, **members})

    def find(self, name, **members):
        """The one row of that name in which the members are these; empty if there is none."""
        wanted = {"name": name, **members}
        return next((row for row in self.rows if wanted.items() <= row.items()), {})

    def markdown(self):
        lines = ["| " + " | ".join(self.columns.values()) + " |", "|" + "---|" * len(self.columns)]
        for row in self.rows:
            lines.append("| " + " | ".join(cell(row.get(name)) for name in self.columns) + " |")
        return f"{self.how}\n\n" + "\n".join(lines) + "\n"


def cell(value):
    if value is None:
        return ""
    if isinstance(value, float):
        digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
        return f"{value:.{digits}f}"
    return str(value).replace("|", "/").replace("\n", " ")
