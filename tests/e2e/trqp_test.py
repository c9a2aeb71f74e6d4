"""TRQP 2.0 at a real node whose feed has statements: the conformance suite of tests/trqp, and the client `vcnode trqp`."""
import datetime
import json
import os
import pathlib
import socket
import subprocess
import sys
import unittest

from harness import HttpsPeer, Network, ROOT, TestCase, VCNODE, record_code

SHARED = pathlib.Path(os.environ.get("VCNODE_SHARED", ROOT.parent / "shared"))
ENTITY = "did:key:z6MkjchhfUsD6mmvni8mCdXHw216Xrm9bQe2mBH1P5RDjVJG"
DELEGATE, PEER, STRANGER = "did:web:agency.example", "did:web:ministry.example.lv", "did:web:stranger.example"
# Debian's interpreter: the one that sees Debian's modules.
PYTHON = "/usr/bin/python3" if pathlib.Path("/usr/bin/python3").exists() else sys.executable
CASES, OWN_CASES, TOKEN_CASES = 65, 15, 4


def utc_now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Trqp(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.network = Network(VCNODE)
        cls.node = cls.network.node("ministry")
        cls.node.init("--domain", "ministry.example")
        cls.node.start()
        cls.ca = cls.node.home / "tls" / "certificate.pem"
        scope = ["--country", "EE", "--eqf", "5-8", "--isced", "06", "--since", "2025-01-01T00:00:00Z", "--type"]
        cls.digests = {
            "accreditation": cls.publish("accreditation", "--subject", ENTITY, "--decision", "positive", "--standing", "obligatory", *scope,
                                         "MicroCredential"),
            "delegation": cls.publish("delegation", "--subject", DELEGATE, "--max-path-length", "0", *scope, "Degree"),
            "recognition": cls.publish("recognition", "--subject", PEER, "--effect", "presumption", "--unlimited",
                                       "--since", "2025-01-01T00:00:00Z")}

    @classmethod
    def tearDownClass(cls):
        cls.network.__exit__()

    @classmethod
    def publish(cls, kind, *arguments):
        answer = cls.node.cli("publish", kind, *arguments, "--json")
        if answer.code != 0:
            raise RuntimeError(answer.err + answer.out)
        return "sha256:" + answer.json()["published"][0]["digest"]

    def suite(self, *arguments, url=None, **values):
        values = {"authority": self.node.did, "entity": ENTITY, "action": "issue", "resource": "MicroCredential", "stranger": STRANGER,
                  "before": "2024-06-01T00:00:00Z", "peer": PEER, "recognition_action": "recognise", "delegate": DELEGATE,
                  **self.digests, **values}
        pairs = [word for name, value in values.items() for word in ("--set", f"{name}={value}")]
        done = subprocess.run([PYTHON, "-B", ROOT / "scripts" / "trqp-conformance", url or self.node.url, "--ca-file", self.ca, *pairs, *arguments],
                              capture_output=True, text=True, timeout=240)
        if not (SHARED / "vectors" / "trqp").exists() or "jsonschema is not installed" in done.stderr:
            print(f"SKIPPED: the schemas are not at {SHARED}, or python3-jsonschema is missing", file=sys.stderr)
            self.assertNotEqual(os.environ.get("CI"), "true", done.stderr)
            self.skipTest("no schemas")
        return done

    def ask(self, endpoint, *arguments, url=None, **words):
        words = {"entity": ENTITY, "authority": self.node.did, "resource": "MicroCredential", **words}
        return self.node.cli("trqp", endpoint, "--url", url or self.node.url, "--ca-file", self.ca,
                             *[word for name, value in words.items() for word in ("--" + name, value)], *arguments)

    def test_1_the_suite_passes(self):
        done = self.suite()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn(f"{CASES} passed, 0 failed, {TOKEN_CASES} skipped", done.stdout)
        done = self.suite("--complete", ROOT / "tests" / "trqp" / "vcnode.txt")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn(f"{OWN_CASES} passed, 0 failed, 0 skipped", done.stdout)
        for code in ("TRQP_REQUEST_MALFORMED", "TRQP_AUTHORITY_NOT_SERVED", "TRQP_ACTION_UNKNOWN"):
            record_code(code)

    def test_2_the_suite_finds_what_does_not_conform(self):
        done = self.suite(entity=STRANGER)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("member authorized is False, not true", done.stdout)
        for body in (b"{}", b"[]", b"null", b'{"a":NaN', b"\xff"):  # whatever is asked
            peer = HttpsPeer(self.ca, self.node.home / "tls" / "key.pem", lambda *_, body=body: (200, body, "application/json"))
            self.addCleanup(peer.close)
            done = self.suite(url=peer.url)
            self.assertEqual((done.returncode, done.stderr), (1, ""), done.stdout + done.stderr)
            self.assertIn("FAIL  authorization: the body is no JSON", done.stdout)

    def test_3_the_client_says_yes_no_and_unknown(self):
        yes = self.ask("authorization", "--context", "country=EE", "--context", "eqf=6")
        self.assertEqual((yes.code, yes.out.split(":")[0]), (0, "yes"), yes.err + yes.out)
        self.assertIn(self.digests["accreditation"], yes.out)
        no = self.ask("authorization", "--time", "2024-06-01T00:00:00Z", "--json")
        self.assertEqual(no.code, 1, no.err + no.out)
        self.assertEqual((no.json()["answer"], no.json()["response"]["message"]), ("no", "NOT_IN_FORCE"))
        self.assertEqual(self.ask("authorization", entity=STRANGER).code, 1)
        self.assertEqual(self.ask("authorization", action="accredit", entity=DELEGATE, resource="Degree").code, 0)
        doubt = self.ask("authorization", resource="Degree")  # the agency might have accredited it, and is not held
        self.assertEqual(doubt.code, 2, doubt.err + doubt.out)
        self.assertIn("unknown: HTTP 503 AUTHORITY_NOT_HELD", doubt.out)
        self.assertEqual(self.ask("recognition", entity=PEER).code, 0)
        unknown = self.ask("authorization", authority=STRANGER)
        self.assertEqual(unknown.code, 2, unknown.err + unknown.out)
        self.assertIn("unknown: HTTP 404 TRQP_AUTHORITY_NOT_SERVED", unknown.out)
        self.assertEqual(self.ask("authorization", action="dance").code, 2)

    def test_4_what_cannot_be_asked_or_read(self):
        self.assert_refused(self.ask("authorization", entity="no scheme"), 64, "TRQP_REQUEST_MALFORMED", "entity_id")
        self.assert_refused(self.ask("authorization", "--context", "country"), 64, "USAGE", "country")
        self.assert_refused(self.ask("authorization", "--time", "2025-01-01T00:00:00Z", "--context", "time=now"), 64, "USAGE", "time")
        self.assert_refused(self.ask("authorization", "--token", "the-token-itself"), 64, "PASSPHRASE_UNAVAILABLE", "--token")
        self.assert_refused(self.ask("authorization", url="http://ministry.example"), 64, "URL_INVALID")
        without = self.node.cli("trqp", "authorization", "--url", self.node.url, "--entity", ENTITY, "--authority", self.node.did,
                                "--resource", "MicroCredential", "--ca-file", self.network.folder / "none.pem")
        self.assert_refused(without, 64, "TLS_CERTIFICATE", "none.pem")
        stranger = self.node.cli("trqp", "authorization", "--url", self.node.url, "--entity", ENTITY, "--authority", self.node.did,
                                 "--resource", "MicroCredential")
        self.assert_refused(stranger, 2, "HTTP_UNREACHABLE", "not trusted")  # nobody the system trusts vouches for this node
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        self.assert_refused(self.ask("authorization", url=f"https://127.0.0.1:{port}"), 2, "HTTP_UNREACHABLE")

    def test_5_registries_that_answer_something_else(self):
        said = {"status": 200, "body": b"{}"}
        peer = HttpsPeer(self.ca, self.node.home / "tls" / "key.pem", lambda *_: (said["status"], said["body"], "application/json"))
        self.addCleanup(peer.close)
        about = {"entity_id": ENTITY, "authority_id": self.node.did, "action": "issue", "resource": "MicroCredential",
                 "time_evaluated": utc_now(), "authorized": True}
        said["body"] = json.dumps(about).encode()
        self.assertEqual(self.ask("authorization", url=peer.url + "/registry/").code, 0)
        self.assertEqual(peer.requests[-1][1], "/registry/authorization")
        self.assertEqual(json.loads(peer.requests[-1][3]), {name: about[name] for name in ("entity_id", "authority_id", "action", "resource")})
        for other in ({"authorized": "true"}, {"entity_id": STRANGER}, {"time_evaluated": "now"}, {"time_evaluated": "2020-01-01T00:00:00Z"},
                      {"time_requested": "2020-01-01T00:00:00Z"}):
            said["body"] = json.dumps({**about, **other}).encode()
            self.assert_refused(self.ask("authorization", url=peer.url), 2, "TRQP_ANSWER_MALFORMED")
        then = "2025-06-01T00:00:00Z"
        said["body"] = json.dumps({**about, "time_requested": then}).encode()
        self.assertEqual(self.ask("authorization", "--time", then, url=peer.url).code, 0)
        for other in ({}, {"time_requested": "2025-06-01T00:00:01Z"}, {"time_requested": "soon"}):
            said["body"] = json.dumps({**about, **other}).encode()
            self.assert_refused(self.ask("authorization", "--time", then, url=peer.url), 2, "TRQP_ANSWER_MALFORMED", "time_requested")
        for status, body in ((500, b""), (503, b'{"title": "busy"}'), (401, b"{}"), (404, b"<html>")):
            said.update(status=status, body=body)
            answer = self.ask("authorization", url=peer.url)
            self.assertEqual(answer.code, 2, answer.err + answer.out)
            self.assertIn(f"unknown: HTTP {status}", answer.out)
        said.update(status=400, body=b'{"title": "no \\u001b[31msense"}')
        refused = self.ask("authorization", url=peer.url)
        self.assert_refused(refused, 2, "TRQP_ANSWER_MALFORMED", "HTTP status 400", "sense")
        self.assertNotIn("\x1b", refused.err)

    def test_6_a_registry_behind_a_token_that_answers_for_some(self):
        node = self.network.node("registry")
        node.init("--admit", self.node.did, "--peer-link", self.node.peer_url)
        with open(node.home / "config.toml", "a", encoding="utf-8") as config:
            config.write(f'\n[trqp]\nauthorities = ["{node.info["issuer"]}"]\ntoken_required = true\n')
        token = self.network.folder / "token"
        token.write_text(node.info["operatorToken"])
        token.chmod(0o600)
        node.start()
        shown = node.cli("config", "show", "--json").json()["trqp"]
        self.assertEqual(shown, {"authorities": [node.info["issuer"]], "token_required": True})
        ask = ["trqp", "authorization", "--url", node.url, "--ca-file", node.home / "tls" / "certificate.pem", "--entity", STRANGER,
               "--resource", "MicroCredential", "--authority"]
        refused = node.cli(*ask, node.did)
        self.assertEqual(refused.code, 2, refused.err + refused.out)
        self.assertIn("unknown: HTTP 401 TOKEN_MISSING", refused.out)
        self.assertEqual(node.cli(*ask, node.did, "--token", f"file:{token}").code, 1)
        other = node.cli(*ask, self.node.did, "--token", f"file:{token}")
        self.assertIn("unknown: HTTP 404 TRQP_AUTHORITY_NOT_SERVED", other.out)
        ours, self.__class__.node, self.__class__.ca = self.node, node, node.home / "tls" / "certificate.pem"
        try:
            done = self.suite("--token-file", token, ROOT / "tests" / "trqp" / "errors.txt")
        finally:
            self.__class__.node, self.__class__.ca = ours, ours.home / "tls" / "certificate.pem"
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("0 failed, 0 skipped", done.stdout)


if __name__ == "__main__":
    unittest.main()
