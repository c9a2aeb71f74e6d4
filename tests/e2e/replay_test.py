"""A verdict made at one node, made again at others: after a revocation, without its issuer, out of a file, and from too little."""
import hashlib
import json
import pathlib
import unittest
import urllib.error
import urllib.request

from harness import SAMPLES, HttpsPeer, Network, TestCase, VCNODE, wait_until
import ed25519
from network import tls_context

SECONDS_MAX = 60


class Replay(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.network = Network(VCNODE)
        cls.addClassCleanup(cls.network.__exit__)
        cls.country, cls.a, cls.b = (cls.network.node(name) for name in ("country", "a", "b"))
        cls.country.init("--domain", "ministry.example", "--peer-link", cls.a.peer_url)
        cls.ministry = cls.country.did
        cls.university = cls.ok(cls.country.cli("issuer", "new", "uni", "--domain", "uni.example", "--json")).json()["did"]
        for node, link in ((cls.a, cls.b), (cls.b, cls.a)):
            node.init("--admit", cls.ministry, "--admit", cls.university, "--peer-link", link.peer_url)
        cls.elsewhere = cls.network.node("elsewhere")  # holds no feed but its own
        cls.elsewhere.init()
        cls.signer = cls.ok(cls.a.cli("verdict", "signer", "new", "--json")).json()
        for node in cls.network.nodes:
            node.start()
        cls.credential, cls.other = cls.file("credential.json"), cls.file("other.json")
        cls.policy = cls.write("policy.json", {"anchors": [{"id": cls.ministry}]})
        for file in (cls.credential, cls.other):
            cls.ok(cls.country.cli("issue", SAMPLES / "badge.json", "--issuer", "uni", "-o", file))
        cls.accredit(cls.university)
        cls.settle(cls.a, cls.b)  # b too: whoever comes later skips lists that were superseded meanwhile
        cls.verdict = cls.file("verdict.json")
        answer = cls.verify(cls.a)
        assert answer.code == 0, answer.out + answer.err
        cls.verdict.write_text(answer.out)
        cls.said = answer.json()["verdict"]
        cls.bundle = cls.file("bundle.json")
        cls.ok(cls.a.cli("evidence", "export", "--verdict", cls.verdict, "--peer", cls.a.url, "--output", cls.bundle))

    @classmethod
    def file(cls, name):
        return cls.network.folder / name

    @classmethod
    def write(cls, name, value):
        file = cls.file(name)
        file.write_text(json.dumps(value))
        return file

    @staticmethod
    def ok(answer):
        if answer.code != 0:
            raise AssertionError(answer.err + answer.out)
        return answer

    @classmethod
    def accredit(cls, subject):
        cls.ok(cls.country.cli("publish", "accreditation", "--subject", subject, "--decision", "positive", "--standing",
                               "obligatory", "--since", "2024-01-01T00:00:00Z", "--unlimited"))

    @classmethod
    def settle(cls, *nodes):
        def same(node, did):
            here, there = node.head_of(did), cls.country.head_of(did)
            return here and there and (here["size"], here["root"]) == (there["size"], there["root"]) and not here["missingBodies"]
        for node in nodes:
            wait_until(lambda: all(same(node, did) for did in (cls.ministry, cls.university)), f"{node.name} holds all", SECONDS_MAX)

    @classmethod
    def verify(cls, node, *arguments):
        return cls.a.cli("verify", cls.credential, "--policy", cls.policy, "--peer", node.url, "--json", *arguments)

    def replay(self, *arguments, verdict=None, credential=None, policy=None):
        return self.b.cli("verdict", "replay", verdict or self.verdict, "--credential", credential or self.credential,
                          "--policy", policy or self.policy, *arguments)

    def assert_same(self, answer):
        self.assertEqual(answer.code, 0, answer.out + answer.err)
        self.assertEqual(answer.json()["replay"], "same")
        self.assertEqual(answer.json()["missing"], [])

    def test_1_rows_name_what_was_read(self):
        self.assertEqual(self.said["verdict"], "valid")
        self.assertEqual(self.said["recognition"]["outcome"], "recognised")
        self.assertEqual(len(self.said["viewHeads"]), 2)

    def test_2_a_node_that_knows_more_by_now_gives_the_same_bytes(self):
        self.assert_same(self.replay("--peer", self.a.url, "--json"))
        self.ok(self.country.cli("revoke", self.credential))
        self.accredit("did:web:elsewhere.example")
        self.settle(self.a, self.b)
        self.assertEqual(self.verify(self.b).json()["verdict"]["class"], "revoked")
        answer = self.replay("--peer", self.b.url, "--json")
        self.assert_same(answer)
        self.assertEqual({row["timeIs"] for row in answer.json()["rows"]}, {"bounded"})
        plain = self.replay("--peer", self.b.url)
        self.assertIn("The same bytes: valid at ", plain.out)

    def test_3_the_issuers_node_may_be_gone_and_a_file_is_enough(self):
        self.country.stop()
        self.assert_same(self.replay("--peer", self.b.url, "--json"))
        later = self.file("later.json")
        answer = self.ok(self.b.cli("evidence", "export", "--verdict", self.verdict, "--peer", self.b.url, "--output", later, "--json"))
        self.assertEqual(answer.json()["digest"], "sha256:" + hashlib.sha256(later.read_bytes()).hexdigest())
        self.assertEqual((answer.json()["missing"], answer.json()["feeds"]), ([], 2))
        self.assert_same(self.replay("--evidence", later, "--json"))
        at_once = self.replay("--evidence", self.bundle, "--json")
        self.assert_same(at_once)
        self.assertEqual({row["timeIs"] for row in at_once.json()["rows"]}, {"signed"})

    def test_3_in_a_verification_a_file_is_one_more_source(self):
        alone = self.b.cli("verify", self.credential, "--policy", self.policy, "--offline", "--evidence", self.bundle, "--json").json()
        self.assertEqual((alone["verdict"]["verdict"], alone["verdict"]["status"]["source"]), ("valid", "stapled"))
        self.assertEqual({source["state"] for source in alone["sources"]}, {"newest"})
        beside = self.verify(self.b, "--evidence", self.bundle).json()["verdict"]
        self.assertEqual((beside["class"], beside["status"]["source"]), ("revoked", "feed"))
        question = {"credential": json.loads(self.credential.read_text()), "policy": json.loads(self.policy.read_text()),
                    "evidence": json.loads(self.bundle.read_text())}
        status, body = self.b.post("/verdict", question)
        self.assertEqual((status, json.loads(body)["verdict"]["class"]), (200, "revoked"))
        self.assertEqual(json.loads(body)["sources"][0]["kind"], "evidence")
        status, body = self.elsewhere.post("/verdict", question)
        self.assertEqual((status, json.loads(body)["verdict"]["status"]["source"]), (200, "stapled"))

    def test_4_what_is_not_given_is_named(self):
        digest = next(check for check in self.said["checks"] if check["check"] == "status")["evidence"][0].removeprefix("sha256:")

        def answer(_, path, __):
            if digest in path:
                return 404, b"{}"
            try:
                with urllib.request.urlopen(self.b.url + path, context=tls_context(), timeout=10) as response:
                    return response.status, response.read()
            except urllib.error.HTTPError as error:
                return error.code, error.read()
        peer = HttpsPeer(self.b.home / "tls/certificate.pem", self.b.home / "tls/key.pem", answer)
        self.addCleanup(peer.close)
        refused = self.replay("--peer", peer.url, "--json")
        self.assertEqual(refused.code, 2, refused.out + refused.err)
        self.assert_code(refused.json()["error"]["code"], "CANNOT_REPLAY")
        self.assertEqual([one["digest"] for one in refused.json()["missing"]], [f"sha256:{digest}"])
        self.assertFalse(any(self.credential.read_text()[:40].encode() in body for _, _, _, body in peer.requests))
        partial = self.b.cli("evidence", "export", "--verdict", self.verdict, "--peer", peer.url, "--output", self.file("partial.json"))
        self.assertEqual(partial.code, 2)
        self.assertIn(digest, partial.err)
        self.assertEqual(self.replay("--evidence", self.file("partial.json")).code, 2)

    def test_5_another_question_and_another_verdict_are_told_apart(self):
        policy = self.write("other.policy.json", {"anchors": [{"id": self.ministry, "maxDelegation": 1}]})
        self.assert_refused(self.replay("--peer", self.b.url, policy=policy), 64, "REPLAY_POLICY_DIFFERS", self.said["policy"])
        refused = self.replay("--peer", self.b.url, credential=self.other)
        self.assert_refused(refused, 64, "REPLAY_CREDENTIAL_DIFFERS", self.said["credential"])
        tampered = dict(self.said, authentic="unknown")
        answer = self.replay("--peer", self.b.url, "--json", verdict=self.write("tampered.json", tampered))
        self.assertEqual(answer.code, 1, answer.out + answer.err)
        self.assert_code(answer.json()["error"]["code"], "REPLAY_DIFFERS")
        self.assertEqual(answer.json()["differences"], [{"member": "/authentic", "stated": "\"unknown\"", "replayed": "\"yes\""}])
        self.assert_refused(self.replay("--peer", self.b.url, verdict=self.policy), 64, "VERDICT_MALFORMED")
        self.assert_refused(self.replay("--evidence", self.policy), 64, "EVIDENCE_MALFORMED", "policy.json")
        self.assert_refused(self.replay(verdict="-", credential="-"), 64, "USAGE", "standard input")

    def signed_answer(self, **members):
        question = {"credential": json.loads(self.credential.read_text()), "policy": json.loads(self.policy.read_text()),
                    "at": self.said["at"], **members}
        status, body = self.a.post("/verdict", question)
        self.assertEqual(status, 200, body)
        return json.loads(body)

    def check(self, answer, *arguments):
        file = answer if isinstance(answer, pathlib.Path) else self.write("answer.json", answer)
        return self.b.cli("verdict", "check", file, *arguments)

    def test_6_who_said_a_verdict_can_be_shown_to_somebody_else(self):
        answer, plain = self.signed_answer(sign=True), self.signed_answer()
        self.assertEqual(answer["verdict"], plain["verdict"])
        self.assertNotIn("signature", plain)
        digest = "sha256:" + hashlib.sha256(ed25519.jcs(answer["verdict"])).hexdigest()
        self.assertEqual(answer["signature"]["verdict"], digest)
        signer = self.signer["signer"]
        self.assertEqual(json.loads(self.a.get("/verdict/key")[1])["signer"], signer)
        self.assertEqual(self.ok(self.a.cli("verdict", "signer", "show")).out.strip(), signer)
        self.assertNotIn(signer, (self.a.did, "did:key:" + self.a.info["nodeKey"]))
        shown = self.ok(self.check(answer, "--signer", signer, "--json")).json()
        self.assertEqual((shown["signer"], shown["node"], shown["verdict"], shown["signerNamed"]),
                         (signer, self.a.info["publicUrl"], digest, True))
        self.assertEqual(shown["says"][0]["verdict"], answer["verdict"]["verdict"])
        self.assertIn(f"with the key {signer}", self.check(answer, "--signer", self.b.did, "--signer", signer).out)
        nobody_named = self.check(answer)
        self.assert_refused(nobody_named, 3, "VERDICT_SIGNER_UNKNOWN", signer)
        self.assertIn("it says: ", nobody_named.out)
        replayed = self.replay("--peer", self.b.url, "--json", verdict=self.write("answer.json", answer))
        self.assert_same(replayed)
        self.assertEqual(replayed.json()["signature"]["signer"], signer)
        self.assertIsNone(self.replay("--peer", self.b.url, "--json").json()["signature"])

    def test_6_what_is_not_signed_by_a_node_never_passes_for_it(self):
        answer, signer = self.signed_answer(sign=True), self.signer["signer"]
        self.assert_refused(self.check(self.verdict, "--signer", signer), 1, "VERDICT_UNSIGNED")
        better = dict(answer, verdict=dict(answer["verdict"], verdict="valid"))
        self.assert_refused(self.check(better, "--signer", signer), 1, "VERDICT_SIGNATURE_OTHER")
        fitted = dict(answer["signature"], verdict="sha256:" + hashlib.sha256(ed25519.jcs(better["verdict"])).hexdigest())
        self.assert_refused(self.check(dict(better, signature=fitted), "--signer", signer), 1, "PROOF_SIGNATURE")
        told = self.replay("--peer", self.b.url, verdict=self.write("answer.json", dict(better, signature=fitted)))
        self.assertEqual(told.code, 1)
        self.assertIn("the signature beside it does not hold", told.out)
        self.assertNotIn("was signed", told.out)
        stranger = ed25519.Key(b"\7" * 32)
        envelope = {name: value for name, value in fitted.items() if name != "proof"}
        for names in (stranger.did, signer):
            forged = stranger.sign_credential(dict(envelope, signer=names), answer["signature"]["proof"]["created"])
            self.assert_refused(self.check(dict(better, signature=forged), "--signer", signer), 1, "VERDICT_SIGNER_DIFFERS", stranger.did)
        forged["proof"]["cryptosuite"] = "bbs-2023"
        self.assert_refused(self.check(dict(better, signature=forged), "--signer", signer), 2, "PROOF_CRYPTOSUITE_UNSUPPORTED")
        self.assert_refused(self.check(dict(answer, signature={"type": "x"})), 1, "VERDICT_SIGNATURE_MALFORMED")
        self.assert_refused(self.check(self.policy), 64, "VERDICT_MALFORMED")
        self.assert_refused(self.check(answer, "--signer", "did:web:a.example"), 64, "DID_METHOD_UNSUPPORTED", "--signer")

    def test_6_signing_is_the_operators_choice_with_a_key_of_its_own(self):
        status, body = self.b.post("/verdict", {"credential": {}, "sign": True})
        self.assertEqual(status, 501)
        self.assert_code(json.loads(body)["code"], "VERDICT_SIGNING_OFF")
        self.assertEqual(self.b.get("/verdict/key")[0], 404)
        self.assert_refused(self.b.cli("verdict", "signer", "show"), 64, "USAGE", "signer new")
        self.assert_refused(self.a.cli("verdict", "signer", "new"), 64, "USAGE", self.signer["keyFile"])
        file = pathlib.Path(self.signer["keyFile"])
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        self.assertEqual(json.loads(file.read_text())["purpose"], "verdict")
        self.assertIn({"severity": "ok", "subject": "key file", "sentence": f"{file} opens"},
                      [{name: one.get(name) for name in ("severity", "subject", "sentence")} for one in self.a.cli("doctor", "--json").json()["findings"]])
        file.chmod(0o640)
        self.addCleanup(file.chmod, 0o600)
        found = self.a.cli("doctor", "--json")
        self.assertEqual(found.code, 1)
        self.assertIn(f"{file}", found.out)
        self.assertIn("KEY_FILE_PERMISSIONS", found.out)


if __name__ == "__main__":
    unittest.main()
