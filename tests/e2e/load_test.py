"""Three linked nodes under everything at once: issuing, status changes, verdicts, reads, a restart, links that break.

`VCNODE_LOAD_SECONDS` makes it longer. Under ThreadSanitizer a race ends the node with another exit code than 0, and says so
in its log; without it this shows that nothing promised under load is lost.
"""
import http.client
import json
import os
import random
import threading
import time
import unittest
import urllib.parse

from harness import SAMPLES, Gate, Network, TestCase, VCNODE, wait_until
from network import AdminConnection, tls_context

LOAD_SECONDS = float(os.environ.get("VCNODE_LOAD_SECONDS", "8"))
ANSWER_SECONDS_MAX = 60
SETTLE_SECONDS_MAX = 120


class Caller(threading.Thread):
    """Repeats one piece of work on a kept-alive connection until told to stop; what went wrong is kept."""

    def __init__(self, connect, work, until):
        super().__init__(daemon=True)
        self.connect, self.work, self.until = connect, work, until
        self.done, self.errors, self.connection = 0, [], None

    def ask(self, method, path, body=None):
        headers = {} if body is None else {"Content-Type": "application/json"}
        for last in (False, True):
            self.connection = self.connection or self.connect()
            try:
                self.connection.request(method, path, None if body is None else json.dumps(body), headers)
                answer = self.connection.getresponse()
                return answer.status, answer.read()
            except (http.client.HTTPException, ConnectionError):  # a kept-alive connection may end between two requests
                self.connection.close()
                self.connection = None
                if last:
                    raise

    def run(self):
        try:
            self.repeat()
        finally:
            if self.connection:
                self.connection.close()

    def repeat(self):
        while time.monotonic() < self.until:
            try:
                self.work(self.ask)
                self.done += 1
            except Exception as error:  # noqa: BLE001: whatever it is, the test shows it
                self.errors.append(repr(error))
                if len(self.errors) > 10:
                    return


def expect(answer, status):
    if answer[0] != status:
        raise AssertionError(f"{answer[0]} in place of {status}: {answer[1][:300]}")
    return json.loads(answer[1])


class Load(TestCase):
    def setUp(self):
        network = Network(VCNODE)
        self.addCleanup(network.__exit__)
        self.network = network
        self.issuer, self.peer, self.restarted = (network.node(name) for name in ("issuer", "peer", "restarted"))
        self.issuer.init()
        self.gate = Gate(self.issuer.port)
        self.addCleanup(self.gate.close)
        self.peer.init("--admit", self.issuer.did, "--peer-link", f"wss://127.0.0.1:{self.gate.port}/peer")
        self.restarted.init("--admit", self.issuer.did, "--peer-link", self.issuer.peer_url, "--peer-link", self.peer.peer_url)
        for node in network.nodes:
            node.start()
        self.template = json.loads((SAMPLES / "micro-credential.json").read_text())
        self.lock = threading.Lock()
        self.issued, self.revoked = [], []

    def issue(self, ask):
        credential = expect(ask("POST", "/credentials/issue", {"credential": self.template}), 201)
        with self.lock:
            self.issued.append(credential["verifiableCredential"])

    def any_issued(self):
        while True:
            with self.lock:
                if self.issued:
                    return random.choice(self.issued)
            time.sleep(0.01)

    def change_status(self, ask):
        credential = self.any_issued()
        changes = [("suspension", True), ("suspension", False), ("revocation", True)]
        for purpose, status in changes[:random.choice((1, 2, 3))]:
            expect(ask("POST", "/credentials/status", {"credentialId": credential["id"], "credentialStatus": [
                {"statusPurpose": purpose, "status": status}]}), 200)
            if purpose == "revocation":
                with self.lock:
                    self.revoked.append(credential)

    def judge(self, ask):
        answer = expect(ask("POST", "/verdict", {"credential": self.any_issued(), "trust": [self.issuer.did]}), 200)
        self.assertEqual(answer["verdict"]["authentic"], "yes")

    def read(self, ask):
        for feed in expect(ask("GET", "/feeds"), 200):
            self.assertEqual(ask("GET", f"/feeds/{feed['originHash']}/checkpoint")[0], 200)
            self.assertEqual(ask("GET", f"/feeds/{feed['originHash']}/tile/entries/000.p/1")[0], 200)
        for path in ("/readyz", "/metrics", "/openapi.json", "/1.0/identifiers/" + self.issuer.did):
            self.assertEqual(ask("GET", path)[0], 200)
        for entry in self.any_issued()["credentialStatus"]:
            url = urllib.parse.urlsplit(entry["statusListCredential"])
            self.assertIn(ask("GET", url.path)[0], (200, 404))  # 404 at a peer: it serves the lists of its own issuers

    def watch(self, ask):
        for path in ("/status", "/peers", "/metrics"):
            self.assertEqual(ask("GET", path)[0], 200)

    def test_nothing_is_lost_and_nothing_races_under_load(self):
        def https(node):
            return lambda: http.client.HTTPSConnection("127.0.0.1", node.port, timeout=ANSWER_SECONDS_MAX, context=tls_context())

        def admin(node):
            return lambda: AdminConnection(node.home, ANSWER_SECONDS_MAX)

        until = time.monotonic() + LOAD_SECONDS
        callers = {
            "issue": [Caller(admin(self.issuer), self.issue, until) for _ in range(2)],
            "status": [Caller(admin(self.issuer), self.change_status, until) for _ in range(4)],
            "verdict": [Caller(https(node), self.judge, until) for node in (self.issuer, self.peer, self.peer)],
            "read": [Caller(https(node), self.read, until) for node in (self.issuer, self.peer)],
            "watch": [Caller(admin(node), self.watch, until) for node in (self.issuer, self.peer)],
        }
        for group in callers.values():
            for caller in group:
                caller.start()
        stops = []
        while time.monotonic() < until:  # a node goes and comes back in the middle of it, a link breaks
            time.sleep(LOAD_SECONDS / 8)
            stops.append(self.restarted.stop())
            self.gate.shut()
            self.restarted.start()
            self.gate.reopen()
        for group in callers.values():
            for caller in group:
                caller.join(ANSWER_SECONDS_MAX)
                self.assertFalse(caller.is_alive())
        for name, group in callers.items():
            self.assertEqual([error for caller in group for error in caller.errors], [], name)
            self.assertGreater(sum(caller.done for caller in group), 0, name)
        self.assertTrue(stops)
        self.assertEqual(set(stops), {0})
        self.assert_everybody_agrees()
        for node in self.network.nodes:
            self.assertEqual(node.stop(), 0, node.log_text()[-4000:])
            self.assertNotIn("Sanitizer", node.log_text())
        print({name: sum(caller.done for caller in group) for name, group in callers.items()},
              f"revoked {len(self.revoked)}, restarts {len(stops)}", flush=True)

    def assert_everybody_agrees(self):
        def heads():
            return {json.dumps({key: row[key] for key in ("size", "root", "time", "missingCount")}) for row in
                    (node.head_of(self.issuer.did) or {key: None for key in ("size", "root", "time", "missingCount")}
                     for node in self.network.nodes)}

        wait_until(lambda: len(heads()) == 1 and '"missingCount": 0' in next(iter(heads())), "all three hold one head", SETTLE_SECONDS_MAX)
        revoked = {credential["id"] for credential in self.revoked}
        self.assertTrue(revoked)
        sample = random.sample(sorted(revoked), min(20, len(revoked)))
        by_id = {credential["id"]: credential for credential in self.issued}
        for node in (self.peer, self.restarted):
            for identifier in sample:
                status, body = node.post("/verdict", {"credential": by_id[identifier], "trust": [self.issuer.did]})
                self.assertEqual((status, json.loads(body)["verdict"]["class"]), (200, "revoked"))


if __name__ == "__main__":
    unittest.main()
