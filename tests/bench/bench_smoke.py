"""Runs a benchmark program once, quickly, and checks what it prints: that it still measures, not how fast it is.

Usage: bench_smoke.py BENCH_VERIFY
"""
import json
import math
import re
import subprocess
import sys

AIM = 0.80


def run(*arguments):
    return subprocess.run([sys.argv[1], "--quick", *arguments], capture_output=True, text=True, check=True, timeout=250).stdout


def main():
    report = json.loads(run("--json"))
    lines = {line["name"]: line for line in report["benchmarks"]}
    for line in lines.values():
        assert line["repetitions"] == 1, line
        assert math.isfinite(line["ratio"]) and line["ratio"] > 0 and line["microseconds"] > 0, line
    assert 0.2 < lines[report["baseline"]]["ratio"] < 5, "the baseline is far from as fast as itself"
    verified = [re.fullmatch(r"verify_credential, (.*), (\d+) B", name) for name in lines]
    sizes = {match[1]: int(match[2]) for match in verified if match}
    assert sizes["micro-credential"] > sizes["mandatory elements only"] > sizes["badge"] > 1500, sizes
    aim = report["aim"]
    assert aim["ratio"] == AIM and aim["met"] == (lines[aim["name"]]["ratio"] >= AIM), aim
    assert aim["name"] == f"verify_credential, micro-credential, {sizes['micro-credential']} B", aim
    table = run()
    assert re.search(rf"^aim {AIM:.2f} for {re.escape(aim['name'])}: (met|not met), \d\.\d\d$", table, re.MULTILINE), table
    assert all(name in table for name in lines), table
    print(f"{len(lines)} benchmarks ran, the whole micro-credential has {sizes['micro-credential']} bytes")


if __name__ == "__main__":
    main()
