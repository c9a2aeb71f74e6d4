#!/usr/bin/env python3
"""Whoever opens the way for peers and sends anything but a hello loses the link, and a peer beside it notices nothing."""
import concurrent.futures
import os
import random
import sys
import threading
import time
import unittest

from hostile import VCNODE, Network, Raw, TestCase, ask, descriptors_of, honest, options, start, wait_until

OPTIONS = options(("frames", 20000, "frames of each flood"), ("seed", int(os.environ.get("VCNODE_SEED", "1")), "of what is in them"))
UPGRADE = (b"GET /peer HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
           b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
SILENT_LINKS, HELLOS_MAX = 100, 64
END_SECONDS_MAX = 30  # the hello has ten
BINARY, TEXT, PING, CONTINUATION = 2, 1, 9, 0


def frame(opcode, payload, final=True, announced=None):
    """A client's frame, masked with zeros."""
    size = len(payload) if announced is None else announced
    head = bytes([(0x80 if final else 0) | opcode])
    head += bytes([0x80 | size]) if size < 126 else bytes([0x80 | 127]) + size.to_bytes(8, "big")
    return head + bytes(4) + payload


class Links(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.network = Network(VCNODE)
        cls.addClassCleanup(cls.network.__exit__)
        cls.node, cls.peer = cls.network.node("node"), cls.network.node("peer")
        cls.node.init()
        cls.peer.init("--admit", cls.node.did, "--peer-link", cls.node.peer_url)
        start(cls.node)
        start(cls.peer)
        wait_until(lambda: cls.peer_state() == "ready", "the two are linked", 60)
        cls.before = descriptors_of(cls.node)

    @classmethod
    def peer_state(cls):
        return cls.peer.cli("peers", "--json").json()["peers"][0]["state"]

    def tearDown(self):
        self.assertEqual(self.peer_state(), "ready")
        self.assertNotIn("the link broke", self.peer.log_text())
        self.assert_unharmed(self.node, self.before)

    def upgraded(self, **how):
        client = Raw(self.node, **how)
        client.send(UPGRADE)
        answer = client.socket.recv(4096)
        self.assertTrue(answer.startswith(b"HTTP/1.1 101"), answer)
        return client

    def flood(self, data):
        """Seconds until the node ended it. What the node says meanwhile is not read."""
        begun = time.monotonic()
        with self.upgraded(seconds=END_SECONDS_MAX) as client:
            for i in range(OPTIONS.frames):
                if not client.send(data(i)):
                    break
            client.read_to_end()
        return time.monotonic() - begun

    def test_floods_before_a_hello_end_the_link(self):
        rng, ended = random.Random(OPTIONS.seed), {}
        floods = {"rubbish": lambda i: frame(BINARY, rng.randbytes(rng.randrange(1, 400))),
                  "empty frames": lambda i: frame(BINARY, b""),
                  "text": lambda i: frame(TEXT, b"hello"),
                  "pings": lambda i: frame(PING, bytes(100)),
                  "fragments": lambda i: frame(BINARY if i == 0 else CONTINUATION, bytes(1000), final=False),
                  "a frame of 2^62 bytes": lambda i: frame(BINARY, bytes(1000), announced=1 << 62) if i == 0 else bytes(1000),
                  "no frames at all": lambda i: rng.randbytes(1000)}
        threads = [threading.Thread(target=lambda name=name, data=data: ended.update({name: self.flood(data)})) for name, data in floods.items()]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            self.assertEqual(ask(honest(self.node))[0], 200)
            time.sleep(0.2)
        print({name: f"{seconds:.1f} s" for name, seconds in ended.items()}, file=sys.stderr)
        self.assertEqual(ended.keys(), floods.keys())
        self.assertLess(max(ended.values()), END_SECONDS_MAX)

    def test_silent_links_are_told_to_go_and_with_which_limit(self):
        told = []
        with concurrent.futures.ThreadPoolExecutor(16) as pool:  # all within the ten seconds of the first
            clients = list(pool.map(lambda _: self.upgraded(), range(SILENT_LINKS)))
        try:
            self.assertEqual(ask(honest(self.node))[0], 200)
            for client in clients:
                told.append(client.read_to_end().decode(errors="replace"))
        finally:
            for client in clients:
                client.close()
        late = [text for text in told if "HELLO_TIMEOUT: " in text and "10000 ms" in text]
        full = [text for text in told if "PEERS_FULL: this node already waits for the hello of 64 peers" in text]
        self.assertEqual((len(late), len(full)), (HELLOS_MAX, SILENT_LINKS - HELLOS_MAX), told)


if __name__ == "__main__":
    unittest.main()
