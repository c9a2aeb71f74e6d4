#!/usr/bin/env python3
"""Thousands of slow clients against a node that may open 256 files: operator and honest verifiers still get answers."""
import json
import os
import pathlib
import subprocess
import sys
import time
import unittest

from hostile import ANSWER_SECONDS_MAX, MEMORY_MIB_MAX, SAMPLES, VCNODE, Network, TestCase, ask, ask_admin, descriptors_of, honest, memory_mib, options, start

OPTIONS = options(("clients", 5000, "slow clients"), ("seconds", 15.0, "how long they go on"), ("descriptors", 256, "what the node may open"),
                  ("seed", int(os.environ.get("VCNODE_SEED", "1")), "of what the clients do"))
# share_descriptors(256): 128 to share, of which 32 are for links and 16 for those who are told to go.
CONNECTIONS_AT_256 = 80


class Crowd(TestCase):
    def test_operator_and_verifier_are_answered_while_slow_clients_hold_every_connection(self):
        with Network(VCNODE) as network:
            node = network.node("node")
            node.init()
            start(node, OPTIONS.descriptors)
            credential = json.loads(node.cli("issue", SAMPLES / "badge.json").out)
            question = {"credential": credential, "trust": [node.did]}
            ask(honest(node), "POST", "/verdict", question)
            before = descriptors_of(node)

            clients = subprocess.Popen([sys.executable, "-B", pathlib.Path(__file__).with_name("slow_clients.py"), str(node.port), str(OPTIONS.clients),
                                        str(OPTIONS.seconds), str(OPTIONS.seed)], stdout=subprocess.PIPE, text=True)
            slowest = {"operator": 0.0, "verifier": 0.0}
            answered, most_descriptors = 0, 0
            while clients.poll() is None:
                status, _, seconds = ask_admin(node)
                self.assertEqual(status, 200)
                slowest["operator"] = max(slowest["operator"], seconds)
                status, answer, seconds = ask(honest(node), "POST", "/verdict", question)
                self.assertEqual((status, answer["verdict"]["verdict"]), (200, "valid"), answer)
                slowest["verifier"] = max(slowest["verifier"], seconds)
                answered += 1
                most_descriptors = max(most_descriptors, descriptors_of(node))
                time.sleep(0.1)
            seen = json.loads(clients.communicate()[0])
            self.assertEqual(clients.returncode, 0)
            print(f"{seen['connects']} connections by {OPTIONS.clients} clients; {answered} honest answers, slowest {slowest}; "
                  f"at most {most_descriptors} descriptors, {memory_mib(node):.0f} MiB; told: {seen['codes']}", file=sys.stderr)
            self.assertGreaterEqual(seen["connects"], OPTIONS.clients)
            self.assertGreater(answered, 2)
            self.assertLess(max(slowest.values()), ANSWER_SECONDS_MAX)
            self.assertLess(most_descriptors, OPTIONS.descriptors)
            self.assertIn("HTTP_CONNECTIONS_FULL", seen["codes"])
            if OPTIONS.descriptors == 256:
                self.assertIn(f"{CONNECTIONS_AT_256} connections", seen["sentences"]["HTTP_CONNECTIONS_FULL"])
            self.assert_unharmed(node, before)
            self.assertLess(memory_mib(node), MEMORY_MIB_MAX)
            self.assertEqual(node.stop(), 0)


if __name__ == "__main__":
    unittest.main()
