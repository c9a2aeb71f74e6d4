"""Who presents a credential, and what credentials add up to: `verify --subject-name`, `challenge`, `present`, `stack`; two real nodes."""
import base64
import hashlib
import json
import time
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
        year = micro(self.ana, "a", 6)
        year["credentialSubject"]["learner"]["birthDate"] = "1998"
        year = self.issue({**year, "id": "urn:example:year"}, "year")
        code, answer = self.verify(year, "--subject-name", "Ana Andromeda", "--subject-birth-date", "1999-10-02")
        self.assertEqual((code, self.subject_of(answer)), (1, ("named-only", "SUBJECT_BIRTH_DATE_DIFFERS", "fail")))
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
        ahead = f"c1.{int(time.time()) + 4000}.AAAAAAAAAAAAAAAAAAAAAA"
        bad("CHALLENGE_NOT_YET_MADE", "--challenge", ahead, "--domain", DESK, of=self.present("a", challenge=ahead))
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

    def replay(self, verdict, presentation, *arguments):
        return self.uni.cli("verdict", "replay", verdict, "--credential", presentation, "--trust", self.uni.did, "--json", *arguments)

    def test_5_the_verdict_of_a_presentation_is_made_again_by_somebody_else(self):
        challenge = self.challenge()
        presentation = self.present("a", "b", challenge=challenge)
        stated = ("--challenge", challenge, "--domain", DESK)
        verdict = self.file("verdict.json", self.verify(presentation, *stated)[1])
        again = self.replay(verdict, presentation, *stated, "--peer", self.uni.url)
        self.assertEqual((again.code, again.json()["replay"]), (0, "same"), again.out + again.err)
        self.assertEqual([(one["replay"], one["outcome"], one["subjectRecorded"]) for one in again.json()["verdicts"]], [("same", "valid", False)] * 2)
        bundle = self.network.folder / "bundle.json"
        self.assertEqual(self.desk.cli("evidence", "export", "--verdict", verdict, "--peer", self.desk.url, "-o", bundle).code, 0)
        self.assertEqual(self.replay(verdict, presentation, *stated, "--evidence", bundle).json()["replay"], "same")
        plain = self.uni.cli("verdict", "replay", verdict, "--credential", presentation, "--trust", self.uni.did, *stated, "--evidence", bundle)
        self.assertIn("The same bytes of the whole presentation", plain.out)
        refused = self.replay(verdict, presentation, "--evidence", bundle)
        self.assertEqual(refused.code, 2, refused.out + refused.err)
        self.assert_code(refused.json()["error"]["code"], "CANNOT_REPLAY")
        self.assertIn("the challenge and the domain", refused.json()["error"]["message"])
        one = self.present("a", challenge=challenge)
        self.assert_refused(self.uni.cli("verdict", "replay", verdict, "--credential", one, *stated, "--trust", self.uni.did, "--evidence", bundle),
                            64, "REPLAY_CREDENTIAL_DIFFERS")
        status, body = self.desk.post("/verdict", {"presentation": json.loads(one.read_text()), "challenge": challenge, "domain": DESK,
                                                   "trust": [self.uni.did]})
        self.assertEqual(status, 200, body)
        answered = self.file("answer.json", json.loads(body))
        again = self.replay(answered, one, *stated, "--peer", self.uni.url)
        self.assertEqual((again.code, again.json()["replay"]), (0, "same"), again.out + again.err)
        alone = self.file("alone.json", json.loads(body)["verdict"]["verdicts"][0])
        self.assert_refused(self.uni.cli("verdict", "replay", alone, "--credential", self.courses["a"], *stated, "--trust", self.uni.did), 64, "USAGE",
                            "--challenge")
        by_itself = self.replay(alone, self.courses["a"], "--peer", self.uni.url)
        self.assertEqual((by_itself.code, by_itself.json()["subjectRecorded"]), (0, True))

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
        self.assertIn("6 ECTS, counts", text.out)
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

    def again(self, name, ects, file, **more):
        """Another credential of the same course."""
        self.courses[file] = self.issue({**micro(self.ana, name, ects, **more), "id": f"urn:example:{file}"}, file)
        return json.loads(self.courses[file].read_text())

    def stack_codes(self, *names, **how):
        code, answer = self.stack(*names, **how)
        for one in answer["stack"]["codes"]:
            record_code(one)
        return code, answer["stack"]["summary"], answer["stack"]["codes"]

    def test_7_what_counts_once(self):
        self.again("b", 3, "b-again")
        code, summary, codes = self.stack_codes("a", "b", "b-again")
        self.assertEqual((code, summary), (1, "9 of 12 ECTS; 2 of 3 of a clause"))
        self.assertIn("STACK_COUNTED_TWICE", codes)
        pretty = self.courses["pretty"] = self.network.folder / "pretty.json"
        pretty.write_text(json.dumps(json.loads(self.courses["a"].read_text()), indent=3))
        canonical = json.dumps(json.loads(self.courses["a"].read_text()), sort_keys=True, separators=(",", ":")).encode()
        digest = base64.urlsafe_b64encode(b"\x12\x20" + hashlib.sha256(canonical).digest()).decode().rstrip("=")
        self.again("b", 9, "outer", component=[{"id": "urn:example:elsewhere", "digestMultibase": "u" + digest}])
        for inner in ("a", "pretty"):
            code, summary, codes = self.stack_codes(inner, "outer", "c")
            self.assertEqual((code, summary), (1, "12 of 12 ECTS; 2 of 3 of a clause"))
            self.assertIn("STACK_COUNTED_TWICE", codes)
        self.again("a", 6, "open", component=[{"id": "urn:example:elsewhere"}])
        code, summary, codes = self.stack_codes("open", "b", "c")
        self.assertEqual((code, summary), (2, "6 of 12 ECTS, 6 unknown: STACK_PARTS_NOT_AT_HAND; 2 of 3 of a clause"))

    def test_7_what_was_revoked_or_issued_later(self):
        awarded = self.again("c", 3, "revoked")["proof"]["created"]
        time.sleep(2)
        self.assertEqual(self.uni.cli("revoke", self.courses["revoked"]).code, 0)
        wait_until(lambda: self.verify(self.courses["revoked"])[1]["verdict"]["class"] == "revoked", "the revocation at the desk", 30)
        code, _, codes = self.stack_codes("a", "b", "revoked", more=("--awarded", awarded))
        self.assertEqual(code, 2)
        self.assertIn("STACK_REVOCATION_UNDATED", codes)
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        for more in (("--awarded", now), ()):
            code, _, codes = self.stack_codes("a", "b", "revoked", more=more)
            self.assertEqual(code, 1)
            self.assertIn("STACK_COMPONENT_REVOKED", codes)
        self.again("c", 3, "later")
        code, _, codes = self.stack_codes("a", "b", "later", more=("--awarded", self.rule["statement"]["validFrom"]))
        self.assertEqual(code, 1)
        self.assertIn("STACK_COMPONENT_LATER", codes)

    def test_8_the_rule_is_withdrawn(self):
        answer = self.uni.cli("publish", "withdrawal", "--statement", self.rule["id"], "--effect", "ends", "--effective-from", "2026-01-01T00:00:00Z")
        self.assertEqual(answer.code, 0, answer.err)
        wait_until(lambda: "withdrawal" in self.desk.get("/statements")[1].decode(), "the withdrawal at the desk", 30)
        code, answer = self.stack("a", "b", "c")
        self.assertEqual(code, 1)
        self.assertTrue(answer["headline"].startswith("The rule does not count"), answer["headline"])
        self.assertEqual((answer["stack"]["outcome"], answer["stack"]["codes"]), ("not-established", ["WITHDRAWN_BEFORE_ISSUE"]))
        self.assertEqual(answer["stack"]["summary"], "0 of 12 ECTS; 0 of 3 of a clause")


if __name__ == "__main__":
    unittest.main()
