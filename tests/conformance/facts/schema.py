"""The JSON Schema of the plain profile: the page's worked example validates, and what lacks a mandatory element does not."""
import copy
import json
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
SPEC = ROOT / "protocol/spec"

try:
    from jsonschema import Draft202012Validator
except ImportError:
    print("SKIPPED: python3-jsonschema is not installed (scripts/setup does)")
    sys.exit(1 if os.environ.get("CI") == "true" else 0)

# Paths that the schema must miss when they are gone, and values that it must refuse.
REQUIRED = ["@context", "type", "issuer", "issuer/country", "validFrom", "credentialSubject/achievement", "credentialSubject/assessment",
            *("credentialSubject/achievement/" + name for name in ("id", "title", "awardingBody", "learningOutcome", "workload", "level", "mode",
                                                                   "qualityAssurance"))]
REFUSED = {"issuer/country": "Estonia", "validFrom": "2026-06-30", "credentialSubject/achievement/title": "",
           "credentialSubject/achievement/workload": {"ects": "3"}, "credentialSubject/achievement/level": {"eqf": "http://data.europa.eu/snb/level/6"},
           "credentialSubject/achievement/mode": "Blended", "credentialSubject/achievement/setting": "outdoors",
           "credentialSubject/achievement/stack": {"mode": "both"}, "credentialSubject/assessment": {"grade": "B"},
           "credentialSubject/component": {"id": "urn:x", "digestMultibase": "?"}}
ACCEPTED = {"credentialSubject/achievement/level": "not-applicable", "credentialSubject/achievement/title": "IoT",
            "credentialSubject/achievement/mode": "http://data.europa.eu/snb/learning-assessment/e92d221e4d", "evidence": {"type": "Anything"}}


def parent_of(document, path):
    *steps, last = path.split("/")
    for step in steps:
        document = document[step]
    return document, last


def with_value(document, path, *value):
    out = copy.deepcopy(document)
    parent, last = parent_of(out, path)
    if value:
        parent[last] = value[0]
    else:
        del parent[last]
    return out


def main():
    schema = json.loads((SPEC / "contexts/micro-credential-v1.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    example = json.loads(re.search(r"```json example=credential\n(.*?)\n```", (SPEC / "micro-credential.md").read_text(), re.S).group(1))
    problems = [f"the example: {error.json_path}: {error.message}" for error in validator.iter_errors(example)]
    problems += [f"accepted without {path}" for path in REQUIRED if validator.is_valid(with_value(example, path))]
    problems += [f"accepted with {path}: {value}" for path, value in REFUSED.items() if validator.is_valid(with_value(example, path, value))]
    problems += [f"refused with {path}: {value}" for path, value in ACCEPTED.items() if not validator.is_valid(with_value(example, path, value))]
    context = json.loads((SPEC / "contexts/micro-credential-v1.jsonld").read_text())["@context"]
    problems += [f"the context lacks {name}" for name in example["credentialSubject"]["achievement"] if name not in context and name != "id"]
    for problem in problems:
        print(problem)
    print(f"{1 + len(REQUIRED) + len(REFUSED) + len(ACCEPTED)} credentials, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
