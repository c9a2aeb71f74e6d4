#!/usr/bin/env python3
"""Plants one bug: copies one source file with one passage changed, or checks that the bug is found.

plant.py copy PLAN ROOT OUT          writes the changed copy; fails unless the old text stands there exactly once
plant.py check PLAN PLANTED CLEAN    the planted program must fail as the plan says, the clean one must not
"""
import re
import subprocess
import sys

FIELDS = ("why", "source", "checker", "scenario", "seeds")


def read_plan(path):
    with open(path, encoding="utf-8") as file:
        head, _, rest = file.read().partition("--- old\n")
    old, separator, new = rest.partition("--- new\n")
    plan = dict(line.split(": ", 1) for line in head.strip().splitlines())
    missing = [field for field in FIELDS if field not in plan]
    if missing or not separator:
        sys.exit(f"{path}: lacks {', '.join(missing) or 'its old or new text'}")
    # The last line end belongs to the plan unless a whole line goes.
    plan["old"] = old if not new else old.removesuffix("\n")
    plan["new"] = new.removesuffix("\n")
    return plan


def copy(path, root, out):
    plan = read_plan(path)
    with open(f"{root}/{plan['source']}", encoding="utf-8") as file:
        text = file.read()
    found = text.count(plan["old"])
    if found != 1:
        sys.exit(f"{path}: the old text stands {found} times in {plan['source']}, it must stand there once")
    with open(out, "w", encoding="utf-8") as file:
        file.write(text.replace(plan["old"], plan["new"]))


def run(program, plan, seeds):
    command = [program, "--scenario", plan["scenario"], "--seed", "1", "--seeds", str(seeds)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout


def check(path, planted, clean):
    plan = read_plan(path)
    status, output = run(planted, plan, plan["seeds"])
    failed = re.search(r"^FAILED checker (\w+)", output, re.MULTILINE)
    if status != 1 or not failed:
        sys.exit(f"{plan['seeds']} seeds did not find: {plan['why']}\n{output[-2000:]}")
    seed = re.search(r"^replay: .* --seed (\d+)", output, re.MULTILINE).group(1)
    print(output[failed.start():])
    if failed.group(1) not in plan["checker"].split():
        sys.exit(f"the checker {failed.group(1)} objected, the plan names {plan['checker']}")
    status, output = run(clean, plan, seed)
    if status != 0:
        sys.exit(f"the clean program fails under the same seeds:\n{output[-2000:]}")
    print(f"found under seed {seed}; the clean program passes seeds 1 to {seed}")


if __name__ == "__main__":
    actions = {("copy", 5): copy, ("check", 5): check}
    action = actions.get((sys.argv[1] if len(sys.argv) > 1 else "", len(sys.argv)))
    if action is None:
        sys.exit(__doc__)
    action(*sys.argv[2:])
