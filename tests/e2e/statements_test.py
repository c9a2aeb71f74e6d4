"""`vcnode publish` and `vcnode statements`: two real nodes, everything that organisations can say, and what is refused."""
import hashlib
import json
import unittest

from harness import Network, TestCase, VCNODE, record_code, wait_until

BODY = "did:key:z6MkjchhfUsD6mmvni8mCdXHw216Xrm9bQe2mBH1P5RDjVJG"
ACHIEVEMENT = "https://uni.example/mc/iot-1"
TABLE = "level;iri;eqf;remark\n6;http://data.europa.eu/snb/qdr/c_3dddfd70;6;\"first; cycle\"\n0;;;\n"
KINDS = {
    "identity": ["--subject", BODY, "--legal-name", "Näidisülikool", "--country", "EE", "--domain", "uni.example",
                 "--identifier", "deqar=DEQARINST0000"],
    "sponsorship": ["--subject", BODY, "--quota", "3"],
    "trust-list": ["--purpose", "study", "--country", "LV", "--anchor", BODY],
    "accreditation": ["--subject", BODY, "--decision", "positive", "--standing", "obligatory", "--country", "EE", "--eqf", "5-8",
                      "--isced", "06", "--type", "MicroCredential", "--until", "2031-01-01T00:00:00Z"],
    "delegation": ["--subject", BODY, "--max-path-length", "0", "--country", "EE"],
    "recognition": ["--subject", BODY, "--effect", "level-automatic", "--eqf", "6", "--issued-from", "2015-01-01T00:00:00Z"],
    "endorsement": ["--subject", ACHIEVEMENT, "--role", "workers-organisation", "--claim", "labour-market-relevant"],
    "referencing": ["--framework", "EE", "--framework-version", "2016", "--country", "EE", "--from", "TABLE"],
    "stack-rule": ["--subject", "https://uni.example/rules/1", "--target", "https://uni.example/mc/9", "--of", ACHIEVEMENT,
                   "--at-least", "1", "--min-ects", "12"],
    "closed": ["--subject", BODY, "--archive", "https://archive.example/uni"],
}


class Statements(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.network = Network(VCNODE)
        cls.a, cls.b = cls.network.node("ministry"), cls.network.node("reader")
        cls.a.init("--domain", "ministry.example")
        cls.b.init("--admit", cls.a.did, "--peer-link", cls.a.peer_url)
        cls.a.start()
        cls.b.start()
        cls.table = cls.network.folder / "levels.csv"
        cls.table.write_text(TABLE)
        cls.ids = {}

    @classmethod
    def tearDownClass(cls):
        cls.network.__exit__()

    def publish(self, kind, *arguments, **options):
        return self.a.cli("publish", kind, *[self.table if one == "TABLE" else one for one in arguments], **options)

    def file(self, name, content):
        path = self.network.folder / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    def listed(self, node, *arguments, at=None):
        answer = node.cli("statements", "--peer", (at or node).url, "--issuer", self.a.did, "--json", *arguments)
        self.assertEqual(answer.code, 0, answer.err + answer.out)
        return json.loads(answer.out)

    def test_1_every_kind_is_published_from_flags_and_read_at_the_other_node(self):
        wait_until(lambda: self.b.head_of(self.a.did), "the feed at the other node", 30)
        for kind, arguments in KINDS.items():
            answer = self.publish(kind, *arguments, "--json")
            self.assertEqual(answer.code, 0, f"{kind}: {answer.err}{answer.out}")
            one = answer.json()["published"][0]
            self.assertEqual(one["statement"]["credentialSubject"].get("id", ""), arguments[1] if arguments[0] == "--subject" else "")
            self.ids[kind] = one["id"]
        answer = self.publish("withdrawal", "--statement", self.ids["endorsement"], "--effect", "ends", "--effective-from",
                              "2026-01-01T00:00:00Z", "--reason", "The survey was wrong.")
        self.assertEqual(answer.code, 0, answer.err)
        wait_until(lambda: len(self.listed(self.a, at=self.b)["statements"]) == 11, "all eleven kinds at the other node", 60)
        shown = self.listed(self.a, at=self.b)
        self.assertEqual({row["kind"] for row in shown["statements"]}, set(KINDS) | {"withdrawal"})
        self.assertEqual(shown["issuers"][0]["missing"], 0)
        ended = next(row for row in shown["statements"] if row["kind"] == "endorsement")
        self.assertFalse(ended["inForce"])
        self.assertEqual([one["effect"] for one in ended["withdrawals"]], ["ends"])

    def test_2_the_listing_narrows_and_a_statement_is_shown_whole(self):
        found = json.loads(self.a.cli("statements", "--peer", self.b.url, "--json").out)
        self.assertEqual(len(found["statements"]), 11, "found through the other node's listing")
        self.assertEqual(len(self.listed(self.b, "--kind", "accreditation")["statements"]), 1)
        self.assertEqual(len(self.listed(self.b, "--subject", ACHIEVEMENT)["statements"]), 1)
        self.assertEqual(self.listed(self.b, "--subject", ACHIEVEMENT, "--in-force-at", "2026-06-01T00:00:00Z")["statements"], [])
        self.assertEqual(self.listed(self.b, "--kind", "accreditation", "--in-force-at", "2031-01-01T00:00:00Z")["statements"], [])
        for name in (self.ids["referencing"], self.listed(self.b, "--kind", "referencing")["statements"][0]["digest"]):
            shown = json.loads(self.a.cli("statements", "show", name, "--peer", self.b.url, "--json").out)
            self.assertEqual(shown["statement"]["credentialSubject"]["table"],
                             [{"level": "6", "nqf": "http://data.europa.eu/snb/qdr/c_3dddfd70", "eqf": {"min": 6, "max": 6}},
                              {"level": "0"}])
        text = self.a.cli("statements", "--peer", self.b.url, "--kind", "endorsement")
        self.assertIn("NOT IN FORCE NOW", text.out)
        self.assertIn("withdrawn: ends from 2026-01-01T00:00:00Z", text.out)

    def test_3_files_drafts_and_statements_signed_before(self):
        draft = self.publish("sponsorship", "--subject", BODY, "--quota", "1", "--dry-run")
        self.assertEqual(draft.code, 0, draft.err)
        whole = json.loads(draft.out)
        self.assertEqual((whole["issuer"], whole["type"][1]), (self.a.did, "Sponsorship"))
        before = len(self.listed(self.a)["statements"])
        answer = self.publish("sponsorship", "--from", "-", "--json", input=draft.out)
        self.assertEqual(answer.code, 0, answer.err)
        one = answer.json()["published"][0]
        self.assertEqual(one["id"], whole["id"])
        answer = self.publish("accreditation", "--json", "--from", self.file("many.json", [
            {"id": BODY, "decision": "positive", "standing": "voluntary", "scope": {}},
            {"credentialSubject": {"id": BODY, "decision": "negative", "standing": "voluntary", "scope": {}}}]))
        self.assertEqual(answer.code, 0, answer.err)
        self.assertEqual(len(answer.json()["published"]), 2)
        self.assertEqual(len(self.listed(self.a)["statements"]), before + 3)
        rows = {"rows": [{"framework": "EE", "level": "6", "eqf": [6]}, {"framework": "LV", "level": "6", "eqf": [6]}]}
        answer = self.publish("referencing", "--framework", "EE", "--framework-version", "2", "--from", self.file("rows.json", rows),
                              "--dry-run")
        self.assertEqual(json.loads(answer.out)["credentialSubject"]["table"], [{"level": "6", "eqf": {"min": 6, "max": 6}}])
        body = self.network.folder / "signed.json"
        body.write_text(json.dumps(one["statement"], separators=(",", ":"), sort_keys=True, ensure_ascii=False))
        self.assertEqual(hashlib.sha256(body.read_bytes()).hexdigest(), one["digest"])
        self.assert_refused(self.publish("sponsorship", "--from", body), 64, "STATEMENT_ID_USED", one["id"])
        body.write_text(json.dumps({**one["statement"], "id": "urn:uuid:6f3e2b1c-0000-4000-8000-000000000001"}))
        self.assert_refused(self.publish("sponsorship", "--from", body), 64, "STATEMENT_INVALID", "proof")

    def test_4_what_is_wrong_is_refused_with_a_sentence(self):
        accreditation = ["--subject", BODY, "--decision", "positive", "--standing", "obligatory"]
        self.assert_refused(self.publish("accreditation", *accreditation), 64, "STATEMENT_MALFORMED", "/credentialSubject/scope", "{}")
        self.assert_refused(self.publish("accreditation", *accreditation, "--country", "UK"), 64, "STATEMENT_MALFORMED", "GB")
        self.assert_refused(self.publish("accreditation", *accreditation, "--unlimited", "--eqf", "6"), 64, "USAGE", "--eqf")
        self.assert_refused(self.publish("accreditation", *accreditation, "--eqf", "six"), 64, "USAGE", "--eqf", "six")
        self.assert_refused(self.publish("accreditation", *accreditation, "--unlimited", "--until", "soon"), 64, "TIME_INVALID", "soon")
        self.assert_refused(self.publish("accreditation", *accreditation, "--unlimited", "--issuer", "nobody"), 64, "ISSUER_UNKNOWN")
        self.assert_refused(self.publish("sponsorship", "--quota", "1"), 64, "STATEMENT_MALFORMED", "/credentialSubject/id")
        self.assert_refused(self.publish("withdrawal", "--statement", "urn:uuid:none", "--effect", "ends"), 64, "STATEMENT_UNKNOWN",
                            "urn:uuid:none")
        self.assert_refused(self.publish("withdrawal", "--statement", self.ids["identity"], "--effect", "stops"), 64,
                            "STATEMENT_MALFORMED", "ends, suspends or voids")
        whole = self.file("whole.json", {"type": ["VerifiableCredential", "Diploma"], "credentialSubject": {"id": BODY}})
        self.assert_refused(self.publish("identity", "--from", whole), 64, "USAGE", "Identity")
        self.assert_refused(self.publish("identity", "--from", self.file("broken.json", "{")), 64, "JSON_SYNTAX", "broken.json")
        self.assert_refused(self.publish("identity", "--from", self.network.folder / "none.json"), 64, "FILE_UNREADABLE")
        self.assert_refused(self.publish("referencing", "--from", self.file("levels2.csv", "a;b\n1;2\n")), 64, "TABLE_MALFORMED",
                            "levels2.csv")
        self.assert_refused(self.publish("diploma"), 64, "USAGE", "diploma")
        self.assert_refused(self.a.cli("statements", "--kind", "diploma"), 64, "STATEMENT_KIND_UNKNOWN", "diploma")
        self.assert_refused(self.a.cli("statements", "--in-force-at", "now"), 64, "TIME_INVALID")
        self.assert_refused(self.a.cli("statements", "show", "urn:uuid:none"), 2, "STATEMENT_UNKNOWN", "urn:uuid:none")

    def test_5_closing_and_a_node_that_does_not_run(self):
        closed = self.a.cli("publish", "closed")
        self.assertEqual(closed.code, 0, closed.err)
        self.assert_refused(self.publish("sponsorship", "--subject", BODY, "--quota", "1"), 64, "FEED_CLOSED")
        self.a.stop()
        self.assert_refused(self.publish("sponsorship", "--subject", BODY, "--quota", "1"), 69, "NODE_NOT_RUNNING")
        self.assertEqual(self.publish("sponsorship", "--subject", BODY, "--quota", "1", "--dry-run").code, 0)
        self.assert_refused(self.a.cli("statements"), 64, "USAGE", "--peer")
        silent = self.b.cli("statements", "--peer", self.a.url)
        self.assertEqual(silent.code, 2)
        self.assertIn("warning HTTP_UNREACHABLE", silent.err)
        record_code("HTTP_UNREACHABLE")
        text = self.b.cli("statements")
        self.assertIn("closed about", text.out)


if __name__ == "__main__":
    unittest.main()
