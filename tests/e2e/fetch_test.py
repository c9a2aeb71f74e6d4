"""`vcnode resolve --fetch` against real web servers, good and hostile.

Runs itself again in a network namespace of its own, where public-looking addresses are on the loopback device, a name server
of ours answers, and no packet leaves the machine: so the check of addresses stays on, as in real life. Needs root or user
namespaces; without them it says SKIPPED (and fails where CI=true).
"""
import json
import os
import pathlib
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from harness import ROOT, VCNODE, TestCase

INSIDE = "FETCH_TEST_INSIDE"
VECTORS = ROOT / "tests" / "vectors" / "did-webvh"
MANIFEST = json.loads((VECTORS / "manifest.json").read_text())
LOGS = {log["name"]: log for log in MANIFEST["logs"]}
PUBLIC, OTHER, DEAF = "11.0.0.1", "11.0.0.2", "11.0.0.3"
NAME_SERVER = "11.0.0.53"
SLOW_SECONDS_MAX = 25  # the fetcher's 20 and room for a busy machine

NAMES = {  # what is not here and ends in .example has the address PUBLIC
    "local4.example": ["127.0.0.1"], "private.example": ["10.0.0.1"], "metadata.example": ["169.254.169.254"], "zero.example": ["0.0.0.0"],
    "cgnat.example": ["100.64.0.1"], "local6.example": ["::1"], "mapped.example": ["::ffff:127.0.0.1"], "ula.example": ["fd00::1"],
    "nat64.example": ["64:ff9b::7f00:1"], "both.example": [PUBLIC, "192.168.0.1"], "family.example": [PUBLIC, "fe80::1"],
    "twelve.example": [f"11.0.1.{i}" for i in range(11)] + ["127.0.0.1"], "second.example": [DEAF, OTHER], "deaf.example": [DEAF],
    "none.example": [],
}


class NameServer:
    """DNS over UDP. `rebind` gives a public address once and this machine's ever after."""

    def __init__(self):
        self.asked = {}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((NAME_SERVER, 53))
        threading.Thread(target=self._serve, daemon=True).start()

    def _addresses(self, name, kind):
        if name == "rebind.example":
            addresses = [PUBLIC] if self.asked[name, kind] == 1 else ["127.0.0.1"]
        else:
            addresses = NAMES.get(name, [PUBLIC])
        family = {1: socket.AF_INET, 28: socket.AF_INET6}.get(kind)
        return [socket.inet_pton(family, a) for a in addresses if family and (":" in a) == (family == socket.AF_INET6)]

    def _answer(self, query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        kind = struct.unpack(">H", query[at + 1:at + 3])[0]
        name = ".".join(labels).lower()
        self.asked[name, kind] = self.asked.get((name, kind), 0) + 1
        found = self._addresses(name, kind)
        head = query[:2] + struct.pack(">HHHHH", 0x8580, 1, len(found), 0, 0)
        records = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 0, len(a)) + a for a in found)
        return head + query[12:at + 5] + records

    def _serve(self):
        while True:
            query, client = self.socket.recvfrom(4096)
            self.socket.sendto(self._answer(query), client)


class Authority:
    """A CA and the certificates it makes, by the openssl program."""

    def __init__(self, folder):
        self.folder, self.file, self.lock = folder, folder / "ca.pem", threading.Lock()
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
                      "-days", "30", "-subj", "/CN=CA of a test")
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=server")

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)

    def context(self, name, days=30, self_signed=False, newest=None):
        signer = ["-signkey", "server.key"] if self_signed else ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with self.lock:
            (self.folder / "names").write_text(f"subjectAltName=DNS:{name}\n")
            self._openssl("x509", "-req", "-in", "server.csr", *signer, "-days", str(days), "-extfile", "names", "-out", "server.pem")
            context.load_cert_chain(self.folder / "server.pem", self.folder / "server.key")
        if newest:
            context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, newest
            context.set_ciphers("ALL:@SECLEVEL=0")
        return context


class WebServer:
    """HTTPS on one address; certificates by SNI, answers by name and path. Keeps what it was asked."""

    def __init__(self, address, port, authority, newest=None):
        self.authority, self.requests, self.answers, self.certificates = authority, [], {}, {}
        self.default = authority.context("server.example", newest=newest)
        self.default.sni_callback = self._choose
        self.listener = socket.create_server((address, port))
        threading.Thread(target=self._accept, daemon=True).start()

    def _choose(self, connection, name, _context):
        if name not in self.certificates:
            self.certificates[name] = self.authority.context(name)
        connection.context = self.certificates[name]

    def publish(self, name, path, body, status=200, headers=()):
        body = body if isinstance(body, bytes) else body.encode()
        lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers, "", ""]
        self.answers[name, path] = "\r\n".join(lines).encode() + body

    def _accept(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            with self.default.wrap_socket(connection, server_side=True) as tls:
                request = b""
                while b"\r\n\r\n" not in request:
                    more = tls.recv(4096)
                    if not more:
                        return
                    request += more
                lines = request.decode().split("\r\n")
                headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines[1:] if line)}
                self.requests.append((lines[0], headers))
                path = lines[0].split(" ")[1]
                answer = self.answers.get((headers["host"], path), b"HTTP/1.1 404 X\r\nContent-Length: 4\r\n\r\nnone")
                if callable(answer):
                    answer(tls)
                else:
                    tls.sendall(answer)
                tls.unwrap()
        except OSError:
            pass


def document_of(name):
    did = f"did:web:{name}"
    return json.dumps({"id": did, "verificationMethod": [{"id": did + "#k", "type": "Multikey", "controller": did,
                                                         "publicKeyMultibase": "z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd"}]})


def drip(first, piece, pause):
    def answer(tls):
        tls.sendall(first)
        while True:
            tls.sendall(piece)
            time.sleep(pause)
    return answer


def resolve_command(*arguments):
    return [VCNODE, "--home", "/nonexistent", "resolve", *map(str, arguments), "--json"]


class Fetch(TestCase):
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

    def run_resolve(self, *arguments, ca=True):
        options = ["--ca-file", self.authority.file] if ca else []
        done = subprocess.run(resolve_command(*arguments, "--fetch", *options), capture_output=True, timeout=60)
        self.assertEqual(done.stderr, b"")
        return done.returncode, json.loads(done.stdout)

    def assert_resolved(self, did, *arguments):
        code, answer = self.run_resolve(did, *arguments)
        self.assertEqual((code, answer["didResolutionMetadata"]), (0, {"contentType": "application/did"}), answer)
        return answer

    def assert_refused_fetch(self, did, code, *parts, exit_code=2, error="notFound", **options):
        seen, answer = self.run_resolve(did, **options)
        metadata = answer["didResolutionMetadata"]
        self.assert_code(metadata.get("code"), code)
        self.assertEqual((seen, metadata["error"], answer["didDocument"]), (exit_code, error, None))
        for part in parts:
            self.assertIn(part, metadata["message"])

    def publish(self, name, answer):
        self.web.answers[name, "/.well-known/did.json"] = answer

    def test_a_did_web_is_fetched_with_nothing_but_the_question(self):
        self.web.publish("plain.example", "/.well-known/did.json", document_of("plain.example"))
        answer = self.assert_resolved("did:web:plain.example")
        self.assertEqual(answer["didDocument"], json.loads(document_of("plain.example")))
        request, headers = self.web.requests[-1]
        self.assertEqual(request, "GET /.well-known/did.json HTTP/1.1")
        self.assertEqual(sorted(headers), ["accept", "accept-encoding", "connection", "host", "user-agent"])
        self.web.publish("path.example", "/a%20b/did.json", document_of("path.example:a%20b"))
        self.assert_resolved("did:web:path.example:a%20b")

    def test_a_did_web_on_another_port_and_over_tls_1_2(self):
        server = WebServer(OTHER, 8443, self.authority)
        NAMES["port.example"] = [OTHER]
        server.publish("port.example:8443", "/.well-known/did.json", document_of("port.example%3A8443"))
        self.assert_resolved("did:web:port.example%3A8443")
        older = WebServer(PUBLIC, 8443, self.authority, newest=ssl.TLSVersion.TLSv1_2)
        older.publish("older.example:8443", "/.well-known/did.json", document_of("older.example%3A8443"))
        self.assert_resolved("did:web:older.example%3A8443")

    def test_a_chunked_answer_and_one_that_ends_with_the_connection(self):
        text = document_of("chunked.example").encode()
        self.publish("chunked.example", b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(text), text))
        self.assert_resolved("did:web:chunked.example")
        self.publish("ended.example", b"HTTP/1.1 200 X\r\nConnection: close\r\n\r\n" + document_of("ended.example").encode())
        self.assert_resolved("did:web:ended.example")

    def test_logs_of_did_webvh_are_fetched_with_their_witnesses_where_they_need_them(self):
        fetched = 0
        for name, log in LOGS.items():
            if log["code"] or "%3A" in log["did"]:
                continue
            for host in ("uni.example", "new.example"):
                self.web.answers.pop((host, "/.well-known/did-witness.json"), None)
                self.web.publish(host, "/.well-known/did.jsonl", (VECTORS / f"{name}.jsonl").read_bytes())
                if log.get("witnesses"):
                    self.web.publish(host, "/.well-known/did-witness.json", (VECTORS / f"{name}.witness.json").read_bytes())
            before = len(self.web.requests)
            answer = self.assert_resolved(log["did"], "--at", MANIFEST["at"])
            self.assertEqual(answer["didDocumentMetadata"]["versionId"].split("-")[0], str(log["versions"]), name)
            self.assertEqual(len(self.web.requests) - before, 2 if log.get("witnesses") else 1, name)
            fetched += 1
        self.assertEqual(fetched, 12)
        moved = LOGS["ok-moved"]["did"].replace("uni.example", "new.example")
        self.assert_resolved(moved, "--at", MANIFEST["at"])

    def test_a_log_whose_witnesses_are_missing_is_invalid_and_one_whose_witnesses_fail_is_unknown(self):
        did = LOGS["ok-witnesses"]["did"]
        self.web.publish("uni.example", "/.well-known/did.jsonl", (VECTORS / "ok-witnesses.jsonl").read_bytes())
        self.web.answers.pop(("uni.example", "/.well-known/did-witness.json"), None)
        self.assert_refused_fetch(did, "WEBVH_WITNESS_THRESHOLD", exit_code=1, error="invalidDid")
        self.web.publish("uni.example", "/.well-known/did-witness.json", "busy", status=503)
        self.assert_refused_fetch(did, "FETCH_STATUS", "503")
        self.web.answers.pop(("uni.example", "/.well-known/did.jsonl"))
        self.assert_refused_fetch(did, "FETCH_NOT_FOUND", "did.jsonl", "404")

    def test_names_that_lead_into_private_networks_are_refused(self):
        before = len(self.local.requests), len(self.web.requests)
        for name in ("local4", "private", "metadata", "zero", "cgnat", "local6", "mapped", "ula", "nat64", "both", "family", "twelve"):
            with self.subTest(name):
                self.assert_refused_fetch(f"did:web:{name}.example", "FETCH_ADDRESS", name, "not public")
        self.assertEqual((len(self.local.requests), len(self.web.requests)), before)

    def test_a_name_that_changes_its_address_is_asked_once(self):
        for server in (self.web, self.local):
            server.publish("rebind.example", "/.well-known/did.json", document_of("rebind.example"))
        before = len(self.local.requests)
        self.assert_resolved("did:web:rebind.example")
        self.assertEqual(self.names.asked["rebind.example", 1], 1)
        self.assert_refused_fetch("did:web:rebind.example", "FETCH_ADDRESS", "127.0.0.1")
        self.assertEqual(len(self.local.requests), before)

    def test_addresses_as_hosts_are_no_dids(self):
        for host in ("127.0.0.1", "2130706433", "0x7f.1", "localhost", "intranet"):
            self.assert_refused_fetch(f"did:web:{host}", "DID_HOST", exit_code=1, error="invalidDid")

    def test_a_server_that_is_not_there(self):
        self.assert_refused_fetch("did:web:none.example", "FETCH_UNRESOLVED", "none.example")
        self.assert_refused_fetch("did:web:deaf.example", "FETCH_UNREACHABLE", DEAF)
        second = WebServer(OTHER, 443, self.authority)
        second.publish("second.example", "/.well-known/did.json", document_of("second.example"))
        self.assert_resolved("did:web:second.example")

    def test_certificates_that_are_not_to_be_trusted(self):
        cases = {"name": self.authority.context("another.example"), "expired": self.authority.context("expired.example", days=-1),
                 "self": self.authority.context("self.example", self_signed=True)}
        for name, context in cases.items():
            self.web.certificates[f"{name}.example"] = context
            self.web.publish(f"{name}.example", "/.well-known/did.json", document_of(f"{name}.example"))
            self.assert_refused_fetch(f"did:web:{name}.example", "FETCH_CERTIFICATE", f"{name}.example")
        self.web.publish("plain.example", "/.well-known/did.json", document_of("plain.example"))
        self.assert_refused_fetch("did:web:plain.example", "FETCH_CERTIFICATE", ca=False)  # our CA is not the system's
        wild = self.authority.context("*.wild.example")
        for name in ("a.wild.example", "a.b.wild.example"):
            self.web.certificates[name] = wild
            self.web.publish(name, "/.well-known/did.json", document_of(name))
        self.assert_resolved("did:web:a.wild.example")
        self.assert_refused_fetch("did:web:a.b.wild.example", "FETCH_CERTIFICATE")  # it covers one label

    def test_tls_that_is_too_old_and_no_tls_at_all(self):
        WebServer(PUBLIC, 8444, self.authority, newest=ssl.TLSVersion.TLSv1_1)
        self.assert_refused_fetch("did:web:old.example%3A8444", "FETCH_PROTOCOL", "TLS 1.2")
        plain = socket.create_server((PUBLIC, 80))
        threading.Thread(target=lambda: plain.accept()[0].sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), daemon=True).start()
        self.assert_refused_fetch("did:web:plain.example%3A80", "FETCH_PROTOCOL")
        plain.close()

    def test_redirects_are_never_followed(self):
        for status in (301, 302, 303, 307, 308):
            name = f"moved{status}.example"
            self.publish(name, f"HTTP/1.1 {status} X\r\nLocation: https://plain.example/x\r\nContent-Length: 0\r\n\r\n".encode())
            before = len(self.web.requests)
            self.assert_refused_fetch(f"did:web:{name}", "FETCH_REDIRECT", str(status), "https://plain.example/x")
            self.assertEqual(len(self.web.requests), before + 1)

    def test_statuses_other_than_200(self):
        for status, code in ((404, "FETCH_NOT_FOUND"), (410, "FETCH_NOT_FOUND"), (204, "FETCH_STATUS"), (206, "FETCH_STATUS"), (401, "FETCH_STATUS"), (500, "FETCH_STATUS")):
            self.publish("status.example", f"HTTP/1.1 {status} X\r\n\r\n".encode())
            self.assert_refused_fetch("did:web:status.example", code, str(status))
        # Its page may be as long as it likes: nobody reads it.
        self.publish("status.example", b"HTTP/1.1 404 X\r\nContent-Length: 99999999\r\n\r\n<html>")
        self.assert_refused_fetch("did:web:status.example", "FETCH_NOT_FOUND")

    def test_answers_that_are_too_large(self):
        size = 256 * 1024
        self.publish("large.example", b"HTTP/1.1 200 X\r\nContent-Length: %d\r\n\r\n" % (size + 1))
        self.assert_refused_fetch("did:web:large.example", "FETCH_TOO_LARGE", str(size))
        for first, piece in ((b"HTTP/1.1 200 X\r\n\r\n", b" " * 4096), (b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + b" " * 4096 + b"\r\n"),
                             (b"HTTP/1.1 200 X\r\n", b"X-Flood: " + b"x" * 4000 + b"\r\n"), (b"HTTP/1.1 200 X\r\nX: ", b"x" * 4096)):
            self.publish("large.example", drip(first, piece, 0))
            self.assert_refused_fetch("did:web:large.example", "FETCH_TOO_LARGE")

    def test_encodings_and_answers_that_are_no_http(self):
        for encoding in ("gzip", "br", "identity, gzip"):
            self.web.publish("packed.example", "/.well-known/did.json", b"\x1f\x8b", headers=[f"Content-Encoding: {encoding}"])
            self.assert_refused_fetch("did:web:packed.example", "FETCH_ENCODING", encoding)
        self.publish("packed.example", b"HTTP/1.1 200 X\r\nTransfer-Encoding: gzip\r\n\r\nxx")
        self.assert_refused_fetch("did:web:packed.example", "FETCH_PROTOCOL")
        for answer in (b"SSH-2.0-x\r\n\r\n", b"", b"HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\n{", b"HTTP/1.1 103 X\r\n\r\n" * 20):
            self.publish("nonsense.example", answer)
            self.assert_refused_fetch("did:web:nonsense.example", "FETCH_PROTOCOL")

    def test_slow_servers_are_given_up_in_time(self):
        slow = {"body": drip(b"HTTP/1.1 200 X\r\nContent-Length: 9999\r\n\r\n", b" ", 0.5), "header": drip(b"HTTP/1.1 200 X\r\nX: ", b"x", 0.5),
                "silent": lambda tls: time.sleep(60)}
        for name, answer in slow.items():
            self.publish(f"{name}.example", answer)
        tarpit = socket.create_server((PUBLIC, 4443))  # accepts and never says a word of TLS
        started = time.monotonic()
        runs = [subprocess.Popen(resolve_command(f"did:web:{host}", "--fetch", "--ca-file", self.authority.file), stdout=subprocess.PIPE)
                for host in [f"{name}.example" for name in slow] + ["plain.example%3A4443"]]
        for done in runs:
            out, _ = done.communicate(timeout=60)
            self.assertEqual(done.returncode, 2, out)
            self.assert_code(json.loads(out)["didResolutionMetadata"]["code"], "FETCH_TIMEOUT")
        self.assertLess(time.monotonic() - started, SLOW_SECONDS_MAX)
        tarpit.close()

    def test_documents_that_are_not_the_dids(self):
        cases = {document_of("other.example"): "DID_DOCUMENT_MISMATCH", "{}": "DID_DOCUMENT_INVALID", "<html>": "JSON_SYNTAX",
                 '{"id":"did:web:bad.example","id":"did:web:bad.example"}': "JSON_DUPLICATE_MEMBER"}
        for text, code in cases.items():
            self.web.publish("bad.example", "/.well-known/did.json", text)
            self.assert_refused_fetch("did:web:bad.example", code, exit_code=1, error="invalidDid")

    def test_nothing_is_fetched_without_being_asked_for(self):
        before = len(self.web.requests), dict(self.names.asked)
        for did in ("did:web:plain.example", LOGS["ok-one-version"]["did"]):
            done = subprocess.run(resolve_command(did), capture_output=True, timeout=60)
            metadata = json.loads(done.stdout)["didResolutionMetadata"]
            self.assertEqual((done.returncode, metadata["error"]), (2, "notFound"))
            self.assertIn("--fetch", metadata["message"])
        self.assertEqual((len(self.web.requests), self.names.asked), before)


def prepare_namespace(folder):
    """Inside: addresses and names of our own."""
    files = {"resolv.conf": f"nameserver {NAME_SERVER}\noptions timeout:1 attempts:2\n", "hosts": "127.0.0.1 localhost\n", "nsswitch.conf": "hosts: files dns\n"}
    commands = [["ip", "link", "set", "lo", "up"]]
    commands += [["ip", "address", "add", address + "/32", "dev", "lo"] for address in (PUBLIC, OTHER, DEAF, NAME_SERVER)]
    for name, text in files.items():
        (folder / name).write_text(text)
        if os.path.exists("/etc/" + name):
            commands.append(["mount", "--bind", str(folder / name), "/etc/" + name])
    for command in commands:
        subprocess.run(command, check=True)


def can_unshare(command):
    try:
        return subprocess.run([*command, "true"], capture_output=True).returncode == 0
    except OSError:
        return False


def main(skipped="NOTHING of the fetcher was tested against web servers"):
    """Runs the tests of the calling file in a network namespace of its own."""
    if os.environ.get(INSIDE):
        with tempfile.TemporaryDirectory() as folder:
            prepare_namespace(pathlib.Path(folder))
            unittest.main(warnings="ignore")
    for command in (["unshare", "-n", "-m"], ["unshare", "-r", "-n", "-m"]):
        if can_unshare(command):
            return subprocess.run([*command, sys.executable, "-B", *sys.argv], env={**os.environ, INSIDE: "1"}).returncode
    print("SKIPPED: this machine allows no network namespaces, so " + skipped, flush=True)
    return 1 if os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    sys.exit(main())
