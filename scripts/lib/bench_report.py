"""One table of all figures: runs every benchmark of the build, puts each figure beside its aim, and says where the time
of a figure goes that misses it. Wrong answers fail the run; slow ones do not."""
import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BENCH = ROOT / "tests" / "bench"
QUICK_NOTE = ("**A quick look, not a claim:** fewer repetitions and seconds, a feed of 100,000 entries instead of 1,000,000, 3 and 10 processes instead of up to 50, "
              "1 simulated minute instead of 10.")
# Title, program of the build or script of tests/bench.
SECTIONS = [("Verification", "bench_verify"), ("Status lists", "bench_status"), ("Proofs", "bench_proofs"), ("Recognition", "bench_recognition"), ("Durable ingest", "bench_ingest"), ("HTTP", "http_figures.py"),
            ("Revocation propagation", "propagation_figures.py"), ("Restart", "restart_figures.py"), ("DID logs", "webvh_figures.py"), ("Simulator", "simulator_figures.py")]

# Lines of bench_verify that are steps of a whole verification and do not contain each other.
PARTS_OF_VERIFY = ("JSON reader and data model, ", "JCS, ", "SHA-256, ")


def first_line(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0].strip()
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "unknown"


def file_system(folder):
    listed = subprocess.run(["df", "--output=fstype", str(folder)], capture_output=True, text=True, check=False).stdout.split()
    return listed[-1] if listed else "unknown"


def field_of(file, name):
    found = re.search(rf"^{re.escape(name)}\s*:\s*(.+)$", pathlib.Path(file).read_text(), re.MULTILINE)
    return found[1].strip() if found else "unknown"


def cached(build, name):
    found = re.search(rf"^{re.escape(name)}:[A-Z]+=(.*)$", (build / "CMakeCache.txt").read_text(), re.MULTILINE)
    return found[1] if found else ""


def machine(build):
    kilobytes = int(field_of("/proc/meminfo", "MemTotal").split()[0])
    return {"cpu": field_of("/proc/cpuinfo", "model name"), "cores": len(os.sched_getaffinity(0)), "memoryGiB": round(kilobytes / 1024 / 1024, 1),
            "kernel": platform.release(), "compiler": first_line(cached(build, "CMAKE_CXX_COMPILER") or "c++", "--version"),
            "buildType": cached(build, "CMAKE_BUILD_TYPE"), "flags": cached(build, "CMAKE_CXX_FLAGS_RELEASE"),
            "fileSystem": file_system(build), "loadAverageAtStart": [round(load, 2) for load in os.getloadavg()],
            "revision": first_line("git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"),
            "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")}


def command_of(build, program, options):
    if program.endswith(".py"):
        return [sys.executable, "-B", BENCH / program, "--build", build, "--json", *options]
    if program == "bench_verify":  # Google Benchmark's options
        return [build / "tests" / "bench" / program, "--json", *(("--benchmark_repetitions=5",) if options == ["--quick"] else ("--quick",) if options else ())]
    return [build / "tests" / "bench" / program, "--json", *options]


def from_verify(report):
    """bench_verify's own shape as figures: the ratio that has an aim, and microseconds of everything."""
    lines, aim = {line["name"]: line for line in report["benchmarks"]}, report["aim"]
    whole = lines[aim["name"]]
    figures = [{"name": "verify / raw signature check", "unit": "ratio", "values": whole["ratios"], "checked": len(whole["values"]),
                "aim": {"atLeast": aim["ratio"]}, "note": aim["name"].removeprefix("verify_credential, ")}]
    figures += [{"name": "  " + line["name"], "unit": "us", "values": line["values"], "checked": len(line["values"]), "aim": None, "note": ""} for line in report["benchmarks"]]
    us = statistics.median(whole["values"])
    parts = [(name, line["microseconds"] / us) for name, line in lines.items() if name == report["baseline"] or name.startswith(PARTS_OF_VERIFY)]
    parts.append(("everything else", 1 - sum(share for _, share in parts)))
    return {"program": "bench_verify", "figures": figures, "parts": [{"figure": figures[0]["name"], "part": part, "share": share} for part, share in parts]}


def run(build, program, options):
    started = time.monotonic()
    done = subprocess.run(command_of(build, program, options), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return {"program": program, "figures": [], "parts": [], "failed": (done.stderr + done.stdout).strip()[-2000:]}
    report = json.loads(done.stdout)
    out = from_verify(report) if program == "bench_verify" else report
    out["seconds"] = round(time.monotonic() - started, 1)
    return out


def judge(figure):
    """Adds minimum, median, maximum, and whether the median meets the aim."""
    values, aim = figure["values"], figure["aim"]
    figure.update(minimum=min(values), median=statistics.median(values), maximum=max(values))
    figure["met"] = None if aim is None else figure["median"] >= aim["atLeast"] if "atLeast" in aim else figure["median"] < aim["below"]


def shown(value):
    if value >= 10_000:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def aim_text(aim):
    if aim is None:
        return ""
    return f">= {aim['atLeast']:g}" if "atLeast" in aim else f"< {aim['below']:g}"


def row(figure):
    result = {None: "", True: "met", False: "**missed**"}[figure["met"]]
    name = figure["name"]
    if name.startswith("  "):
        name = "&nbsp;&nbsp;" + name.strip()
    numbers = " | ".join(shown(figure[key]) for key in ("minimum", "median", "maximum"))
    return f"| {name} | {figure['unit']} | {aim_text(figure['aim'])} | {numbers} | {result} | {figure['note']} |"


def table(report):
    facts = report["machine"]
    out = ["# Figures", ""]
    if report["quick"]:
        out += [QUICK_NOTE, ""]
    out += [f"{facts['date']}, revision {facts['revision']}. {facts['cores']} cores of {facts['cpu']}, {facts['memoryGiB']} GiB, Linux {facts['kernel']}, {facts['fileSystem']}; "
            f"{facts['compiler']}, {facts['buildType']} {facts['flags']}. Load average at start {', '.join(map(str, facts['loadAverageAtStart']))}.", "",
            "Minimum, median and maximum are over repetitions; an aim is judged by the median. Every measured call checked its answer.", ""]
    for section in report["sections"]:
        out += [f"## {section['title']}", ""]
        if section.get("failed"):
            out += [f"**FAILED:** {section['failed']}", ""]
            continue
        out += ["| figure | unit | aim | min | median | max | | |", "|---|---|---|---:|---:|---:|---|---|", *map(row, section["figures"]), ""]
        for figure in section["figures"]:
            if figure["met"] is False:
                out += [f"Where the time of \"{figure['name'].strip()}\" goes:", ""]
                parts = [f"- {part['share']:.0%} {part['part']}" for part in section["parts"] if part["figure"] == figure["name"]]
                out += parts or ["- not known: no perf on this machine, or nothing that could be split"]
                out.append("")
    return "\n".join(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release")
    parser.add_argument("--out", type=pathlib.Path, help="folder for figures.md and figures.json (default: the build folder)")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true", help="print the JSON instead of the table")
    parser.add_argument("--only", help="a part of a program's name: run these alone")
    command = parser.parse_args()
    if not (command.build / "tests" / "bench" / "bench_make_feed").is_file():
        sys.exit(f"error: the benchmarks are not built in {command.build}; run scripts/bench --report without --no-build")
    report = {"machine": machine(command.build), "quick": command.quick, "sections": []}
    for title, program in SECTIONS:
        if command.only and command.only not in program:
            continue
        print(f"==> {program}", file=sys.stderr, flush=True)
        section = {"title": title, **run(command.build, program, ["--quick"] if command.quick else [])}
        for figure in section["figures"]:
            judge(figure)
        report["sections"].append(section)
    out = command.out or command.build
    out.mkdir(parents=True, exist_ok=True)
    text, data = table(report), json.dumps(report, indent=1)
    (out / "figures.md").write_text(text + "\n")
    (out / "figures.json").write_text(data + "\n")
    print(data if command.json else text)
    figures = [figure for section in report["sections"] for figure in section["figures"]]
    print(f"==> {len(figures)} figures, {sum(figure['met'] is False for figure in figures)} of {sum(figure['met'] is not None for figure in figures)} aims missed; "
          f"in {out}/figures.md and .json", file=sys.stderr)
    return 1 if any(section.get("failed") for section in report["sections"]) else 0


if __name__ == "__main__":
    sys.exit(main())
