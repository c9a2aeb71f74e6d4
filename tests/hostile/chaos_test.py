#!/usr/bin/env python3
"""Two nodes with a bad network between them: nothing crashes or is punished, and once it is honest they agree."""
import os
import sys
import time
import unittest

from chaos_proxy import FAULTS, SURVIVED, ChaosProxy
from hostile import SAMPLES, VCNODE, Network, TestCase, descriptors_of, options, start, wait_until

OPTIONS = options(("rounds", 1, "times that every fault happens"), ("seed", int(os.environ.get("VCNODE_SEED", "1")), "of the faults"))
FAULT_SECONDS_MAX = 90  # until a fault has met something: a redial may be due no sooner than the back-off's cap
HEAL_SECONDS_MAX = 90
REDIAL_SECONDS_MAX = 60
OUTAGE_SECONDS = 4


def peers(node):
    return node.cli("peers", "--json").json()["peers"]


class Chaos(TestCase):
    def setUp(self):
        network = Network(VCNODE)
        self.addCleanup(network.__exit__)
        self.folder = network.folder
        self.issuer, self.verifier = network.node("issuer"), network.node("verifier")
        self.issuer.init()
        self.proxy = ChaosProxy(self.issuer.port, OPTIONS.seed)
        self.addCleanup(self.proxy.close)
        self.verifier.init("--admit", self.issuer.did, "--peer-link", f"wss://127.0.0.1:{self.proxy.port}/peer")
        start(self.issuer)
        start(self.verifier)
        self.wait_agreed()

    def agreed(self):
        head = self.issuer.head_of(self.issuer.did)
        return head is not None and self.verifier.head_of(self.issuer.did) == head

    def wait_agreed(self):
        return wait_until(self.agreed, "both hold one head", HEAL_SECONDS_MAX, every=0.2)

    def change(self, number):
        """A credential issued and revoked: one more head to tell."""
        file = self.folder / f"{number}.json"
        self.assertEqual(self.issuer.cli("issue", SAMPLES / "badge.json", "-o", file).code, 0)
        self.assertEqual(self.issuer.cli("revoke", file).code, 0)
        return file

    def revoked_at_verifier(self, file):
        return self.verifier.cli("verify", file, "--peer", self.verifier.url, "--json").json()["verdict"]["class"] == "revoked"

    def test_after_every_fault_the_two_agree_and_nobody_is_punished(self):
        before = {node: descriptors_of(node) for node in (self.issuer, self.verifier)}
        files = []
        for round_number in range(OPTIONS.rounds):
            for fault in FAULTS:
                begun, done = time.monotonic(), self.proxy.done[fault]
                self.proxy.fault = fault
                files.append(self.change(f"{round_number}-{fault}"))
                wait_until(lambda: self.proxy.done[fault] > done, f"{fault} meets something", FAULT_SECONDS_MAX)
                if fault in SURVIVED:
                    self.wait_agreed()
                print(f"{fault}: {time.monotonic() - begun:.1f} s", file=sys.stderr)
        self.proxy.fault = None
        print(f"healed within {self.wait_agreed():.1f} s; {self.proxy.connections} connections, {self.proxy.done}", file=sys.stderr)
        for file in files:
            self.assertTrue(self.revoked_at_verifier(file), file)
        for node in (self.issuer, self.verifier):
            self.assertEqual([peer["standing"] for peer in peers(node) if peer["standing"] < 0], [])
            wait_until(lambda: descriptors_of(node) <= before[node], "no descriptor is lost", 30, every=0.2)
            self.assertNotIn("fault", node.log_text())

    def test_back_off_ends_when_the_other_side_is_there_again(self):
        self.issuer.stop()
        wait_until(lambda: peers(self.verifier)[0]["state"] in ("waiting", "dialing"), "the link is lost", 30)
        time.sleep(OUTAGE_SECONDS)  # several dials fail meanwhile
        start(self.issuer)
        file = self.change("after")
        took = wait_until(lambda: self.revoked_at_verifier(file), "the revocation arrives", REDIAL_SECONDS_MAX + 30, every=0.5)
        self.assertLess(took, REDIAL_SECONDS_MAX + 15)
        wait_until(self.agreed, "both hold one head", HEAL_SECONDS_MAX)


if __name__ == "__main__":
    unittest.main()
