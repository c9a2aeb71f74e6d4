"""House rules a compiler does not check: file and README lengths, banned words and calls, what stands where."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILE_LINES_MAX = 500
README_LINES_MAX = 40
ROOT_CMAKE_LINES_MAX = 150
ROOT_ENTRIES = {"CMakeLists.txt", "CMakePresets.json", "LICENSE", "README.md", "cmake", "crypto", "node", "protocol", "scripts", "storage", "tests",
                ".ci", ".clang-format", ".clang-tidy", ".gitignore"}
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
# g++ 12 destroys temporaries twice when an aggregate or a capturing lambda is written inside co_await.
CO_AWAIT = re.compile(r"co_await[^;]*[\[{]")
# Names and paths of the places where this was written do not belong into it.
PLACES = re.compile(r"registry\.npmjs|deb\.debian\.org|/work/|/home/[a-z]|/root/")
CLOCKS = re.compile(r"system_clock::now|steady_clock::now|time\(nullptr\)|std::rand|random_device")


def tracked():
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def check_file(name, problems):
    path = ROOT / name
    try:
        text = path.read_text()
    except UnicodeDecodeError:
        return
    lines = text.count("\n")
    code = path.suffix in (".h", ".cpp", ".py", ".mjs", ".sh", ".proto", ".def") or name.startswith("scripts/")
    rules_file = name == "scripts/lib/house_rules.py"
    if path.suffix in (".h", ".cpp") and lines > FILE_LINES_MAX:
        problems.append(f"{name}: {lines} lines, the limit is {FILE_LINES_MAX}")
    if path.name == "README.md" and path.parent != ROOT and lines > README_LINES_MAX:
        problems.append(f"{name}: {lines} lines, the limit for a folder's README is {README_LINES_MAX}")
    if code and not rules_file and (found := UNFINISHED.search(text)):
        problems.append(f"{name}: unfinished: {found.group(0)}")
    if path.suffix in (".h", ".cpp"):
        for found in CO_AWAIT.finditer(text):
            problems.append(f"{name}:{text.count(chr(10), 0, found.start()) + 1}: a brace or bracket inside co_await")
        if name.startswith(("protocol/", "crypto/", "storage/")) and (found := CLOCKS.search(text)):
            problems.append(f"{name}: reads a clock or unseeded randomness: {found.group(0)}")
    if not rules_file and (found := PLACES.search(text)):
        problems.append(f"{name}: names a place of this machine: {found.group(0)}")


def check_folders(names, problems):
    folders = {pathlib.PurePosixPath(name).parent.as_posix() for name in names if pathlib.PurePosixPath(name).suffix in (".h", ".cpp")}
    for folder in sorted(folders):
        if not folder.startswith("tests/") and not (ROOT / folder / "README.md").is_file():
            problems.append(f"{folder}: has no README.md")
    for entry in sorted({name.split("/")[0] for name in names} - ROOT_ENTRIES):
        problems.append(f"{entry}: does not belong into the root folder")
    if (ROOT / "CMakeLists.txt").read_text().count("\n") >= ROOT_CMAKE_LINES_MAX:
        problems.append(f"CMakeLists.txt: the limit is {ROOT_CMAKE_LINES_MAX} lines")


def main():
    problems, names = [], tracked()
    for name in names:
        check_file(name, problems)
    check_folders(names, problems)
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"house rules: {len(names)} files, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
