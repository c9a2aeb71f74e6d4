"""How fast the simulator is: events per second, and a thousand nodes for ten simulated minutes.

Runs the program `sim` with the scenarios of tests/sim; every run checks everything the simulator checks, and a violation
fails the figures. The time beside the aim is that of the whole run: faults, healing and the quiet minute.
"""
import re
import subprocess
import time

from figures import ROOT, Profile, Report, missed, read_command, require

AIM_SECONDS = 60.0
LINE = re.compile(r"seed (\d+) .*? (\d+) events  (\d+) events/s .*  (\d+) s in ([\d.]+) s")


def start(command, scenario, seed, *arguments):
    return subprocess.Popen([command.build / "tests" / "sim" / "sim", "--scenario", f"scenarios/{scenario}.txt", "--seed", str(seed), *map(str, arguments)],
                            cwd=ROOT / "tests" / "sim", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def run(*arguments):
    started = time.monotonic()
    process = start(*arguments)
    out, _ = process.communicate()
    require(process.returncode == 0, f"the simulator found a violation: {out}")
    found = [LINE.search(line) for line in out.splitlines() if line.startswith("seed ")]
    require(found and all(found), f"the simulator's lines are not understood: {out}")
    events, simulated = sum(int(line[2]) for line in found), sum(int(line[4]) for line in found)
    return {"events": events, "simulated": simulated, "perSecond": events / sum(float(line[5]) for line in found), "wall": time.monotonic() - started}


def main():
    command = read_command(__doc__)
    report = Report("simulator_figures")
    repetitions = 1 if command.once else 3
    seeds = 1 if command.once else 3 if command.quick else 20
    small = [run(command, "all", 1 + i * seeds, "--seeds", seeds) for i in range(repetitions)]
    report.add("simulator, 20 nodes with all faults", "events/s", [one["perSecond"] for one in small], sum(one["events"] for one in small), note=f"{seeds} seeds each")
    if not command.once:
        minutes, rounds = (1, 1) if command.quick else (10, 3)
        big = [run(command, "big", 1 + i, "--nodes", 1000, "--minutes", minutes) for i in range(rounds)]
        simulated = big[0]["simulated"]
        report.add("simulator, 1,000 nodes", "events/s", [one["perSecond"] for one in big], sum(one["events"] for one in big))
        name, limit = f"1,000 nodes x {minutes} simulated minutes", AIM_SECONDS if minutes >= 10 else None
        report.add(name, "s", [one["wall"] for one in big], len(big), below=limit, note=f"{simulated} s simulated with healing and the quiet minute")
        if missed([one["wall"] for one in big], below=limit):
            process = start(command, "big", 1, "--nodes", 1000, "--minutes", 1)
            profile = Profile(process.pid)
            process.communicate()
            for part, share in profile.parts():
                report.part(name, part, share)
    report.print(command.json)


if __name__ == "__main__":
    main()
