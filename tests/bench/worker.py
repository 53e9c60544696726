"""worker.py NAME URL ID SECRET CA|-: the driver protocol (README.md) for a Python adapter."""

import json
import os
import sys
import threading
import time

from adapter import load

now = time.perf_counter_ns
# Whatever the library prints must not disturb the protocol.
out = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def say(answer):
    out.write(json.dumps(answer) + "\n")
    out.flush()


def short(error):
    return f"{type(error).__name__}: {error}"[:240]


def nothing(client):
    """An adapter that has nothing to do before a refresh."""


class Worker:
    """One client of an adapter, and the commands on it."""

    def __init__(self, adapter, client):
        self.client = client
        self.headers = adapter["headers"]
        hot = adapter.get("hot", self.headers)
        self.hot, self.argument = adapter.get("hot_call", lambda client: (hot, client))(client)
        self.before_refresh = adapter.get("before_refresh", nothing)
        self.refresh = adapter.get("force_refresh")

    def call(self):
        start = now()
        try:
            header = self.headers(self.client)["Authorization"]
        except Exception as error:
            return {"ok": False, "ns": now() - start, "err": short(error)}
        return {
            "ok": True,
            "ns": now() - start,
            "hdr": header if isinstance(header, str) else header.decode(),
        }

    def refreshes(self, count, seconds):
        taken, failed, end = [], [], now() + seconds * 1e9
        while len(taken) < count and now() < end:
            start = now()
            try:
                self.before_refresh(self.client)
                start = now()
                self.refresh(self.client)
            except Exception as error:
                failed.append(short(error))
            taken.append(now() - start)
        return {"lat_ns": taken, "errors": len(failed), "err": failed[0] if failed else ""}

    def hots(self, threads, seconds):
        # No further thread in the figure of a single one.
        wall, all_done = (alone if threads == 1 else spread)(threads, lambda: self._hot(seconds))
        failed = [error for _, error in all_done if error]
        answer = {"ops": sum(calls for calls, _ in all_done), "wall_ns": wall}
        return {**answer, "errors": len(failed), "err": failed[0] if failed else ""}

    def _hot(self, seconds):
        hot, argument, calls = self.hot, self.argument, 0
        end = now() + seconds * 1e9
        try:
            while now() < end:
                for _ in range(64):
                    hot(argument)
                calls += 64
        except Exception as error:
            return calls, short(error)
        return calls, ""

    def herd(self, threads):
        wall, calls = spread(threads, self.call)
        failed = [call["err"] for call in calls if not call["ok"]]
        answer = {"ops": threads, "wall_ns": wall, "errors": len(failed), "err": failed[0] if failed else ""}
        return {**answer, "distinct": len({call["hdr"] for call in calls if call["ok"]})}


def alone(_, work):
    start = now()
    done = work()
    return now() - start, [done]


def spread(threads, work):
    """Runs `work` on that many threads, which are held back until all are there."""
    barrier = threading.Barrier(threads + 1)
    done = []

    def run():
        barrier.wait()
        done.append(work())

    handles = [threading.Thread(target=run) for _ in range(threads)]
    for handle in handles:
        handle.start()
    start = now()
    barrier.wait()
    for handle in handles:
        handle.join()
    return now() - start, done


def serve(worker):
    for line in sys.stdin:
        command, *words = line.split()
        numbers = [float(word) for word in words]
        if command == "call":
            say(worker.call())
        elif command == "refresh":
            say(worker.refreshes(*numbers))
        elif command == "hot":
            say(worker.hots(int(numbers[0]), numbers[1]))
        elif command == "herd":
            say(worker.herd(int(numbers[0])))
        else:
            return


def main():
    name, url, client_id, client_secret, ca = sys.argv[1:]
    adapter = load(name)
    try:
        client = adapter["make"](url, client_id, client_secret, None if ca == "-" else ca)
    except Exception as error:
        say({"ready": False, "err": short(error)})
        return
    say({"ready": True})
    serve(Worker(adapter, client))


main()
