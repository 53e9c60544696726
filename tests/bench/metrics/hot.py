"""Hot path: the header of a token that is cached and valid."""

from contextlib import ExitStack

from harness import Driver, Server, median, paired

from metrics.table import Table

TITLE = "Hot path"


class Measured:
    """A driver that holds a token."""

    def __init__(self, adapter, driver, threads):
        self.adapter, self.driver = adapter, driver
        self.ns = {count: [] for count in threads}
        self.error = ""

    def run(self, threads, seconds):
        answer = self.driver.command(f"hot {threads} {seconds}", 30)
        self.error = self.error or answer.get("err", "")
        # A driver that failed has no figure, and the pairs of a round stay together.
        calls = 0 if answer.get("errors") else answer.get("ops", 0)
        self.ns[threads].append(answer["wall_ns"] / calls if calls else None)


def measure(adapters, options):
    table = Table("", {"name": "client"})
    with Server() as server, ExitStack() as drivers:
        measured = []
        for adapter in adapters:
            server.prepare(adapter)
            driver = drivers.enter_context(Driver(adapter, server, adapter.transport))
            first = driver.command("call")
            if first.get("ok"):
                measured.append(Measured(adapter, driver, options.threads))
            else:
                table.add(adapter, err=(driver.ready.get("err") or first.get("err", ""))[:160])
        server.control(reset=1)
        for _ in range(options.rounds):
            for one in measured:
                for threads in options.threads:
                    one.run(threads, options.hot_s)
        fetched = server.control()["token_requests"]
    table.how = (
        f"{options.rounds} interleaved rounds of {options.hot_s} s; ns are wall time by all calls. "
        f"Floors: `floor_static` in Python, `floor_c_socket` else. Token requests in all of it: {fetched}."
    )
    for threads in options.threads:
        table.columns |= {f"ns{threads}": f"ns, threads: {threads}", f"ratio{threads}": "x floor"}
    table.columns["err"] = "error"
    floors = {one.adapter.name: one for one in measured}
    table.rows += sorted((row(one, floors, options.threads) for one in measured), key=order)
    return table


def row(one, floors, all_threads):
    adapter = one.adapter
    floor = floors.get("floor_c_socket" if adapter.native else "floor_static")
    members = {"name": adapter.name, "kind": adapter.kind, "native": adapter.native, "err": one.error}
    for threads in all_threads:
        members[f"ns{threads}"] = median(one.ns[threads])
        members[f"ratio{threads}"] = paired(one.ns[threads], floor.ns[threads]) if floor else None
    return members


def order(row):
    return row["native"], row["ns1"] or float("inf")
