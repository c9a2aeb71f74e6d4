"""The sample micro-credential carries every EU standard element (Council Recommendation 2022/C 243/02, Annex I).

The elements and the paths at which a reader looks for them are those of ../shared/data/field_map.json, column `ob3`
where Open Badges 3.0 has a place of its own and column `plain` where it has none.
"""
import json
import os
import pathlib
import re
import sys
import unittest

from harness import ROOT, SAMPLES, Network, TestCase, VCNODE

DATA = pathlib.Path(os.environ.get("VCNODE_SHARED", ROOT.parent / "shared")) / "data"

# number: (element, paths at which the sample has it). 1 to 11 are mandatory, 12 to 16 optional.
ELEMENTS = {
    1: ("identification of the learner", ["credentialSubject.id"]),
    2: ("title", ["credentialSubject.achievement.name"]),
    3: ("country/region of the issuer", ["issuer.address.addressCountryCode"]),
    4: ("awarding body", ["credentialSubject.achievement.creator", "issuer.name"]),
    5: ("date of issuing", ["awardedDate", "validFrom"]),
    6: ("learning outcomes", ["credentialSubject.achievement.learningOutcome[].text", "credentialSubject.achievement.learningOutcome[].skill[]",
                              "credentialSubject.achievement.criteria.narrative"]),
    7: ("notional workload (ECTS wherever possible)", ["credentialSubject.achievement.workload.ects", "credentialSubject.achievement.workload.hours",
                                                       "credentialSubject.creditsEarned"]),
    8: ("level (and cycle), if applicable", ["credentialSubject.achievement.level.eqf", "credentialSubject.achievement.level.cycle",
                                             "credentialSubject.achievement.alignment[].targetUrl"]),
    9: ("type of assessment", ["credentialSubject.assessment[].type"]),
    10: ("form of participation", ["credentialSubject.achievement.mode[]"]),
    11: ("type of quality assurance", ["credentialSubject.achievement.qualityAssurance[].type", "credentialSubject.achievement.qualityAssurance[].statement"]),
    12: ("prerequisites", ["credentialSubject.achievement.prerequisite"]),
    13: ("supervision and identity verification during assessment", ["credentialSubject.assessment[].supervision"]),
    14: ("grade achieved", ["credentialSubject.assessment[].grade", "credentialSubject.result[].value"]),
    15: ("integration/stackability options", ["credentialSubject.achievement.stack.mode", "credentialSubject.achievement.stack.towards[]"]),
    16: ("further information", ["credentialSubject.achievement.furtherInformation", "credentialSubject.achievement.description"]),
}
# What must be a concept of an EU vocabulary: path → name of the vocabulary in ../shared/data/eu_vocab.json.
VOCABULARIES = {
    "credentialSubject.achievement.level.eqf": "eqf",
    "credentialSubject.assessment[].type": "assessment_type",
    "credentialSubject.assessment[].supervision": "supervision_verification",
    "credentialSubject.achievement.mode[]": "mode",
    "credentialSubject.achievement.qualityAssurance[].type": "accreditation_type",
}
ECTS_HOURS = range(25, 31)  # hours of work that one ECTS point stands for


def values_at(document, path):
    """All values at a path; `[]` goes into every element of an array."""
    found = [document]
    for step in path.split("."):
        name, brackets = step.removesuffix("[]"), step.endswith("[]")
        found = [value[name] for value in found if name in value]
        if brackets:
            found = [element for value in found for element in value]
    return found


def expand(path):
    """The paths that one of the map's stands for: `a.{b,c[]}.d` → a.b.d, a.c[].d; a filter `[x^=y]` is an array."""
    path = re.sub(r"\[[^\]]+\]", "[]", path)
    braces = re.search(r"\{([^}]*)\}", path)
    if not braces:
        return [path]
    return [whole for part in braces.group(1).split(",") for whole in expand(path[:braces.start()] + part + path[braces.end():])]


def read_data(name):
    file = DATA / name
    if file.exists():
        return json.loads(file.read_text())
    print(f"SKIPPED: the EU data is not at {file} (set VCNODE_SHARED)", file=sys.stderr)
    if os.environ.get("CI") == "true":
        raise AssertionError("the EU data is required when CI=true")
    raise unittest.SkipTest(f"{file} is not there")


class Elements(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sample = json.loads((SAMPLES / "micro-credential.json").read_text())

    def test_every_element_is_there(self):
        for number, (element, paths) in ELEMENTS.items():
            for path in paths:
                with self.subTest(f"{number} {element}: {path}"):
                    values = values_at(self.sample, path)
                    self.assertTrue(values)
                    self.assertTrue(all(value not in ("", None, [], {}) for value in values), values)

    def test_the_elements_and_their_paths_are_those_of_the_map(self):
        rows = read_data("field_map.json")["elements"]
        self.assertEqual({row["no"]: row["element"] for row in rows}, {number: element for number, (element, _) in ELEMENTS.items()})
        self.assertEqual([row["no"] for row in rows if row["required"].startswith("mandatory")], list(range(1, 12)))
        for row in rows:
            known = {path for column in ("ob3", "plain") for entry in row[column] for path in expand(entry)}
            known |= {path.removesuffix("[]") for path in known}
            for path in ELEMENTS[row["no"]][1]:
                with self.subTest(f"{row['no']} {path}"):
                    self.assertIn(path, {*known, *(whole + ".targetUrl" for whole in known if whole.endswith("alignment[]"))})

    def test_codes_are_concepts_of_the_eu_vocabularies(self):
        vocabularies = read_data("eu_vocab.json")["vocab"]
        for path, name in VOCABULARIES.items():
            concepts = {concept["iri"] for concept in vocabularies[name]}
            for value in values_at(self.sample, path):
                with self.subTest(path):
                    self.assertIn(value, concepts)

    def test_the_sample_agrees_with_itself(self):
        workload, = values_at(self.sample, "credentialSubject.achievement.workload")
        self.assertIn(workload["hours"] // workload["ects"], ECTS_HOURS)
        self.assertEqual(values_at(self.sample, "credentialSubject.creditsEarned"), [workload["ects"]])
        self.assertIn(values_at(self.sample, "credentialSubject.achievement.level.eqf")[0], values_at(self.sample, "credentialSubject.achievement.alignment[].targetUrl"))
        self.assertEqual(values_at(self.sample, "credentialSubject.assessment[].grade"), values_at(self.sample, "credentialSubject.result[].value"))
        self.assertEqual(values_at(self.sample, "credentialSubject.result[].resultDescription"), values_at(self.sample, "credentialSubject.achievement.resultDescription[].id"))
        self.assertIn(values_at(self.sample, "credentialSubject.result[].value")[0], values_at(self.sample, "credentialSubject.achievement.resultDescription[].allowedValue[]"))

    def test_issuing_keeps_every_element_as_it_was(self):
        with Network(VCNODE) as network:
            node = network.node("issuer")
            node.init()
            node.start()
            file = network.folder / "issued.json"
            self.assertEqual(node.cli("issue", SAMPLES / "micro-credential.json", "-o", file).code, 0)
            self.assertEqual(node.cli("verify", file, "--trust", node.did).code, 0)
            issued = json.loads(file.read_text())
        for _, paths in ELEMENTS.values():
            for path in paths:
                self.assertEqual(values_at(issued, path), values_at(self.sample, path), path)


if __name__ == "__main__":
    unittest.main()
