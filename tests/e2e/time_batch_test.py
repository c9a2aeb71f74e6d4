"""Proven times of issue: an issuer that makes time batches, witnesses that cosign, are away, slow or lie. Real processes."""
import base64
import datetime
import hashlib
import json
import pathlib
import struct
import threading
import time
import unittest

from harness import SAMPLES, HttpsPeer, Network, TestCase, VCNODE, record_code, wait_until

SECONDS_MAX = 60


def verdict(node, file, *arguments):
    answer = node.cli("verify", file, "--peer", node.url, "--json", *arguments)
    return answer.code, answer.json()["verdict"]


def check_of(verdict, name):
    return next(check for check in verdict["checks"] if check["check"] == name)


def evidence_of(credential):
    return [entry for entry in credential.get("evidence", []) if entry["type"] == "TimeBatchEvidence"]


class Strange:
    """A witness of the test's making in front of a real one: passes questions on, or does with them what `act` does."""

    def __init__(self, node):
        self.node, self.act = node, None
        self.peer = HttpsPeer(node.home / "tls" / "certificate.pem", node.home / "tls" / "key.pem", self.respond)

    def respond(self, method, path, body):
        if self.act is not None:
            answer = self.act(body)
            if answer is not None:
                return answer
        status, content = self.node.post("/witness/add-checkpoint", body)
        return status, content, "text/x.tlog.size" if status == 409 else "text/plain"

    @property
    def url(self):
        return self.peer.url + "/witness"


def root_of_hashes(hashes):
    """RFC 6962 §2.1, of leaf hashes."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << ((len(hashes) - 1).bit_length() - 1)
    return hashlib.sha256(b"\1" + root_of_hashes(hashes[:split]) + root_of_hashes(hashes[split:])).digest()


def redate(line, seconds):
    """The cosignature line with another time in it: the signature does not cover it any more."""
    head, _, blob = line.strip().rpartition(b" ")
    raw = bytearray(base64.b64decode(blob))
    raw[4:12] = struct.pack(">Q", struct.unpack(">Q", raw[4:12])[0] + seconds)
    return head + b" " + base64.b64encode(bytes(raw)) + b"\n"


class TimeBatches(TestCase):
    def setUp(self):
        """An Irish issuer whose times are proven by two of three witnesses; each of them replicates its feed."""
        self.network = Network(VCNODE)
        self.addCleanup(self.network.__exit__)
        self.issuer = self.network.node("ireland")
        self.witnesses = [self.network.node(name) for name in ("spain", "malta", "latvia")]
        peers = [part for witness in self.witnesses for part in ("--peer-link", witness.peer_url)]
        self.issuer.init("--domain", "uni.example", *peers)
        self.lines = []
        for witness in self.witnesses:
            witness.init("--admit", self.issuer.did, "--peer-link", self.issuer.peer_url)
            made = witness.cli("witness", "new", "--json")
            self.assertEqual(made.code, 0, made.err + made.out)
            shown = witness.cli("witness", "show")
            self.assertEqual(shown.out, made.json()["policyLine"] + "\n")
            self.lines.append(made.json()["policyLine"])
        self.policy = self.write_policy("policy.txt", self.lines)

    def write_policy(self, name, lines, quorum=2):
        names = [line.split()[1] for line in lines]
        path = self.network.folder / name
        path.write_text("\n".join(lines) + f"\ngroup g {quorum} {' '.join(names)}\nquorum g\n")
        return path

    def configure(self, policy, seconds=1):
        config = self.issuer.home / "config.toml"
        text = config.read_text()
        at = text.index("[[issuer]]")
        end = text.index("\n\n", at) if "\n\n" in text[at:] else len(text)
        config.write_text(f"{text[:end].rstrip()}\nwitness_policy = {json.dumps(str(policy))}\ntime_batch_seconds = {seconds}\n{text[end:]}")

    def start(self, *witnesses):
        self.issuer.start()
        for witness in witnesses or self.witnesses:
            witness.start()
        self.wait_replicated(*(witnesses or self.witnesses))

    def wait_replicated(self, *witnesses):
        wait_until(lambda: all(witness.head_of(self.issuer.did) for witness in witnesses), "the witnesses know the feed", SECONDS_MAX)

    def issue(self, name, sample="badge.json"):
        file = self.network.folder / f"{name}.json"
        answer = self.issuer.cli("issue", SAMPLES / sample, "-o", file, timeout=200)
        self.assertEqual(answer.code, 0, answer.err + answer.out)
        return file

    def metric(self, line):
        text = self.issuer.get("/metrics")[1].decode()
        return next((float(row.rsplit(" ", 1)[1]) for row in text.splitlines() if row.startswith(line + " ")), None)

    def test_of_a_stolen_key_only_what_is_proven_older_stays(self):
        self.start()
        plain = self.issue("plain")
        self.assertEqual(evidence_of(json.loads(plain.read_text())), [])
        self.issuer.stop()
        self.configure(self.policy)
        self.issuer.start()
        batched = self.issue("batched")
        credential = json.loads(batched.read_text())
        [entry] = evidence_of(credential)
        self.assertGreaterEqual(entry["batch"], 1)
        verifier = self.witnesses[0]
        asked = ("--trust", self.issuer.did, "--witness-policy", self.policy)
        wait_until(lambda: verifier.head_of(self.issuer.did)["size"] > int(entry["proof"].split("\n")[1].split()[1]), "the leaf is replicated", SECONDS_MAX)
        code, seen = verdict(verifier, batched, *asked)
        self.assertEqual((code, seen["verdict"], seen["issuedAt"]["source"]), (0, "valid", "proven"), seen)
        code, seen = verdict(verifier, plain, *asked)
        self.assertEqual((code, seen["verdict"], seen["issuedAt"]["source"]), (0, "valid", "claimed"), seen)
        time.sleep(2.1)  # T later than both, in whole seconds
        stolen_at = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        time.sleep(1.1)
        method = credential["proof"]["verificationMethod"]
        answer = self.issuer.cli("keys", "compromised", method, "--since", stolen_at, "--json")
        self.assertEqual(answer.code, 0, answer.err + answer.out)
        wait_until(lambda: verdict(verifier, plain, *asked)[0] == 1, "the verifier has heard of the theft", SECONDS_MAX)
        code, seen = verdict(verifier, batched, *asked)
        self.assertEqual((code, seen["verdict"], seen["issuedAt"]["source"]), (0, "valid", "proven"), seen)
        self.assert_code(check_of(seen, "key")["code"], "KEY_COMPROMISED_LATER")
        for file, arguments in ((plain, asked), (batched, asked[:2])):  # nobody's word for it
            code, seen = verdict(verifier, file, *arguments)
            self.assertEqual((code, seen["verdict"], seen["class"]), (1, "not-valid", "issuer-key"), seen)
            self.assert_code(seen["code"], "KEY_COMPROMISED")
        # With its new key the issuer goes on, in batches that are counted on.
        [again] = evidence_of(json.loads(self.issue("after").read_text()))
        self.assertGreater(again["batch"], entry["batch"])

    def test_the_feed_key_changes_while_a_batch_is_made_every_second(self):
        self.configure(self.policy)
        self.start()
        issuer = self.issuer
        before = self.issue("before")
        for how in (("rotate", "--purpose", "feed"), ("recover",), ("rotate", "--purpose", "feed")):
            changed = issuer.cli("keys", *how, "--json")
            self.assertEqual(changed.code, 0, changed.err + changed.out)
        folder = issuer.home / "keys" / "main"
        self.assertEqual(sorted(path.name for path in folder.glob("*.key")), ["assertion-1.key", "feed-4.key"])
        self.assertEqual([path.name for path in pathlib.Path(f"{issuer.home}-update-keys/main").glob("*.key")], ["update-5.key"])
        after = self.issue("after")
        # An earlier end would leave out batches, and with them the proof of what was issued.
        batch = int(evidence_of(json.loads(after.read_text()))[0]["proof"].split("\n")[1].split()[1])
        row = issuer.head_of(issuer.did)
        self.assertLess(batch, row["size"])
        level = issuer.get(f"/feeds/{row['originHash']}/tile/0/000.p/{row['size']}")[1]
        leaves = [level[at:at + 32] for at in range(0, len(level), 32)]
        refused = issuer.cli("keys", "recover", "--seal", f"{batch}:{root_of_hashes(leaves[:batch]).hex()}")
        self.assert_refused(refused, 64, "SEAL_TAKES_BACK", "time batch", f"leaf {batch}, ")
        for file in (before, after):
            answer = issuer.cli("verify", file, "--peer", issuer.url, "--trust", issuer.did, "--witness-policy", self.policy, "--json").json()["verdict"]
            self.assertEqual((answer["verdict"], answer["issuedAt"]["source"]), ("valid", "proven"), answer)

    def test_a_lost_quorum_refuses_and_loses_nothing(self):
        self.configure(self.policy)
        self.start(*self.witnesses[:2])  # Latvia is away
        first = json.loads(self.issue("first").read_text())
        self.assertEqual(len([line for line in evidence_of(first)[0]["proof"].split("\n") if "/witness" in line]), 2)
        self.witnesses[1].stop()
        draft = self.network.folder / "draft.json"
        draft.write_text(json.dumps({**json.loads((SAMPLES / "badge.json").read_text()), "id": "urn:example:kept"}))
        refused = self.issuer.cli("issue", draft, timeout=200)
        self.assert_refused(refused, 69, "WITNESS_QUORUM_MISSED", "1 of 3", self.lines[1].split()[1], "HTTP_UNREACHABLE")
        self.assertGreaterEqual(self.metric('vcnode_time_batches_total{outcome="missed"}'), 1)
        self.assertGreaterEqual(self.metric('vcnode_witness_asks_total{outcome="unreachable"}'), 1)
        shown = self.issuer.cli("status", "--json").json()["issuers"][0]
        self.assertEqual(sum(1 for witness in shown["witnesses"] if witness["problem"]), 2)
        taken = shown["lists"][0]["taken"]
        self.witnesses[1].start()
        self.wait_replicated(self.witnesses[1])
        kept = self.network.folder / "kept.json"
        answer = self.issuer.cli("issue", draft, "-o", kept, timeout=200)  # the id is not spent
        self.assertEqual(answer.code, 0, answer.err)
        self.assertEqual(self.issuer.cli("status", "--json").json()["issuers"][0]["lists"][0]["taken"], taken + 1)
        self.assert_refused(self.issuer.cli("issue", draft), 64, "CREDENTIAL_ID_USED")
        self.assertEqual(self.issuer.cli("revoke", kept).code, 0)
        # What was answered outlives a crash at any moment; batches go on after it.
        self.witnesses[2].start()  # at its start the issuer asks all three
        self.issuer.kill()
        self.issuer.start()
        after = json.loads(self.issue("after").read_text())
        self.assertGreater(evidence_of(after)[0]["batch"], evidence_of(first)[0]["batch"])
        code, seen = verdict(self.issuer, kept, "--trust", self.issuer.did, "--witness-policy", self.policy)
        self.assertEqual((code, seen["class"], seen["issuedAt"]["source"]), (1, "revoked", "proven"), seen)
        self.assert_refused(self.issuer.cli("issue", self.network.folder / "after.json"), 64, "PROOF_ALREADY_PRESENT")

    def test_many_at_once_share_a_batch(self):
        self.configure(self.policy, seconds=2)
        self.start()
        files, threads = [], []
        for i in range(8):
            threads.append(threading.Thread(target=lambda i=i: files.append(self.issue(f"many-{i}"))))
            threads[-1].start()
        for thread in threads:
            thread.join()
        entries = [evidence_of(json.loads(file.read_text()))[0] for file in files]
        self.assertEqual(len(entries), 8)
        batches = {}
        for entry in entries:
            batches.setdefault(entry["batch"], []).append(entry)
        self.assertLessEqual(len(batches), 3)
        for shared in batches.values():
            self.assertEqual(len({entry["index"] for entry in shared}), len(shared))
            self.assertEqual(len({entry["salt"] for entry in shared}), len(shared))
        for file in files:
            code, seen = verdict(self.issuer, file, "--trust", self.issuer.did, "--witness-policy", self.policy)
            self.assertEqual((code, seen["issuedAt"]["source"]), (0, "proven"), seen)

    def test_witnesses_that_lie_or_are_slow(self):
        strange = Strange(self.witnesses[2])
        self.addCleanup(strange.peer.close)
        name, vkey = self.lines[2].split()[1:3]
        policy = self.write_policy("strange.txt", [*self.lines[:2], f"witness {name} {vkey} {strange.url}"])
        self.configure(policy)
        self.start()
        self.assertEqual(len(evidence_of(json.loads(self.issue("honest").read_text()))), 1)

        def cosigned(body):
            return self.witnesses[2].post("/witness/add-checkpoint", body)

        def redated(body):
            status, line = cosigned(body)
            return (status, redate(line, -3600)) if status == 200 else (status, line)

        acts = {
            "another time": redated,
            "somebody else's word": lambda body: self.witnesses[0].post("/witness/add-checkpoint", body),
            "no cosignature": lambda body: (200, b"<html>hello</html>"),
            "too long": lambda body: (200, b"x" * 1_000_000),
            "elsewhere": lambda body: (307, b""),
            "slow": lambda body: (time.sleep(6), (503, b""))[1],
        }
        for number, (what, act) in enumerate(acts.items()):
            with self.subTest(what):
                strange.act = act
                time.sleep(1.1)  # a batch that asks the stranger thus
                file = self.issue(f"with-{number}")
                code, seen = verdict(self.issuer, file, "--trust", self.issuer.did, "--witness-policy", self.policy)
                self.assertEqual((code, seen["issuedAt"]["source"]), (0, "proven"), seen)
                proof = evidence_of(json.loads(file.read_text()))[0]["proof"]
                self.assertNotIn(f"— {name} ", proof)
        self.witnesses[0].stop()
        strange.act = acts["no cosignature"]
        self.assert_refused(self.issuer.cli("issue", SAMPLES / "badge.json", timeout=200), 69, "WITNESS_QUORUM_MISSED", "1 of 3")
        strange.act = None
        self.issue("honest-again")

    def test_witness_commands_and_configuration(self):
        witness = self.witnesses[0]
        self.assert_refused(witness.cli("witness", "new"), 64, "USAGE", "witness already", "witness-1.key")
        self.assert_refused(self.issuer.cli("witness", "show"), 64, "USAGE", "vcnode witness new")
        self.assertEqual((witness.home / "keys" / "witness-1.key").stat().st_mode & 0o777, 0o600)
        words = self.issuer.cli("witness", "new", "--name", "ireland.example/w")
        self.assertEqual(words.code, 0, words.err)
        for part in ("restart the node", "Never put this key into a backup", "witness ireland.example/w ireland.example/w+", "https://uni.example/witness"):
            self.assertIn(part, words.out)
        bad = pathlib.Path(self.network.folder / "bad.txt")
        self.configure(bad)
        self.assert_refused(self.issuer.cli("config", "check"), 64, "FILE_UNREADABLE", "bad.txt")
        for text, code, part in (("quorum none\n", "CONFIG_VALUE", "no quorum"), ("witness\n", "WITNESS_POLICY_MALFORMED", "line 1"),
                                 (" ".join(self.lines[0].split()[:3]) + f"\nquorum {self.lines[0].split()[1]}\n", "CONFIG_VALUE", "no address")):
            bad.write_text(text)
            self.assert_refused(self.issuer.cli("config", "check"), 64, code, part)
        record_code("CONFIG_VALUE")


if __name__ == "__main__":
    unittest.main()
