"""Every header compiles alone: a file that includes nothing else and is compiled for syntax only."""
import concurrent.futures
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FLAGS = ["-std=c++20", f"-I{ROOT}", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror", "-fsyntax-only", "-x", "c++", "-"]
# Reached through another target's include folder or needing the build tree.
GENERATED = ("peer.pb.h",)


def compiles(header):
    source = f'#include "{header}"\n#include "{header}"\n'
    done = subprocess.run(["g++", *FLAGS], input=source, capture_output=True, text=True)
    return header, done.returncode == 0, done.stderr


def main():
    headers = [path.relative_to(ROOT).as_posix() for folder in ("crypto", "protocol", "storage", "node", "tests")
               for path in sorted((ROOT / folder).rglob("*.h")) if path.name not in GENERATED]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        failed = [(header, error) for header, good, error in pool.map(compiles, headers) if not good]
    for header, error in failed:
        print(f"{header} does not compile alone:\n{error}", file=sys.stderr)
    print(f"headers: {len(headers)} compiled alone, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
