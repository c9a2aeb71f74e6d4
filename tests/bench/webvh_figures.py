"""What validating a did:webvh log costs per entry, beside npm's didwebvh-ts on the same log, in turns.

CPU time on both sides; of Node.js that of the whole process, its collector included. Two logs: one update key throughout,
and another for each entry under pre-rotation, where no key comes twice.
"""
import json
import statistics
import subprocess

from figures import ROOT, Report, read_command, require

AIM_RATIO = 5.0
PEER = ROOT / "tests" / "bench" / "webvh_peer.mjs"


class Worker:
    """A process that answers a number of validations with the CPU seconds they took."""

    def __init__(self, arguments):
        self.process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def write(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def read(self):
        line = self.process.stdout.readline()
        require(line != "", "a worker ended")
        return json.loads(line)

    def ask(self, times):
        self.write(str(times))
        return self.read()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(30)


def compare(report, command, kind, name, entries):
    repetitions, times = (1, 1) if command.once else (5, 10) if command.quick else (15, 20)
    ours, theirs, raw, order = [], [], [], []
    with Worker([command.bench / "bench_webvh", kind, str(entries)]) as vcnode, Worker(["node", PEER]) as peer:
        peer.write(json.dumps(vcnode.read()))
        if not command.once:
            peer.ask(times)  # the just-in-time compiler's turn
        for _ in range(repetitions):
            answer = vcnode.ask(times)
            ours.append(answer["seconds"] / times / entries * 1e6)
            raw.append(answer["rawSeconds"] / times / entries * 1e6)
            order.append(answer["orderSeconds"] / times / entries * 1e6)
            theirs.append(peer.ask(times)["seconds"] / times / entries * 1e6)
    checked = repetitions * times
    figure = f"log validation / didwebvh-ts, {name}"
    report.add(figure, "ratio", [b / a for a, b in zip(ours, theirs)], checked, at_least=AIM_RATIO, note=f"log of {entries} entries, per entry")
    report.add(f"  vcnode, {name}", "us", ours, checked)
    report.add(f"  didwebvh-ts, {name}", "us", theirs, checked)
    report.add(f"  the signature check alone, {name}", "us", raw, checked)
    whole = statistics.median(ours)
    shares = {"the signature check alone": statistics.median(raw) / whole, "the order of new keys": statistics.median(order) / whole}
    shares["everything else"] = 1 - sum(shares.values())
    for part, share in shares.items():
        report.part(figure, part, share)


def main():
    command = read_command(__doc__)
    report = Report("webvh_figures.py")
    entries = 5 if command.once else 50
    compare(report, command, "same", "one update key", entries)
    compare(report, command, "rotated", "a new key per entry", entries)
    report.print(command.json)


if __name__ == "__main__":
    main()
