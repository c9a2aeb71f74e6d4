"""Issuers that outlive their keys, their feed key, their domain and their node: real processes, did:webvh."""
import hashlib
import json
import pathlib
import shutil
import sqlite3
import time
import unittest

from harness import SAMPLES, Network, TestCase, VCNODE, wait_until
from network import AdminConnection

SECONDS_MAX = 60
FIVE_YEARS = "2031-11-23T00:00:00Z"


def verdict(node, file, *arguments):
    """As a stranger asks: no home of its own, only this peer's public objects."""
    answer = node.cli("verify", file, "--peer", node.url, "--json", *arguments)
    return answer.code, answer.json()["verdict"]


def check_of(verdict, name):
    return next(check for check in verdict["checks"] if check["check"] == name)


class Issuers(TestCase):
    def network(self, peers=("spain", "germany")):
        """An Irish did:webvh issuer and its peers, all of whom hold its feed."""
        network = Network(VCNODE)
        self.addCleanup(network.__exit__)
        ireland = network.node("ireland")
        others = [network.node(name) for name in peers]
        links = {node: [part for other in network.nodes if other is not node for part in ("--peer-link", other.peer_url)] for node in network.nodes}
        ireland.init("--domain", "uni.example", *links[ireland])
        for node in others:
            node.init("--admit", ireland.did, *links[node])
        for node in network.nodes:
            node.start()
        wait_until(lambda: all(self.head(node, ireland) for node in network.nodes), "all hold the issuer's feed", SECONDS_MAX)
        return (network, ireland, *others)

    @staticmethod
    def head(node, issuer):
        return node.head_of(issuer.did)

    def issue(self, issuer, name):
        file = issuer.home.parent / f"{name}.json"
        answer = issuer.cli("issue", SAMPLES / "badge.json", "-o", file)
        self.assertEqual(answer.code, 0, answer.err)
        return file

    def wait_same(self, nodes, issuer):
        wait_until(lambda: len({json.dumps(self.head(node, issuer)) for node in nodes}) == 1 and self.head(nodes[0], issuer), "one head everywhere", SECONDS_MAX)

    def assert_no_lag(self, node, issuer, end):
        """The last head of an issuer that ended does not age, and no alarm is made of it."""
        metrics = node.get("/metrics")[1].decode()
        self.assertNotIn(f'vcnode_issuer_head_age_seconds{{issuer="{issuer.did}"}}', metrics)
        self.assertNotIn(f'vcnode_issuer_may_sign{{issuer="{issuer.did}"}}', metrics)
        self.assertIn("vcnode_feeds_ended 1\n", metrics)
        feed = next(row for row in node.cli("status", "--json").json()["feeds"] if row["issuer"] == issuer.did)
        self.assertEqual(feed["ended"], end)

    def ok(self, answer):
        self.assertEqual(answer.code, 0, answer.err + answer.out)
        return answer

    def test_a_rotated_key_leaves_old_credentials_valid_and_a_stolen_one_does_not(self):
        network, ireland, spain, germany = self.network()
        trust = ("--trust", ireland.did)
        old = self.issue(ireland, "old")
        code, seen = verdict(spain, old, *trust)
        self.assertEqual((code, seen["verdict"]), (0, "valid"), seen)
        self.assertEqual(seen["issuer"]["assurance"], "high")
        self.assertTrue(seen["issuer"]["versionId"].startswith("1-"))

        self.ok(ireland.cli("keys", "rotate", "--json"))
        new = self.issue(ireland, "new")
        self.assertNotEqual(json.loads(old.read_text())["proof"]["verificationMethod"], json.loads(new.read_text())["proof"]["verificationMethod"])
        self.wait_same(network.nodes, ireland)
        for node in (spain, germany):
            for file, version in ((old, "1-"), (new, "2-")):
                code, seen = verdict(node, file, *trust)
                self.assertEqual((code, seen["verdict"]), (0, "valid"), seen)
                self.assertTrue(seen["issuer"]["versionId"].startswith(version), seen["issuer"])

        # As at an earlier time: heads and entries made since then are no fault of the peer.
        def resolved(*arguments):
            answer = spain.cli("resolve", ireland.did, "--peer", spain.url, "--json", *arguments)
            self.assertEqual(answer.json()["sources"][0]["state"], "newest", answer.out)
            return answer.code, answer.json()
        first = resolved("--version-number", 1)[1]["didDocumentMetadata"]
        code, answer = resolved("--at", first["versionTime"])
        self.assertEqual((code, answer["didDocumentMetadata"]["versionId"], answer["didDocumentMetadata"]["updated"]), (0, first["versionId"], first["versionTime"]))
        self.assertTrue(resolved()[1]["didDocumentMetadata"]["versionId"].startswith("2-"))
        code, answer = resolved("--at", "2026-01-01T00:00:00Z")
        self.assertEqual((code, answer["didResolutionMetadata"]["code"]), (2, "WEBVH_NOT_FOUND"))

        stolen = json.loads(new.read_text())["proof"]["verificationMethod"]
        self.ok(ireland.cli("keys", "compromised", stolen, "--since", "2026-01-01T00:00:00Z", "--json"))
        self.wait_same(network.nodes, ireland)
        code, seen = verdict(germany, new, *trust)
        self.assertEqual((code, seen["verdict"], seen["class"]), (1, "not-valid", "issuer-key"), seen)
        self.assert_code(seen["code"], "KEY_COMPROMISED")
        code, seen = verdict(germany, old, *trust)
        self.assertEqual((code, seen["verdict"]), (0, "valid"), seen)
        after = self.issue(ireland, "after")
        wait_until(lambda: verdict(spain, after, *trust)[0] == 0, "a credential under the newest key is valid", SECONDS_MAX)

    def test_a_new_feed_key_opens_an_epoch_and_nothing_is_lost(self):
        network, ireland, spain, germany = self.network()
        trust = ("--trust", ireland.did)
        kept, revoked = self.issue(ireland, "kept"), self.issue(ireland, "revoked")
        self.ok(ireland.cli("revoke", revoked))
        self.ok(ireland.cli("keys", "rotate", "--purpose", "feed", "--json"))
        wait_until(lambda: all(self.head(node, ireland)["origin"].endswith("/2") for node in network.nodes), "epoch 2 everywhere", SECONDS_MAX)
        self.wait_same(network.nodes, ireland)
        later = self.issue(ireland, "later")
        self.ok(ireland.cli("revoke", later))
        for node in (spain, germany):
            wait_until(lambda: verdict(node, later, *trust)[1]["class"] == "revoked", "revoked in the new epoch", SECONDS_MAX)
            self.assertEqual(verdict(node, revoked, *trust)[1]["class"], "revoked")
            code, seen = verdict(node, kept, *trust)
            self.assertEqual((code, seen["verdict"]), (0, "valid"), seen)
            self.assertFalse(self.head(node, ireland)["contradicted"])
        for node in network.nodes:  # and after a restart
            node.kill()
        for node in network.nodes:
            node.start()
        self.wait_same(network.nodes, ireland)
        for node in (spain, germany):
            self.assertEqual(verdict(node, revoked, *trust)[1]["class"], "revoked")
            self.assertEqual(verdict(node, kept, *trust)[0], 0)

    def test_a_feed_key_that_is_lost_is_replaced_and_everything_before_the_seal_stays_good(self):
        network, ireland, spain, germany = self.network()
        trust = ("--trust", ireland.did)
        kept, revoked = self.issue(ireland, "kept"), self.issue(ireland, "revoked")
        self.ok(ireland.cli("revoke", revoked))
        self.wait_same(network.nodes, ireland)
        ireland.stop()
        (ireland.home / "keys" / "main" / "feed-1.key").unlink()
        ireland.start()
        self.assert_refused(ireland.cli("revoke", kept), 69, "ISSUER_KEY_MISSING", "feed key of epoch 1")
        self.ok(ireland.cli("keys", "recover", "--json"))
        wait_until(lambda: all(self.head(node, ireland)["origin"].endswith("/2") for node in network.nodes), "epoch 2 everywhere", SECONDS_MAX)
        self.wait_same(network.nodes, ireland)
        for node in (spain, germany):
            self.assertEqual(verdict(node, revoked, *trust)[1]["class"], "revoked")
            self.assertEqual(verdict(node, kept, *trust)[0], 0)
        self.ok(ireland.cli("revoke", kept))
        wait_until(lambda: verdict(germany, kept, *trust)[1]["class"] == "revoked", "revoked in epoch 2", SECONDS_MAX)

    def test_an_issuer_that_moves_and_one_that_is_deactivated(self):
        network, ireland, spain, germany = self.network()
        trust = ("--trust", ireland.did)
        kept, revoked = self.issue(ireland, "kept"), self.issue(ireland, "revoked")
        self.ok(ireland.cli("revoke", revoked))
        left = self.ok(ireland.cli("issuer", "move", "university.example", "--json")).json()["warnings"]
        self.assert_code(left[0]["code"], "PUBLIC_URL_LEFT")
        self.assertIn("https://uni.example", left[0]["sentence"])
        # No service points to the domain that is lost, and none does after the next change.
        def places():
            services = ireland.cli("resolve", ireland.did, "--peer", ireland.url, "--json").json()["didDocument"]["service"]
            return {service["type"]: service["serviceEndpoint"] for service in services if service["type"] in ("IssuerFeed", "TRQP")}
        self.assertEqual(places(), dict.fromkeys(("IssuerFeed", "TRQP"), "https://university.example"))
        self.ok(ireland.cli("keys", "rotate", "--json"))
        self.assertEqual(places(), dict.fromkeys(("IssuerFeed", "TRQP"), "https://university.example"))
        ireland.stop()
        config = ireland.home / "config.toml"
        config.write_text(config.read_text().replace('public_url = "https://uni.example"', 'public_url = "https://node.university.example"'))
        ireland.start()
        self.assertNotIn("warnings", self.ok(ireland.cli("issuer", "move", "university.example", "--json")).json())
        self.ok(ireland.cli("keys", "rotate", "--json"))
        self.assertEqual(places(), dict.fromkeys(("IssuerFeed", "TRQP"), "https://node.university.example"))
        moved = self.issue(ireland, "moved")
        self.assertTrue(json.loads(moved.read_text())["issuer"]["id"].endswith(":university.example"))
        for file in (kept, moved):  # one issuer, under either name
            wait_until(lambda: verdict(germany, file, *trust)[0] == 0, "valid after the move", SECONDS_MAX)
        self.ok(ireland.cli("issuer", "deactivate", "--json"))
        wait_until(lambda: spain.cli("resolve", ireland.did, "--peer", spain.url, "--json").json()["didDocumentMetadata"].get("deactivated"), "Spain knows", SECONDS_MAX)
        self.assertTrue(ireland.cli("status", "--json").json()["ready"])
        self.assert_refused(ireland.cli("issue", SAMPLES / "badge.json"), 64, "ISSUER_DEACTIVATED", "deactivated by version")
        for node in (spain, germany):
            wait_until(lambda: verdict(node, kept, *trust)[0] == 0, "what was issued stays", SECONDS_MAX)
            self.assertEqual(verdict(node, revoked, *trust)[1]["class"], "revoked")

    def test_an_issuer_that_closed_or_fell_silent_is_answered_for_five_years_later(self):
        for closes in (True, False):
            with self.subTest(closes=closes):
                network, ireland, spain, germany = self.network()
                trust = ("--trust", ireland.did)
                kept, revoked = self.issue(ireland, "kept"), self.issue(ireland, "revoked")
                self.ok(ireland.cli("revoke", revoked))
                if closes:
                    self.ok(ireland.cli("issuer", "close", "--json"))
                    # What could never be revoked is not issued.
                    for refused in (ireland.cli("issue", SAMPLES / "badge.json"), ireland.cli("revoke", kept)):
                        self.assert_refused(refused, 64, "FEED_CLOSED", "closed for good")
                    self.assertTrue(ireland.cli("status", "--json").json()["ready"])
                    self.assert_no_lag(ireland, ireland, "FEED_CLOSED")
                self.wait_same(network.nodes, ireland)
                ireland.kill()
                shutil.rmtree(ireland.home)  # node and domain are gone for good
                germany.kill()
                fresh = network.node("fresh")
                fresh.init("--admit", ireland.did, "--peer-link", spain.peer_url)
                fresh.start()
                wait_until(lambda: self.head(fresh, ireland), "a fresh node learns the issuer from a peer", SECONDS_MAX)
                self.wait_same((spain, fresh), ireland)
                if closes:
                    self.assert_no_lag(fresh, ireland, "FEED_CLOSED")
                    self.assertIn("closed: this head is the last", fresh.cli("status").out)
                answer = fresh.cli("resolve", ireland.did, "--peer", fresh.url, "--json")
                self.assertEqual(answer.code, 0, answer.err + answer.out)
                self.assertEqual(answer.json()["didDocument"]["id"], ireland.did)
                code, seen = verdict(fresh, kept, *trust, "--at", FIVE_YEARS)
                self.assertEqual((code, seen["verdict"]), (0, "valid"), seen)
                status = check_of(seen, "status")
                if closes:
                    self.assertNotEqual(status["code"], "HEAD_OLD", status)
                else:
                    self.assert_code(status["code"], "HEAD_OLD")
                self.assertEqual(verdict(fresh, revoked, *trust, "--at", FIVE_YEARS)[1]["class"], "revoked")
                for node in network.nodes:
                    node.stop()


def admin(node, method, path, body=None):
    """(status, JSON) over the admin socket."""
    connection = AdminConnection(node.home, 30)
    connection.request(method, path, body=None if body is None else json.dumps(body), headers={"Content-Type": "application/json"})
    response = connection.getresponse()
    answer = response.status, json.loads(response.read())
    connection.close()
    return answer


def root_of(leaves):
    """RFC 6962 §2.1."""
    if len(leaves) < 2:
        return hashlib.sha256(b"\0" + leaves[0] if leaves else b"").digest()
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\1" + root_of(leaves[:split]) + root_of(leaves[split:])).digest()


class Refusals(TestCase):
    """One node alone; what it refuses leaves its log and its feed as they were."""

    def setUp(self):
        self.network = Network(VCNODE)
        self.addCleanup(self.network.__exit__)
        self.node = self.network.node("ireland")
        self.node.init("--domain", "uni.example")
        self.node.start()

    def assert_reason(self, code, *parts):
        """The node runs, is not ready, and says why."""
        status = self.node.cli("status", "--json").json()
        self.assertFalse(status["ready"])
        sentences = {reason["code"]: reason["sentence"] for reason in status["reasons"]}
        self.assertIn(code, sentences)
        for part in parts:
            self.assertIn(part, sentences[code])
        self.assert_code(code, code)
        answer = self.node.cli("issue", SAMPLES / "badge.json")
        self.assert_refused(answer, 69, code)

    def assert_problem(self, answer, status, code, *parts):
        self.assertEqual((answer[0], answer[1]["code"]), (status, code), answer)
        for part in parts:
            self.assertIn(part, answer[1]["detail"])
        self.assert_code(code, answer[1]["code"])

    def restart(self, *arguments):
        self.node.stop()
        self.node.start(*arguments)

    def test_entries_that_do_not_follow_or_come_too_late(self):
        node, path = self.node, "/admin/issuers/main/entries"
        first = admin(node, "GET", "/admin/issuers/main")[1]["log"][0]
        self.assertEqual(admin(node, "POST", path, {"entry": first})[0], 200, "the newest entry again is no new one")
        # The same home elsewhere writes an entry that this one has not seen.
        copy = self.network.node("copy")
        shutil.copytree(node.home, copy.home, ignore=shutil.ignore_patterns("admin.sock"))
        shutil.copytree(f"{node.home}-update-keys", f"{copy.home}-update-keys")
        node.stop()
        (copy.home / "store.sqlite").write_bytes((node.home / "store.sqlite").read_bytes())
        node.start()
        with open(copy.home / "config.toml", encoding="utf-8") as file:
            text = file.read().replace(f":{node.port}", f":{copy.port}")
        (copy.home / "config.toml").write_text(text)
        copy.start()
        rotated = copy.cli("keys", "rotate", "--json")
        self.assertEqual(rotated.code, 0, rotated.err + rotated.out)
        strange = admin(copy, "GET", "/admin/issuers/main")[1]["log"][1]
        copy.stop()
        for key in (copy.home / "keys" / "main").glob("assertion-*.key"):
            shutil.copy(key, node.home / "keys" / "main" / key.name)
        time.sleep(1.1)
        issued = node.cli("issue", SAMPLES / "badge.json")
        self.assertEqual(issued.code, 0, issued.err)
        self.assert_problem(admin(node, "POST", path, {"entry": strange}), 409, "ENTRY_TIME_PASSED", "a credential was signed at")
        before = admin(node, "GET", "/admin/issuers/main")[1]
        self.assertEqual(node.cli("keys", "rotate", "--json").code, 0)
        self.assert_problem(admin(node, "POST", path, {"entry": first}), 409, "ENTRY_NOT_NEXT", "the newest version", "2-")
        after = admin(node, "GET", "/admin/issuers/main")[1]
        self.assertEqual((len(before["log"]), len(after["log"])), (1, 2))
        for body in ({}, {"entry": 1}, {"entry": "{}"}, {"entry": first, "more": 1}, {"entry": first, "recover": "yes"},
                     {"entry": first, "takeBack": True}):
            self.assertEqual(admin(node, "POST", path, body)[0], 400, body)
        self.assertEqual(node.get("/admin/issuers/main")[0], 404, "to the network it is not there")

    def test_commands_that_fail_leave_no_key_and_say_what_is_meant(self):
        node, folder = self.node, self.network.folder
        keys = lambda: sorted(path.name for path in (node.home / "keys" / "main").glob("*.key"))
        before = keys()
        (folder / "wrong").write_text("wrong\n")
        (folder / "wrong").chmod(0o600)
        self.assert_refused(node.cli("keys", "rotate", "--update-passphrase", f"file:{folder / 'wrong'}"), 64, "KEY_FILE_PASSPHRASE")
        self.assertEqual(keys(), before)
        everywhere = self.key_files()
        self.assert_refused(node.cli("keys", "compromised", "#assertion-1", "--since", "2099-01-01T00:00:00Z"), 64, "COMPROMISE_TIME")
        self.assert_refused(node.cli("keys", "recover", "--seal", f"1:{'0' * 64}"), 64, "SEAL_OUTDATED")
        self.assertEqual(self.key_files(), everywhere)
        entry = folder / "entry.jsonl"
        written = node.cli("keys", "rotate", "--entry-out", entry)
        self.assertEqual(written.code, 0, written.err)
        self.assertIn("No witness has to approve it", written.out)
        self.assertNotIn("did-witness.json", written.out)
        self.assertEqual(node.cli("issuer", "submit", entry).code, 0)
        config = node.home / "config.toml"
        self.assert_refused(node.cli("issuer", "submit", config), 64, "JSON_SYNTAX", str(config), "line 1")
        self.assert_refused(node.cli("feed", "show", "did:web:a.example"), 64, "DID_METHOD_UNSUPPORTED", "did:webvh and did:key")
        refused = node.cli("issue", SAMPLES / "badge.json", "-o", "/nonexistent/x")
        self.assertIn("/nonexistent/x:", refused.err)

    def test_a_seal_takes_nothing_back(self):
        node = self.node
        self.assertEqual(node.cli("keys", "rotate", "--json").code, 0)
        file = self.network.folder / "credential.json"
        self.assertEqual(node.cli("issue", SAMPLES / "badge.json", "-o", file).code, 0)
        self.assertEqual(node.cli("revoke", file).code, 0)
        empty = hashlib.sha256(b"").hexdigest()
        self.assert_refused(node.cli("keys", "recover", "--seal", f"0:{empty}"), 64, "ENTRY_WITHOUT_WEIGHT", "without their leaves")
        self.assert_refused(node.cli("keys", "recover", "--seal", self.seal(1)), 64, "SEAL_OUTDATED", "cut off leaf", "version 2-")
        last = len(self.leaves()) - 1  # the revocation
        self.assert_refused(node.cli("keys", "recover", "--seal", self.seal(last), "--take-back"), 64, "SEAL_OUTDATED", "take back the status list")
        self.assertEqual(verdict(node, file, "--trust", node.did)[1]["class"], "revoked")
        self.assertEqual(node.cli("keys", "recover").code, 0)
        self.assertEqual(verdict(node, file, "--trust", node.did)[1]["class"], "revoked")

    def leaves(self):
        """Of the epoch that the node's feed is in."""
        row = self.node.head_of(self.node.did)
        bundle, leaves = self.node.get(f"/feeds/{row['originHash']}/tile/entries/000.p/{row['size']}")[1], []
        while bundle:
            length = int.from_bytes(bundle[:2], "big")
            leaves.append(bundle[2:2 + length])
            bundle = bundle[2 + length:]
        return leaves

    def seal(self, size):
        return f"{size}:{root_of(self.leaves()[:size]).hex()}"

    def key_files(self):
        return sorted(str(path) for folder in (self.node.home / "keys", pathlib.Path(f"{self.node.home}-update-keys")) for path in folder.rglob("*.key"))

    def in_force(self):
        listed = self.node.cli("statements", "--peer", self.node.url, "--issuer", self.node.did, "--json")
        self.assertEqual(listed.code, 0, listed.err)
        return [row["inForce"] for row in listed.json()["statements"] if row["kind"] == "sponsorship"]

    def test_a_withdrawal_and_an_end_are_taken_back_on_purpose_or_not_at_all(self):
        node = self.node
        said = node.cli("publish", "sponsorship", "--subject", "did:web:body.example", "--quota", "1", "--json")
        self.assertEqual(said.code, 0, said.err)
        size = len(self.leaves())
        self.assertEqual(node.cli("publish", "withdrawal", "--statement", said.json()["published"][0]["id"], "--effect", "voids").code, 0)
        withdrawal = json.loads(self.leaves()[size])["k"]
        seal, keys = self.seal(size), self.key_files()
        self.assert_refused(node.cli("keys", "recover", "--seal", seal), 64, "SEAL_TAKES_BACK", f"1 withdrawal (leaf {size}, {withdrawal})", "--take-back")
        self.assertEqual(self.key_files(), keys)
        self.assertEqual(self.in_force(), [False])
        self.assert_refused(node.cli("keys", "recover", "--take-back"), 64, "USAGE", "--seal")
        back = node.cli("keys", "recover", "--seal", seal, "--take-back", "--json")
        self.assertEqual(back.code, 0, back.err)
        self.assert_code(back.json()["warnings"][0]["code"], "SEAL_TAKES_BACK")
        self.assertIn("took back 1 withdrawal", back.err)
        self.assertEqual(self.in_force(), [True])
        line = next(line for line in node.log_text().splitlines() if "sealed before its end" in line)
        self.assertIn("withdrawal:1", line)
        self.assertNotIn(withdrawal, line)

        # Who closed the issuer: itself, for good; somebody else, with the operator's word for it.
        size = len(self.leaves())
        self.assertEqual(node.cli("issuer", "close").code, 0)
        keys = self.key_files()
        self.assert_refused(node.cli("keys", "recover", "--seal", self.seal(size)), 64, "SEAL_TAKES_BACK", "1 end of the feed")
        self.assert_refused(node.cli("keys", "recover", "--seal", self.seal(size + 1), "--take-back"), 64, "FEED_CLOSED", f"closed by leaf {size}")
        self.assertEqual(self.key_files(), keys)
        self.assertTrue(node.head_of(node.did)["closed"])
        self.assertEqual(node.cli("keys", "recover", "--seal", self.seal(size), "--take-back").code, 0)
        self.assertEqual(node.cli("issue", SAMPLES / "badge.json").code, 0)

    def test_a_key_that_lay_beside_a_stolen_one_does_not_follow_it(self):
        node = self.node
        updates = pathlib.Path(f"{node.home}-update-keys")
        updates.rename(f"{updates}-away")
        self.assert_refused(node.cli("keys", "rotate"), 64, "UPDATE_KEY_MISSING")
        pathlib.Path(f"{updates}-away").rename(updates)
        keys = {key["file"]: key for key in node.cli("keys", "list", "--json").json()["keys"]}
        stolen = next(key for key in keys.values() if key["purpose"] == "assertion" and key["state"] == "in force")
        self.assertEqual(node.cli("keys", "compromised", stolen["method"], "--since", "2026-01-01T00:00:00Z").code, 0)
        now = next(key for key in node.cli("keys", "list", "--json").json()["keys"] if key["purpose"] == "assertion" and key["state"] == "in force")
        self.assertNotIn(now["file"], keys)

    def keys(self):
        return self.node.cli("keys", "list", "--json").json()

    def test_who_closes_is_told_that_keys_are_final_and_afterwards_why(self):
        node = self.node
        self.assertEqual(node.cli("issue", SAMPLES / "badge.json").code, 0)
        for date in ("2001-01-01T00:00:00Z", "2099-01-01T00:00:00Z"):
            self.assert_refused(node.cli("issuer", "close", "--date", date), 64, "CLOSE_TIME", date)
        self.assertIn("keys compromised", node.cli("issuer", "close", "--help").out)
        closed = node.cli("issuer", "close", "--json")
        self.assertEqual(closed.code, 0, closed.err)
        self.assert_code(closed.json()["warnings"][0]["code"], "KEYS_FINAL")
        self.assertIn("warning KEYS_FINAL: once the feed is closed, no key", closed.err)
        self.assertIn("keys compromised", closed.err)
        method = next(key["method"] for key in self.keys()["keys"] if key["state"] == "in force" and key["method"])
        for refused in (node.cli("keys", "compromised", method, "--since", "2026-01-01T00:00:00Z"), node.cli("keys", "rotate"), node.cli("issuer", "deactivate")):
            self.assert_refused(refused, 64, "FEED_CLOSED", "declared compromised any more", "keys recover --seal")
        self.assertEqual(node.cli("status", "--json").json()["issuers"][0]["ended"], "FEED_CLOSED")
        # Where nothing can be done about it any more, nobody is told to do it first.
        for again in (("issuer", "close"), ("issuer", "deactivate")):
            self.assertNotIn("KEYS_FINAL", node.cli(*again).err)
        node.stop()
        for away in (("issuer", "close"), ("issuer", "deactivate")):
            refused = node.cli(*away)
            self.assert_refused(refused, 69, "NODE_NOT_RUNNING")
            self.assertNotIn("KEYS_FINAL", refused.err)

    def test_the_keys_of_a_deactivated_issuer_are_not_in_force(self):
        node = self.node
        method = next(key["method"] for key in self.keys()["keys"] if key["state"] == "in force" and key["method"])
        ended = node.cli("issuer", "deactivate", "--json")
        self.assertEqual(ended.code, 0, ended.err)
        self.assert_code(ended.json()["warnings"][0]["code"], "KEYS_FINAL")
        listed = self.keys()
        self.assertTrue(listed["deactivated"])
        self.assertEqual({key["state"] for key in listed["keys"]} - {"unused", "retired"}, {"deactivated"})
        self.assertIn("DEACTIVATED", node.cli("keys", "list").out)
        self.assert_refused(node.cli("keys", "compromised", method, "--since", "2026-01-01T00:00:00Z"), 64, "WEBVH_DEACTIVATED", "no key of it can be declared compromised")
        findings = node.cli("doctor", "--json").json()["findings"]
        mine = [row for row in findings if "is deactivated" in row["sentence"]]
        self.assertEqual([(row["subject"], row["severity"]) for row in mine], [("issuer", "warning")], findings)

    def test_two_issuers_of_a_node_share_no_address(self):
        node = self.node
        node.stop()
        self.assert_refused(node.cli("issuer", "new", "law", "--domain", "uni.example"), 64, "ISSUER_PLACE_TAKEN", "'law'", "'main'", "https://uni.example/.well-known/did.jsonl")
        self.assertFalse((node.home / "keys" / "law").exists())
        self.assert_refused(node.cli("issuer", "new", "law", "--domain", "law.example", "--update-keys", node.home / "uk"), 64, "CONFIG_VALUE", "inside the home")
        made = node.cli("issuer", "new", "law", "--domain", "law.example", "--json")
        self.assertEqual(made.code, 0, made.err)
        node.start()
        wait_until(lambda: node.head_of(made.json()["did"]), "the second issuer's feed", SECONDS_MAX)
        self.assert_refused(node.cli("issuer", "move", "uni.example", "--issuer", "law"), 64, "ISSUER_PLACE_TAKEN", "'law'", "'main'")
        node.stop()
        config = node.home / "config.toml"
        config.write_text(config.read_text().replace(":law.example", ":uni.example"))
        self.assert_refused(node.cli("config", "check"), 64, "ISSUER_PLACE_TAKEN")
        findings = [row for row in node.cli("doctor", "--json").json()["findings"] if "ISSUER_PLACE_TAKEN" in row["sentence"]]
        self.assertEqual([(row["subject"], row["severity"]) for row in findings], [("issuer", "problem")])

    def test_a_damaged_key_file_hides_no_other(self):
        whole = self.keys()["keys"]
        damaged = pathlib.Path(f"{self.node.home}-update-keys") / "main" / "update-9.key"
        damaged.write_text("half a key")
        damaged.chmod(0o600)
        answer = self.node.cli("keys", "list", "--json")
        self.assertEqual(answer.code, 64)
        self.assertEqual(answer.json()["keys"], whole)
        self.assert_code(answer.json()["damaged"][0]["code"], "KEY_FILE_INVALID")
        self.assertIn(str(damaged), answer.err)
        self.assert_refused(self.node.cli("keys", "rotate"), 64, "KEY_FILE_INVALID", damaged)

    def test_what_the_node_refuses_for_now_is_unavailable(self):
        with open(self.node.home / "config.toml", "a", encoding="utf-8") as config:
            config.write('\n[[peer]]\nurl = "wss://127.0.0.1:1/peer"\n')
        self.restart()
        self.assert_refused(self.node.cli("keys", "rotate"), 69, "START_CHECK_PENDING")

    def test_slips_are_one_sentence_each(self):
        other = self.network.node("other")
        self.assert_refused(other.cli("init", "--domain", "https://x.example"), 64, "CONFIG_VALUE", "https://x.example", "it is a URL", "HOST[:PORT][/PATH]")
        self.assert_refused(other.cli("init", "--domain", "x.example", "--update-keys", other.home / "uk"), 64, "CONFIG_VALUE", "--update-keys", "inside the home")
        self.assertFalse(other.home.exists())
        self.assert_refused(self.node.cli("issuer", "move", "https://x.example"), 64, "USAGE", "it is a URL")

    def test_a_did_with_witnesses_changes_in_three_steps(self):
        node, folder = self.node, self.network.folder
        stranger = "did:key:z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd"
        self.assert_refused(node.cli("issuer", "witnesses"), 64, "USAGE", "--none")
        self.assert_refused(node.cli("issuer", "witnesses", stranger), 64, "USAGE", "--threshold")
        self.assert_refused(node.cli("issuer", "witnesses", stranger, "--threshold", "1"), 64, "WEBVH_WITNESS_THRESHOLD", "--entry-out", "vcnode issuer submit")
        file = folder / "entry.jsonl"
        written = node.cli("issuer", "witnesses", stranger, "--threshold", "1", "--entry-out", file, "--json")
        self.assertEqual(written.code, 0, written.err)
        entry = json.loads(file.read_text())
        self.assertEqual(written.json()["versionIds"], [entry["versionId"]])
        self.assertEqual(entry["parameters"]["witness"], {"threshold": 1, "witnesses": [{"id": stranger}]})
        self.assertEqual(len(admin(node, "GET", "/admin/issuers/main")[1]["log"]), 1)
        proofs = folder / "did-witness.json"
        proofs.write_text("[]")
        self.assert_refused(node.cli("issuer", "submit", file, "--witness-file", proofs), 64, "WEBVH_WITNESS_THRESHOLD", "0 of the 1 witnesses")
        # Without witnesses there is nothing to be approved, and an entry can be handed over as it is.
        rotated = node.cli("keys", "rotate", "--entry-out", file, "--json")
        self.assertEqual(rotated.code, 0, rotated.err)
        file.write_text(2 * file.read_text().replace("\n", "\r\n"))  # the same entry twice is one
        for done in ("1 entry is published", "nothing new"):
            submitted = node.cli("issuer", "submit", file)
            self.assertEqual(submitted.code, 0, submitted.err)
            self.assertIn(done, submitted.out)
        self.assert_refused(node.cli("issuer", "submit", "-", "--witness-file", "-"), 64, "USAGE", "cannot both be standard input")
        self.assertEqual(len(admin(node, "GET", "/admin/issuers/main")[1]["log"]), 2)
        self.assertEqual(node.cli("issue", SAMPLES / "badge.json").code, 0)

    def test_what_a_peer_cannot_know_yet_is_no_forgery(self):
        node, peer = self.node, self.network.node("spain")
        peer.init("--admit", node.did, "--peer-link", node.peer_url)
        peer.start()
        wait_until(lambda: peer.head_of(node.did) == node.head_of(node.did), "the peer follows", SECONDS_MAX)
        peer.stop()
        self.assertEqual(node.cli("keys", "rotate").code, 0)
        time.sleep(1.1)
        late = self.network.folder / "late.json"
        self.assertEqual(node.cli("issue", SAMPLES / "badge.json", "-o", late).code, 0)
        node.stop()
        peer.start()
        code, seen = verdict(peer, late, "--trust", node.did)
        self.assertEqual((code, seen["verdict"], seen["code"]), (2, "cannot-tell", "NEWER_HEAD_UNAVAILABLE"), seen)

    def test_a_lost_log_is_asked_for_and_not_begun_anew(self):
        self.node.stop()
        for path in self.node.home.glob("store.sqlite*"):
            path.unlink()
        self.node.start("--new-store", "--waive-start-check")
        self.assert_reason("ISSUER_LOG_MISSING", "main", "peers are asked")

    def test_an_older_store_gives_no_index_of_the_lists_that_it_knows_in_part(self):
        node, peer = self.node, self.network.node("peer")
        peer.init("--admit", node.did, "--peer-link", node.peer_url)
        with open(node.home / "config.toml", "a", encoding="utf-8") as file:
            file.write(f'\n[[peer]]\nurl = "{peer.peer_url}"\n')
        peer.start()

        def issued(name):
            file = self.network.folder / name
            wait_until(lambda: node.cli("issue", SAMPLES / "badge.json", "-o", file).code == 0, f"{name} is issued", SECONDS_MAX)
            return file, json.loads(file.read_text())["credentialStatus"][0]["statusListCredential"]

        self.restart()
        issued("before.json")
        wait_until(lambda: peer.head_of(node.did) == node.head_of(node.did), "the peer follows", SECONDS_MAX)
        node.stop()
        older = (node.home / "store.sqlite").read_bytes()
        node.start()
        wait_until(lambda: node.cli("keys", "rotate").code == 0, "the key is rotated", SECONDS_MAX)
        late, late_list = issued("late.json")
        wait_until(lambda: peer.head_of(node.did) == node.head_of(node.did), "the peer follows", SECONDS_MAX)
        node.stop()
        peer.stop()
        for path in node.home.glob("store.sqlite*"):
            path.unlink()
        (node.home / "store.sqlite").write_bytes(older)
        node.start()  # it has the newer key, and does not know the version that names it
        self.assertNotEqual(node.cli("issue", SAMPLES / "badge.json").code, 0)
        peer.start()
        _, new_list = issued("new.json")
        self.assertNotEqual(new_list, late_list)
        self.restart()
        self.assertEqual(issued("newer.json")[1], new_list, "the new lists stay open, the old ones closed")
        revoked = node.cli("revoke", late)
        self.assertEqual(revoked.code, 0, revoked.err)
        self.assertEqual(verdict(node, late, "--trust", node.did)[1]["class"], "revoked")

    def test_a_log_that_names_no_feed_of_this_network(self):
        config = self.node.home / "config.toml"
        config.write_text(config.read_text().replace('name = "test-network"', 'name = "another-network"'))
        self.restart()
        self.assert_reason("ISSUER_WITHOUT_FEED", "another-network")

    def test_an_epoch_that_is_not_held_up_to_its_seal(self):
        self.assertEqual(self.node.cli("keys", "rotate", "--purpose", "feed", "--json").code, 0)
        self.node.stop()
        store = sqlite3.connect(self.node.home / "store.sqlite")
        for table in ("leaf", "head", "origin"):
            store.execute(f"DELETE FROM {table}")
        store.commit()
        store.close()
        self.node.start("--waive-start-check")
        self.assert_reason("EPOCH_INCOMPLETE", "epoch 1", "peers are asked")


if __name__ == "__main__":
    unittest.main()
