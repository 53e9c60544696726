"""The metrics, in the order of the report: one module each, with `TITLE` and `measure(adapters, options)`."""

from metrics import cold, fetch, herd, hot, imports, size

METRICS = {"import": imports, "cold": cold, "hot": hot, "fetch": fetch, "herd": herd, "size": size}
