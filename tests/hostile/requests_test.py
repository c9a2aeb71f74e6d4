#!/usr/bin/env python3
"""Requests that are too large, never end, or are none: each limit names itself to the client."""
import json
import os
import random
import re
import sys
import time
import unittest

from hostile import ANSWER_SECONDS_MAX, SAMPLES, VCNODE, Network, Raw, TestCase, ask, descriptors_of, honest, options, start

OPTIONS = options(("rubbish", 200, "connections that send rubbish"), ("uploads", 80, "clients that upload at once"),
                  ("seed", int(os.environ.get("VCNODE_SEED", "1")), "of the rubbish"))
VERDICT = b"POST /verdict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
VERDICT_BYTES_MAX = 4 * 1024 * 1024
HELD_BYTES_MAX = 128 * 1024 * 1024
EARLY_ANSWER_SECONDS = 0.3
RUBBISH_AT_ONCE = 200


class Requests(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.network = Network(VCNODE)
        cls.addClassCleanup(cls.network.__exit__)
        cls.node = cls.network.node("node")
        cls.node.init()
        start(cls.node)
        ask(honest(cls.node))
        cls.before = descriptors_of(cls.node)

    def tearDown(self):
        self.assert_unharmed(self.node, self.before)

    def refused(self, data, *more):
        with Raw(self.node) as client:
            for piece in (data, *more):
                if not client.send(piece):
                    break
            return client.refusal()

    def test_bodies_and_headers_without_end_are_refused_with_the_limit(self):
        status, code, detail = self.refused(VERDICT + b"Content-Length: 99999999999\r\n\r\n")
        self.assertEqual((status, code), (413, "HTTP_BODY_TOO_LARGE"))
        self.assertIn(str(VERDICT_BYTES_MAX), detail)
        chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
        status, code, detail = self.refused(VERDICT + b"Transfer-Encoding: chunked\r\n\r\n", *[chunk] * 65)
        self.assertEqual((status, code), (413, "HTTP_BODY_TOO_LARGE"))
        self.assertIn(str(VERDICT_BYTES_MAX), detail)
        status, code, detail = self.refused(VERDICT, *[b"X: 1\r\n" * 100] * 30)
        self.assertEqual((status, code), (431, "HTTP_HEADER_TOO_LARGE"))
        self.assertIn("16384", detail)

    def test_rubbish_before_and_after_tls_costs_nothing(self):
        rng, told = random.Random(OPTIONS.seed), 0
        for first in range(0, OPTIONS.rubbish, RUBBISH_AT_ONCE):
            clients = [Raw(self.node, tls=i % 2 == 0) for i in range(RUBBISH_AT_ONCE)]
            for i, client in enumerate(clients, first):
                start_of_it = (b"", b"\x16\x03\x01", b"\x16\x03\x03\xff\xff", b"\x80", b"\x00")[i % 5]
                client.send(start_of_it + rng.randbytes(rng.choice((1, 100, 5000))) + b"\r\n\r\n")
            for i, client in enumerate(clients):
                with client:
                    answer = client.read_to_end()  # what might be the start of a handshake is waited for, for ten seconds
                    if i % 2 == 0:
                        self.assertRegex(answer, rb'"code":"HTTP_(REQUEST_MALFORMED|HEADER_TOO_LARGE)"')
                        told += 1
        self.assertGreaterEqual(told, OPTIONS.rubbish // 2)
        with Raw(self.node, tls=False) as client:
            client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertEqual(client.refusal()[:2], (400, "HTTP_TLS_REQUIRED"))

    def test_large_bodies_of_many_clients_stay_within_the_memory_that_is_shared(self):
        """Each holds all of its body but the last byte; together they would hold more than twice the limit."""
        clients, told = [], []
        try:
            for i in range(OPTIONS.uploads):
                client = Raw(self.node, source=f"127.0.{1 + i % 20}.1")
                clients.append(client)
                client.send(VERDICT + b"Content-Length: %d\r\n\r\n" % VERDICT_BYTES_MAX)
                client.socket.settimeout(EARLY_ANSWER_SECONDS)
                try:
                    told.append(client.socket.recv(65536))
                    break
                except TimeoutError:
                    client.socket.settimeout(ANSWER_SECONDS_MAX)
                    client.send(b" " * (VERDICT_BYTES_MAX - 1))
            self.assertTrue(told, f"{len(clients)} bodies were accepted")
            self.assertGreater(len(clients), HELD_BYTES_MAX // VERDICT_BYTES_MAX // 2)
            self.assertLessEqual(len(clients), HELD_BYTES_MAX // VERDICT_BYTES_MAX + 5)  # some bytes are still on their way
            problem = json.loads(told[0].partition(b"\r\n\r\n")[2])
            self.assertEqual((problem["status"], problem["code"]), (503, "SERVER_BUSY"))
            self.assertIn(str(HELD_BYTES_MAX), problem["detail"])
            self.assertEqual(ask(honest(self.node), "POST", "/verdict", {"credential": {}})[0], 200, "small requests are served meanwhile")
        finally:
            for client in clients:
                client.close()

    def test_answers_that_nobody_reads_stay_within_it_too(self):
        clients = [Raw(self.node, source=f"127.0.{1 + i % 20}.1") for i in range(100)]
        try:
            for client in clients:
                client.socket.setblocking(False)
                try:
                    client.socket.send(b"GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 200)
                except OSError:
                    pass
            self.assertEqual(ask(honest(self.node))[0], 200)
        finally:
            for client in clients:
                client.close()


class Stop(TestCase):
    def test_a_node_with_a_full_queue_ends_in_the_time_it_is_given(self):
        with Network(VCNODE) as network:
            node = network.node("node")
            node.init()
            config = node.home / "config.toml"
            text, changed = re.subn(r"(?m)^#? *shutdown_ms = .*$", "shutdown_ms = 2000", config.read_text())
            if not changed:
                text += "\n[server]\nshutdown_ms = 2000\n"
            config.write_text(text)
            start(node)
            credential = json.loads(node.cli("issue", SAMPLES / "badge.json").out)
            body = json.dumps([{"credential": credential}] * 100).encode()
            request = VERDICT + b"Content-Length: %d\r\n\r\n" % len(body) + body
            clients = [Raw(node, source=f"127.0.{1 + i % 20}.1") for i in range(150)]
            try:
                for client in clients:
                    client.send(request)
                begun = time.monotonic()
                self.assertEqual(node.stop(), 0)
                took = time.monotonic() - begun
                print(f"ended within {took:.1f} s", file=sys.stderr)
                self.assertLess(took, 8)  # 2 s and the two requests that were being worked on
            finally:
                for client in clients:
                    client.close()


if __name__ == "__main__":
    unittest.main()
