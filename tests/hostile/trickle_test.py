#!/usr/bin/env python3
"""Headers, bodies and chunks that come a byte now and then: they end when their time is over, and the client is told."""
import json
import threading
import time
import unittest

from hostile import VCNODE, Network, Raw, TestCase, ask, descriptors_of, honest, start

START = b"POST /verdict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
TRICKLE_SECONDS = 0.5
GIVE_UP_SECONDS = 90


class Trickle(TestCase):
    def setUp(self):
        network = Network(VCNODE)
        self.addCleanup(network.__exit__)
        self.node = network.node("node")
        self.node.init()
        start(self.node)
        ask(honest(self.node))

    def trickle(self, start_bytes, piece):
        """What the client is told, and after how long."""
        with Raw(self.node) as client:
            begun = time.monotonic()
            client.send(start_bytes)
            client.socket.settimeout(TRICKLE_SECONDS)
            received = b""
            while time.monotonic() - begun < GIVE_UP_SECONDS:
                client.send(piece)
                try:
                    data = client.socket.recv(65536)
                    received += data
                    if not data:
                        break
                except TimeoutError:
                    pass
            return json.loads(received.partition(b"\r\n\r\n")[2]), time.monotonic() - begun

    def test_headers_and_bodies_that_trickle_end_in_time(self):
        cases = {"header": (START, b"x", "10000 ms", 10), "body": (START + b"Content-Length: 1000\r\n\r\n", b" ", "30000 ms", 30),
                 "chunks": (START + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", "30000 ms", 30)}
        before, outcomes = descriptors_of(self.node), {}
        threads = [threading.Thread(target=lambda name=name, case=case: outcomes.update({name: self.trickle(*case[:2])})) for name, case in cases.items()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for name, (_, _, limit, seconds) in cases.items():
            problem, took = outcomes[name]
            self.assertEqual((problem["status"], problem["code"]), (408, "HTTP_REQUEST_TIMEOUT"), name)
            self.assertIn(limit, problem["detail"])
            self.assertTrue(seconds - 1 < took < seconds + 15, f"{name}: {took} s")
        self.assert_unharmed(self.node, before)


if __name__ == "__main__":
    unittest.main()
