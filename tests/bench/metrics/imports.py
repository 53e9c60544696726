"""A fresh process that imports the library and nothing else."""

import subprocess

from harness import BASE_PYTHON, column, environment, median, paired, timed

from metrics.table import Table

TITLE = "Import"
FLOOR = "python -c pass"


class Statement:
    """One import in one virtual environment."""

    def __init__(self, name, kind, program, statement, adapter=None):
        self.name, self.kind = name, kind
        self.command, self.environment = [program, "-c", statement], environment(adapter)
        self.importtime = [program, "-X", "importtime", "-c", statement]
        self.runs = []

    def modules(self):
        """Milliseconds inside of imports, as the interpreter counts, and how many modules."""
        run = {"check": True, "env": self.environment, "capture_output": True, "text": True, "timeout": 60}
        lines = subprocess.run(self.importtime, **run).stderr.splitlines()
        own = [line for line in lines if line.startswith("import time:") and "self" not in line]
        return sum(int(line.split("|")[0].split(":")[1]) for line in own) / 1000, len(own)


def statements(adapters):
    yield Statement(FLOOR, "floor", BASE_PYTHON, "pass")
    for adapter in adapters:
        yield Statement(adapter.name, adapter.kind, adapter.program, adapter["IMPORT"], adapter)
        for name, statement in adapter.get("IMPORT_ALSO", {}).items():
            yield Statement(name, adapter.kind, adapter.program, statement, adapter)


def measure(adapters, options):
    measured = list(statements(adapters))
    for number in range(options.rounds_proc + 1):
        for statement in measured:
            run = timed(statement.command, statement.environment)
            # The first round only warms the page cache.
            statement.runs += [run] if number else []
    floor = measured[0]
    floor_modules = median_modules(floor)
    table = Table(
        f"Fresh process, {options.rounds_proc} interleaved runs; floor: `{FLOOR}`.",
        {
            "name": "import",
            "wall_ms": "wall ms",
            "ratio": "x floor",
            "cpu_ms": "CPU ms",
            "rss_over_mb": "max RSS over floor MB",
            "import_over_ms": "-X importtime over floor ms",
            "modules_over": "modules over floor",
        },
    )
    for statement in measured:
        ms, modules = median_modules(statement)
        rss = median(column(statement.runs, "rss_mb")) - median(column(floor.runs, "rss_mb"))
        table.rows.append(
            {
                "name": statement.name,
                "kind": statement.kind,
                "wall_ms": median(column(statement.runs, "wall_ms")),
                "ratio": paired(column(statement.runs, "wall_ms"), column(floor.runs, "wall_ms")),
                "cpu_ms": median(column(statement.runs, "cpu_ms")),
                "rss_over_mb": rss,
                "import_over_ms": ms - floor_modules[0],
                "modules_over": modules - floor_modules[1],
            }
        )
    return table


def median_modules(statement):
    counts = [statement.modules() for _ in range(3)]
    return median([ms for ms, _ in counts]), median([modules for _, modules in counts])
