"""Every header compiles alone, twice over: a file that includes nothing else. ccache makes the second run cheap.

For a header that the source file of its name includes first, builds without VCNODE_UNITY show it (scripts/test --clang)."""
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "headers"
COMPILER = (["ccache"] if shutil.which("ccache") else []) + ["g++"]
FLAGS = ["-std=c++20", f"-I{ROOT}", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror", "-O0", "-c"]
# Reached through another target's include folder or needing the build tree.
GENERATED = ("peer.pb.h",)


def is_first_of_its_source(header):
    source = (ROOT / header).with_suffix(".cpp")
    if not source.exists():
        return False
    first = next((line for line in source.read_text().splitlines() if line.startswith("#include")), "")
    return first == f'#include "{header}"'


def compiles(header):
    source = BUILD / (header.replace("/", "-") + ".cpp")
    source.write_text(f'#include "{header}"\n#include "{header}"\n')
    done = subprocess.run([*COMPILER, *FLAGS, str(source), "-o", str(source.with_suffix(".o"))], capture_output=True, text=True)
    return header, done.returncode == 0, done.stderr


def main():
    BUILD.mkdir(parents=True, exist_ok=True)
    headers = [path.relative_to(ROOT).as_posix() for folder in ("crypto", "protocol", "storage", "node", "tests")
               for path in sorted((ROOT / folder).rglob("*.h")) if path.name not in GENERATED]
    failed = [(header, "no #pragma once") for header in headers if "#pragma once" not in (ROOT / header).read_text()]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        alone = [header for header in headers if not is_first_of_its_source(header)]
        failed += [(header, error) for header, good, error in pool.map(compiles, alone) if not good]
    for header, error in failed:
        print(f"{header} does not compile alone:\n{error}", file=sys.stderr)
    print(f"headers: {len(headers) - len(alone)} first in their source, {len(alone)} compiled alone, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
