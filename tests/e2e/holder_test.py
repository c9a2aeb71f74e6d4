"""Who presents a credential, and what credentials add up to: `verify --subject-name`, `challenge`, `present`, `stack`; two real nodes."""
import json
import unittest

from harness import Network, TestCase, VCNODE, record_code, wait_until

WHOLE = "https://uni.example/certificates/iot"
DESK = "desk.example"


def course(name):
    return f"https://uni.example/mc/{name}"


def micro(learner, name, ects, **more):
    return {"@context": ["https://www.w3.org/ns/credentials/v2", "https://vcnode.example/ns/micro-credential/v1"],
            "id": f"urn:example:{name}:{ects}", "type": ["VerifiableCredential", "MicroCredential"],
            "issuer": {"name": "Fictitious University (sample)", "country": "EE"},
            "credentialSubject": {"id": learner, "learner": {"givenName": "Ana", "familyName": "Andromeda", "birthDate": "1999-10-02"},
                                  "achievement": {"id": course(name), "title": {"en": name}, "workload": {"ects": ects}}, **more}}


class Holder(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.network = Network(VCNODE)
        cls.addClassCleanup(cls.network.__exit__)  # also if what follows fails
        cls.uni, cls.desk = cls.network.node("uni"), cls.network.node("desk")
        cls.uni.init()
        cls.desk.init("--admit", cls.uni.did, "--peer-link", cls.uni.peer_url)
        cls.uni.start()
        cls.desk.start()
        cls.key = cls.network.folder / "ana.key"
        made = cls.uni.cli("keys", "new-holder", cls.key, "--key-cost", "interactive", "--json")
        cls.ana = made.json()["did"]
        cls.courses = {name: cls.issue(micro(cls.ana, name, ects), name) for name, ects in (("a", 6), ("b", 3), ("c", 3))}
        answer = cls.uni.cli("publish", "stack-rule", "--subject", "https://uni.example/rules/1", "--target", WHOLE,
                             *[word for name in "abc" for word in ("--of", course(name))], "--at-least", "3", "--min-ects", "12", "--json")
        if answer.code != 0:
            raise RuntimeError(answer.err + answer.out)
        cls.rule = answer.json()["published"][0]
        wait_until(lambda: "stack-rule" in cls.desk.get("/statements")[1].decode(), "the rule at the desk", 30)

    @classmethod
    def issue(cls, credential, name):
        file = cls.network.folder / f"{name}.json"
        answer = cls.uni.cli("issue", "-", "-o", file, input=json.dumps(credential))
        if answer.code != 0:
            raise RuntimeError(answer.err)
        return file

    def verify(self, file, *arguments, trust=True):
        answer = self.desk.cli("verify", file, "--peer", self.desk.url, *(("--trust", self.uni.did) if trust else ()), "--json", *arguments)
        return answer.code, json.loads(answer.out)

    def present(self, *names, challenge, domain=DESK, key=None):
        answer = self.desk.cli("present", *[self.courses[name] for name in names], "--key", key or self.key, "--challenge", challenge,
                               "--domain", domain)
        self.assertEqual(answer.code, 0, answer.err)
        file = self.network.folder / "presentation.json"
        file.write_text(answer.out)
        return file

    def challenge(self):
        return self.desk.cli("challenge").out.strip()

    def subject_of(self, answer):
        check = next(one for one in answer["verdict"]["checks"] if one["check"] == "subject")
        record_code(check["code"])
        return answer["verdict"]["subject"], check["code"], check["result"]

    def test_1_what_the_verifier_typed(self):
        file = self.courses["a"]
        code, answer = self.verify(file, "--subject-name", "ANDROMEDA Ana", "--subject-birth-date", "1999-10-02")
        self.assertEqual((code, self.subject_of(answer)), (0, ("matched", "SUBJECT_MATCHED", "pass")))
        self.assertNotIn("ANDROMEDA", json.dumps(answer))
        code, answer = self.verify(file, "--subject-name", "Ana Andromeda")
        self.assertEqual((code, self.subject_of(answer)), (0, ("named-only", "SUBJECT_NAME_MATCHED", "warn")))
        code, answer = self.verify(file, "--subject-name", "Ana Andromedo", "--subject-birth-date", "1999-10-02")
        self.assertEqual((code, self.subject_of(answer)), (2, ("named-only", "SUBJECT_NAME_DIFFERS", "unknown")))
        code, answer = self.verify(file, "--subject-name", "Ana Andromeda", "--subject-birth-date", "1999-10-03")
        self.assertEqual((code, self.subject_of(answer)), (1, ("named-only", "SUBJECT_BIRTH_DATE_DIFFERS", "fail")))
        text = self.desk.cli("verify", file, "--peer", self.desk.url, "--trust", self.uni.did, "--subject-name", "Somebody Else")
        self.assertIn("Cannot tell: genuine, but the name in it is another", text.out)
        status, body = self.desk.post("/verdict", {"credential": json.loads(file.read_text()), "trust": [self.uni.did],
                                                   "subject": {"name": "Ana Andromeda", "birthDate": "1999-10-02"}})
        self.assertEqual((status, json.loads(body)["verdict"]["subject"]), (200, "matched"))

    def test_2_what_cannot_be_typed(self):
        refused = lambda *arguments: self.desk.cli("verify", self.courses["a"], "--offline", *arguments)  # noqa: E731
        self.assert_refused(refused("--subject-name", "Ana", "--subject-birth-date", "2.10.1999"), 64, "SUBJECT_STATED_MALFORMED", "YYYY-MM-DD")
        self.assert_refused(refused("--subject-name", " "), 64, "SUBJECT_STATED_MALFORMED")
        self.assert_refused(refused("--subject-birth-date", "1999-10-02"), 64, "USAGE", "--subject-name")
        self.assert_refused(refused("--challenge", "x", "--domain", DESK), 64, "USAGE", "presentation")
        self.assert_refused(refused("--challenge", "x"), 64, "USAGE", "--domain")

    def test_3_key_bound_on_the_command_line(self):
        challenge = self.challenge()
        file = self.present("a", "b", challenge=challenge)
        code, answer = self.verify(file, "--challenge", challenge, "--domain", DESK)
        self.assertEqual(code, 0, answer)
        self.assertEqual([one["subject"] for one in answer["verdict"]["verdicts"]], ["key-bound", "key-bound"])
        self.assertEqual([one["code"] for one in answer["verdict"]["holder"]], ["PRESENTATION_OK", "PROOF_OK", "HOLDER_OK", "CHALLENGE_ANSWERED"])
        code, answer = self.verify(file)
        self.assertEqual((code, answer["verdict"]["holder"][-1]["code"]), (0, "CHALLENGE_NOT_STATED"))
        self.assertEqual(answer["verdict"]["verdicts"][0]["subject"], "named-only")

        def bad(expected, *arguments, of=file):
            code, answer = self.verify(of, *arguments)
            self.assertEqual((code, answer["verdict"]["holder"][-1]["code"]), (1, expected))
            self.assertEqual({one["subject"] for one in answer["verdict"]["verdicts"]}, {"unknown"})
            record_code(expected)
        bad("CHALLENGE_DIFFERS", "--challenge", self.challenge(), "--domain", DESK)
        bad("DOMAIN_DIFFERS", "--challenge", challenge, "--domain", "bank.example")
        old = "c1.1700000000.AAAAAAAAAAAAAAAAAAAAAA"
        bad("CHALLENGE_EXPIRED", "--challenge", old, "--domain", DESK, of=self.present("a", challenge=old))
        stolen = json.loads(file.read_text())
        stolen["holder"] = "did:key:z6MkjchhfUsD6mmvni8mCdXHw216Xrm9bQe2mBH1P5RDjVJG"
        altered = self.network.folder / "altered.json"
        altered.write_text(json.dumps(stolen))
        bad("PROOF_SIGNATURE", "--challenge", challenge, "--domain", DESK, of=altered)

    def test_4_somebody_elses_credential(self):
        key = self.network.folder / "eve.key"
        self.assertEqual(self.desk.cli("keys", "new-holder", key, "--key-cost", "interactive").code, 0)
        challenge = self.challenge()
        code, answer = self.verify(self.present("a", challenge=challenge, key=key), "--challenge", challenge, "--domain", DESK)
        self.assertEqual((code, answer["verdict"]["verdicts"][0]["code"]), (1, "SUBJECT_NOT_HOLDER"))
        record_code("SUBJECT_NOT_HOLDER")
        self.assertEqual(answer["headline"], "Do not accept: about somebody else than who presents it")
        self.assert_refused(self.desk.cli("keys", "new-holder", key), 64, "KEY_FILE_EXISTS", "eve.key")
        self.assert_refused(self.desk.cli("present", self.courses["a"], "--key", next((self.uni.home / "keys").rglob("*.json"), "no key file"), "--passphrase",
                                          f"file:{self.uni.home / 'passphrase'}", "--challenge", "x", "--domain", "y"), 64, "KEY_FILE_PURPOSE")

    def test_5_a_node_takes_each_answer_once(self):
        challenge = self.challenge()
        question = {"presentation": json.loads(self.present("a", challenge=challenge).read_text()), "challenge": challenge, "domain": DESK,
                    "trust": [self.uni.did]}
        seen = []
        for _ in range(2):
            status, body = self.desk.post("/verdict", question)
            self.assertEqual(status, 200, body)
            verdict = json.loads(body)["verdict"]
            seen.append((verdict["holder"][-1]["code"], verdict["verdicts"][0]["verdict"]))
        self.assertEqual(seen, [("CHALLENGE_ANSWERED", "valid"), ("CHALLENGE_USED", "not-valid")])
        record_code("CHALLENGE_USED")

    def stack(self, *names, rule=None, trust=True, more=()):
        files = [word for name in names for word in ("--component", self.courses.get(name, name))]
        answer = self.desk.cli("stack", "--rule", rule or self.rule["id"], *files, "--peer", self.desk.url,
                               *(("--trust", self.uni.did) if trust else ()), "--json", *more)
        return answer.code, json.loads(answer.out)

    def test_6_stacking(self):
        code, answer = self.stack("a", "b", "c")
        self.assertEqual((code, answer["headline"]), (0, "Complete: 12 of 12 ECTS"), answer)
        self.assertEqual(answer["stack"]["rule"]["target"], WHOLE)
        self.assertEqual(len(answer["verdicts"]), 3)
        for rule in (self.rule["digest"], self.file("rule.json", self.rule["statement"])):
            self.assertEqual(self.stack("a", "b", "c", rule=rule)[0], 0)
        code, answer = self.stack("a", "b", "b")
        self.assertEqual((code, answer["stack"]["summary"]), (1, "9 of 12 ECTS; 2 of 3 of a clause"))
        self.assertIn("STACK_COUNTED_TWICE", answer["stack"]["codes"])
        record_code("STACK_COUNTED_TWICE")
        code, answer = self.stack("a", "b", "c", trust=False)
        self.assertEqual((code, answer["stack"]["summary"]), (3, "0 of 12 ECTS, 12 unknown: ISSUER_NOT_CONFIRMED; 0 of 3 of a clause"))
        text = self.desk.cli("stack", "--rule", self.rule["id"], "--component", self.courses["a"], "--peer", self.desk.url, "--trust", self.uni.did)
        self.assertEqual(text.code, 1)
        self.assertIn("Not complete: 6 of 12 ECTS", text.out)
        self.assertIn("6.0 ECTS, counts", text.out)
        question = {"rule": self.rule["id"], "components": [json.loads(self.courses[name].read_text()) for name in "abc"],
                    "trust": [self.uni.did]}
        status, body = self.desk.post("/stack", question)
        self.assertEqual((status, json.loads(body)["headline"]), (200, "Complete: 12 of 12 ECTS"))
        status, body = self.desk.post("/stack", {**question, "rule": self.rule["statement"]})
        self.assertEqual((status, json.loads(body)["stack"]["verdict"]), (200, "valid"))

    def file(self, name, content):
        path = self.network.folder / name
        path.write_text(json.dumps(content, indent=1))
        return path

    def test_7_rules_that_are_not_there_and_components_that_are_too_many(self):
        one = ["--component", self.courses["a"], "--peer", self.desk.url]
        self.assert_refused(self.desk.cli("stack", "--rule", "urn:uuid:none", *one), 2, "STATEMENT_UNKNOWN", "urn:uuid:none")
        changed = {**self.rule["statement"], "id": "urn:uuid:6f3e2b1c-0000-4000-8000-000000000001"}
        self.assert_refused(self.desk.cli("stack", "--rule", self.file("changed.json", changed), *one), 2, "STATEMENT_UNKNOWN")
        self.assert_refused(self.desk.cli("stack", "--rule", self.rule["id"], *one * 97), 64, "REQUEST_TOO_MANY", "96")
        self.assert_refused(self.desk.cli("stack", "--rule", self.rule["id"], *one, "--awarded", "soon"), 64, "TIME_INVALID", "soon")

    def test_8_the_rule_is_withdrawn(self):
        answer = self.uni.cli("publish", "withdrawal", "--statement", self.rule["id"], "--effect", "ends", "--effective-from", "2026-01-01T00:00:00Z")
        self.assertEqual(answer.code, 0, answer.err)
        wait_until(lambda: "withdrawal" in self.desk.get("/statements")[1].decode(), "the withdrawal at the desk", 30)
        code, answer = self.stack("a", "b", "c")
        self.assertEqual(code, 1)
        self.assertTrue(answer["headline"].startswith("The rule does not count"), answer["headline"])


if __name__ == "__main__":
    unittest.main()
