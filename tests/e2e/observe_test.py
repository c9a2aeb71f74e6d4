"""Issuers without a node: a running node watches real web servers, good and hostile, and answers when they are gone.

Runs itself again in a network namespace of its own, as fetch_test.py does and with its servers.
"""
import datetime
import json
import pathlib
import sys
import tempfile
import time
import unittest

from fetch_test import NAMES, PUBLIC, Authority, NameServer, WebServer, drip, main
from harness import VCNODE, Network, TestCase, wait_until
from web_issuer import WebIssuer

WELL_KNOWN = "/.well-known/did.json"
SEEN_SECONDS_MAX = 40


def at(seconds):
    """Relative to now."""
    time_of_day = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return time_of_day.strftime("%Y-%m-%dT%H:%M:%SZ")


class Observing(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.authority = Authority(pathlib.Path(cls.folder.name))
        cls.names = NameServer()
        cls.web = WebServer(PUBLIC, 443, cls.authority)
        cls.local = WebServer("127.0.0.1", 443, cls.authority)  # what nobody may reach

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def setUp(self):
        self.network = Network(VCNODE)
        self.addCleanup(self.network.__exit__)
        self.node = self.network.node("observer")
        self.node.init()

    def configure(self, *tables, enabled="true", every=1):
        with open(self.node.home / "config.toml", "a", encoding="utf-8") as config:
            config.write(f"\n[fetch]\nenabled = {enabled}\nca_file = {json.dumps(str(self.authority.file))}\ninterval_seconds = {every}\n")
            for table in tables:
                config.write("\n[[observe]]\n" + table)

    def watch(self, *issuers, lists=True, **options):
        self.configure(*(f"did = {json.dumps(issuer.did)}\n" + (f"status_url = [{json.dumps(issuer.url('/status/1'))}]\n" if lists else "")
                         for issuer in issuers), **options)
        self.node.start()

    def publish(self, issuer, **listed):
        self.web.publish(issuer.host, WELL_KNOWN, issuer.document())
        self.web.publish(issuer.host, "/status/1", issuer.status_list(at(-3600), **listed))

    def observations(self):
        """url → [(sequence, time, digest)] as anybody can read them in the node's feed."""
        row = json.loads(self.node.get("/feeds")[1])[0]
        full, part, found = row["size"] // 256, row["size"] % 256, {}
        tiles = [f"{n:03}" for n in range(full)] + ([f"{full:03}.p/{part}"] if part else [])
        for tile in tiles:
            bundle = self.node.get(f"/feeds/{row['originHash']}/tile/entries/{tile}")[1]
            while bundle:
                size = int.from_bytes(bundle[:2], "big")
                leaf, bundle = json.loads(bundle[2:2 + size]), bundle[2 + size:]
                if leaf["t"] == "observation":
                    url, sequence, seen = leaf["k"].rsplit("#", 2)
                    found.setdefault(url, []).append((int(sequence), seen, leaf["d"]))
        return found

    def wait_seen(self, issuer, path=WELL_KNOWN, times=1):
        wait_until(lambda: len(self.observations().get(issuer.url(path), [])) >= times, f"{issuer.url(path)} is observed", SEEN_SECONDS_MAX)

    def verdict(self, credential, trust=None, **more):
        status, body = self.node.post("/verdict", {"credential": json.loads(credential), "trust": [trust] if trust else [], **more})
        self.assertEqual(status, 200, body)
        return json.loads(body)["verdict"]

    def wait_log(self, *parts):
        wait_until(lambda: any(all(part in line for part in parts) for line in self.node.log_text().splitlines()), f"a line with {parts}", SEEN_SECONDS_MAX)

    def test_a_did_web_is_answered_when_its_server_is_gone(self):
        issuers = [WebIssuer(f"uni{n}.example", seed=n + 1) for n in range(20)]
        for issuer in issuers:
            self.publish(issuer, revoked={7})
        self.watch(*issuers)
        for issuer in issuers:
            self.wait_seen(issuer)
            self.wait_seen(issuer, "/status/1")
        time.sleep(1.1)  # a signature later than the first look
        for issuer in issuers:
            del self.web.answers[issuer.host, WELL_KNOWN], self.web.answers[issuer.host, "/status/1"]
        self.wait_log("not observed", "FETCH_NOT_FOUND")
        for issuer in issuers:
            answer = self.verdict(issuer.credential(at(0), 8), issuer.did)
            self.assertEqual(answer["verdict"], "valid", answer)
            self.assertEqual(answer["status"]["source"], "observed")
            self.assertEqual(answer["issuer"]["observed"]["observers"], 1)
            first = self.observations()[issuer.url(WELL_KNOWN)][0][1]
            self.assertEqual(answer["issuer"]["observed"]["firstSeen"], first)
            self.assertEqual(self.verdict(issuer.credential(at(0), 7))["code"], "STATUS_REVOKED")
            self.assertEqual(self.verdict(issuer.credential(at(-7200), 8))["code"], "KEY_NOT_OBSERVED")
        # A verifier without a node asks for the observer's feed, and never for the credential.
        card = self.network.folder / "card.json"
        card.write_text(issuers[0].credential(at(0), 8))
        ask = ["verify", card, "--peer", self.node.url, "--trust", issuers[0].did]
        stranger = self.network.node("stranger")
        told = stranger.cli(*ask, "--observer", self.node.did, "--json")
        self.assertEqual((told.code, told.json()["verdict"]["issuer"]["observed"]["observers"]), (0, 1), told.out + told.err)
        self.assertEqual(told.json()["verdict"]["status"]["source"], "observed")
        self.assertEqual(stranger.cli(*ask).code, 2)
        self.assertEqual(stranger.cli(*ask, "--observer", self.node.did, "--observers-agreeing", 2, "--json").json()["verdict"]["code"], "OBSERVERS_DIFFER")
        own = self.node.cli("verify", card, "--trust", issuers[0].did)  # asks the own node, whose issuer observes
        self.assertEqual(own.code, 0, own.out + own.err)
        self.assertIn("KEY_OBSERVED", own.out)
        # Another observer named, or none: nobody here knows the issuer.
        self.assertEqual(self.verdict(issuers[0].credential(at(0)), observers=[])["code"], "DID_METHOD_UNSUPPORTED")
        # After a restart the feed alone says what was seen.
        self.node.stop()
        self.node.start()
        answer = self.verdict(issuers[0].credential(at(0), 8), issuers[0].did)
        self.assertEqual((answer["verdict"], answer["issuer"]["observed"]["firstSeen"]), ("valid", self.observations()[issuers[0].url(WELL_KNOWN)][0][1]))

    def test_a_changed_document_is_a_new_observation_and_an_unchanged_one_is_none(self):
        issuer = WebIssuer("rotating.example", seed=1)
        self.publish(issuer)
        self.watch(issuer)
        self.wait_seen(issuer)
        time.sleep(1.1)
        old = issuer.credential(at(0))
        before = len(self.web.requests)
        wait_until(lambda: len(self.web.requests) >= before + 4, "it is looked at again", SEEN_SECONDS_MAX)
        self.assertEqual(len(self.observations()[issuer.url(WELL_KNOWN)]), 1)
        time.sleep(1.1)
        rotated = WebIssuer("rotating.example", seed=2)
        rotated.name = "k2"
        self.web.publish(issuer.host, WELL_KNOWN, rotated.document())
        self.wait_seen(issuer, times=2)
        time.sleep(1.1)
        self.assertEqual(self.verdict(old, issuer.did)["verdict"], "valid")
        self.assertEqual(self.verdict(rotated.credential(at(0)), issuer.did)["verdict"], "valid")
        self.assertEqual(self.verdict(issuer.credential(at(0)), issuer.did)["code"], "KEY_NOT_OBSERVED")  # by the old key, later
        self.assertEqual([sequence for sequence, _, _ in self.observations()[issuer.url(WELL_KNOWN)]], [1, 2])

    def test_peers_hold_what_was_seen_and_answer_for_an_observer_that_is_gone(self):
        for domain in (None, "observer.example"):
            with self.subTest(domain), Network(VCNODE) as self.network:
                issuer = WebIssuer("far.example")
                self.publish(issuer, revoked={7})
                self.node = self.network.node("observer")
                self.node.init(*(["--domain", domain] if domain else []))
                self.watch(issuer)
                peer = self.network.node("peer")
                peer.init("--admit", self.node.did, "--peer-link", self.node.peer_url)
                peer.start()
                self.wait_seen(issuer)
                self.wait_seen(issuer, "/status/1")
                time.sleep(1.1)
                good, bad, size = issuer.credential(at(0), 8), issuer.credential(at(0), 7), self.node.head_of(self.node.did)["size"]
                wait_until(lambda: (peer.head_of(self.node.did) or {}).get("size", 0) >= size, "the peer has the feed", SEEN_SECONDS_MAX)
                self.node.stop()
                observer, self.node = self.node.did, peer
                wait_until(lambda: self.verdict(good, issuer.did, observers=[observer])["verdict"] == "valid", "the peer has the bodies", SEEN_SECONDS_MAX)
                self.assertEqual(self.verdict(bad, observers=[observer])["code"], "STATUS_REVOKED")
                self.assertEqual(self.verdict(good)["code"], "DID_METHOD_UNSUPPORTED")  # the peer itself observes nothing

    def test_what_is_wrong_on_the_web_leaves_no_observation(self):
        good = WebIssuer("good.example")
        self.publish(good)
        wrong = {name: WebIssuer(f"{name}.example") for name in ("missing", "moved", "large", "private4", "none", "html", "stranger", "slow", "silent")}
        NAMES["private4.example"] = ["10.0.0.1"]
        self.web.answers["moved.example", WELL_KNOWN] = b"HTTP/1.1 302 X\r\nLocation: https://good.example/\r\nContent-Length: 0\r\n\r\n"
        self.web.answers["large.example", WELL_KNOWN] = drip(b"HTTP/1.1 200 X\r\n\r\n", b" " * 4096, 0)
        self.web.publish("html.example", WELL_KNOWN, "<html>")
        self.web.publish("stranger.example", WELL_KNOWN, good.document())
        self.web.answers["slow.example", WELL_KNOWN] = drip(b"HTTP/1.1 200 X\r\nContent-Length: 9999\r\n\r\n", b" ", 0.5)
        self.web.answers["silent.example", WELL_KNOWN] = lambda tls: time.sleep(60)
        reached = len(self.local.requests)
        self.watch(good, *wrong.values(), lists=False, every=5)
        self.wait_seen(good)
        for name, code in {"missing": "FETCH_NOT_FOUND", "moved": "FETCH_REDIRECT", "large": "FETCH_TOO_LARGE", "private4": "FETCH_ADDRESS",
                           "none": "FETCH_UNRESOLVED", "html": "JSON_SYNTAX", "stranger": "DID_DOCUMENT_MISMATCH"}.items():
            with self.subTest(name):
                wait_until(lambda: self.failed(name, code) or self.limited(), f"{name}: {code}", SEEN_SECONDS_MAX)
        self.assertEqual(list(self.observations()), [good.url(WELL_KNOWN)])
        self.assertEqual(len(self.local.requests), reached)
        metrics = self.node.get("/metrics")[1].decode()
        self.assertRegex(metrics, r'vcnode_observer_fetches_total\{outcome="observed"\} 1\n')
        self.assertRegex(metrics, r'vcnode_observer_fetches_total\{outcome="failed"\} [1-9]')
        started = time.monotonic()  # a slow server holds up neither others nor the end
        self.assertEqual(self.node.stop(), 0)
        self.assertLess(time.monotonic() - started, 8)

    def failed(self, name, code):
        return any(f"{name}.example" in line and code in line for line in self.node.log_text().splitlines())

    def limited(self):
        """What a stranger can trigger is told a few times a minute; then the count has to do."""
        return self.node.log_text().count('event="not observed"') >= 6

    def test_a_list_that_is_too_small_is_not_observed(self):
        issuer = WebIssuer("small.example")
        self.publish(issuer, bits=9_600)
        self.watch(issuer)
        self.wait_log("small.example/status/1", "STATUS_LIST_SIZE")
        self.publish(issuer, bits=12_000)
        self.wait_seen(issuer, "/status/1")

    def test_a_revocation_that_was_seen_is_not_forgotten_when_an_older_list_is_served_again(self):
        issuer = WebIssuer("cached.example")
        older, newer = issuer.status_list(at(-3600)), issuer.status_list(at(-1800), revoked={8})
        self.web.publish(issuer.host, WELL_KNOWN, issuer.document())
        self.web.publish(issuer.host, "/status/1", older)
        self.watch(issuer)
        self.wait_seen(issuer)
        self.wait_seen(issuer, "/status/1")
        time.sleep(1.1)
        credential = issuer.credential(at(0), 8)
        self.assertEqual(self.verdict(credential, issuer.did)["verdict"], "valid")
        self.web.publish(issuer.host, "/status/1", newer)
        self.wait_seen(issuer, "/status/1", times=2)
        self.assertEqual(self.verdict(credential, issuer.did)["code"], "STATUS_REVOKED")
        for served, code in ((older, "STATUS_LIST_NOT_RISING"), (issuer.status_list(at(-60)), "STATUS_LIST_CLEARED_REVOCATION")):
            self.web.publish(issuer.host, "/status/1", served)
            self.wait_log("cached.example/status/1", code)
        self.assertEqual(len(self.observations()[issuer.url("/status/1")]), 2)
        self.assertEqual(self.verdict(credential, issuer.did)["code"], "STATUS_REVOKED")
        self.node.stop()
        self.node.start()
        self.assertEqual(self.verdict(credential, issuer.did)["code"], "STATUS_REVOKED")
        self.web.publish(issuer.host, "/status/1", issuer.status_list(at(-30), revoked={8, 9}))
        self.wait_seen(issuer, "/status/1", times=3)
        self.assertEqual(self.verdict(issuer.credential(at(0), 9), issuer.did)["code"], "STATUS_REVOKED")

    def test_what_a_document_says_of_its_key_counts(self):
        past, issuers = "2026-01-01T00:00:00Z", {}
        cases = {"plain": ({}, "valid", None), "expired": ({"expires": past}, "not-valid", "KEY_NOT_IN_FORCE"), "later": ({"expires": at(3600)}, "valid", None),
                 "revoked": ({"revoked": past}, "not-valid", "KEY_COMPROMISED"), "jwk": ("jwk", "valid", None),
                 "encrypting": ("enc", "cannot-tell", "KEY_NOT_OBSERVED"), "foo": ({"type": "Foo"}, "cannot-tell", "VERIFICATION_METHOD_UNREAD")}
        for name, (more, _, _) in cases.items():
            issuer = issuers[name] = WebIssuer(f"{name}.example")
            form = {"jwk": issuer.jwk(), "enc": issuer.jwk(use="enc")}[more] if isinstance(more, str) else None
            self.web.publish(issuer.host, WELL_KNOWN, issuer.document(form, **({} if form else more)))
        self.watch(*issuers.values(), lists=False, every=5)
        for issuer in issuers.values():
            self.wait_seen(issuer)
        time.sleep(1.1)
        for name, (_, verdict, code) in cases.items():
            with self.subTest(name):
                answer = self.verdict(issuers[name].credential(at(0)), issuers[name].did)
                self.assertEqual((answer["verdict"], answer["code"]), (verdict, code))

    def test_nothing_is_observed_unless_it_is_enabled(self):
        issuer = WebIssuer("quiet.example")
        self.publish(issuer)
        before = len(self.web.requests)
        self.watch(issuer, enabled="false")
        self.wait_log("nothing is observed")
        credential = issuer.credential(at(0))
        self.assertEqual(self.verdict(credential)["verdict"], "cannot-tell")
        time.sleep(2)
        self.assertEqual((len(self.web.requests), self.observations()), (before, {}))

    def test_adopt_looks_once_and_writes_the_configuration(self):
        issuer = WebIssuer("adopted.example")
        self.publish(issuer)
        self.assert_refused(self.node.cli("adopt", issuer.did), 64, "FETCH_DISABLED", "[fetch]")
        self.configure()
        before = (self.node.home / "config.toml").read_text()
        self.assert_refused(self.node.cli("adopt"), 64, "USAGE", "--status-url")
        self.assert_refused(self.node.cli("adopt", "did:key:z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd"), 64, "DID_METHOD_UNSUPPORTED")
        self.assert_refused(self.node.cli("adopt", issuer.did, "--status-url", "http://adopted.example/1"), 64, "OBSERVE_URL")
        self.assert_refused(self.node.cli("adopt", "did:web:absent.example"), 2, "FETCH_NOT_FOUND")
        self.web.publish("html.example", WELL_KNOWN, "<html>")
        self.assert_refused(self.node.cli("adopt", "did:web:html.example"), 1, "JSON_SYNTAX")
        stranger = WebIssuer("stranger.example", seed=9)
        for path, listed in (("/status/2", stranger.status_list(at(-60), path="/status/2").replace("https://stranger", "https://adopted")),
                             ("/status/3", WebIssuer("adopted.example", seed=9).status_list(at(-60), path="/status/3"))):
            self.web.publish(issuer.host, path, listed)  # somebody else's, and by somebody else's key
        self.assert_refused(self.node.cli("adopt", issuer.did, "--status-url", issuer.url("/status/2")), 1, "STATUS_LIST_MALFORMED", "did:web:stranger.example")
        self.assert_refused(self.node.cli("adopt", issuer.did, "--status-url", issuer.url("/status/3")), 1, "STATUS_LIST_PROOF")
        self.assertEqual((self.node.home / "config.toml").read_text(), before)
        done = self.node.cli("adopt", issuer.did, "--status-url", issuer.url("/status/1"))
        self.assertEqual(done.code, 0, done.err)
        self.assertIn("Restart the node", done.out)
        self.assertIn(f'[[observe]]\ndid = "{issuer.did}"\nstatus_url = ["{issuer.url("/status/1")}"]\n', (self.node.home / "config.toml").read_text())
        again = self.node.cli("adopt", issuer.did, "--json")
        self.assertEqual((again.code, again.json()["observed"], again.json()["alreadyObserved"]), (0, [], [issuer.url(WELL_KNOWN)]))
        self.assert_refused(self.node.cli("adopt", issuer.did, "--status-url", issuer.url("/status/3")), 1, "STATUS_LIST_PROOF")  # its document is observed already
        self.node.start()
        self.wait_seen(issuer)
        self.wait_seen(issuer, "/status/1")

    def test_a_configuration_that_cannot_be_observed_is_refused(self):
        for table, part in (('did = "did:web:127.0.0.1"\n', "observe.did"), ('status_url = ["http://a.example/1"]\n', "observe.status_url"),
                            ("status_url = []\n", "observe.status_url"), ("", "observe"), ('url = "x"\n', "observe.url"), ("did = 1\n", "observe.did"),
                            ('did = "did:web:a.example"\n\n[[observe]]\ndid = "did:web:a.example"\n', "already")):
            with self.subTest(table):
                text = (self.node.home / "config.toml").read_text()
                with open(self.node.home / "config.toml", "a", encoding="utf-8") as config:
                    config.write("\n[[observe]]\n" + table)
                answer = self.node.cli("config", "check")
                self.assertEqual(answer.code, 64)
                self.assertIn(part, answer.err)
                (self.node.home / "config.toml").write_text(text)


if __name__ == "__main__":
    sys.exit(main("NOTHING was observed on web servers"))
