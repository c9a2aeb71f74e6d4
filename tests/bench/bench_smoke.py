"""Runs every benchmark once, with the least that still checks every answer, and checks what they print: that they still
measure, not how fast anything is.

Usage: bench_smoke.py BUILD_FOLDER
"""
import json
import math
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts" / "lib"))
import bench_report  # noqa: E402

AIM = 0.80
# Program → what its figures must be about.
EXPECTED = {
    "bench_status": ["status look-up, 131,072 entries", "list build, 1,048,576 entries", "list inflate, 131,072 entries", "signed list verified, 131,072 entries"],
    "bench_proofs": ["inclusion proof built, 10000 leaves", "consistency proof checked, 10000 leaves"],
    "bench_recognition": ["closure, honest statements", "query p99, closure kept, with junk", "  query p99 with junk / without"],
    "bench_ingest": ["durable ingest", "durable ingest / raw signature checks"],
    "http_figures.py": ["cached read / hello, status list", "HTTP verdicts", "  p99 of a verdict", "  resident memory of the node after them"],
    "propagation_figures.py": ["revocation propagation p50, 3 processes", "revocation propagation p99, 3 processes"],
    "restart_figures.py": ["restart to ready, 2,000 entries, warm file cache", "  to the first verdict, 2,000 entries, cold file cache"],
    "webvh_figures.py": ["log validation / didwebvh-ts, one update key", "  vcnode, a new key per entry"],
    "simulator_figures.py": ["simulator, 20 nodes with all faults"],
}


def check_verify(build):
    """bench_verify's own output, whose table is read by people too."""
    def run(*arguments):
        return subprocess.run([build / "tests" / "bench" / "bench_verify", "--quick", *arguments], capture_output=True, text=True, check=True, timeout=250).stdout

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
    figures = bench_report.from_verify(report)
    assert math.isclose(sum(part["share"] for part in figures["parts"]), 1), figures["parts"]
    return figures


def check_program(build, program):
    started = time.monotonic()
    section = bench_report.run(build, program, ["--once"])
    assert not section.get("failed"), f"{program}: {section['failed']}"
    names = [figure["name"] for figure in section["figures"]]
    assert len(set(names)) == len(names) and set(EXPECTED[program]) <= set(names), f"{program}: {names}"
    for figure in section["figures"]:
        assert set(figure) == {"name", "unit", "values", "checked", "aim", "note"}, figure
        assert figure["values"] and all(math.isfinite(value) and value > 0 for value in figure["values"]), figure
        assert figure["unit"] and figure["checked"] > 0, figure
        assert figure["aim"] is None or len(figure["aim"]) == 1 and set(figure["aim"]) <= {"atLeast", "below"}, figure
    for part in section["parts"]:
        assert part["figure"] in names and math.isfinite(part["share"]), part
    print(f"{program}: {len(names)} figures in {time.monotonic() - started:.1f} s", flush=True)
    return section


def check_table(build, sections):
    """Whatever was measured: an aim that is out of reach is printed as missed, with where the time goes."""
    for section in sections:
        for figure in section["figures"]:
            if figure["aim"]:
                figure["aim"] = {kind: 1e12 if kind == "atLeast" else 0 for kind in figure["aim"]}
            bench_report.judge(figure)
    report = {"machine": bench_report.machine(build), "quick": True, "sections": sections}
    text = bench_report.table(report)
    aims = [figure for section in sections for figure in section["figures"] if figure["aim"]]
    assert aims and text.count("**missed**") == len(aims) == text.count("Where the time of"), text
    assert "A quick look, not a claim" in text and report["machine"]["cpu"] in text and "Load average at start" in text, text
    assert json.loads(json.dumps(report)) == report


def main():
    build = pathlib.Path(sys.argv[1])
    sections = [{"title": "Verification", **check_verify(build)}]
    sections += [{"title": program, **check_program(build, program)} for program in EXPECTED]
    check_table(build, sections)


if __name__ == "__main__":
    main()
