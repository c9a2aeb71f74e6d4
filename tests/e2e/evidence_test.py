"""A verifier without a node: what peers may learn, and what lying peers can achieve (nothing for the better)."""
import json
import unittest

from harness import SAMPLES, HttpsPeer, Network, TestCase, VCNODE


class WithIssuer(TestCase):
    """One issuer with a revoked and a valid credential; its whole public face before and after the revocation."""

    @classmethod
    def setUpClass(cls):
        cls.network = Network(VCNODE)
        cls.node = cls.network.node("issuer")
        cls.node.init()
        cls.node.start()
        cls.revoked, cls.good = cls.network.folder / "revoked.json", cls.network.folder / "good.json"
        for file in (cls.revoked, cls.good):
            assert cls.node.cli("issue", SAMPLES / "micro-credential.json", "-o", file).code == 0
        cls.before = cls.snapshot()
        assert cls.node.cli("revoke", cls.revoked).code == 0
        cls.after = cls.snapshot()
        cls.certificate, cls.key = cls.node.home / "tls/certificate.pem", cls.node.home / "tls/key.pem"

    @classmethod
    def tearDownClass(cls):
        cls.network.__exit__()

    @classmethod
    def snapshot(cls):
        """Every public object of the feed: path → bytes."""
        objects = {"/feeds": cls.node.get("/feeds")[1]}
        listing = json.loads(objects["/feeds"])
        row = (listing["feeds"] if isinstance(listing, dict) else listing)[0]
        base = f"/feeds/{row['originHash']}"
        objects[f"{base}/checkpoint"] = cls.node.get(f"{base}/checkpoint")[1]
        tile = f"{base}/tile/entries/000.p/{row['size']}"
        status, objects[tile] = cls.node.get(tile)
        assert status == 200, tile
        bundle = objects[tile]
        while bundle:
            size = int.from_bytes(bundle[:2], "big")
            leaf, bundle = json.loads(bundle[2:2 + size]), bundle[2 + size:]
            objects[f"/bodies/{leaf['d']}"] = cls.node.get(f"/bodies/{leaf['d']}")[1]
        return objects

    def peer(self, objects):
        peer = HttpsPeer(self.certificate, self.key, lambda method, path, body: (200, objects[path]) if path in objects else (404, b"{}"))
        self.addCleanup(peer.close)
        return peer

    def verify(self, file, *peers):
        arguments = [part for peer in peers for part in ("--peer", peer.url)]
        answer = self.node.cli("verify", file, "--trust", self.node.did, "--json", *arguments)
        return answer.json()


class Privacy(WithIssuer):
    def test_peers_are_asked_for_whole_public_objects_only(self):
        peer = self.peer(self.after)
        for file in (self.revoked, self.good):
            self.verify(file, peer)
        self.assertGreater(len(peer.requests), 4)
        for file in (self.revoked, self.good):
            credential = json.loads(file.read_text())
            secrets = {credential["id"], credential["id"].split(":")[-1], credential["proof"]["proofValue"], credential["credentialSubject"]["id"]}
            secrets |= {f"={entry['statusListIndex']}" for entry in credential["credentialStatus"]}
            for method, path, headers, body in peer.requests:
                self.assertEqual((method, body), ("GET", b""))
                self.assertNotIn("?", path)
                for secret in secrets:
                    self.assertNotIn(secret, path + json.dumps(headers))

    def test_both_credentials_cause_the_same_requests(self):
        peer = self.peer(self.after)
        self.verify(self.revoked, peer)
        first = [request[1] for request in peer.requests]
        peer.requests.clear()
        self.verify(self.good, peer)
        self.assertEqual(first, [request[1] for request in peer.requests])


class LyingPeers(WithIssuer):
    def changed(self, objects, prefix, change):
        return {path: change(content) if path.startswith(prefix) else content for path, content in objects.items()}

    def test_an_honest_peer_shows_the_revocation(self):
        self.assertEqual(self.verify(self.revoked, self.peer(self.after))["verdict"]["class"], "revoked")
        self.assertEqual(self.verify(self.good, self.peer(self.after))["verdict"]["verdict"], "valid")

    def test_a_peer_with_an_old_view_loses_against_one_with_a_newer(self):
        answer = self.verify(self.revoked, self.peer(self.before), self.peer(self.after))
        self.assertEqual(answer["verdict"]["class"], "revoked")
        self.assertEqual([source["state"] for source in answer["sources"]], ["behind", "newest"])

    def test_superseded_list_served_in_place_of_the_newest_is_no_answer(self):
        mixed = {path: content for path, content in self.after.items()}
        old = {path for path in self.before if path.startswith("/bodies/")}
        for path in set(self.after) - set(self.before):
            if path.startswith("/bodies/"):
                mixed[path] = self.before[next(iter(old))]
        answer = self.verify(self.revoked, self.peer(mixed))
        self.assertEqual(answer["verdict"]["verdict"], "cannot-tell")
        self.assert_code(answer["verdict"]["code"], "BODY_MISSING")

    def test_forged_head_leaves_and_lists_change_nothing_for_the_better(self):
        def flip(content):
            return content[:-20] + bytes([content[-20] ^ 1]) + content[-19:]
        for prefix in ("/bodies/", "/feeds/"):
            with self.subTest(prefix):
                answer = self.verify(self.revoked, self.peer(self.changed(self.after, prefix, flip)))
                self.assertEqual(answer["verdict"]["verdict"], "cannot-tell")
        answer = self.verify(self.revoked, self.peer(self.changed(self.after, "/feeds/", flip)), self.peer(self.after))
        self.assertEqual(answer["verdict"]["class"], "revoked")
        self.assertEqual(answer["sources"][0]["state"], "bad-evidence")
        self.assert_code(answer["sources"][0]["error"]["code"], "PEER_EVIDENCE_BAD")

    def test_a_newer_head_without_its_leaves_makes_the_status_unknown(self):
        withheld = dict(self.before)
        for path, content in self.after.items():
            if path.endswith("/checkpoint"):
                withheld[path] = content
        answer = self.verify(self.good, self.peer(withheld), self.peer(self.before))
        self.assertEqual(answer["verdict"]["verdict"], "cannot-tell")
        self.assert_code(answer["verdict"]["code"], "NEWER_HEAD_UNAVAILABLE")
        self.assertEqual(answer["sources"][0]["state"], "withholds")

    def test_no_feed_and_no_peer_are_unknown_never_valid(self):
        answer = self.verify(self.good, self.peer({"/feeds": b"[]"}))
        self.assertEqual(answer["verdict"]["verdict"], "cannot-tell")
        self.assert_code(answer["sources"][0]["error"]["code"], "PEER_FEED_UNKNOWN")
        offline = self.node.cli("verify", self.good, "--offline", "--trust", self.node.did, "--json")
        self.assertEqual((offline.code, offline.json()["verdict"]["verdict"]), (2, "cannot-tell"))
        self.node.cli("verify", self.good, "--peer", "https://127.0.0.1:1", "--json")

    def test_an_unreachable_peer_is_named(self):
        answer = self.node.cli("verify", self.good, "--peer", "https://127.0.0.1:1", "--json")
        self.assertEqual(answer.code, 2)
        self.assertEqual(answer.json()["sources"][0]["state"], "unreachable")

    def test_the_verdict_is_the_same_bytes_at_the_node(self):
        at = "2026-11-22T12:00:00Z"
        local = self.node.cli("verify", self.good, "--peer", self.node.url, "--trust", self.node.did, "--json", "--at", at).json()["verdict"]
        status, body = self.node.post("/verdict", {"credential": json.loads(self.good.read_text()), "trust": [self.node.did], "at": at})
        self.assertEqual(status, 200, body)
        remote = json.loads(body)["verdict"]
        local.pop("credential")
        remote.pop("credential")  # the digest of the presented bytes differs: a file here, a member there
        self.assertEqual(local, remote)


if __name__ == "__main__":
    unittest.main()
