"""Fails if a reason code of the table was asserted by no test of this run, or if one is not well-formed.

Usage: codes_complete.py CODES_TABLE_PROGRAM SEEN_FOLDER
"""
import pathlib
import re
import subprocess
import sys


def main():
    table_program, seen_folder = sys.argv[1:]
    lines = subprocess.run([table_program], capture_output=True, text=True, check=True).stdout.splitlines()
    table = dict(line.split("\t", 1) for line in lines)
    seen = {code for path in pathlib.Path(seen_folder).glob("*.txt") for code in path.read_text().split()}
    problems = [f"{code} was asserted by no test" for code in sorted(set(table) - seen)]
    problems += [f"{code}: '{sentence}' is not one plain sentence" for code, sentence in table.items() if not re.fullmatch(r"[A-Z].*\.", sentence)]
    problems += [f"{code} is not a slug" for code in table if not re.fullmatch(r"[A-Z][A-Z0-9_]*", code)]
    if len(lines) != len(table):
        problems.append("a code is declared twice")
    for problem in problems:
        print(problem)
    print(f"codes: {len(table)} in the table, {len(set(table) & seen)} seen, {len(problems)} problems")
    return 1 if problems or not table else 0


if __name__ == "__main__":
    sys.exit(main())
