"""What the benchmark scripts share: figures as bench/figures.h prints them, the programs of a build, and nodes whose
time and memory is read from /proc."""
import argparse
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts" / "lib"))
from network import Network, free_port, tls_context, wait_until  # noqa: E402,F401

SAMPLES = ROOT / "scripts" / "samples"
START_SECONDS_MAX = 120


class Report:
    """Figures and where their time goes; a figure has one value per repetition."""

    def __init__(self, program):
        self.program, self.figures, self.parts = program, [], []

    def add(self, name, unit, values, checked, at_least=None, below=None, note=""):
        aim = {"atLeast": at_least} if at_least is not None else {"below": below} if below is not None else None
        self.figures.append({"name": name, "unit": unit, "values": values, "checked": checked, "aim": aim, "note": note})

    def part(self, figure, part, share):
        self.parts.append({"figure": figure, "part": part, "share": share})

    def print(self, as_json):
        if as_json:
            print(json.dumps({"program": self.program, "figures": self.figures, "parts": self.parts}))
            return
        for figure in self.figures:
            values = figure["values"]
            print(f"{figure['name']:<64} {statistics.median(values):12.4g} {figure['unit']:<8} [{min(values):.4g}..{max(values):.4g}]")
        for part in self.parts:
            print(f"  {part['figure']}: {part['part']} {part['share']:.2f}")


def read_command(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release", help="build folder with the programs")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions and smaller amounts")
    parser.add_argument("--once", action="store_true", help="the least that still checks every answer")
    command = parser.parse_args()
    command.quick = command.quick or command.once
    command.vcnode = command.build / "node" / "cli" / "vcnode"
    command.bench = command.build / "tests" / "bench"
    return command


def require(good, what):
    """A wrong answer makes every figure of the run worthless."""
    if not good:
        sys.exit(f"wrong answer: {what}")


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def missed(figure_values, at_least=None, below=None):
    middle = statistics.median(figure_values)
    return at_least is not None and middle < at_least or below is not None and middle >= below


class Profile:
    """Where a process spends its time while it is watched, by perf if the machine has it: shares by library."""

    PARTS_MAX = 6

    def __init__(self, pid):
        self.folder = tempfile.TemporaryDirectory()
        self.file = pathlib.Path(self.folder.name) / "perf.data"
        self.process = None
        if shutil.which("perf"):
            self.process = subprocess.Popen(["perf", "record", "-q", "-F", "499", "-o", self.file, "-p", str(pid)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def parts(self):
        """Ends the watch: [(symbol, share)], the largest first; empty without perf."""
        if self.process is None:
            return []
        self.process.send_signal(signal.SIGINT)
        self.process.wait()
        done = subprocess.run(["perf", "report", "-i", self.file, "--stdio", "-q", "-F", "overhead,dso,sym", "-t", ";"], capture_output=True, text=True, check=False)
        self.folder.cleanup()
        rows = [row.split(";", 2) for row in done.stdout.splitlines() if row.count(";") >= 2 and "%" in row.split(";")[0]]
        named = [(f"{symbol.strip().removeprefix('[.] ').removeprefix('[k] ')[:90]} in {library.strip()}", float(share.strip().rstrip("%")) / 100) for share, library, symbol in rows]
        return named[:self.PARTS_MAX]


def spread_cores():
    """(cores of the server, cores of the client): apart where there are two, as far as this process may choose."""
    cores = sorted(os.sched_getaffinity(0))
    return (set(cores[:1]), set(cores[1:])) if len(cores) > 1 else (set(cores), set(cores))


def cpu_seconds(pid):
    """User and system time of a process, all threads."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid, field="VmRSS"):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 1024
    return 0.0


class Client:
    """One keep-alive TLS connection to a node."""

    def __init__(self, port):
        self.connection = http.client.HTTPSConnection("127.0.0.1", port, context=tls_context(), timeout=60)

    def ask(self, method, path, body=None, token=None):
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if token:
            headers["Authorization"] = "Bearer " + token
        self.connection.request(method, path, body=None if body is None else json.dumps(body), headers=headers)
        response = self.connection.getresponse()
        return response.status, response.read()

    def verdict(self, credential, trust):
        status, text = self.ask("POST", "/verdict", {"credential": credential, "trust": [trust]})
        require(status == 200, f"/verdict answered {status}: {text[:200]}")
        return json.loads(text)["verdict"]

    def close(self):
        self.connection.close()


class Home:
    """A home kept in the build folder, and the node that runs in it."""

    PUBLIC_URL = "https://bench.example"

    def __init__(self, command, name):
        self.vcnode, self.path = command.vcnode, command.bench / "homes" / name
        self.process, self.port = None, free_port()
        self.facts = {}

    def start(self, wait=True):
        environment = {**os.environ, "VCNODE_HTTP_LISTEN": f"127.0.0.1:{self.port}", "VCNODE_LOG_LEVEL": "warn"}
        with open(self.path / "node.log", "ab") as log:
            self.process = subprocess.Popen([self.vcnode, "--home", self.path, "run"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)
        if wait:
            self.wait_ready()

    def wait_ready(self):
        """Until /readyz says yes; returns the connection that asked."""
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            require(self.process.poll() is None, f"the node ended at once: {(self.path / 'node.log').read_text()[-2000:]}")
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                client = Client(self.port)
                if client.ask("GET", "/readyz")[0] == 200:
                    return client
                client.close()
            except OSError:
                pass
            time.sleep(0.002)
        raise TimeoutError(f"the node in {self.path} is not ready within {START_SECONDS_MAX} seconds")

    def stop(self):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def prepared_home(command, leaves, pairs, statements=0, allocations=0):
    """A home whose issuer has a feed this long and one credential; made once per build."""
    home = Home(command, f"feed-{leaves}-{pairs}-{statements}-{allocations}")
    facts = home.path / "made.json"
    if not facts.is_file() or facts.stat().st_mtime < command.vcnode.stat().st_mtime:
        make_home(command, home, [leaves, pairs, statements, allocations])
    home.facts = json.loads(facts.read_text())
    return home


def settled_size(home, made):
    """A feed that was written past the node looks like a restored backup: the node begins new lists, once."""
    home.start()
    try:
        client = Client(home.port)
        deadline = time.monotonic() + 60
        while (size := json.loads(client.ask("GET", "/feeds")[1])[0]["size"]) <= made:
            require(time.monotonic() < deadline, f"the node begins new lists after {made} entries")
            time.sleep(0.1)
        client.close()
        return size
    finally:
        home.stop()


def make_home(command, home, amounts):
    subprocess.run(["rm", "-rf", home.path], check=True)
    home.path.parent.mkdir(parents=True, exist_ok=True)
    made = subprocess.run([command.vcnode, "--home", home.path, "init", "--json", "--network", "bench", "--public-url", Home.PUBLIC_URL, "--key-cost", "interactive"],
                          check=True, capture_output=True, text=True)
    info = json.loads(made.stdout)
    home.start()
    try:
        credential = json.loads((SAMPLES / "micro-credential.json").read_text())
        client = Client(home.port)
        status, text = client.ask("POST", "/credentials/issue", {"credential": credential}, info["operatorToken"])
        require(status == 201, f"issuing answered {status}: {text[:200]}")
        client.close()
    finally:
        home.stop()
    subprocess.run([command.bench / "bench_make_feed", home.path, *map(str, amounts)], check=True)
    facts = {"credential": json.loads(text)["verifiableCredential"], "issuer": info["issuer"], "leaves": settled_size(home, amounts[0])}
    (home.path / "made.json").write_text(json.dumps(facts))
