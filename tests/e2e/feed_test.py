"""`vcnode feed show|prove` and `vcnode resolve --peer` against a running did:webvh issuer: real processes."""
import base64
import hashlib
import json
import unittest

from harness import SAMPLES, Network, TestCase, VCNODE, record_code, wait_until


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of_proof(leaf, index, size, path):
    """RFC 9162, 2.1.3.2, written again from the text."""
    fn, sn, root = index, size - 1, hashlib.sha256(b"\x00" + leaf).digest()
    for p in path:
        if fn & 1 or fn == sn:
            root = node_hash(p, root)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            root = node_hash(root, p)
        fn, sn = fn >> 1, sn >> 1
    return root if sn == 0 else None


class Feed(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.network = Network(VCNODE)
        cls.node = cls.network.node("issuer")
        cls.node.init("--domain", "uni.example")
        cls.node.start()
        cls.did = cls.node.did
        wait_until(lambda: (cls.node.head_of(cls.did) or {"size": 0})["size"] == 3, "the log's entry and the first two lists", 30)
        cls.scid = cls.did.split(":")[2]

    @classmethod
    def tearDownClass(cls):
        cls.network.__exit__()

    def entry(self, index, origin=None):
        """The entry's bytes, and its proof checked from nothing but RFC 9162."""
        file = self.network.folder / "entry.tlog-proof"
        told = json.loads(self.ok(self.node.cli("feed", "prove", origin or self.did, index, "--peer", self.node.url, "-o", file, "--json")).out)
        lines = file.read_text().split("\n")
        blank = lines.index("")
        size, root = lines[blank + 2:blank + 4]
        self.assertEqual((lines[1], lines[blank + 1], int(size)), (f"index {index}", told["origin"], told["size"]))
        leaf = told["leaf"].encode()
        self.assertEqual(root_of_proof(leaf, index, int(size), [base64.b64decode(line) for line in lines[2:blank]]), base64.b64decode(root))
        return leaf

    def ok(self, answer):
        self.assertEqual(answer.code, 0, answer.err + answer.out)
        return answer

    def resolve(self, did, *options):
        answer = self.node.cli("resolve", did, "--peer", self.node.url, *options)
        return answer.code, json.loads(answer.out)

    def test_1_the_feed_is_shown_and_an_entry_of_it_proven(self):
        shown = json.loads(self.node.cli("feed", "show", self.did, "--peer", self.node.url, "--json").out)
        self.assertEqual((shown["issuer"], shown["versions"], shown["disputed"], shown["missingBodies"]), (self.did, 1, False, 0))
        file = self.network.folder / "leaf.tlog-proof"
        for index in range(shown["size"]):
            answer = self.node.cli("feed", "prove", shown["origin"], str(index), "--peer", self.node.url, "-o", file, "--json")
            self.assertEqual(answer.code, 0, answer.err)
            told = json.loads(answer.out)
            lines = file.read_text().split("\n")
            self.assertEqual(lines[:2], ["c2sp.org/tlog-proof@v1", f"index {index}"])
            blank = lines.index("")
            origin, size, root = lines[blank + 1:blank + 4]
            self.assertEqual((origin, int(size)), (shown["origin"], shown["size"]))
            path = [base64.b64decode(line) for line in lines[2:blank]]
            self.assertEqual(root_of_proof(told["leaf"].encode(), index, int(size), path), base64.b64decode(root))
        self.assert_refused(self.node.cli("feed", "prove", self.did, str(shown["size"]), "--peer", self.node.url), 64, "USAGE", shown["size"])
        self.assert_refused(self.node.cli("feed", "prove", self.did, "-1", "--peer", self.node.url), 64, "USAGE", "LEAF_INDEX '-1'", "from 0 on")
        self.assert_refused(self.node.cli("feed", "prove", self.did, "1.5", "--peer", self.node.url), 64, "USAGE", "LEAF_INDEX '1.5'")
        self.assertFalse(shown["falseState"])
        self.assertFalse(json.loads(self.node.get("/feeds")[1])[0]["falseState"])
        # The tree itself, as tiles.
        entries = [self.entry(index) for index in range(shown["size"])]
        status, hashes = self.node.get(f"/feeds/{shown['originHash']}/tile/0/000.p/{shown['size']}")
        self.assertEqual((status, hashes), (200, b"".join(hashlib.sha256(b"\x00" + entry).digest() for entry in entries)))
        # The node of this home is asked where nobody is named.
        self.assertEqual(json.loads(self.node.cli("feed", "show", self.did, "--json").out)["size"], shown["size"])
        nobody = self.node.cli("feed", "show", "did:webvh:" + self.scid[:-1] + "x:uni.example", "--peer", self.node.url)
        self.assertIn(nobody.code, (2, 64))

    def test_2_a_did_is_resolved_from_what_a_peer_holds(self):
        code, newest = self.resolve(self.did)
        self.assertEqual((code, newest["didDocument"]["id"], newest["sources"][0]["state"]), (0, self.did, "newest"))
        code, other = self.resolve(self.did.replace("uni.example", "other.example"))
        self.assertEqual((code, other["didResolutionMetadata"]["error"], other["didResolutionMetadata"]["code"]), (1, "invalidDid", "WEBVH_DID_MISMATCH"))
        code, none = self.resolve(self.did, "--version-number", "7")
        self.assertEqual((code, none["didResolutionMetadata"]["error"]), (2, "notFound"))
        record_code("WEBVH_NOT_FOUND")
        silent = self.node.cli("resolve", self.did, "--peer", "https://127.0.0.1:1")
        self.assertEqual(silent.code, 2)
        metadata = json.loads(silent.out)["didResolutionMetadata"]
        self.assert_code(metadata["code"], "HTTP_UNREACHABLE")
        self.assertIn("the peer https://127.0.0.1:1 cannot be asked", metadata["message"])
        self.assertTrue(metadata["problemDetails"]["detail"].startswith("HTTP_UNREACHABLE: "))
        self.assert_refused(self.node.cli("feed", "show", self.did, "--peer", "https://127.0.0.1:1"), 2, "HTTP_UNREACHABLE", "cannot be asked")
        self.assertEqual(json.loads(silent.out)["sources"][0]["state"], "unreachable")
        key = self.node.cli("resolve", "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp", "--peer", self.node.url)
        self.assert_refused(key, 64, "USAGE", "--peer")

    def test_3_across_a_rotation_of_the_feed_key_everything_before_stays_readable(self):
        issued = self.network.folder / "issued.json"
        self.assertEqual(self.node.cli("issue", SAMPLES / "micro-credential.json", "-o", issued).code, 0)
        rotated = self.node.cli("keys", "rotate", "--purpose", "feed")
        self.assertEqual(rotated.code, 0, rotated.err)
        wait_until(lambda: json.loads(self.node.get("/feeds")[1])[0]["origin"].endswith("/2"), "the second epoch", 10)
        shown = json.loads(self.node.cli("feed", "show", self.did, "--peer", self.node.url, "--json").out)
        self.assertEqual((shown["origin"].rsplit("/", 1)[1], len(shown["sealed"]), shown["versions"]), ("2", 1, 2))
        self.assertEqual(self.node.cli("verify", issued, "--peer", self.node.url, "--trust", self.did).code, 0)
        history = json.loads(self.node.get(f"/histories/{self.scid}")[1])
        self.assertEqual([epoch["seal"] is None for epoch in history["epochs"]], [False, True])
        self.assertEqual(self.resolve(self.did)[1]["didDocumentMetadata"]["versionId"][0], "2")
        # The epoch that is over: shown as it was sealed, its entries proven under its last head, its tree as tiles.
        before = shown["sealed"][0]
        old = json.loads(self.ok(self.node.cli("feed", "show", before["origin"], "--peer", self.node.url, "--json")).out)
        self.assertEqual((old["over"], old["size"], old["root"]), (True, before["size"], before["root"]))
        entries = [self.entry(index, before["origin"]) for index in range(before["size"])]
        tile = self.node.get(f"/feeds/{old['originHash']}/tile/0/000.p/{before['size']}")[1]
        self.assertEqual(tile, b"".join(hashlib.sha256(b"\x00" + entry).digest() for entry in entries))
        refused = self.node.cli("feed", "prove", before["origin"], before["size"], "--peer", self.node.url)
        self.assert_refused(refused, 64, "USAGE", f"has {before['size']} entries")
        later = before["origin"].rsplit("/", 1)[0] + "/7"
        self.assert_refused(self.node.cli("feed", "prove", later, "0", "--peer", self.node.url), 2, "PEER_FEED_UNKNOWN", "epoch 7", shown["origin"])
        self.assertNotEqual(self.entry(0), entries[0])


if __name__ == "__main__":
    unittest.main()
