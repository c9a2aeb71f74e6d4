"""A verifier without a node: what peers may learn, and what lying peers can achieve (nothing for the better)."""
import base64
import gzip
import hashlib
import json
import re
import shutil
import subprocess
import time
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
        cls.other = "z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"  # the key of nobody here
        cls.certificate, cls.key = cls.node.home / "tls/certificate.pem", cls.node.home / "tls/key.pem"

    @classmethod
    def tearDownClass(cls):
        cls.network.__exit__()

    @classmethod
    def snapshot(cls):
        """Every public object of the feed: path → bytes."""
        objects = {"/feeds": cls.node.get("/feeds")[1]}
        row, = json.loads(objects["/feeds"])
        base = f"/feeds/{row['originHash']}"
        objects[f"{base}/checkpoint"] = cls.node.get(f"{base}/checkpoint")[1]
        cls.size = row["size"]
        tile = f"{base}/tile/entries/000.p/{cls.size}"
        status, objects[tile] = cls.node.get(tile)
        assert status == 200, tile
        bundle = objects[tile]
        newest = {}
        while bundle:
            size = int.from_bytes(bundle[:2], "big")
            leaf, bundle = json.loads(bundle[2:2 + size]), bundle[2 + size:]
            newest[leaf["k"].split("#")[0]] = f"/bodies/{leaf['d']}"
            objects[f"/bodies/{leaf['d']}"] = cls.node.get(f"/bodies/{leaf['d']}")[1]
        cls.wanted = set(newest.values())  # one body per list
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
    def requests_for(self, *files):
        """What a peer sees of `vcnode verify` for each file: (method, path, headers, body) of every request."""
        peer = self.peer(self.after)
        runs = []
        for file in files:
            self.verify(file, peer)
            runs.append([(method, path, headers, body) for method, path, headers, body in peer.requests])
            peer.requests.clear()
        return runs

    def test_two_credentials_of_one_issuer_look_the_same_to_a_peer(self):
        credentials = [json.loads(file.read_text()) for file in (self.revoked, self.good)]
        indexes = [{entry["statusListIndex"] for entry in credential["credentialStatus"]} for credential in credentials]
        self.assertNotEqual(credentials[0]["id"], credentials[1]["id"])
        self.assertTrue(indexes[0].isdisjoint(indexes[1]))
        first, second = self.requests_for(self.revoked, self.good)
        self.assertEqual(first, second)
        self.assertGreater(len(first), 4)

    def test_peers_are_asked_for_whole_public_objects_only(self):
        """Every address is one that a stranger knows without any credential, and no header says more than another."""
        run, = self.requests_for(self.good)
        host = run[0][2]["Host"]
        self.assertRegex(host, r"^127\.0\.0\.1:\d+$")
        for method, path, headers, body in run:
            self.assertEqual((method, body), ("GET", b""))
            self.assertIn(path, self.after)
            self.assertEqual(headers, run[0][2])
        self.assertLessEqual(set(run[0][2]), {"Host", "User-Agent", "Accept", "Connection"})
        # All there is, each once: with the list that the revocation replaced, which shows that nothing was cleared.
        self.assertEqual(sorted(path for _, path, _, _ in run), sorted(self.after))

    def test_neither_id_nor_proof_nor_index_in_any_form_leaves_the_verifier(self):
        credential = json.loads(self.good.read_text())
        identifier = credential["id"].split(":")[-1]
        secrets = {credential["id"], identifier, identifier.replace("-", ""), credential["proof"]["proofValue"], credential["credentialSubject"]["id"],
                   hashlib.sha256(self.good.read_bytes()).hexdigest(), hashlib.sha256(credential["id"].encode()).hexdigest()}
        words = set()  # as words: digits of an index may well be part of a digest
        for entry in credential["credentialStatus"]:
            index = int(entry["statusListIndex"])
            for number in (index, index // 8):
                raw = number.to_bytes(4, "big")
                words |= {str(number), f"{number:x}", f"{number:08x}", f"{number:032b}", base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode().rstrip("=")}
        run, = self.requests_for(self.good)
        for _, path, headers, _ in run:
            seen = path.replace(".p/%d" % self.size, "") + json.dumps({name: value for name, value in headers.items() if name != "Host"})
            for secret in secrets:
                self.assertNotIn(secret.lower(), seen.lower())
            self.assertTrue(words.isdisjoint(re.split(r"[^0-9A-Za-z+=-]+", seen)), seen)


class LyingPeers(WithIssuer):
    def test_an_honest_peer_shows_the_revocation(self):
        self.assertEqual(self.verify(self.revoked, self.peer(self.after))["verdict"]["class"], "revoked")
        self.assertEqual(self.verify(self.good, self.peer(self.after))["verdict"]["verdict"], "valid")

    def test_a_peer_with_an_old_view_loses_against_one_with_a_newer(self):
        answer = self.verify(self.revoked, self.peer(self.before), self.peer(self.after))
        self.assertEqual(answer["verdict"]["class"], "revoked")
        self.assertEqual([source["state"] for source in answer["sources"]], ["behind", "newest"])

    def assert_source(self, source, state, code, *parts):
        """What `sources` says of one peer: its state, the code and a sentence that names these parts."""
        self.assertEqual(source["state"], state, source)
        self.assert_code(source["error"]["code"], code)
        for part in parts:
            self.assertIn(str(part), source["error"]["message"])

    def test_superseded_list_served_in_place_of_the_newest_is_no_answer(self):
        """A list the issuer signed, with a true place in the log, at the address of the one that replaced it."""
        old = next(path for path in sorted(self.before) if path.startswith("/bodies/"))
        replaced = [path for path in set(self.after) - set(self.before) if path.startswith("/bodies/")]
        self.assertEqual(len(replaced), 1)
        answer = self.verify(self.revoked, self.peer({**self.after, replaced[0]: self.before[old]}))
        self.assertEqual(answer["verdict"]["verdict"], "cannot-tell")
        self.assert_code(answer["verdict"]["code"], "BODY_MISSING")
        self.assert_source(answer["sources"][0], "withholds", "PEER_WITHHOLDS", "did not give the body sha256:" + replaced[0].split("/")[-1])

    def saying(self, objects, **claims):
        """A peer that serves these objects and says more of the issuer than it can prove."""
        row, = json.loads(objects["/feeds"])
        return self.peer({**objects, "/feeds": json.dumps([{**row, **claims}]).encode()})

    def test_the_only_peers_own_doubt_is_no_good_news(self):
        for claims, code in (({"contradicted": True}, "EQUIVOCATION_SEEN"), ({"pending": {"size": 9}}, "NEWER_HEAD_UNAVAILABLE")):
            with self.subTest(code):
                doubting = self.saying(self.after, **claims)
                alone = self.verify(self.good, doubting)
                self.assertEqual(alone["verdict"]["verdict"], "cannot-tell")
                self.assert_code(alone["verdict"]["code"], code)
                self.assertEqual(self.verify(self.revoked, doubting)["verdict"]["class"], "revoked")
                for other in (self.before, {"/feeds": b"[]"}):  # one that is behind, one without the feed
                    beside = self.verify(self.good, doubting, self.peer(other))
                    self.assertEqual((beside["verdict"]["verdict"], beside["verdict"]["code"]), ("cannot-tell", code))

    def test_a_doubt_that_another_peer_does_not_share_is_shown_and_decides_nothing(self):
        doubting, honest = self.saying(self.after, contradicted=True, pending={"size": 9}), self.peer(self.after)
        for peers in ((doubting, honest), (honest, doubting)):
            answer = self.verify(self.good, *peers)
            self.assertEqual(answer["verdict"]["verdict"], "valid")
            source = answer["sources"][peers.index(doubting)]
            self.assertEqual((source["state"], source["saysContradicted"], source["saysPendingSize"]), ("newest", True, 9))
        answer = self.node.cli("verify", self.good, "--trust", self.node.did, "--peer", doubting.url, "--peer", honest.url)
        self.assertEqual(answer.code, 0)
        self.assertIn("says that the issuer has told two histories, says that a newer head (size 9) has not arrived there", answer.out)

    def test_a_peer_that_is_named_several_times_is_asked_once(self):
        peer = self.peer(self.after)
        urls = [peer.url, peer.url + "/", peer.url]
        answer = self.node.cli("verify", self.good, "--trust", self.node.did, "--json", *(part for url in urls for part in ("--peer", url))).json()
        self.assertEqual([source["peer"] for source in answer["sources"]], [peer.url])
        self.assertEqual(sorted(path for _, path, _, _ in peer.requests), sorted(self.after))

    def test_forged_evidence_changes_nothing_for_the_better(self):
        def flip(content):
            """Another hexadecimal digit in the last digest of the text."""
            at = max(i for i in range(len(content)) if re.fullmatch(rb"[0-9a-f]{64}", content[i:i + 64])) + 63
            return content[:at] + (b"0" if content[at:at + 1] != b"0" else b"1") + content[at + 1:]

        def flip_signature(content):
            return content[:-20] + (b"A" if content[-20:-19] != b"A" else b"B") + content[-19:]
        tile = next(path for path in self.after if "/tile/" in path)
        checkpoint = next(path for path in self.after if path.endswith("/checkpoint"))
        cases = {
            "a forged tile under the true checkpoint": ({tile: flip(self.after[tile])}, "STATUS_FEED_NOT_HELD", "bad-evidence", "PEER_EVIDENCE_BAD", "HEAD_ROOT_MISMATCH"),
            "garbage in place of the tile": ({tile: b"\xff" * 7}, "STATUS_FEED_NOT_HELD", "bad-evidence", "PEER_EVIDENCE_BAD", "TILE_INVALID"),
            "a forged checkpoint over the true tile": ({checkpoint: flip_signature(self.after[checkpoint])}, "STATUS_FEED_NOT_HELD", "bad-evidence", "PEER_EVIDENCE_BAD", "HEAD_INVALID"),
            "forged lists": ({path: content[:-20] + b"x" + content[-19:] for path, content in self.after.items() if path.startswith("/bodies/")},
                             "BODY_MISSING", "withholds", "PEER_WITHHOLDS", "did not give the body sha256:"),
            "the list of feeds is no list": ({"/feeds": b"<html>"}, "STATUS_FEED_NOT_HELD", "bad-evidence", "PEER_EVIDENCE_BAD", "JSON_SYNTAX"),
            "the origin of another issuer": ({"/feeds": self.after["/feeds"].replace(self.node.did[8:].encode() + b"/1", self.other.encode() + b"/1")},
                                             "STATUS_FEED_NOT_HELD", "bad-evidence", "PEER_EVIDENCE_BAD", self.other),
        }
        for name, (changes, verdict_code, state, code, part) in cases.items():
            with self.subTest(name):
                alone = self.verify(self.revoked, self.peer({**self.after, **changes}))
                self.assertEqual(alone["verdict"]["verdict"], "cannot-tell")
                self.assert_code(alone["verdict"]["code"], verdict_code)
                self.assert_source(alone["sources"][0], state, code, part)
                beside = self.verify(self.revoked, self.peer({**self.after, **changes}), self.peer(self.after))
                self.assertEqual(beside["verdict"]["class"], "revoked")
                self.assertEqual([source["state"] for source in beside["sources"]], [state, "newest"])

    def test_a_body_that_one_peer_keeps_back_is_taken_from_another(self):
        bodies = [path for path in self.after if path.startswith("/bodies/")]
        keeper = {path: content for path, content in self.after.items() if path not in bodies}
        alone = self.verify(self.good, self.peer(keeper))
        self.assertEqual((alone["verdict"]["verdict"], alone["verdict"]["code"]), ("cannot-tell", "BODY_MISSING"))
        both = self.verify(self.good, self.peer(keeper), self.peer(self.after))
        self.assertEqual(both["verdict"]["verdict"], "valid")
        self.assert_source(both["sources"][0], "withholds", "PEER_WITHHOLDS", "did not give the body sha256:")
        self.assertEqual(both["sources"][1]["state"], "newest")

    def test_a_newer_head_without_its_leaves_makes_the_status_unknown(self):
        withheld = dict(self.before)
        for path, content in self.after.items():
            if path.endswith("/checkpoint"):
                withheld[path] = content
        answer = self.verify(self.good, self.peer(withheld), self.peer(self.before))
        self.assertEqual(answer["verdict"]["verdict"], "cannot-tell")
        self.assert_code(answer["verdict"]["code"], "NEWER_HEAD_UNAVAILABLE")
        self.assert_source(answer["sources"][0], "withholds", "PEER_WITHHOLDS", "nothing at /feeds/", "/tile/entries/")

    def test_no_feed_and_no_peer_are_unknown_never_valid(self):
        answer = self.verify(self.good, self.peer({"/feeds": b"[]"}))
        self.assertEqual(answer["verdict"]["verdict"], "cannot-tell")
        self.assert_source(answer["sources"][0], "no-feed", "PEER_FEED_UNKNOWN", f"the peer holds no feed of {self.node.did}")
        offline = self.node.cli("verify", self.good, "--offline", "--trust", self.node.did, "--json")
        self.assertEqual((offline.code, offline.json()["verdict"]["verdict"], offline.json()["sources"]), (2, "cannot-tell", []))

    def test_an_unreachable_peer_is_named(self):
        answer = self.node.cli("verify", self.good, "--peer", "https://127.0.0.1:1", "--json")
        self.assertEqual(answer.code, 2)
        self.assert_source(answer.json()["sources"][0], "unreachable", "HTTP_UNREACHABLE", "127.0.0.1:1")
        spoken = self.node.cli("verify", self.good, "--peer", "https://127.0.0.1:1")
        self.assertIn("peer https://127.0.0.1:1: unreachable (", spoken.out)

    def test_nobody_is_asked_about_an_issuer_whose_feed_cannot_be_checked(self):
        peer = self.peer(self.after)
        credential = json.loads(self.good.read_text())
        credential["issuer"]["id"] = "did:web:university.example"
        foreign = self.network.folder / "did-web.json"
        foreign.write_text(json.dumps(credential))
        answer = self.verify(foreign, peer)
        self.assertNotEqual(answer["verdict"]["verdict"], "valid")
        self.assert_source(answer["sources"][0], "not-asked", "DID_METHOD_UNSUPPORTED", "web")
        self.assertEqual(peer.requests, [])

    def test_the_verdict_is_the_same_bytes_at_the_node(self):
        at = "2026-11-22T12:00:00Z"
        local = self.node.cli("verify", self.good, "--peer", self.node.url, "--trust", self.node.did, "--json", "--at", at).json()["verdict"]
        status, body = self.node.post("/verdict", {"credential": json.loads(self.good.read_text()), "trust": [self.node.did], "at": at})
        self.assertEqual(status, 200, body)
        remote = json.loads(body)["verdict"]
        local.pop("credential")
        remote.pop("credential")  # the digest of the presented bytes differs: a file here, a member there
        self.assertEqual(local, remote)


class WashingIssuer:
    """An issuer whose software is not ours: it publishes what no honest node would, correctly signed."""
    ORIGIN = "https://issuer.example"
    LIST = f"{ORIGIN}/lists/1"

    def __init__(self, folder):
        self.folder = folder
        self.key = folder / "washing.pem"
        self.openssl("genpkey", "-algorithm", "ed25519", "-out", self.key)
        self.public = self.openssl("pkey", "-in", self.key, "-pubout", "-outform", "DER")[-32:]
        self.id = "z" + self.base58(b"\xed\x01" + self.public)
        self.did = f"did:key:{self.id}"
        self.lists = []  # the bytes of each version

    @staticmethod
    def openssl(*arguments):
        return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True).stdout

    @staticmethod
    def base58(data):
        number, text = int.from_bytes(data, "big"), ""
        while number:
            number, digit = divmod(number, 58)
            text = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"[digit] + text
        return "1" * (len(data) - len(data.lstrip(b"\0"))) + text

    @staticmethod
    def jcs(value):
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()

    def sign(self, data):
        message = self.folder / "message"
        message.write_bytes(data)
        return self.openssl("pkeyutl", "-sign", "-inkey", self.key, "-rawin", "-in", message)

    def signed(self, document, time):
        document = {"@context": ["https://www.w3.org/ns/credentials/v2"], "issuer": self.did, "validFrom": time, **document}
        proof = {"@context": document["@context"], "type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022", "created": time,
                 "proofPurpose": "assertionMethod", "verificationMethod": f"{self.did}#{self.id}"}
        hashes = hashlib.sha256(self.jcs(proof)).digest() + hashlib.sha256(self.jcs(document)).digest()
        return self.jcs({**document, "proof": {**proof, "proofValue": "z" + self.base58(self.sign(hashes))}})

    def credential(self, index):
        return self.signed({"type": ["VerifiableCredential"], "credentialSubject": {"name": "Maria"}, "credentialStatus":
                            {"id": f"{self.LIST}#{index}", "type": "BitstringStatusListEntry", "statusPurpose": "revocation",
                             "statusListIndex": str(index), "statusListCredential": self.LIST}}, "2026-01-01T00:00:00Z")

    def publish(self, *revoked):
        bits = bytearray(16384)
        for index in revoked:
            bits[index // 8] |= 128 >> index % 8
        encoded = "u" + base64.urlsafe_b64encode(gzip.compress(bytes(bits))).decode().rstrip("=")
        self.lists.append(self.signed({"id": self.LIST, "type": ["VerifiableCredential", "BitstringStatusListCredential"], "credentialSubject":
                                       {"id": f"{self.LIST}#list", "type": "BitstringStatusList", "statusPurpose": "revocation", "encodedList": encoded}},
                                      f"2026-01-02T00:00:{len(self.lists):02}Z"))

    def root(self, hashes):
        if len(hashes) == 1:
            return hashes[0]
        split = 1 << (len(hashes) - 1).bit_length() - 1
        return hashlib.sha256(b"\1" + self.root(hashes[:split]) + self.root(hashes[split:])).digest()

    def objects(self):
        """What a peer serves of its feed: path → bytes."""
        digests = [hashlib.sha256(text).hexdigest() for text in self.lists]
        leaves = [self.jcs({"d": digest, "k": f"{self.LIST}#{number}", "t": "status"}) for number, digest in enumerate(digests, 1)]
        origin, now = f"demo/{self.id}/1", int(time.time())
        root = base64.b64encode(self.root([hashlib.sha256(b"\0" + leaf).digest() for leaf in leaves])).decode()
        text = f"{origin}\n{len(leaves)}\n{root}\n"
        key_id = lambda kind: hashlib.sha256(origin.encode() + b"\n" + bytes([kind]) + self.public).digest()[:4]
        signatures = (key_id(1) + self.sign(text.encode()), key_id(4) + now.to_bytes(8, "big") + self.sign(f"cosignature/v1\ntime {now}\n{text}".encode()))
        note = text + "\n" + "".join(f"\u2014 {origin} {base64.b64encode(signature).decode()}\n" for signature in signatures)
        base = f"/feeds/{hashlib.sha256(origin.encode()).hexdigest()}"
        return {"/feeds": json.dumps([{"issuer": self.did, "origin": origin}]).encode(), f"{base}/checkpoint": note.encode(),
                f"{base}/tile/entries/000.p/{len(leaves)}": b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves),
                **{f"/bodies/{digest}": body for digest, body in zip(digests, self.lists)}}


class WashedRevocation(WithIssuer):
    def setUp(self):
        self.issuer = WashingIssuer(self.network.folder)
        self.file = self.network.folder / "washed.json"
        self.file.write_bytes(self.issuer.credential(7))

    def verdict(self, *peers):
        arguments = [part for peer in peers for part in ("--peer", peer.url)]
        return self.node.cli("verify", self.file, "--trust", self.issuer.did, "--json", *arguments).json()["verdict"]

    def test_a_revocation_is_not_washed_away_by_two_lists(self):
        self.issuer.publish(5)
        self.assertEqual(self.verdict(self.peer(self.issuer.objects()))["verdict"], "valid")
        self.issuer.publish(5, 7)
        seen = self.issuer.objects()
        self.assertEqual(self.verdict(self.peer(seen))["class"], "revoked")
        self.issuer.publish()
        self.issuer.publish(1)
        peer = self.peer(self.issuer.objects())
        answer = self.verdict(peer)
        self.assertEqual(answer["verdict"], "cannot-tell")
        self.assert_code(answer["code"], "STATUS_LIST_BAD")
        self.assertEqual(sorted(path for _, path, _, _ in peer.requests), sorted(self.issuer.objects()))  # each once
        for _ in range(3):
            self.issuer.publish(1)
        washed = self.peer(self.issuer.objects())
        self.assertEqual(self.verdict(washed)["verdict"], "valid")  # the limit: more lists than are looked back on
        self.assertEqual(self.verdict(washed, self.peer(seen))["code"], "STATUS_LIST_BAD")  # who was there is not deceived


class TwoNetworks(TestCase):
    def test_one_issuer_in_two_networks_is_no_equivocation_and_no_answer_until_one_is_chosen(self):
        """A key that was tried in a test network goes on in the real one: two honest feeds with the same list URIs."""
        with Network(VCNODE) as network:
            real, trial = network.node("real"), network.node("trial")
            real.init()
            shutil.copytree(real.home, trial.home)
            trial.info = real.info
            config = trial.home / "config.toml"
            config.write_text(config.read_text().replace(f"listen = \"127.0.0.1:{real.port}", f"listen = \"127.0.0.1:{trial.port}")
                              .replace(f'name = "{real.network}"', 'name = "trial"'))
            real.start()
            trial.start()
            file = network.folder / "credential.json"
            self.assertEqual(real.cli("issue", SAMPLES / "badge.json", "-o", file).code, 0)
            self.assertEqual(real.cli("revoke", file).code, 0)
            self.assertEqual(trial.cli("issue", SAMPLES / "badge.json").code, 0)
            verify = ("verify", file, "--trust", real.did, "--peer", real.url, "--peer", trial.url)
            answer = real.cli(*verify, "--json")
            self.assertEqual((answer.code, answer.json()["verdict"]["verdict"]), (2, "cannot-tell"))
            for source in answer.json()["sources"]:
                self.assertEqual(source["state"], "other-network")
                self.assert_code(source["error"]["code"], "PEER_NETWORKS_DIFFER")
                self.assertIn(f"in the network '{real.network}' (at {real.url}) and one in 'trial' (at {trial.url})", source["error"]["message"])
            spoken = f"in the networks '{min(real.network, 'trial')}' and '{max(real.network, 'trial')}'; --network NAME says which one counts"
            self.assertEqual(answer.json()["headline"], f"Cannot tell: the peers hold what the issuer says {spoken}")
            sentence, = [row["sentence"] for row in answer.json()["messages"] if row["check"] == "status"]
            self.assertEqual(sentence, f"the peers hold feeds of the issuer {spoken}")
            self.assertEqual(real.cli(*verify).out.count(spoken), 2)
            chosen = real.cli(*verify, "--network", real.network, "--json")
            self.assertEqual((chosen.code, chosen.json()["verdict"]["class"]), (1, "revoked"))
            self.assertEqual([source["state"] for source in chosen.json()["sources"]], ["newest", "no-feed"])
            self.assertEqual(chosen.json()["sources"][0]["head"]["network"], real.network)
            self.assert_refused(real.cli(*verify, "--network", "No Name"), 64, "CONFIG_VALUE", "--network is 'No Name'")


class TwoHistories(TestCase):
    def test_an_issuer_that_signs_two_histories_is_found_out_by_who_asks_two_peers(self):
        """Its home was copied: each copy goes on alone, one revokes."""
        with Network(VCNODE) as network:
            one, two = network.node("one"), network.node("two")
            one.init()
            one.start()
            file = network.folder / "credential.json"
            self.assertEqual(one.cli("issue", SAMPLES / "badge.json", "-o", file).code, 0)
            one.stop()
            shutil.copytree(one.home, two.home)
            two.info = one.info
            config = two.home / "config.toml"
            config.write_text(config.read_text().replace(str(one.home), str(two.home)).replace(f"127.0.0.1:{one.port}", f"127.0.0.1:{two.port}"))
            one.start()
            two.start()
            other = network.folder / "other.json"
            self.assertEqual(two.cli("issue", SAMPLES / "micro-credential.json", "-o", other).code, 0)
            self.assertEqual(one.cli("revoke", file).code, 0)
            self.assertEqual(two.cli("revoke", other).code, 0)
            answer = one.cli("verify", file, "--trust", one.did, "--peer", one.url, "--peer", two.url, "--json")
            sources = answer.json()["sources"]
            self.assertEqual([source["state"] for source in sources], ["newest", "contradicts"])
            self.assert_code(sources[1]["error"]["code"], "PEER_CONTRADICTS")
            self.assertRegex(sources[1]["error"]["message"], rf"signed two histories: at size \d+ this peer's head has another root than the feed that {one.url} gave")
            reverse = one.cli("verify", file, "--trust", one.did, "--peer", two.url, "--peer", one.url, "--json")
            self.assertEqual((reverse.code, reverse.json()["verdict"]["verdict"]), (2, "cannot-tell"))
            self.assert_code(reverse.json()["verdict"]["code"], "EQUIVOCATION_SEEN")


if __name__ == "__main__":
    unittest.main()
