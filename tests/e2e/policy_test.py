"""Whom to believe: `vcnode policy new` and `policy check`, facts without a policy, names, and the officer's file note."""
import json
import os
import pathlib
import sys
import unittest

from harness import Network, ROOT, SAMPLES, TestCase, VCNODE, record_code, wait_until

SHARED = pathlib.Path(os.environ.get("VCNODE_SHARED", ROOT.parent / "shared"))
NAME = "Fictitious Technological University of Galway (sample)"
CRITERIA = ["quality assurance", "verification", "level", "learning outcomes", "workload", "testing", "identification of the person"]


class Policies(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.network = Network(VCNODE)
        cls.addClassCleanup(cls.network.__exit__)
        cls.centre, cls.hr, cls.uni = (cls.network.node(name) for name in ("centre", "hr", "uni"))
        for node in cls.network.nodes:
            links = [part for other in cls.network.nodes if other is not node for part in ("--peer-link", other.peer_url)]
            node.init("--domain", f"{node.name}.example", *links)
        for node in cls.network.nodes:
            node.admit(*[other.did for other in cls.network.nodes if other is not node])
        for node in cls.network.nodes:
            node.start()
        wait_until(lambda: all(node.head_of(other.did) for node in cls.network.nodes for other in cls.network.nodes), "all feeds at all", 60)
        cls.ids = {}
        cls.credential = cls.network.folder / "credential.json"
        done = cls.uni.cli("issue", SAMPLES / "micro-credential.json", "--output", cls.credential)
        assert done.code == 0, done.err

    def publish(self, node, kind, *arguments):
        answer = node.cli("publish", kind, *arguments, "--json")
        self.assertEqual(answer.code, 0, answer.err + answer.out)
        return answer.json()["published"][0]

    def settle(self):
        """Every node holds every feed as far as its issuer wrote it."""
        def sizes(node):
            return [(node.head_of(one.did) or {}).get("size") for one in self.network.nodes]

        def same():
            rows = [row for node in self.network.nodes for row in json.loads(node.get("/feeds")[1])]
            return all(sizes(node) == sizes(self.network.nodes[0]) for node in self.network.nodes) and \
                all(row["missingCount"] == 0 and row["pending"] is None for row in rows)
        wait_until(same, "one view of all feeds", 60)

    def verify(self, *arguments, node=None):
        return self.hr.cli("verify", self.credential, "--peer", (node or self.uni).url, *arguments)

    def new(self, *arguments, purpose="hiring"):
        return self.hr.cli("policy", "new", "--country", "LV", "--for", purpose, "--peer", self.uni.url, *arguments)

    def test_1_without_a_policy_there_are_facts_and_no_answer(self):
        self.publish(self.uni, "identity", "--subject", self.uni.did, "--legal-name", "University, by its own word", "--country", "IE",
                     "--identifier", "deqar=DEQARINST0000")
        self.settle()
        answer = self.verify("--json")
        self.assertEqual(answer.code, 3, answer.err)
        body = answer.json()
        self.assertEqual(body["verdict"]["issuer"]["names"], [{"confirmedBy": None, "name": NAME},
                                                              {"confirmedBy": None, "name": "University, by its own word"}])
        known = body["known"]
        self.assertEqual((known["issuer"], known["domain"]["name"], known["domain"]["observed"]), (self.uni.did, "uni.example", False))
        self.assertIsNotNone(known["domain"]["since"])
        self.assertEqual(known["registers"], [{"scheme": "deqar", "value": "DEQARINST0000", "by": self.uni.did, "own": True}])
        self.assertEqual([row["own"] for row in known["statements"]], [True])
        text = self.verify()
        self.assertIn("nobody else says anything about it", text.out)
        self.assertIn("names the domain uni.example since", text.out)
        self.assertNotIn("recognised", text.out)

    def test_2_who_vouches_is_said_by_the_command_and_by_the_node_alike(self):
        self.publish(self.centre, "accreditation", "--subject", self.uni.did, "--decision", "positive", "--standing", "obligatory",
                     "--country", "IE", "--eqf", "5-7", "--since", "2020-01-01T00:00:00Z")
        self.publish(self.centre, "identity", "--subject", self.uni.did, "--legal-name", NAME, "--country", "IE", "--domain", "uni.example")
        self.publish(self.hr, "endorsement", "--subject", self.uni.did, "--role", "employer-organisation", "--claim", "relevant")
        self.settle()
        known = self.verify("--json").json()["known"]
        self.assertEqual([(row["kind"], row["by"]) for row in known["statements"] if not row["own"]],
                         [("Identity", self.centre.did), ("Accreditation", self.centre.did), ("Endorsement", self.hr.did)])
        status, body = self.hr.post("/verdict", {"credential": json.loads(self.credential.read_text())})
        self.assertEqual(status, 200)
        self.assertEqual(json.loads(body)["known"], known)
        text = self.verify().out
        self.assertIn("nobody you named stands behind it", text)
        self.assertIn(f"{self.hr.did}: as employer-organisation, it vouches for it: relevant", text)
        self.assertNotIn("recognised", text)
        self.assertIsNone(self.verify("--trust", self.uni.did, "--json").json()["known"])

    def test_3_both_lists_are_offered_with_what_proves_them(self):
        self.ids["centre"] = self.publish(self.centre, "trust-list", "--purpose", "hiring", "--country", "LV", "--anchor", self.centre.did)
        self.ids["hr"] = self.publish(self.hr, "trust-list", "--purpose", "hiring", "--anchor", self.centre.did, "--anchor", self.hr.did)
        ended = self.publish(self.hr, "trust-list", "--purpose", "hiring", "--country", "LV", "--anchor", self.hr.did)
        self.publish(self.hr, "withdrawal", "--statement", ended["id"], "--effect", "voids")
        self.publish(self.centre, "identity", "--subject", self.hr.did, "--legal-name", "HR Association (fictitious)", "--country", "LV")
        self.settle()
        answer = self.new("--json")
        self.assertEqual((answer.code, answer.err), (0, ""), answer.out)
        lists = {row["signedBy"]: row for row in answer.json()["lists"]}
        self.assertEqual(set(lists), {self.centre.did, self.hr.did})
        self.assertEqual(lists[self.hr.did]["id"], self.ids["hr"]["id"])
        self.assertEqual([len(lists[did]["anchors"]) for did in (self.centre.did, self.hr.did)], [1, 2])
        self.assertEqual([lists[did]["country"] for did in (self.centre.did, self.hr.did)], ["LV", None])
        signer = lists[self.hr.did]["signer"]
        self.assertEqual(signer["domain"]["name"], "hr.example")
        self.assertEqual([(row["kind"], row["by"], row["says"]["legalName"]) for row in signer["statements"]],
                         [("Identity", self.centre.did, "HR Association (fictitious)")])
        self.assertIsNone(answer.json()["policy"])
        text = self.new().out
        self.assertIn("2 trust lists for hiring in LV:", text)
        self.assertIn("None is preselected", text)
        self.assertIn('its name in law is "HR Association (fictitious)" (LV)', text)
        none = self.new(purpose="study")
        self.assertEqual(none.code, 0, none.err)
        self.assertIn("0 trust lists for study in LV", none.out)
        self.assertIn("hiring in LV, hiring in any country", none.out)

    def test_4_a_policy_of_the_lists_that_were_named_confirms(self):
        file = self.network.folder / "hiring.json"
        made = self.new("--use", self.ids["centre"]["id"], "--use", self.ids["hr"]["digest"], "--output", file)
        self.assertEqual((made.code, made.err), (0, ""), made.out)
        self.assertIn("2 anchors of 2 trust lists", made.out)
        policy = json.loads(file.read_text())
        self.assertEqual({row["id"] for row in policy["anchors"]}, {self.centre.did, self.hr.did})
        self.assertEqual((policy["verifierCountry"], policy["referencingFrom"], policy["trust"]), ("LV", [], []))
        self.assertEqual(json.loads(self.new("--use", self.ids["centre"]["id"]).out)["anchors"][0]["id"], self.centre.did)
        verdict = self.verify("--policy", file, "--json")
        self.assertEqual(verdict.code, 0, verdict.out)
        body = verdict.json()
        self.assertIsNone(body["known"])
        self.assertEqual(body["verdict"]["recognition"]["outcome"], "recognised")
        self.assertEqual(body["verdict"]["issuer"]["names"], [{"confirmedBy": self.centre.did, "name": NAME},
                                                              {"confirmedBy": None, "name": "University, by its own word"}])
        policy["endorsement"] = {"atLeast": 1, "from": [self.hr.did]}
        file.write_text(json.dumps(policy))
        text = self.verify("--policy", file)
        self.assertEqual(text.code, 0, text.out)
        for line in (f'Issuer\'s name: "{NAME}", confirmed by {self.centre.did}', "By your policy: bodies you named stand behind",
                     "Effect: accredited without a recognition between (direct)", f"Chain: {self.centre.did} accredits {self.uni.did}",
                     f"Endorsed by {self.hr.did.split(':')[2]}", "Not a legal decision."):
            self.assertIn("  " + line, text.out)

    def test_5_a_policy_is_checked(self):
        file = self.network.folder / "hiring.json"
        answer = self.hr.cli("policy", "check", file, "--peer", self.uni.url, "--json")
        self.assertEqual(answer.code, 0, answer.err)
        body = answer.json()
        self.assertRegex(body["digest"], "^sha256:[0-9a-f]{64}$")
        self.assertEqual({(row["did"], row["held"]) for row in body["bodies"]}, {(self.centre.did, True), (self.hr.did, True)})
        self.assertEqual((body["warnings"], body["quorum"]), ([], None))
        text = self.hr.cli("policy", "check", file, "--peer", self.uni.url)
        self.assertIn(f"believes {self.centre.did} for everything", text.out)
        self.assertIn("its feed is held, head of", text.out)
        stranger = "did:key:z6MkjchhfUsD6mmvni8mCdXHw216Xrm9bQe2mBH1P5RDjVJG"
        odd = self.network.folder / "odd.json"
        odd.write_text(json.dumps({"anchors": [{"id": stranger, "for": {"eqf": {"min": 5, "max": 6}}}, {"id": "did:web:a.example"}],
                                   "time": {"issueTime": "proven"}}))
        answer = self.hr.cli("policy", "check", odd, "--peer", self.uni.url, "--json")
        self.assertEqual(answer.code, 0, answer.err)
        self.assertEqual([row["code"] for row in answer.json()["warnings"]],
                         ["POLICY_NEVER_MET", "POLICY_LEVELS_UNTRANSLATED", "POLICY_NEVER_MET", "AUTHORITY_NOT_HELD", "AUTHORITY_NOT_HELD"])
        self.assertIn("warning: ", self.hr.cli("policy", "check", odd, "--peer", self.uni.url).out)
        bad = self.network.folder / "bad.json"
        for content, code, part in (({"anchors": [], "anker": []}, "POLICY_MALFORMED", "anker"),
                                    ({"endorsement": {"atLeast": 2, "from": [stranger]}}, "POLICY_MALFORMED", "from names 1"),
                                    ({"referencingFrom": [stranger]}, "POLICY_WITHOUT_ANCHORS", "referencingFrom"),
                                    ({"onUnknown": "not-established"}, "POLICY_WITHOUT_ANCHORS", "onUnknown")):
            bad.write_text(json.dumps(content))
            self.assert_refused(self.hr.cli("policy", "check", bad), 64, code, part)

    def test_6_what_is_wrong_is_refused_with_a_sentence(self):
        self.assert_refused(self.new("--use", "urn:uuid:none"), 2, "STATEMENT_UNKNOWN", "urn:uuid:none")
        self.assert_refused(self.new("--output", "x.json"), 64, "USAGE", "--use")
        self.assert_refused(self.hr.cli("policy", "new", "--country", "UK", "--for", "study", "--peer", self.uni.url), 64, "USAGE", "GB")
        self.assert_refused(self.hr.cli("policy", "new", "--country", "LV"), 64, "USAGE", "--for")
        self.assert_refused(self.hr.cli("policy"), 64, "USAGE")
        self.assert_refused(self.verify("--report", "everything"), 64, "USAGE", "--report")
        nobody = self.network.node("nobody")
        self.assert_refused(nobody.cli("policy", "new", "--country", "LV", "--for", "study"), 64, "USAGE", "--peer")
        silent = nobody.cli("policy", "new", "--country", "LV", "--for", "study", "--peer", nobody.url)
        self.assertEqual(silent.code, 0)
        self.assertIn("warning HTTP_UNREACHABLE", silent.err)

    def test_7_the_file_note(self):
        file = self.network.folder / "hiring.json"
        answer = self.verify("--policy", file, "--report", "recognition", "--json")
        self.assertEqual(answer.code, 0, answer.err)
        note = answer.json()["report"]
        self.assertEqual([row["criterion"] for row in note["criteria"]], CRITERIA)
        strengths = {row["criterion"]: row["strength"] for row in note["criteria"]}
        self.assertEqual([strengths[name] for name in CRITERIA], ["proven", "proven"] + ["vouched"] * 4 + ["stated"])
        self.assertEqual(note["criteria"][0]["value"], f"accredited by {self.centre.did}")
        self.assertEqual((note["issuer"]["did"], note["issuer"]["outcome"], note["issuer"]["proven"]), (self.uni.did, "recognised", False))
        self.assertIn("Not a legal decision", note["note"])
        text = self.verify("--policy", file, "--report", "recognition").out
        self.assertIn("Not a legal decision: it says who signed what", text)
        self.assertIn("  1. quality assurance [proven]: accredited by " + self.centre.did, text)
        self.assertRegex(text, r"  5\. workload \[vouched\]: .*78")
        self.assertRegex(text, r"  Issuer when it issued this, 20.* \(only the issuer says so\): recognised; accredited without")
        self.assertNotIn("report", self.verify("--json").json())
        badge = self.network.folder / "plain.json"
        badge.write_text(json.dumps({"type": ["VerifiableCredential"]}))
        strange = self.hr.cli("verify", badge, "--offline", "--report", "recognition", "--json")
        self.assertEqual(strange.code, 1, strange.err)

    def test_8_the_file_note_of_the_commissions_sample(self):
        file = SHARED / "fixtures/elm/Sample-MC-Annex1-unsigned.jsonld"
        if not file.exists():
            print(f"SKIPPED: the samples are not at {file} (set VCNODE_SHARED)", file=sys.stderr)
            self.assertNotEqual(os.environ.get("CI"), "true", "the samples are required when CI=true")
            self.skipTest(f"{file} is not there")
        answer = self.hr.cli("verify", file, "--offline", "--report", "recognition", "--json")
        note = json.loads(answer.out)["report"]
        strengths = {row["criterion"]: row["strength"] for row in note["criteria"]}
        self.assertEqual((strengths["quality assurance"], strengths["learning outcomes"]), ("absent", "stated"))
        verification = note["criteria"][1]
        self.assertIn(json.loads(answer.out)["verdict"]["code"], verification["value"])
        self.assertEqual((note["issuer"]["outcome"], note["issuer"]["did"]), ("not-asked", None))


if __name__ == "__main__":
    unittest.main()
