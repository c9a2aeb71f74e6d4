"""What HTTP costs a node: cached reads beside a bare Beast server, and verdicts.

The ratio is of answers per CPU second of the server process, threads and kernel included, because the one client may be
as busy as the server; by the clock it stands beside it.

One client (bench_load: some keep-alive TLS 1.3 connections, one thread) drives both servers in turns; every answer is
compared. The bare server (bench_hello) has the node's TLS settings, its one socket thread, and answers of the same length.
Where there are two cores, servers of cached reads have the first and the client the second, on which it never sleeps. Verdicts: POST /verdict of
the whole micro-credential, all cores for everybody.
"""
import json
import os
import statistics
import subprocess
import tempfile

from figures import Client, Report, cpu_seconds, memory_mb, pathlib, prepared_home, read_command, require, spread_cores

AIM_RATIO = 0.8
CONNECTIONS = 16
LEAVES, PAIRS = 2_000, 1
PADDING_FIELD = len("X-Padding: \r\n")


class Load:
    """The client, in the measured setting."""

    def __init__(self, command, folder, seconds):
        self.program, self.folder, self.seconds = command.bench / "bench_load", folder, seconds

    def run(self, port, request, check, cores=None, connections=CONNECTIONS):
        file = self.folder / "request"
        file.write_bytes(request)
        pin = (lambda: os.sched_setaffinity(0, cores)) if cores else None
        awake = ["--awake"] if cores and cores != spread_cores()[0] else []
        done = subprocess.run([self.program, str(port), str(connections), str(self.seconds), file, *check, *awake], capture_output=True, text=True, preexec_fn=pin, check=False)
        require(done.returncode == 0, done.stderr.strip().removeprefix("wrong answer: "))
        return json.loads(done.stdout)


class Hello:
    """The bare server with an answer of a given body, `length` bytes in all."""

    def __init__(self, command, home, body, cores):
        self.arguments = [command.bench / "bench_hello", home.path / "tls" / "certificate.pem", home.path / "tls" / "key.pem", body]
        self.cores, self.process, self.port = cores, None, 0

    def start(self, padding):
        self.process = subprocess.Popen([*self.arguments, str(padding)], stdout=subprocess.PIPE, text=True, preexec_fn=lambda: os.sched_setaffinity(0, self.cores))
        self.port = int(self.process.stdout.readline())

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def get(path, accept="*/*"):
    return f"GET {path} HTTP/1.1\r\nHost: bench.example\r\nAccept: {accept}\r\nUser-Agent: bench\r\n\r\n".encode()


def timed(load, process, port, request, check, cores):
    before = cpu_seconds(process.pid)
    result = load.run(port, request, check, cores)
    result["perServerCpuSecond"] = result["requests"] / max(cpu_seconds(process.pid) - before, 0.001)
    return result


def compare(report, load, command, home, name, path, repetitions, aimed):
    """Node and hello in turns, on the same body."""
    servers, clients = spread_cores()
    client = Client(home.port)
    status, body = client.ask("GET", path)
    client.close()
    require(status == 200, f"GET {path} answered {status}")
    file = load.folder / "body"
    file.write_bytes(body)
    check = ("--equals", file)
    hello = Hello(command, home, file, servers)
    request = get(path)
    probe = Load(command, load.folder, 0.05)
    node_bytes = probe.run(home.port, request, check)["responseBytes"]
    hello.start(0)
    padding = node_bytes - probe.run(hello.port, request, check)["responseBytes"] - PADDING_FIELD
    hello.stop()
    hello.start(max(padding, 0))
    try:
        turns = [(timed(load, home.process, home.port, request, check, clients), timed(load, hello.process, hello.port, request, check, clients)) for _ in range(repetitions)]
    finally:
        hello.stop()
    hello_bytes = turns[0][1]["responseBytes"]
    require(abs(hello_bytes - node_bytes) <= PADDING_FIELD, f"the hello's answers have {hello_bytes} bytes, the node's {node_bytes}")
    checked = sum(node["requests"] for node, _ in turns)
    report.add(f"cached read / hello, {name}", "ratio", [node["perServerCpuSecond"] / bare["perServerCpuSecond"] for node, bare in turns], checked,
               at_least=AIM_RATIO if aimed else None, note=f"answers per CPU second of the server; {node_bytes:,} B each, {CONNECTIONS} connections, TLS 1.3")
    report.add(f"  the same by the clock, {name}", "ratio", [node["perSecond"] / bare["perSecond"] for node, bare in turns], checked)
    report.add(f"  node, {name}", "1/s", [node["perSecond"] for node, _ in turns], checked, note=f"p99 {statistics.median(node['p99us'] for node, _ in turns) / 1000:.1f} ms")
    report.add(f"  hello, {name}", "1/s", [bare["perSecond"] for _, bare in turns], sum(bare["requests"] for _, bare in turns))
    return {who: statistics.median(1e6 / turn[at]["perServerCpuSecond"] for turn in turns) for at, who in enumerate(("node", "hello"))}


def split(report, costs, name):
    """Where the CPU time of one answer goes, from differences between the subjects."""
    whole, bare = costs[name]["node"], costs[name]["hello"]
    floor, found = costs["tiny: /livez"], costs["tiny: checkpoint"]["node"] - costs["tiny: /livez"]["node"]
    if not name.startswith("tiny"):
        figure = f"cached read / hello, {name}"
        layer = floor["node"] - floor["hello"]
        report.part(figure, f"sockets, TLS and Beast, as in the hello ({bare:.0f} of {whole:.0f} us)", bare / whole)
        report.part(figure, f"the node's connection, router and metrics: /livez less its hello ({layer:.0f} us)", layer / whole)
        report.part(figure, f"finding the object, entity tag: checkpoint less /livez ({found:.0f} us)", found / whole)
        report.part(figure, f"what its length adds: the rest ({whole - bare - layer - found:.0f} us)", (whole - bare - layer - found) / whole)


def cached_reads(report, load, command, home, repetitions):
    servers, _ = spread_cores()
    for thread in (pathlib.Path("/proc") / str(home.process.pid) / "task").iterdir():
        os.sched_setaffinity(int(thread.name), servers)
    feed = json.loads(Client(home.port).ask("GET", "/feeds")[1])[0]
    subjects = [("status list", "/status-lists/main-1-revocation", True), ("tile", f"/feeds/{feed['originHash']}/tile/entries/000", True),
                ("tiny: checkpoint", f"/feeds/{feed['originHash']}/checkpoint", False), ("tiny: /livez", "/livez", False)]
    costs = {}
    for name, path, aimed in subjects[:1] if command.once else subjects:
        costs[name] = compare(report, load, command, home, name, path, repetitions, aimed)
    for name in costs if not command.once else ():
        split(report, costs, name)
    for thread in (pathlib.Path("/proc") / str(home.process.pid) / "task").iterdir():
        os.sched_setaffinity(int(thread.name), os.sched_getaffinity(0))


def verdicts(report, load, home, repetitions):
    body = json.dumps({"credential": home.facts["credential"], "trust": [home.facts["issuer"]]}).encode()
    request = b"POST /verdict HTTP/1.1\r\nHost: bench.example\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    turns = [load.run(home.port, request, ("--contains", '"verdict":"valid"')) for _ in range(repetitions)]
    checked = sum(turn["requests"] for turn in turns)
    report.add("HTTP verdicts", "1/s", [turn["perSecond"] for turn in turns], checked, note=f"micro-credential of {len(body):,} B, {CONNECTIONS} connections, TLS 1.3")
    report.add("  p50 of a verdict", "ms", [turn["p50us"] / 1000 for turn in turns], checked)
    report.add("  p99 of a verdict", "ms", [turn["p99us"] / 1000 for turn in turns], checked)
    report.add("  resident memory of the node after them", "MB", [memory_mb(home.process.pid)], 1, note=f"peak {memory_mb(home.process.pid, 'VmHWM'):.0f} MB")


def main():
    command = read_command(__doc__)
    report = Report("http_figures")
    repetitions = 1 if command.once else 3 if command.quick else 9
    home = prepared_home(command, LEAVES, PAIRS)
    with tempfile.TemporaryDirectory() as folder, home:
        load = Load(command, pathlib.Path(folder), 0.1 if command.once else 0.7 if command.quick else 3)
        home.start()
        cached_reads(report, load, command, home, repetitions)
        verdicts(report, load, home, repetitions)
    report.print(command.json)


if __name__ == "__main__":
    main()
