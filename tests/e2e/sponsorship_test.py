"""Sponsorships: a node that knows one sponsor comes to hold whom it sponsors, while it runs; nobody else gets in."""
import unittest

from harness import SAMPLES, Network, TestCase, VCNODE, wait_until

SECONDS_MAX = 60


def verdict(node, file, trusted):
    return node.cli("verify", file, "--peer", node.url, "--trust", trusted.did, "--json").json()["verdict"]


def row_of(node, issuer):
    """The feed of an issuer in `vcnode status`, or None."""
    feeds = node.cli("status", "--json").json()["feeds"]
    return next((feed for feed in feeds if feed["issuer"] == issuer.did), None)


class Sponsorship(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.network = Network(VCNODE)
        cls.a, cls.b, cls.c, cls.d = (cls.network.node(name) for name in ("ministry", "college", "reader", "stranger"))
        cls.a.init()
        cls.b.init("--domain", "college.example", "--sponsor", cls.a.did, "--peer-link", cls.a.peer_url)
        cls.c.init("--sponsor", cls.a.did, "--peer-link", cls.a.peer_url)
        cls.d.init("--admit", cls.a.did, "--peer-link", cls.a.peer_url, "--peer-link", cls.c.peer_url)
        for node in cls.network.nodes:
            node.start()

    @classmethod
    def tearDownClass(cls):
        cls.network.__exit__()

    def issue(self, node, name):
        file = self.network.folder / name
        self.assertEqual(node.cli("issue", SAMPLES / "badge.json", "-o", file).code, 0)
        return file

    def publish(self, *arguments):
        answer = self.a.cli("publish", *arguments, "--json")
        self.assertEqual(answer.code, 0, answer.err)
        return answer.json()["published"][0]["id"]

    def arrives(self, node, file, issuer, member, value):
        wait_until(lambda: verdict(node, file, issuer)[member] == value, f"{member} is {value} at {node.name}", SECONDS_MAX)

    def test_1_nobody_gets_in_unsponsored(self):
        self.publish("identity", "--subject", self.a.did, "--legal-name", "Ministry", "--country", "EE")
        wait_until(lambda: row_of(self.c, self.a), "the sponsor's feed", SECONDS_MAX)
        self.assertEqual(row_of(self.c, self.a)["admitted"], {"by": "operator", "sponsors": []})
        self.__class__.credential = self.issue(self.b, "credential.json")
        self.issue(self.d, "stranger.json")
        for node in (self.a, self.c):
            self.assertIsNone(node.head_of(self.b.did))
        self.assertEqual(verdict(self.c, self.credential, self.b)["verdict"], "cannot-tell")

    def test_2_who_is_sponsored_comes_with_credentials_and_revocations(self):
        self.__class__.sponsorship = self.publish("sponsorship", "--subject", self.b.did, "--quota", "0")
        self.arrives(self.c, self.credential, self.b, "verdict", "valid")
        self.assertEqual(row_of(self.c, self.b)["admitted"], {"by": "sponsor", "sponsors": [self.a.did]})
        self.assertIn(f"sponsored by {self.a.did}", self.c.cli("status").out)
        self.publish("sponsorship", "--subject", self.a.did, "--quota", "0")  # of itself: nobody's sponsor
        wait_until(lambda: self.c.head_of(self.a.did)["size"] == self.a.head_of(self.a.did)["size"], "what it says of itself", SECONDS_MAX)
        self.assertEqual(row_of(self.c, self.a)["admitted"], {"by": "operator", "sponsors": []})
        self.assertEqual(self.c.cli("status", "--json").json()["admission"],
                         {"reconciled": 3, "held": 3, "limit": 1024, "refused": 0, "withoutFeed": 0})
        self.assertIn(b"vcnode_issuers_admitted 3\n", self.c.get("/metrics")[1])
        self.assertEqual(self.b.cli("revoke", self.credential).code, 0)
        self.arrives(self.c, self.credential, self.b, "class", "revoked")

    def test_3_a_withdrawal_ends_neither_feed_nor_revocations(self):
        self.publish("withdrawal", "--statement", self.sponsorship, "--effect", "ends")
        wait_until(lambda: self.c.head_of(self.a.did)["size"] == self.a.head_of(self.a.did)["size"], "the withdrawal arrives", SECONDS_MAX)
        later = self.issue(self.b, "later.json")
        self.arrives(self.c, later, self.b, "verdict", "valid")
        self.assertEqual(self.b.cli("revoke", later).code, 0)
        self.arrives(self.c, later, self.b, "class", "revoked")

    def test_4_a_restart_keeps_it_and_the_stranger_stays_outside(self):
        self.c.stop()
        self.a.stop()
        self.c.start()  # alone: what it holds is enough
        self.assertEqual(verdict(self.c, self.credential, self.b)["class"], "revoked")
        self.a.start()
        later = self.issue(self.b, "latest.json")
        self.arrives(self.c, later, self.b, "verdict", "valid")
        for node in (self.a, self.b, self.c):
            self.assertIsNone(node.head_of(self.d.did))
        for node in self.network.nodes:
            for peer in node.cli("peers", "--json").json()["peers"]:
                self.assertGreaterEqual(peer["standing"], 0, peer)


if __name__ == "__main__":
    unittest.main()
