"""What the end-to-end tests share: the programs under test, the record of seen codes, a TCP gate, an HTTPS peer, an
admin socket with nobody we know behind it."""
import http.server
import os
import pathlib
import socket
import socketserver
import ssl
import sys
import threading
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts" / "lib"))
from network import Network, free_port, wait_until  # noqa: E402,F401

VCNODE = os.environ["VCNODE_BINARY"]
TLS_RELAY = os.environ.get("VCNODE_TLS_RELAY")
SAMPLES = ROOT / "scripts" / "samples"


def record_code(code):
    """Tells the test `codes_complete` that a test has asserted this code."""
    folder = os.environ.get("VCNODE_CODES_DIR")
    if folder:
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, pathlib.Path(sys.argv[0]).stem + ".txt"), "a", encoding="utf-8") as out:
            out.write(code + "\n")


class TestCase(unittest.TestCase):
    def assert_code(self, seen, expected):
        self.assertEqual(seen, expected)
        record_code(expected)

    def assert_refused(self, answer, exit_code, code, *parts):
        """A command that failed with this exit code, this code, and a sentence that names these parts."""
        self.assertEqual(answer.code, exit_code, answer.err + answer.out)
        self.assertIn(f"error {code}:", answer.err)
        for part in parts:
            self.assertIn(str(part), answer.err)
        record_code(code)


class Gate:
    """A TCP forwarder that can be shut: the network between two nodes."""

    def __init__(self, target_port):
        self.target_port, self.open, self.pairs = target_port, True, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                inward, _ = self.listener.accept()
            except OSError:
                return
            if not self.open:
                inward.close()
                continue
            try:
                outward = socket.create_connection(("127.0.0.1", self.target_port))
            except OSError:
                inward.close()
                continue
            self.pairs += [inward, outward]
            for source, sink in ((inward, outward), (outward, inward)):
                threading.Thread(target=self._copy, args=(source, sink), daemon=True).start()

    @staticmethod
    def _copy(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def shut(self):
        self.open = False
        pairs, self.pairs = self.pairs, []
        for end in pairs:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def reopen(self):
        self.open = True

    def close(self):
        self.shut()
        self.listener.close()


class HttpsPeer:
    """An HTTPS server that answers with whatever `respond(method, path, body)` → (status, bytes[, type]) says, and records."""

    def __init__(self, certificate, key, respond):
        self.requests = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.requests.append((self.command, self.path, dict(self.headers), body))
                status, content, *kind = respond(self.command, self.path, body)
                self.send_response(status)
                for value in kind:
                    self.send_header("Content-Type", value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                try:
                    self.wfile.write(content)
                except OSError:
                    pass  # the client has heard enough

            do_GET = do_POST = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()  # seconds until close() is noticed

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class StrangeNode:
    """Something that listens where a node's admin socket should be and answers everything with one (status, bytes)."""

    def __init__(self, home, status, content):
        self.requests = 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                outer.requests += 1
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = answer

            def address_string(self):
                return "unix"

            def log_message(self, *_):
                pass

        self.server = socketserver.UnixStreamServer(str(pathlib.Path(home) / "admin.sock"), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
