"""Restart of a node whose store holds a feed of a million entries: from exec to ready and to the first verdict.

The store is made once per build folder (bench_make_feed). The feed is the node's own issuer's, so that publisher and lists
come up too. `cold`: the store's file was dropped from the page cache before; else it is warm.
"""
import json
import os
import time

from figures import Profile, Report, memory_mb, missed, prepared_home, read_command, require

AIM_SECONDS = 3.0
PAIRS = 8  # 2 x 8 lists of 131,072 entries: a million credentials


def drop_from_cache(folder):
    for path in folder.glob("store.sqlite*"):
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


def restart(home, cold, profile=None):
    if cold:
        drop_from_cache(home.path)
    started = time.monotonic()
    home.start(wait=False)
    try:
        watch = profile(home.process.pid) if profile else None
        client = home.wait_ready()
        ready = time.monotonic() - started
        verdict = client.verdict(home.facts["credential"], home.facts["issuer"])
        answered = time.monotonic() - started
        require(verdict["verdict"] == "valid", f"the first verdict is {verdict['verdict']} ({verdict['code']})")
        feed = json.loads(client.ask("GET", "/feeds")[1])[0]
        require(feed["size"] == home.facts["leaves"], f"the node shows {feed['size']} entries")
        client.close()
        return {"parts": watch.parts() if watch else [], "ready": ready, "answered": answered, "resident": memory_mb(home.process.pid), "peak": memory_mb(home.process.pid, "VmHWM")}
    finally:
        home.stop()


def measure(report, command, name, home, repetitions, below=None, note=""):
    for cold in (False, True):
        with home:
            runs = [restart(home, cold) for _ in range(repetitions)]
        kind = f"{name}, {'cold' if cold else 'warm'} file cache"
        limit = None if cold else below
        report.add(f"restart to ready, {kind}", "s", [run["ready"] for run in runs], len(runs), below=limit, note=note)
        report.add(f"  to the first verdict, {kind}", "s", [run["answered"] for run in runs], len(runs), below=limit)
        if missed([run["ready"] for run in runs], below=limit):
            with home:
                for part, share in restart(home, cold, Profile)["parts"]:
                    report.part(f"restart to ready, {kind}", part, share)
    report.add(f"  resident memory after it, {name}", "MB", [run["resident"] for run in runs], len(runs), note=f"peak {runs[-1]['peak']:.0f} MB")


def main():
    command = read_command(__doc__)
    report = Report("restart_figures")
    leaves = 2_000 if command.once else 100_000 if command.quick else 1_000_000
    repetitions = 1 if command.once else 3 if command.quick else 7
    statements = leaves // 1_000
    measure(report, command, f"{leaves:,} entries", prepared_home(command, leaves, PAIRS, statements), repetitions, AIM_SECONDS,
            f"{2 * PAIRS} lists, {statements:,} statements; opening the key files (Argon2id, 64 MiB) is inside")
    if not command.once:
        measure(report, command, "10,000 of 20,000 entries statements, 100,000 credentials", prepared_home(command, 20_000, 1, 10_000, 100_000), repetitions)
    report.print(command.json)


if __name__ == "__main__":
    main()
