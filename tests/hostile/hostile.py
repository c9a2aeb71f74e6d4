"""What the hostile tests share: a node with few descriptors, what it uses of the machine, honest and dishonest callers."""
import argparse
import http.client
import json
import os
import pathlib
import re
import resource
import shutil
import socket
import ssl
import subprocess
import sys
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts" / "lib"))
from network import AdminConnection, Network, tls_context, wait_until  # noqa: E402,F401

HELP_WANTED = not {"-h", "--help"}.isdisjoint(sys.argv)
VCNODE = os.environ.get("VCNODE_BINARY", "")
if not shutil.which(VCNODE) and not HELP_WANTED:
    sys.exit(f'VCNODE_BINARY is "{VCNODE}" and must name the vcnode program to attack, such as build/release/node/cli/vcnode')
SAMPLES = ROOT / "scripts" / "samples"

# What a node under attack may ever have used of memory: 128 MiB that connections hold (kHeldBytesMax), 32 MiB that
# wait for a worker (kWorkerQueueBytesMax), TLS state of 1,000 connections at 50 KiB, and itself.
# A sanitizer's own memory comes on top (VCNODE_MEMORY_MIB_MAX).
MEMORY_MIB_MAX = int(os.environ.get("VCNODE_MEMORY_MIB_MAX", "256"))
ANSWER_SECONDS_MAX = 20  # of an honest caller: the machine is shared with the attackers and with other tests
HONEST_ADDRESS = "127.0.200.1"


def options(*flags):
    """Our own flags, (name, default, help); unittest gets the rest."""
    parser = argparse.ArgumentParser(add_help=False)
    for name, default, text in flags:
        parser.add_argument(f"--{name}", type=type(default), default=default, help=f"{text}; default {default}")
    if HELP_WANTED:
        parser.print_help()
    own, rest = parser.parse_known_args()
    sys.argv[1:] = rest
    return own


def start(node, descriptors=None):
    """As Node.start(), the node allowed to open this many files."""
    def lower():
        resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

    with open(node.home / "node.log", "ab") as log:
        node.process = subprocess.Popen([node.vcnode, "--home", str(node.home), "run"], stdin=subprocess.DEVNULL, stdout=log,
                                        stderr=subprocess.STDOUT, preexec_fn=lower if descriptors else None)
    node.wait_ready()
    return node


def descriptors_of(node):
    return len(os.listdir(f"/proc/{node.process.pid}/fd"))


def memory_mib(node):
    """The most it ever had in memory."""
    text = pathlib.Path(f"/proc/{node.process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", text).group(1)) / 1024


def ask(connection, method="GET", path="/livez", body=None):
    """(status, parsed JSON, seconds)"""
    started = time.monotonic()
    try:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read()), time.monotonic() - started
    finally:
        connection.close()


def ask_admin(node, path="/readyz"):
    return ask(AdminConnection(node.home, ANSWER_SECONDS_MAX), path=path)


def honest(node, source=HONEST_ADDRESS):
    return http.client.HTTPSConnection("127.0.0.1", node.port, timeout=ANSWER_SECONDS_MAX, source_address=(source, 0), context=tls_context())


class Raw:
    """One TLS connection to a node, written to and read from as an attacker likes."""

    def __init__(self, node, source="127.0.1.1", seconds=60, tls=True):
        self.socket = socket.create_connection(("127.0.0.1", node.port), timeout=seconds, source_address=(source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.socket = tls_context().wrap_socket(self.socket)

    def send(self, data):
        """False once the node has ended the connection."""
        try:
            self.socket.sendall(data)
            return True
        except OSError:
            return False

    def read_to_end(self):
        received = b""
        try:
            while data := self.socket.recv(65536):
                received += data
        except ConnectionError:
            pass
        return received

    def refusal(self):
        """(status, code, detail) of the answer that ends the connection."""
        received = self.read_to_end()
        head, _, body = received.partition(b"\r\n\r\n")
        if not body:
            raise AssertionError(f"ended without an answer: {received!r}")
        problem = json.loads(body)
        return int(head.split()[1]), problem["code"], problem["detail"]

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class TestCase(unittest.TestCase):
    def assert_unharmed(self, node, descriptors_before):
        """It serves, leaks nothing, and never took more memory than its limits add up to."""
        self.assertEqual(ask_admin(node)[:2], (200, {"ready": True, "reasons": []}))
        self.assertEqual(ask(honest(node))[0], 200)
        wait_until(lambda: descriptors_of(node) <= descriptors_before, f"{descriptors_before} descriptors again", 90, every=0.2)
        self.assertLess(memory_mib(node), MEMORY_MIB_MAX)
        self.assertIsNone(node.process.poll())
