"""Many slow clients of one node, from several networks of loopback, each coming back whenever it is sent away.

A program of its own, so that it takes neither descriptors nor the interpreter's time from whoever measures the node:
    slow_clients.py PORT CLIENTS SECONDS SEED
prints {"connects", "ended", "open_most", "codes": {code: how often}, "sentences": {code: one of them}} when it is over.
"""
import argparse
import heapq
import json
import random
import re
import resource
import socket
import ssl
import sys
import time

NETWORKS = 20  # 127.0.1.0/24 …
WAKE_SECONDS = 2.0  # between two bytes of one client
RETURN_SECONDS = 5.0  # before a client that was sent away comes back
HANDSHAKE_POLL_SECONDS = 0.2
CONNECTS_PER_SECOND_AT_START = 2000
HEADER = b"POST /verdict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
# The start of a TLS record that announces a ClientHello of 512 bytes.
HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(501)


class Client:
    """connect() and wake() are called at their times; wake() says in how many seconds again."""

    KINDS = ("silent", "hello trickle", "garbage", "header trickle", "body trickle", "never reads")

    def __init__(self, number, port, context, rng):
        self.number, self.port, self.context, self.rng = number, port, context, rng
        self.kind = self.KINDS[number % len(self.KINDS)]
        self.source = f"127.0.{1 + number % NETWORKS}.{1 + number // NETWORKS % 250}"
        self.socket = None

    def connect(self):
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.bind((self.source, 0))
        try:
            self.socket.connect(("127.0.0.1", self.port))
        except BlockingIOError:
            pass
        self.received, self.sent, self.shaken = b"", 0, False
        self.to_send = {"hello trickle": HELLO, "garbage": self.rng.randbytes(300), "header trickle": HEADER * 500,
                        "body trickle": HEADER + b"Content-Length: 4194304\r\n\r\n" + b" " * 5000,
                        "never reads": b"GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 20}.get(self.kind, b"")
        return HANDSHAKE_POLL_SECONDS

    @property
    def at_once(self):
        return {"garbage": 300, "body trickle": len(HEADER) + 27, "never reads": len(self.to_send)}.get(self.kind, 0)

    def wake(self):
        if self.kind in ("header trickle", "body trickle", "never reads") and not self.shaken:
            if not isinstance(self.socket, ssl.SSLSocket):
                self.socket = self.context.wrap_socket(self.socket, do_handshake_on_connect=False)
            try:
                self.socket.do_handshake()
                self.shaken = True
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return HANDSHAKE_POLL_SECONDS
        try:
            self.read()
        except (ssl.SSLWantReadError, BlockingIOError):
            pass
        try:
            piece = self.to_send[self.sent:max(self.at_once, self.sent + 1)]
            if piece:
                self.sent += self.socket.send(piece)
        except (ssl.SSLWantWriteError, ssl.SSLWantReadError, BlockingIOError):
            pass
        return WAKE_SECONDS * self.rng.uniform(0.8, 1.2)

    def read(self):
        if self.kind == "never reads" and self.sent:
            return
        while True:
            data = self.socket.recv(4096)
            if not data:
                raise ConnectionResetError("ended")
            self.received += data

    def close(self):
        self.socket.close()
        self.socket = None


def raise_descriptor_limit(wanted):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        sys.exit(f"{wanted} descriptors are needed, the system allows {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, kind in (("port", int), ("clients", int), ("seconds", float), ("seed", int)):
        parser.add_argument(name, type=kind, metavar=name.upper())
    asked = parser.parse_args()
    port, count, seconds, seed = asked.port, asked.clients, asked.seconds, asked.seed
    raise_descriptor_limit(count + 64)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    rng = random.Random(seed)
    clients = [Client(i, port, context, rng) for i in range(count)]
    seen = {"connects": 0, "ended": 0, "open_most": 0, "codes": {}, "sentences": {}}
    start, opened = time.monotonic(), 0
    due = [(start + i / CONNECTS_PER_SECOND_AT_START, i) for i in range(count)]
    while (now := time.monotonic()) < start + seconds:
        at, number = due[0]
        if at > now:
            time.sleep(min(at - now, 0.05))
            continue
        client = clients[number]
        try:
            if client.socket is None:
                pause = client.connect()
                seen["connects"] += 1
                opened += 1
                seen["open_most"] = max(seen["open_most"], opened)
            else:
                pause = client.wake()
        except OSError:  # ssl.SSLError is one too
            if code := re.search(rb'"code":"(\w+)"', client.received):
                name = code.group(1).decode()
                seen["codes"][name] = seen["codes"].get(name, 0) + 1
                seen["sentences"].setdefault(name, client.received.decode(errors="replace"))
            seen["ended"] += 1
            opened -= 1
            client.close()
            pause = RETURN_SECONDS * rng.uniform(0.8, 1.2)
        heapq.heapreplace(due, (time.monotonic() + pause, number))
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
