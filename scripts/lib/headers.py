"""Every header compiles alone, twice over: a file that includes nothing else. ccache makes the second run cheap."""
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


def compiles(header):
    source = BUILD / (header.replace("/", "-") + ".cpp")
    source.write_text(f'#include "{header}"\n#include "{header}"\n')
    done = subprocess.run([*COMPILER, *FLAGS, str(source), "-o", str(source.with_suffix(".o"))], capture_output=True, text=True)
    return header, done.returncode == 0, done.stderr


def main():
    BUILD.mkdir(parents=True, exist_ok=True)
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
