"""coverage_table.py SUMMARY FILES: gcovr's JSON summary as a table per folder, and the files that are reached least."""
import collections
import json
import pathlib
import sys

SUMS = ("line_total", "line_covered", "branch_total", "branch_covered")


def row(name, sums):
    lines, lines_reached, branches, branches_reached = (sums[key] for key in SUMS)
    part = f"{100 * branches_reached / branches:7.1f} %" if branches else f"{'-':>9}"
    return f"{name:<44} {lines:>7} {lines - lines_reached:>7} {100 * lines_reached / max(lines, 1):7.1f} % {part}"


def main(summary, count):
    with open(summary, encoding="utf-8") as file:
        files = [entry for entry in json.load(file)["files"] if entry["line_total"] > 0]
    folders = collections.defaultdict(collections.Counter)
    for entry in files:
        for name in (str(pathlib.PurePath(entry["filename"]).parent), "total"):
            folders[name].update({key: entry[key] for key in SUMS})
    head = f"{'':<44} {'lines':>7} {'missed':>7} {'lines':>9} {'branches':>9}"
    print(head)
    for name in sorted(folders, key=lambda name: (name == "total", name)):
        print(row(name, folders[name]))
    if count == 0:
        return
    print("\nreached least\n" + head)
    for entry in sorted(files, key=lambda entry: entry["line_covered"] / entry["line_total"])[:count]:
        print(row(entry["filename"], entry))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
