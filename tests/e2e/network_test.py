"""Three processes: partitions heal, restarts catch up, a TLS-terminating relay is refused by both sides."""
import json
import re
import subprocess
import unittest

from harness import SAMPLES, TLS_RELAY, Gate, Network, TestCase, VCNODE, free_port, record_code, wait_until

SECONDS_MAX = 60


def verdict(node, file, *arguments):
    answer = node.cli("verify", file, "--peer", node.url, "--json", *arguments)
    return answer.code, answer.json()["verdict"]


def holds(node, issuer):
    feeds = node.cli("status", "--json").json()["feeds"]
    return any(feed["issuer"] == issuer and not feed["missingBodies"] for feed in feeds)


def peer_states(node):
    return [peer["state"] for peer in node.cli("peers", "--json").json()["peers"]]


class Partition(TestCase):
    def test_a_revocation_made_during_a_partition_arrives_when_it_heals(self):
        """Issuer and neighbour on one side, the verifier alone on the other; one road back is enough."""
        with Network(VCNODE) as network:
            issuer, neighbour, verifier = (network.node(name) for name in ("issuer", "neighbour", "verifier"))
            issuer.init("--peer-link", neighbour.peer_url)
            neighbour.init("--admit", issuer.did)
            gates = {node: Gate(node.port) for node in (issuer, neighbour)}
            for gate in gates.values():
                self.addCleanup(gate.close)
            links = [part for gate in gates.values() for part in ("--peer-link", f"wss://127.0.0.1:{gate.port}/peer")]
            verifier.init("--admit", issuer.did, *links)
            for node in network.nodes:
                node.start()
            for node in (neighbour, verifier):
                wait_until(lambda: holds(node, issuer.did), f"{node.name} holds the feed", SECONDS_MAX)
            wait_until(lambda: peer_states(verifier) == ["ready", "ready"], "the verifier is linked to both", SECONDS_MAX)
            credential = network.folder / "credential.json"
            self.assertEqual(issuer.cli("issue", SAMPLES / "badge.json", "-o", credential).code, 0)
            before = verifier.head_of(issuer.did)

            for gate in gates.values():
                gate.shut()
            wait_until(lambda: "ready" not in peer_states(verifier), "the verifier is cut off", SECONDS_MAX)
            self.assertEqual(issuer.cli("revoke", credential).code, 0)
            wait_until(lambda: verdict(neighbour, credential)[1]["class"] == "revoked", "the issuer's side knows", SECONDS_MAX)
            code, unaware = verdict(verifier, credential, "--trust", issuer.did)
            self.assertEqual((code, unaware["verdict"]), (0, "valid"), "the verifier cannot know yet; its head's age shows it")
            self.assertEqual(verifier.head_of(issuer.did), before)

            gates[neighbour].reopen()  # the road to the issuer itself stays closed
            wait_until(lambda: verdict(verifier, credential)[1]["class"] == "revoked", "the revocation arrives", SECONDS_MAX)
            wait_until(lambda: len({json.dumps(node.head_of(issuer.did)) for node in network.nodes}) == 1, "all three hold one head", SECONDS_MAX)
            self.assertGreater(verifier.head_of(issuer.did)["size"], before["size"])

    def test_a_lost_store_is_never_begun_anew_in_silence(self):
        """The keys alone are not enough: a second feed beside the one that the peers hold would undo revocations."""
        with Network(VCNODE) as network:
            issuer, peer = network.node("issuer"), network.node("peer")
            issuer.init("--peer-link", peer.peer_url)
            peer.init("--admit", issuer.did)
            peer.start()
            issuer.start()
            credentials = [network.folder / f"{i}.json" for i in range(2)]
            for file in credentials:
                self.assertEqual(issuer.cli("issue", SAMPLES / "badge.json", "-o", file).code, 0)
            self.assertEqual(issuer.cli("revoke", credentials[0]).code, 0)
            wait_until(lambda: verdict(peer, credentials[0])[1]["class"] == "revoked", "the peer knows", SECONDS_MAX)
            issuer.kill()
            peer.stop()
            for path in issuer.home.glob("store.sqlite*"):
                path.unlink()
            self.assert_refused(issuer.cli("run", timeout=30), 69, "STORE_MISSING", "store.sqlite", "--new-store")
            (issuer.home / "store.sqlite").touch()  # as a copy leaves it that found the disk full
            self.assert_refused(issuer.cli("run", timeout=30), 69, "STORE_MISSING", "store.sqlite", "--new-store")

            issuer.start("--new-store")
            self.assert_refused(issuer.cli("issue", SAMPLES / "badge.json"), 69, "START_CHECK_PENDING", "--waive-start-check")
            peer.start()
            wait_until(lambda: json.loads(issuer.get("/readyz")[1])["ready"], "the peer gave the feed back", SECONDS_MAX)
            self.assertEqual(verdict(issuer, credentials[0])[1]["class"], "revoked")
            later = network.folder / "later.json"
            self.assertEqual(issuer.cli("issue", SAMPLES / "badge.json", "-o", later).code, 0)
            lists = [json.loads(file.read_text())["credentialStatus"][0]["statusListCredential"] for file in (credentials[1], later)]
            self.assertNotEqual(*lists, "which indexes of the old list were given is forgotten")
            wait_until(lambda: len({json.dumps(node.head_of(issuer.did)) for node in network.nodes}) == 1, "both hold one head", SECONDS_MAX)

    def test_a_lost_store_needs_somebody_to_ask(self):
        with Network(VCNODE) as network:
            issuer = network.node("issuer")
            issuer.init()
            (issuer.home / "store.sqlite").unlink()
            refused = issuer.cli("run", "--new-store", timeout=30)
            self.assert_refused(refused, 69, "STORE_MISSING", "store.sqlite", "no [[peer]]", "--waive-start-check")
            self.assertFalse((issuer.home / "store.sqlite").exists())
            issuer.start("--new-store", "--waive-start-check")
            self.assertEqual(issuer.cli("issue", SAMPLES / "badge.json").code, 0)

    def test_a_store_that_is_removed_while_the_node_runs_takes_nothing_more(self):
        """Otherwise a revocation would be acknowledged, and be gone with the process."""
        for ending in ("", "-wal"):
            with self.subTest(ending), Network(VCNODE) as network:
                issuer = network.node("issuer")
                issuer.init()
                issuer.start()
                file = network.folder / "c.json"
                self.assertEqual(issuer.cli("issue", SAMPLES / "badge.json", "-o", file).code, 0)
                store = issuer.home / f"store.sqlite{ending}"
                store.rename(network.folder / "elsewhere")
                refused = issuer.cli("revoke", file)
                self.assertNotEqual(refused.code, 0, refused.out)
                self.assertIn("STORE_FAILED", refused.err)
                ready = json.loads(issuer.get("/readyz")[1])
                self.assertEqual([reason["code"] for reason in ready["reasons"]], ["STORE_FAILED"])
                self.assertIn("moved or removed while the node runs", issuer.log_text())

    def test_three_nodes_agree_after_restarts_and_killing(self):
        with Network(VCNODE) as network:
            nodes = [network.node(name) for name in ("a", "b", "c")]
            nodes[0].init("--peer-link", nodes[1].peer_url)
            nodes[1].init("--admit", nodes[0].did, "--peer-link", nodes[2].peer_url)
            nodes[2].init("--admit", nodes[0].did)
            for node in nodes:
                node.start()
            credentials = []
            for i in range(3):
                file = network.folder / f"{i}.json"
                self.assertEqual(nodes[0].cli("issue", SAMPLES / "badge.json", "-o", file).code, 0)
                credentials.append(file)
            wait_until(lambda: holds(nodes[2], nodes[0].did), "c holds a's feed through b", SECONDS_MAX)
            nodes[2].kill()
            self.assertEqual(nodes[0].cli("revoke", credentials[0]).code, 0)
            nodes[2].start()
            wait_until(lambda: verdict(nodes[2], credentials[0])[1]["class"] == "revoked", "c catches up", SECONDS_MAX)
            nodes[1].kill()
            nodes[1].start()
            self.assertEqual(nodes[0].cli("revoke", credentials[1]).code, 0)
            wait_until(lambda: verdict(nodes[2], credentials[1])[1]["class"] == "revoked", "c hears through b again", SECONDS_MAX)
            self.assertEqual(verdict(nodes[2], credentials[2], "--trust", nodes[0].did)[0], 0)
            self.assertEqual(len({json.dumps(node.head_of(nodes[0].did)) for node in nodes}), 1)

    def test_stopping_is_graceful_and_acknowledged_revocations_survive_a_kill(self):
        with Network(VCNODE) as network:
            node = network.node("issuer")
            node.init()
            node.start()
            file = network.folder / "credential.json"
            for _ in range(5):
                self.assertEqual(node.cli("issue", SAMPLES / "badge.json", "-o", file).code, 0)
                self.assertEqual(node.cli("revoke", file).code, 0)
                node.kill()
                node.start()
                self.assertEqual(verdict(node, file)[1]["class"], "revoked")
            self.assertEqual(node.stop(), 0)


class Relay(TestCase):
    def test_a_relay_that_terminates_tls_is_refused_by_both_nodes(self):
        with Network(VCNODE) as network:
            a, b = network.node("a"), network.node("b")
            a.init()
            port = free_port()
            b.init("--admit", a.did, "--peer-link", f"wss://127.0.0.1:{port}/peer")
            a.start()
            relay = subprocess.Popen([TLS_RELAY, str(port), f"127.0.0.1:{a.port}", str(a.home / "tls/certificate.pem"), str(a.home / "tls/key.pem")])
            try:
                b.start()
                for node, other in ((b, a), (a, b)):
                    # Its own finding about the other's signature, not what the other told it.
                    finding = re.compile(r'event="peer lost or refused" code=HELLO_CHANNEL reason="peer \d+ \([^)]*\) signed a hello as '
                                         + other.info["nodeKey"] + " that is not for this TLS channel")
                    wait_until(lambda: finding.search(node.log_text()), f"{node.name} itself refuses", SECONDS_MAX)
                record_code("HELLO_CHANNEL")
                for node in (a, b):
                    self.assertNotIn("ready", peer_states(node))
                    self.assertNotIn('event="peer ready"', node.log_text())
                self.assertFalse(holds(b, a.did))
            finally:
                relay.kill()
                relay.wait()


if __name__ == "__main__":
    unittest.main()
