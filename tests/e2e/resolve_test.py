"""`vcnode resolve` over our own did:webvh logs (tests/vectors/did-webvh): no node, no network, no home.

Exit codes: 0 resolved, a deactivated DID too; 1 invalidDid; 2 notFound or a method that cannot be resolved; 64 wrong arguments.
"""
import base64
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from harness import ROOT, VCNODE, record_code

VECTORS = ROOT / "tests" / "vectors" / "did-webvh"
MANIFEST = json.loads((VECTORS / "manifest.json").read_text())
LOGS = {log["name"]: log for log in MANIFEST["logs"]}


def run(*arguments, stdin=None):
    done = subprocess.run([VCNODE, "--home", "/nonexistent", *map(str, arguments)], input=stdin, capture_output=True, timeout=60)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def resolve(name, *arguments):
    log = LOGS[name]
    options = ["--log", VECTORS / f"{name}.jsonl", "--at", MANIFEST["at"]]
    if log.get("witnesses"):
        options += ["--witness-file", VECTORS / f"{name}.witness.json"]
    code, out, err = run("resolve", log["did"], *options, *arguments, "--json")
    assert err == "", err
    return code, json.loads(out)


class Resolve(unittest.TestCase):
    def test_every_good_log_resolves_and_every_bad_one_names_its_rule(self):
        good = bad = 0
        for name, log in LOGS.items():
            with self.subTest(name):
                code, answer = resolve(name)
                metadata = answer["didResolutionMetadata"]
                if log["code"] == "":
                    self.assertEqual((code, metadata), (0, {"contentType": "application/did"}))
                    self.assertEqual(answer["didDocumentMetadata"]["versionId"].split("-")[0], str(log["versions"]))
                    good += 1
                else:
                    self.assertEqual((code, metadata["error"], metadata["code"], answer["didDocument"]), (1, "invalidDid", log["code"], None))
                    bad += 1
        self.assertEqual((good, bad), (13, 37))

    def test_versions_before_a_fault_still_answer(self):
        for name, log in LOGS.items():
            if log["code"] and log["versions"]:
                code, answer = resolve(name, "--version-number", 1)
                self.assertEqual((code, answer["didDocument"]["id"].split(":")[2]), (0, log["did"].split(":")[2]), name)

    def test_a_version_by_id_time_and_number(self):
        _, newest = resolve("ok-three-versions")
        second = resolve("ok-three-versions", "--version-number", 2)[1]["didDocumentMetadata"]
        self.assertEqual(second["versionTime"], "2025-01-02T00:00:00Z")
        self.assertEqual(second["updated"], newest["didDocumentMetadata"]["versionTime"])
        for option, value in (("--version-id", second["versionId"]), ("--version-time", "2025-01-02T00:00:00Z"), ("--version-time", "2025-01-02T23:59:59Z")):
            self.assertEqual(resolve("ok-three-versions", option, value)[1]["didDocumentMetadata"], second, option)
        for option, value in (("--version-id", "2-" + second["versionId"][::-1]), ("--version-time", "2024-12-31T23:59:59Z"), ("--version-number", 4)):
            code, answer = resolve("ok-three-versions", option, value)
            self.assertEqual((code, answer["didResolutionMetadata"]["error"], answer["didResolutionMetadata"]["code"]), (2, "notFound", "WEBVH_NOT_FOUND"), option)
            self.assertIn("problemDetails", answer["didResolutionMetadata"])

    def test_a_deactivated_did_resolves_to_no_document(self):
        code, answer = resolve("ok-deactivated")
        self.assertEqual((code, answer["didDocument"], answer["didDocumentMetadata"]["deactivated"]), (0, None, True))
        code, answer = resolve("ok-deactivated", "--version-number", 1)
        self.assertEqual((code, answer["didDocument"]["id"], answer["didDocumentMetadata"]["deactivated"]), (0, LOGS["ok-deactivated"]["did"], True))

    def test_the_moved_did_resolves_under_both_names_and_another_does_not(self):
        did = LOGS["ok-moved"]["did"]
        new = did.replace("uni.example", "new.example")
        log = VECTORS / "ok-moved.jsonl"
        for name in (did, new):
            code, out, _ = run("resolve", name, "--log", log, "--json")
            self.assertEqual((code, json.loads(out)["didDocument"]["id"]), (0, new))
        for name in (did.replace("uni.example", "other.example"), LOGS["ok-rotated"]["did"]):
            code, out, _ = run("resolve", name, "--log", log, "--json")
            self.assertEqual((code, json.loads(out)["didResolutionMetadata"]["code"]), (1, "WEBVH_DID_MISMATCH"))

    def test_a_log_on_standard_input_and_without_the_witnesses_it_needs(self):
        text = (VECTORS / "ok-one-version.jsonl").read_bytes()
        code, out, _ = run("resolve", LOGS["ok-one-version"]["did"], "--log", "-", stdin=text)
        self.assertEqual((code, json.loads(out)["didDocument"]["id"]), (0, LOGS["ok-one-version"]["did"]))
        code, out, _ = run("resolve", LOGS["ok-witnesses"]["did"], "--log", VECTORS / "ok-witnesses.jsonl", "--json")
        self.assertEqual((code, json.loads(out)["didResolutionMetadata"]["code"]), (1, "WEBVH_WITNESS_THRESHOLD"))

    def test_as_at_a_time_of_the_past_later_versions_are_not_there(self):
        def at(time, *arguments, name="ok-three-versions"):
            code, out, _ = run("resolve", LOGS[name]["did"], "--log", VECTORS / f"{name}.jsonl", "--at", time, *arguments, "--json")
            return code, json.loads(out)
        code, answer = at("2025-01-02T12:00:00Z")
        self.assertEqual((code, answer["didDocumentMetadata"]["versionId"][:2], answer["didDocumentMetadata"]["updated"]), (0, "2-", "2025-01-02T00:00:00Z"))
        for arguments in (("2024-12-31T23:59:59Z",), ("2025-01-02T12:00:00Z", "--version-number", 3)):
            code, answer = at(*arguments)
            self.assertEqual((code, answer["didResolutionMetadata"]["code"]), (2, "WEBVH_NOT_FOUND"))
        code, answer = at("2025-01-01T12:00:00Z", name="ok-deactivated")
        self.assertEqual((code, answer["didDocumentMetadata"]["deactivated"]), (0, False))
        self.assertIsNotNone(answer["didDocument"])

    def test_entries_later_than_the_clock_are_refused_whatever_at_says(self):
        name = next(name for name, log in LOGS.items() if log["code"] == "WEBVH_TIME_FUTURE")
        code, out, _ = run("resolve", LOGS[name]["did"], "--log", VECTORS / f"{name}.jsonl", "--at", "2999-12-31T00:00:00Z", "--json")
        self.assertEqual((code, json.loads(out)["didResolutionMetadata"]["code"]), (1, "WEBVH_TIME_FUTURE"))

    def test_without_a_log_it_says_where_the_log_is(self):
        did = LOGS["ok-path-and-port"]["did"]
        code, out, _ = run("resolve", did, "--json")
        metadata = json.loads(out)["didResolutionMetadata"]
        self.assertEqual((code, metadata["error"]), (2, "notFound"))
        self.assertIn("https://uni.example:8443/issuers/one/did.jsonl", metadata["message"])

    def test_a_did_jwk_is_its_own_document(self):
        jwk = {"kty": "EC", "crv": "P-256", "x": "acbIQiuMs3i8_uszEjJ2tpTtRM4EU3yz91PH6CdH2V0", "y": "_KcyLj9vWMptnmKtm46GqDz8wf74I5LKgrl2GzH3nSE"}
        did = "did:jwk:" + base64.urlsafe_b64encode(json.dumps(jwk).encode()).decode().rstrip("=")
        code, out, _ = run("resolve", did, "--json")
        document = json.loads(out)["didDocument"]
        self.assertEqual((code, document["id"], document["verificationMethod"][0]["publicKeyJwk"]), (0, did, jwk))
        for text, error in (("did:jwk:e30", "invalidPublicKey"), ("did:jwk:@", "invalidDid"), ("did:jwk:W10", "invalidDid")):
            code, out, _ = run("resolve", text, "--json")
            self.assertEqual((code, json.loads(out)["didResolutionMetadata"]["error"]), (1, error), text)

    def test_a_did_web_is_on_the_web_which_is_asked_only_on_request(self):
        code, out, _ = run("resolve", "did:web:uni.example%3A8443:faculty", "--json")
        metadata = json.loads(out)["didResolutionMetadata"]
        self.assertEqual((code, metadata["error"], metadata["code"]), (2, "notFound", "NOT_FETCHED"))
        record_code("NOT_FETCHED")
        self.assertIn("https://uni.example:8443/faculty/did.json", metadata["message"])
        self.assertIn("--fetch", metadata["message"])

    def test_wrong_arguments_and_input(self):
        did, log = LOGS["ok-one-version"]["did"], VECTORS / "ok-one-version.jsonl"
        cases = [
            (["resolve", did, "--log", "/nonexistent/did.jsonl"], "FILE_UNREADABLE", "/nonexistent/did.jsonl"),
            (["resolve", did, "--log", log, "--witness-file", "/nonexistent/w"], "FILE_UNREADABLE", "/nonexistent/w"),
            (["resolve", did, "--log", log, "--version-number", "0"], "USAGE", "'0' is not a whole number from 1 on"),
            (["resolve", did, "--log", log, "--version-number", "-1"], "USAGE", "'-1'"),
            (["resolve", did, "--log", log, "--version-number", "1x"], "USAGE", "'1x'"),
            (["resolve", did, "--log", log, "--version-number", "18446744073709551617"], "USAGE", "18446744073709551617 is larger than 18446744073709551615"),
            (["resolve", did, "--log", log, "--version-time", "yesterday"], "USAGE", "yesterday"),
            (["resolve", did, "--log", log, "--at", "2025-13-01T00:00:00Z"], "USAGE", "--at"),
            (["resolve", did, "--log", log, "--version-number", "1", "--version-id", "1-x"], "USAGE", "--version-"),
            (["resolve", did, "--witness-file", log], "USAGE", "--log"),
            (["resolve", did, "--log", "-", "--witness-file", "-"], "USAGE", "cannot both be standard input"),
            (["resolve", did, "--fetch", "--log", log], "USAGE", "--log"),
            (["resolve", did, "--ca-file", log], "USAGE", "--fetch"),
            (["resolve", did, "--fetch", "--ca-file", "/nonexistent/ca.pem"], "TLS_CERTIFICATE", "/nonexistent/ca.pem"),
            (["resolve", "did:web:uni.example", "--version-number", "1"], "USAGE", "did:web"),
            (["resolve", "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp", "--log", log], "USAGE", "did:key"),
        ]
        for arguments, slug, part in cases:
            with self.subTest(arguments[2:]):
                code, out, err = run(*arguments)
                self.assertEqual((code, out), (64, ""), err)
                self.assertIn(slug, err)
                self.assertIn(part, err)
        with tempfile.TemporaryDirectory() as folder:
            large = Path(folder) / "did.jsonl"
            large.write_bytes(b"{}\n" * (5 * 1024 * 1024 // 3 + 1))
            code, out, _ = run("resolve", did, "--log", large)
            self.assertEqual(code, 1)
            metadata = json.loads(out)["didResolutionMetadata"]
            self.assertEqual((metadata["error"], metadata["code"]), ("invalidDid", "WEBVH_LOG_SIZE"))
            code, out, _ = run("resolve", did, "--log", log, "--witness-file", large)
            self.assertEqual((code, json.loads(out)["didResolutionMetadata"]["code"]), (1, "WEBVH_WITNESS_FILE"))
        for query, error in (("?versionNumber=1&versionNumber=2", "invalidDidUrl"), ("?versionNumber=1&versionNumber=zzz", "invalidDidUrl"), ("?versionNumber=1", "invalidDid")):
            code, out, _ = run("resolve", did + query, "--log", log, "--json")
            self.assertEqual((code, json.loads(out)["didResolutionMetadata"]["error"]), (1, error), query)
        for text in ("did:webvh:short:uni.example", "did:webvh:" + "Q" * 46, did.replace("uni.example", "127.0.0.1")):
            code, out, _ = run("resolve", text, "--log", log, "--json")
            self.assertEqual((code, json.loads(out)["didResolutionMetadata"]["error"]), (1, "invalidDid"), text)


if __name__ == "__main__":
    sys.exit(unittest.main())
