"""What every metric uses: adapters, the token server, drivers, processes that are timed, and medians."""

import http.client
import json
import os
import queue
import statistics
import subprocess
import tempfile
import threading

from adapter import FOLDER, load

HERE = os.path.dirname(os.path.abspath(__file__))
HOME = os.environ.get("BENCH_HOME", os.path.expanduser("~/.cache/beamlit-bench"))
CLIENT_ID, CLIENT_SECRET = "bench", "bench-secret"
CA = f"{HOME}/certs/ca.pem"
BASE_PYTHON = f"{HOME}/venvs/base/bin/python"
TOKEN_PATH = "/oauth2/token"


def median(values):
    values = [value for value in values if value is not None]
    return statistics.median(values) if values else None


def paired(values, floors):
    """The median of the ratios to the floor of the same round."""
    pairs = zip(values, floors, strict=False)
    return median([value / floor for value, floor in pairs if value and floor])


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))] if values else None


def environment(adapter=None):
    """Only what is needed: the proxies and certificates of the caller change what HTTP libraries do."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": f"{HOME}/home",
        "LANG": "C.UTF-8",
        "BENCH_RSA_KEY": f"{HOME}/certs/rsa.pem",
        "PYTHONWARNINGS": "ignore",
        "NO_PROXY": "127.0.0.1",
        **(adapter["ENV"] if adapter and "ENV" in adapter else {}),
    }


class Adapter(dict):
    """The names that an adapter's file defines, and how its programs are started."""

    def __init__(self, name):
        super().__init__(load(name))
        self.name = name
        self.native = self.get("KIND") == "native"
        self.ours = name.startswith("beamlit")
        self.floor = self.get("FLOOR", False)
        self.program = f"{HOME}/{self['BIN']}" if self.native else f"{HOME}/venvs/{self['VENV']}/bin/python"

    @property
    def kind(self):
        """Where it belongs in a comparison."""
        return "floor" if self.floor else "ours" if self.ours else "peer"

    @property
    def transport(self):
        """The one that metrics take which need only one."""
        return "http" if "http" in self["TRANSPORTS"] else self["TRANSPORTS"][0]

    def command(self, mode, server, transport):
        arguments = [server.url(transport, self.get("TOKEN_PATH", TOKEN_PATH)), CLIENT_ID, CLIENT_SECRET]
        arguments.append(CA if transport == "https" else "-")
        if self.native:
            return [self.program, mode, *arguments]
        script = "cold.py" if mode == "cold" else "worker.py"
        return [self.program, f"{HERE}/{script}", self.name, *arguments]


def adapter_names():
    return sorted(name.removesuffix(".py") for name in os.listdir(FOLDER) if name.endswith(".py"))


class Server:
    """The token server that answers from memory."""

    def __init__(self):
        program = f"{HOME}/target/release/fixed_as"
        self.process = subprocess.Popen(
            [program, f"{HOME}/certs/server.pem", f"{HOME}/certs/server.key"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        ports = json.loads(self.process.stdout.readline())
        self.ports = {**ports, "none": 9}
        self.connection = http.client.HTTPConnection("127.0.0.1", ports["http"], timeout=30)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()
        self.connection.close()

    def url(self, transport, path):
        scheme = "https" if transport == "https" else "http"
        return f"{scheme}://127.0.0.1:{self.ports[transport]}{path}"

    def control(self, **settings):
        """Sets, and gives the counts from before."""
        query = "&".join(f"{name}={value}" for name, value in settings.items())
        self.connection.request("GET", "/_ctl?" + query)
        return json.loads(self.connection.getresponse().read())

    def prepare(self, adapter, **settings):
        """Begins to count from zero, with the settings that the adapter needs."""
        defaults = {"delay_ms": 0, "expires_in": 3600, "cc_rt": 0}
        return self.control(**{**defaults, **adapter.get("SERVER", {}), **settings, "reset": 1})


class Driver:
    """A process of an adapter that takes commands."""

    def __init__(self, adapter, server, transport):
        self.error = tempfile.TemporaryFile()  # noqa: SIM115
        self.process = subprocess.Popen(
            adapter.command("serve", server, transport),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.error,
            text=True,
            env=environment(adapter),
        )
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.ready = self._wait(30)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            # The end of its input ends a driver that works.
            self.process.communicate(timeout=3)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
        self.error.close()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def _wait(self, seconds):
        try:
            line = self.lines.get(timeout=seconds)
        except queue.Empty:
            self.process.kill()
            return {"ok": False, "err": f"no answer in {seconds} s"}
        if line is not None:
            return json.loads(line)
        self.error.seek(0)
        return {"ok": False, "err": "died: " + self.error.read().decode(errors="replace")[-200:]}

    def command(self, words, seconds=60):
        try:
            self.process.stdin.write(words + "\n")
            self.process.stdin.flush()
        except OSError:
            return {"ok": False, "err": self.ready.get("err", "died before")}
        return self._wait(seconds)


def timed(command, env):
    """Runs the command in a process whose figures are the kernel's."""
    measure = [f"{HOME}/bin/spawnstat", *command]
    ran = subprocess.run(measure, check=True, env=env, capture_output=True, text=True, timeout=60)
    wall_ns, user_us, system_us, rss_kb, status = map(int, ran.stdout.split())
    return {
        "wall_ms": wall_ns / 1e6,
        "cpu_ms": (user_us + system_us) / 1e3,
        "rss_mb": rss_kb / 1024,
        "status": status,
    }


def column(runs, name):
    return [run[name] for run in runs]
