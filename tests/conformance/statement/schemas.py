"""The JSON Schemas of protocol/spec/statements: every worked example of the page validates, and what the parser refuses as
malformed they refuse too (tests/unit/protocol/statement/malformed.json), but for the cases that are marked as beyond a schema.
"""
import copy
import json
import os
import pathlib
import re
import sys
import warnings

ROOT = pathlib.Path(__file__).resolve().parents[3]
SPEC = ROOT / "protocol/spec"
KINDS = 11
CASES_MIN = 60

try:
    warnings.simplefilter("ignore", DeprecationWarning)
    from jsonschema import Draft202012Validator, RefResolver
except ImportError:
    print("SKIPPED: python3-jsonschema is not installed (scripts/setup does)")
    sys.exit(1 if os.environ.get("CI") == "true" else 0)


def validators():
    schemas = {path.stem: json.loads(path.read_text()) for path in sorted((SPEC / "statements").glob("*.json"))
               if path.stem != "context"}
    by_id = {schema["$id"]: schema for schema in schemas.values()}
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    return {name: Draft202012Validator(schema, resolver=RefResolver(schema["$id"], schema, store=by_id))
            for name, schema in schemas.items() if name != "common"}


def changed(document, case):
    """`document` with the value at case["at"] set, or removed."""
    out = copy.deepcopy(document)
    *path, last = case["at"].split("/")[1:]
    here = out
    for step in path:
        here = here[int(step)] if isinstance(here, list) else here[step]
    if isinstance(here, list):
        here[int(last)] = case["set"]
    elif "set" in case:
        here[last] = case["set"]
    else:
        del here[last]
    return out


def main():
    page = (SPEC / "statement.md").read_text()
    examples = {name: json.loads(text) for name, text in re.findall(r"```json example=(\S+)\n(.*?)\n```", page, re.S)}
    checks = validators()
    problems = [f"{KINDS} kinds, but schemas of {sorted(checks)} and examples of {sorted(examples)}"
                for names in [checks, examples] if len(names) != KINDS or checks.keys() != examples.keys()]
    for name, example in examples.items():
        problems += [f"example {name}: {error.json_path}: {error.message}" for error in checks[name].iter_errors(example)]
    cases = json.loads((ROOT / "tests/unit/protocol/statement/malformed.json").read_text())
    if len(cases) < CASES_MIN:
        problems.append(f"{len(cases)} malformed cases, at least {CASES_MIN} are expected")
    for case in cases:
        valid = checks[case["kind"]].is_valid(changed(examples[case["kind"]], case))
        if valid != (case.get("schema") is False):
            problems.append(f"the schema {'accepts' if valid else 'refuses'} {json.dumps(case)[:200]}")
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"schemas: {len(examples)} examples, {len(cases)} malformed cases, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
