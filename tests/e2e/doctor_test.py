"""`vcnode doctor` against seeded faults, one test each: subject, severity, the thing, value and limit, and a remedy.

The table "Doctor" of protocol/spec/operations.md lists the findings: what is asserted here stands there, and what stands
there is asserted here.
"""
import contextlib
import datetime
import fcntl
import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import unittest
import zlib

from harness import ROOT, SAMPLES, TLS_RELAY, Network, StrangeNode, TestCase, VCNODE, free_port, wait_until

sys.path.insert(0, str(ROOT / "tests" / "durability"))
import durable  # noqa: E402

SECONDS_MAX = 60
MIB = 1024 * 1024
PAGE = (ROOT / "protocol/spec/operations.md").read_text()
UNUSED_PORT_URL = "wss://127.0.0.1:1/peer"


def listed_findings():
    rows = re.findall(r"^\| ([a-z ]+) \| (problem|warning) \| `([^`]+)` \| (.+) \|$", PAGE.split("\n## Doctor\n")[1], re.M)
    return {(subject, severity, says): remedy for subject, severity, says, remedy in rows}


LISTED = listed_findings()
ASSERTED = set()


def tearDownModule():
    if unasserted := sorted(set(LISTED) - ASSERTED):
        if len(sys.argv) == 1 or sys.argv[1:] == ["-v"]:
            raise AssertionError(f"operations.md lists findings that no test asserts: {unasserted}")


class DoctorCase(TestCase):
    def setUp(self):
        self.network = Network(VCNODE)
        self.addCleanup(self.network.__exit__)

    def home(self, name="a", *arguments):
        node = self.network.node(name)
        node.init(*arguments)
        return node

    def config(self, node, old, new):
        path = node.home / "config.toml"
        text = path.read_text()
        self.assertIn(old, text)
        path.write_text(text.replace(old, new))

    def append(self, node, text):
        with open(node.home / "config.toml", "a", encoding="utf-8") as out:
            out.write("\n" + text + "\n")

    @staticmethod
    def run_doctor(node, prefix=()):
        done = subprocess.run([*prefix, VCNODE, "--home", str(node.home), "doctor", "--json"], capture_output=True, text=True, timeout=120, check=False)
        try:
            return done.returncode, json.loads(done.stdout)["findings"]
        except (ValueError, KeyError):
            raise AssertionError(f"doctor ended with {done.returncode}: {done.stdout}{done.stderr}") from None

    def found(self, findings, subject, severity, says):
        return next((row for row in findings if (row["subject"], row["severity"]) == (subject, severity) and says in row["sentence"]), None)

    def assert_found(self, node, subject, severity, says, *parts, prefix=(), remedy=""):
        """The finding, listed in the page, with these parts in its sentence; the exit code fits."""
        self.assertIn((subject, severity, says), LISTED, "operations.md does not list this finding")
        code, findings = self.run_doctor(node, prefix)
        row = self.found(findings, subject, severity, says)
        self.assertIsNotNone(row, json.dumps(findings, indent=1))
        for part in parts:
            self.assertIn(str(part), row["sentence"])
        self.assertIn(remedy, row["remedy"])
        self.assertTrue(all(bool(entry["remedy"]) == (entry["severity"] != "ok") for entry in findings))
        self.assertEqual(code, 1 if any(entry["severity"] == "problem" for entry in findings) else 0)
        ASSERTED.add((subject, severity, says))
        return row

    def wait_found(self, node, subject, severity, says, *parts, remedy=""):
        wait_until(lambda: self.found(self.run_doctor(node)[1], subject, severity, says), f"doctor says {says}", SECONDS_MAX, every=0.3)
        return self.assert_found(node, subject, severity, says, *parts, remedy=remedy)


class Configuration(DoctorCase):
    def test_no_home(self):
        self.assert_found(self.network.node("nobody"), "configuration", "problem", "CONFIG_UNREADABLE", "nobody/config.toml", remedy="init")

    def test_something_else_in_its_place(self):
        for make in (lambda path: path.mkdir(), os.mkfifo):
            node = self.home(f"a{make.__name__.strip('<>')}")
            path = node.home / "config.toml"
            path.unlink()
            make(path)
            self.assert_found(node, "configuration", "problem", "CONFIG_UNREADABLE", path, "not a regular file", remedy="restore config.toml")
            self.assertIn("not a regular file", node.cli("run").err, "nor does run wait for what nobody writes")

    def test_syntax(self):
        node = self.home()
        self.config(node, "[http]", "[http")
        self.assert_found(node, "configuration", "problem", "CONFIG_SYNTAX", "line", remedy="config.toml")

    def test_unknown_key(self):
        node = self.home()
        self.config(node, "[http]\n", "[http]\nlisten_adress = \"x\"\n")
        self.assert_found(node, "configuration", "problem", "CONFIG_UNKNOWN_KEY", "http.listen_adress", "http.listen")

    def test_bad_value(self):
        node = self.home()
        self.config(node, "shutdown_ms = 5000", "shutdown_ms = 5")
        self.assert_found(node, "configuration", "problem", "CONFIG_VALUE", "server.shutdown_ms", "5", "100")

    def test_missing_key(self):
        node = self.home()
        self.config(node, f'name = "{node.network}"', "")
        self.assert_found(node, "configuration", "problem", "CONFIG_MISSING_KEY", "network.name")

    def test_an_issuer_without_feeds(self):
        node = self.home()
        node.start()
        node.stop()
        node.admit("did:web:example.com")
        self.assert_found(node, "issuer", "problem", "ISSUER_METHOD_UNSUPPORTED", "did:web:example.com", "did:key", remedy="admit")


class Issuers(DoctorCase):
    def test_two_issuers_at_one_address(self):
        node = self.home("a", "--domain", "uni.example")
        other = "did:webvh:QmbGByHk3idQYHk39xmYh6HZEKBcSGHEqa7Yv9u81goZ2e:uni.example"
        self.append(node, f'[[issuer]]\nname = "law"\ndid = "{other}"\nkeys = "keys/law"')
        self.assert_found(node, "issuer", "problem", "ISSUER_PLACE_TAKEN", "'law'", "'main'", "https://uni.example/.well-known/did.jsonl", remedy="node of its own")

    def test_nothing_is_observed_without_fetching(self):
        node = self.home()
        self.append(node, '[[observe]]\ndid = "did:web:uni.example"')
        self.assert_found(node, "observe", "warning", "FETCH_DISABLED", "1 addresses", "0 of them", remedy="enabled = true")


class Keys(DoctorCase):
    def test_no_passphrase(self):
        node = self.home()
        (node.home / "passphrase").unlink()
        self.assert_found(node, "passphrase", "problem", "PASSPHRASE_UNAVAILABLE", node.home / "passphrase", remedy="no key file could be checked")

    def test_key_file_missing(self):
        node = self.home()
        (node.home / "keys/node.json").unlink()
        self.assert_found(node, "key file", "problem", "FILE_UNREADABLE", node.home / "keys/node.json", remedy="backup")

    def test_key_file_permissions(self):
        node = self.home()
        (node.home / "keys/issuer-main.json").chmod(0o644)
        self.assert_found(node, "key file", "problem", "KEY_FILE_PERMISSIONS", "keys/issuer-main.json", "644", remedy="chmod 600")

    def test_pipes_in_the_place_of_secrets(self):
        node = self.home()
        for path, subject, code in (("keys/issuer-main.json", "key file", "FILE_UNREADABLE"), ("tls/key.pem", "certificate", "FILE_UNREADABLE"),
                                    ("passphrase", "passphrase", "PASSPHRASE_UNAVAILABLE")):
            with self.subTest(path):
                (node.home / path).unlink()
                os.mkfifo(node.home / path, 0o600)
                self.assert_found(node, subject, "problem", code, node.home / path, "not a regular file")
                self.assertIn("not a regular file", node.cli("run").err, "nor does run wait for what nobody writes")

    def test_passphrase_through_a_pipe(self):
        node = self.home()
        passphrase = (node.home / "passphrase").read_bytes()
        self.config(node, 'passphrase = "file:passphrase"', 'passphrase = "fd:0"')
        done = subprocess.run([VCNODE, "--home", str(node.home), "doctor", "--json"], input=passphrase, capture_output=True, timeout=120, check=False)
        self.assertIsNotNone(self.found(json.loads(done.stdout)["findings"], "key file", "ok", "keys/node.json"), done)

    def test_passphrase_permissions(self):
        node = self.home()
        (node.home / "passphrase").chmod(0o644)
        self.assert_found(node, "passphrase", "problem", "SECRET_FILE_PERMISSIONS", node.home / "passphrase", "0644", "0600", remedy="chmod 600")
        self.assertIsNotNone(self.found(self.run_doctor(node)[1], "key file", "ok", "keys/node.json"), "the keys are looked at all the same")

    def test_wrong_passphrase(self):
        node = self.home()
        (node.home / "passphrase").write_text("another passphrase\n")
        self.assert_found(node, "key file", "problem", "KEY_FILE_PASSPHRASE", node.home / "keys/node.json", remedy="passphrase")

    def test_key_file_damaged(self):
        node = self.home()
        (node.home / "keys/node.json").write_text("{}")
        self.assert_found(node, "key file", "problem", "KEY_FILE_INVALID", node.home / "keys/node.json", remedy="backup")

    def test_file_of_another_key(self):
        node = self.home()
        self.config(node, "keys/issuer-main.json", "keys/node.json")
        self.assert_found(node, "key file", "problem", "KEY_FILE_PURPOSE", node.home / "keys/node.json", "node", remedy="key_file")

    def test_issuer_key_of_another_did(self):
        node, other = self.home(), self.home("other")
        self.config(node, node.did, other.did)
        self.assert_found(node, "issuer", "problem", "ISSUER_KEY_MISMATCH", "'main'", node.did, other.did, remedy="did")

    def test_folder_without_an_assertion_key(self):
        node = self.home("a", "--domain", "uni.example")
        (node.home / "keys/main/assertion-1.key").unlink()
        self.assert_found(node, "issuer", "problem", "ISSUER_KEY_MISSING", "'main'", node.home / "keys/main", remedy="restore the folder")

    def test_node_key_is_an_issuers_key(self):
        node = self.home()
        passphrase = (node.home / "passphrase").read_bytes().removesuffix(b"\n")
        sodium = durable.ctypes.CDLL("libsodium.so.23")
        sealed = json.loads((node.home / "keys/node.json").read_text())
        seed = durable._crypt(sodium, sealed, passphrase, durable.from_base64url(sealed["ciphertext"]), opening=True)
        sealed["purpose"] = json.loads((node.home / "keys/issuer-main.json").read_text())["purpose"]
        sealed["ciphertext"] = durable.base64url(durable._crypt(sodium, sealed, passphrase, seed, opening=False))
        (node.home / "keys/issuer-main.json").write_text(json.dumps(sealed, sort_keys=True, separators=(",", ":")))
        self.config(node, node.did, f"did:key:{node.info['nodeKey']}")
        self.assert_found(node, "keys", "problem", "KEY_REUSED", node.info["nodeKey"], "the node", "'main'", "1 use", remedy="one key has one purpose")

    def test_two_issuers_with_one_key(self):
        node = self.home()
        self.append(node, f'[[issuer]]\nname = "twin"\ndid = "{node.did}"\nkey_file = "keys/issuer-main.json"')
        self.assert_found(node, "keys", "problem", "KEY_REUSED", "'main'", "'twin'", "1 use", remedy="one key has one purpose")


class Certificate(DoctorCase):
    def test_key_permissions(self):
        node = self.home()
        (node.home / "tls/key.pem").chmod(0o640)
        self.assert_found(node, "certificate", "problem", "SECRET_FILE_PERMISSIONS", node.home / "tls/key.pem", "0640", "0600", remedy="chmod 600")

    def test_missing(self):
        node = self.home()
        (node.home / "tls/certificate.pem").unlink()
        self.assert_found(node, "certificate", "problem", "FILE_UNREADABLE", "tls/certificate.pem", remedy="PEM")

    def test_not_of_its_key(self):
        node, other = self.home(), self.home("other")
        (node.home / "tls/key.pem").write_bytes((other.home / "tls/key.pem").read_bytes())
        self.assert_found(node, "certificate", "problem", "TLS_CERTIFICATE", "tls/key.pem", "is not the key of", remedy="matching pair")

    def test_expired(self):
        node = self.home()
        tls = node.home / "tls"
        (tls / "index.txt").touch()
        (tls / "ca.conf").write_text(f"[ca]\ndefault_ca=a\n[a]\ndatabase={tls}/index.txt\nnew_certs_dir={tls}\nrand_serial=yes\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n")
        for command in (["req", "-new", "-key", tls / "key.pem", "-subj", "/CN=x", "-out", tls / "x.csr"],
                        ["ca", "-batch", "-selfsign", "-config", tls / "ca.conf", "-in", tls / "x.csr", "-keyfile", tls / "key.pem", "-notext",
                         "-startdate", "20200101000000Z", "-enddate", "20210101000000Z", "-out", tls / "certificate.pem"]):
            subprocess.run(["openssl", *map(str, command)], check=True, capture_output=True)
        self.assert_found(node, "certificate", "problem", "TLS_CERTIFICATE", "tls/certificate.pem", "expired at 2021-01-01T00:00:00Z", remedy="matching pair")


class Permissions(DoctorCase):
    def test_what_others_can_write(self):
        node = self.home()
        node.start()
        node.stop()
        self.assertIsNone(self.found(self.run_doctor(node)[1], "permissions", "problem", ""))
        for path in (node.home, node.home / "keys", node.home / "config.toml", node.home / "store.sqlite"):
            with self.subTest(path):
                before = path.stat().st_mode
                path.chmod(before | 0o022)
                self.assert_found(node, "permissions", "problem", "can be written by others", path, f"0{path.stat().st_mode & 0o777:o}", remedy=f"chmod go-w {path}")
                path.chmod(before | 0o020)
                self.assert_found(node, "permissions", "warning", "can be written by its group", path, f"0{path.stat().st_mode & 0o777:o}", remedy=f"chmod go-w {path}")
                path.chmod(before)


class Disk(DoctorCase):
    def mounting(self, size, option):
        """A prefix that runs a command where the folder `disk` is a file system of its own, holding what the folder held."""
        disk = self.network.folder / "disk"
        script = f'cp -a "{disk}/." "{disk}.copy" && mount -t tmpfs -o size={size} tmpfs "{disk}" && cp -a "{disk}.copy/." "{disk}"'
        if option:
            script += f' && mount -o remount,{option} "{disk}"'
        for extra in ([], ["--map-root-user"]):
            prefix = ["unshare", "--mount", *extra, "sh", "-c"]
            if subprocess.run([*prefix, "mount -t tmpfs tmpfs /mnt"], capture_output=True, check=False).returncode == 0:
                return [*prefix, script + ' && exec "$@"', "sh"]
        if os.environ.get("CI") == "true":
            self.fail("may not mount a tmpfs here (needs root or user namespaces)")
        print("SKIPPED: doctor_test may not mount a tmpfs here (needs root or user namespaces)", file=sys.stderr)
        ASSERTED.update({("disk", "warning", "MiB is low"), ("disk", "problem", "cannot be written"), ("store", "problem", "STORE_FAILED")})
        self.skipTest("no mount")
        return None

    def home_on_disk(self):
        (self.network.folder / "disk").mkdir()
        node = self.home("disk/a")
        node.start()
        node.stop()
        return node

    def test_nearly_full(self):
        node = self.home_on_disk()
        row = self.assert_found(node, "disk", "warning", "MiB is low", node.home, "below 200", prefix=self.mounting("16m", ""), remedy="free space")
        self.assertLess(int(row["sentence"].split(" ")[0]), 16)

    def test_read_only(self):
        node = self.home_on_disk()
        prefix = self.mounting("64m", "ro")
        self.assert_found(node, "disk", "problem", "cannot be written", node.home, "Read-only file system", prefix=prefix, remedy="mount")
        subprocess.run(["rm", "-r", f"{self.network.folder}/disk.copy"], check=True)
        self.assert_found(node, "store", "problem", "STORE_FAILED", node.home / "store.sqlite", prefix=prefix, remedy="space, rights")

    def test_port_taken(self):
        node = self.home()
        with socket.create_server(("127.0.0.1", node.port)):
            self.assert_found(node, "address", "problem", "cannot be used", f"127.0.0.1:{node.port}", "Address already in use", remedy="[http] listen")


class Store(DoctorCase):
    def setUp(self):
        super().setUp()
        self.node = self.home()
        self.file = self.node.home / "store.sqlite"

    def used(self):
        self.node.start()
        self.node.stop()

    def test_not_there(self):
        self.file.unlink()
        self.assert_found(self.node, "store", "problem", "there is no store", self.file, remedy="--new-store")
        self.assertFalse(self.file.exists(), "looking makes no store")
        self.file.touch()  # an empty file is none
        self.assert_found(self.node, "store", "problem", "there is no store", self.file, remedy="--new-store")

    def test_damaged(self):
        self.used()
        with open(self.file, "r+b") as out:
            out.write(b"\0" * 64)
        self.assert_found(self.node, "store", "problem", "STORE_CORRUPT", self.file, remedy="backup")

    def test_leaves_and_head_that_do_not_fit(self):
        self.used()
        whole = self.file.read_bytes()
        with contextlib.closing(sqlite3.connect(self.file)) as store:
            # Beside the feed's rows the node keeps notes of its own, under names that are no feed's.
            origin, hash_ = store.execute("SELECT id, hash FROM origin WHERE id = (SELECT origin FROM leaf LIMIT 1)").fetchone()
            first, = store.execute("SELECT data FROM leaf WHERE idx = 0").fetchone()

        def leaf(data):
            return "UPDATE leaf SET data = ?, row_check = ? WHERE idx = 1", (data, zlib.crc32(data, zlib.crc32((1).to_bytes(8, "little"), zlib.crc32(hash_))))

        def note(text):
            return f"UPDATE head SET note = ?, row_check = ? WHERE origin = {origin}", (text, zlib.crc32(text.encode(), zlib.crc32(hash_)))

        for code, statement, values in (("LEAF_COUNT", "DELETE FROM leaf WHERE idx = (SELECT max(idx) FROM leaf)", ()), ("LEAF_COUNT", f"DELETE FROM head WHERE origin = {origin}", ()),
                                        ("HEAD_ROOT_MISMATCH", *leaf(first)), ("LEAF_MALFORMED", *leaf(b"{}")), ("NOTE_MALFORMED", *note("no note"))):
            with self.subTest(statement, code=code):
                with contextlib.closing(sqlite3.connect(self.file)) as store:
                    self.assertEqual(store.execute(statement, values).rowcount, 1)
                    store.commit()
                row = self.assert_found(self.node, "store", "problem", code, remedy="restore the file from a backup")
                self.assertIn("--new-store", row["remedy"])
                self.file.write_bytes(whole)

    def test_path_of_something_else(self):
        self.used()
        for other in (self.node.home / "keys/node.json", self.node.home / "keys"):
            with self.subTest(other):
                self.config(self.node, 'path = "store.sqlite"', f'path = "{other}"')
                row = self.assert_found(self.node, "store", "problem", "does not begin as a store does", other, "STORE_CORRUPT", remedy="correct [store] path")
                self.assertNotIn("--new-store", row["remedy"])
                self.assertFalse(other.with_name(other.name + ".lock").exists(), "looking leaves nothing beside it")
                self.config(self.node, f'path = "{other}"', 'path = "store.sqlite"')

    def test_schemas_of_other_versions(self):
        self.used()
        for version in (99, 0):
            with self.subTest(version), contextlib.closing(sqlite3.connect(self.file)) as store:
                store.execute(f"PRAGMA user_version = {version}")
                store.commit()
                self.assert_found(self.node, "store", "problem", "STORE_SCHEMA", self.file, version, remedy="version of vcnode")

    def test_locked_by_something_that_is_no_node(self):
        self.used()
        with open(f"{self.file}.lock", "a", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.assert_found(self.node, "store", "problem", "STORE_LOCKED", f"{self.file}.lock", remedy="stop the process")
            self.assert_found(self.node, "node", "warning", "no node is running", self.node.home, remedy="run")

    def test_admin_socket_is_something_else(self):
        socket_path = self.node.home / "admin.sock"
        for make in (lambda: socket_path.mkdir(), lambda: socket_path.write_text("x")):
            make()
            self.assert_found(self.node, "node", "problem", "is no socket", socket_path, "LISTEN_FAILED", remedy="move away")
            self.assertIn("LISTEN_FAILED", self.node.cli("run").err)
            subprocess.run(["rm", "-r", socket_path], check=True)

    def test_home_path_too_long_for_a_socket(self):
        node = self.home("long/" + "n" * 100)
        path = node.home / "admin.sock"
        self.assert_found(node, "node", "problem", "is the limit of the system", path, f"{len(str(path))} bytes", "107", "LISTEN_FAILED", remedy="shorter path")

    def test_tokens(self):
        tokens = self.node.home / "tokens.json"
        tokens.write_text(tokens.read_text().replace('"operator"', '"king"'))
        tokens.chmod(0o606)
        self.assert_found(self.node, "tokens", "problem", "SECRET_FILE_PERMISSIONS", tokens, "0606", "0600", remedy="chmod 600")
        tokens.chmod(0o600)
        self.assert_found(self.node, "tokens", "problem", "TOKENS_FILE_INVALID", tokens, '"king"', remedy="restore")
        tokens.unlink()
        self.assert_found(self.node, "tokens", "warning", "is not there", tokens, remedy="restore")

    def test_failed_while_running(self):
        self.used()
        command = ["strace", "-D", "-f", "-o", "/dev/null", "-P", f"{self.file}-wal", "-e", "trace=fdatasync,fsync", "-e", "inject=fdatasync,fsync:error=EIO",
                   VCNODE, "--home", str(self.node.home), "run"]
        with open(self.node.home / "node.log", "ab") as log:
            self.node.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        self.node.wait_ready()
        self.node.cli("issue", SAMPLES / "badge.json")
        self.assert_found(self.node, "node", "problem", "STORE_FAILED", self.file, remedy="stop and start the node")

    def test_rotten_while_running(self):
        self.node.start()
        with contextlib.closing(sqlite3.connect(self.file)) as store:
            store.execute("UPDATE leaf SET data = x'00' WHERE idx = 1")
            store.commit()
        feed, = json.loads(self.node.get("/feeds")[1])
        status, body = self.node.get(f"/feeds/{feed['originHash']}/tile/entries/000.p/2")
        self.assertEqual((status, json.loads(body)["code"]), (500, "STORE_CORRUPT"))
        self.assert_found(self.node, "node", "problem", "STORE_CORRUPT", feed["originHash"], "leaf 1", remedy="--new-store")
        self.node.stop()
        self.assert_found(self.node, "store", "problem", "STORE_CORRUPT", feed["originHash"], "leaf 1", remedy="backup")


class Witnesses(DoctorCase):
    def with_policy(self, node, text):
        (node.home / "witnesses.txt").write_text(text)
        self.config(node, 'name = "main"\n', 'name = "main"\nwitness_policy = "witnesses.txt"\ntime_batch_seconds = 1\n')

    def test_policies_that_prove_nothing(self):
        node = self.home()
        self.with_policy(node, "quorum none\n")
        self.assert_found(node, "witness policy", "problem", "CONFIG_VALUE", "'main'", "witnesses.txt", "no quorum", remedy="a quorum")
        (node.home / "witnesses.txt").write_text("quorum\n")
        self.assert_found(node, "witness policy", "problem", "WITNESS_POLICY_MALFORMED", "witnesses.txt", "line 1", remedy="correct the file")
        (node.home / "witnesses.txt").unlink()
        self.assert_found(node, "witness policy", "problem", "FILE_UNREADABLE", "witnesses.txt", remedy="correct the file")

    def test_a_witness_that_is_away(self):
        away, node = self.home("away"), self.home("a")
        line = away.cli("witness", "new", "--json").json()["policyLine"]
        self.with_policy(node, f"{line}\nquorum {line.split()[1]}\n")
        node.start()
        self.wait_found(node, "witness", "warning", "did not cosign", f"localhost:{away.port}", "HTTP_UNREACHABLE", remedy="its address")


class Peers(DoctorCase):
    def pair(self, *of_b):
        """a, running, and b, which dials it."""
        a = self.home("a")
        a.start()
        b = self.home("b", "--admit", a.did, *(of_b or ("--peer-link", a.peer_url)))
        return a, b

    def test_unreachable(self):
        node = self.home("a", "--peer-link", UNUSED_PORT_URL)
        node.start()
        self.wait_found(node, "peer", "warning", "DIAL_FAILED", UNUSED_PORT_URL, "127.0.0.1:1", "Connection refused", remedy="firewall")

    def test_tls_terminated_by_a_proxy(self):
        port = free_port()
        a, b = self.pair("--peer-link", f"wss://127.0.0.1:{port}/peer")
        relay = subprocess.Popen([TLS_RELAY, str(port), f"127.0.0.1:{a.port}", str(a.home / "tls/certificate.pem"), str(a.home / "tls/key.pem")])
        try:
            b.start()
            self.wait_found(b, "peer", "warning", "HELLO_CHANNEL", f"127.0.0.1:{port}", remedy="pass TLS through")
        finally:
            relay.kill()
            relay.wait()

    def test_another_network(self):
        a, b = self.pair()
        self.config(b, f'name = "{b.network}"', 'name = "elsewhere"')
        b.start()
        self.wait_found(b, "peer", "warning", "HELLO_NETWORK", a.peer_url, "elsewhere", a.network, remedy="network names differ")

    def test_pinned_key_differs(self):
        a = self.home("a")
        a.start()
        other = self.home("other")
        b = self.home("b", "--admit", a.did, "--peer-link", f"{a.peer_url}#{other.info['nodeKey']}")
        b.start()
        self.wait_found(b, "peer", "warning", "HELLO_NODE_KEY", a.peer_url, a.info["nodeKey"], other.info["nodeKey"], remedy="compare the node_key")

    def test_two_nodes_with_one_node_key(self):
        a, b = self.pair()
        (b.home / "keys/node.json").write_bytes((a.home / "keys/node.json").read_bytes())
        for path in ("passphrase", "keys/issuer-main.json"):
            (b.home / path).write_bytes((a.home / path).read_bytes())
        self.config(b, f'did = "{b.did}"', f'did = "{a.did}"')
        b.start()
        self.wait_found(b, "peer", "warning", "HELLO_SELF", a.peer_url, remedy="copy of this node's key")

    def test_issuer_that_no_peer_admits(self):
        a, b = self.pair()
        b.start()  # hosts an issuer of its own, which a does not admit
        wait_until(lambda: any(peer["state"] == "ready" for peer in b.cli("peers", "--json").json()["peers"]), "b is linked", SECONDS_MAX)
        self.assert_found(b, "issuer", "warning", "no connected peer replicates", "'main'", b.did, "0 peers", remedy="[network] admit")
        wait_until(lambda: a.cli("status", "--json").json()["issuers"][0]["peers"] == 1, "a's issuer is shared", SECONDS_MAX)
        self.assertIsNone(self.found(self.run_doctor(a)[1], "issuer", "warning", "no connected peer replicates"))

    def test_start_check_that_nobody_answers(self):
        node = self.home()
        node.start()
        self.assertEqual(node.cli("issue", SAMPLES / "badge.json").code, 0)
        node.stop()
        self.append(node, f'[[peer]]\nurl = "{UNUSED_PORT_URL}"')
        node.start()
        self.assert_found(node, "node", "problem", "START_CHECK_PENDING", "0 configured peers of the 1 needed", remedy="--waive-start-check")

    def test_nobody_to_hear_and_nothing_heard(self):
        node, other = self.home(), self.home("other")
        node.admit(other.did)
        node.start()
        self.assert_found(node, "peer", "warning", "0 peers", "at least 1", remedy="[[peer]]")
        self.assert_found(node, "feed", "warning", "is held, which [network] admit names", other.did, "at least 1", remedy="connect")

    def test_nothing_of_a_sponsor_is_heard(self):
        other = self.home("other")
        node = self.home("node-of-a-sponsor", "--sponsor", other.did)
        node.start()
        self.assert_found(node, "feed", "warning", "is held, which [network] sponsors names", other.did, "at least 1", remedy="connect")


class Scripted(DoctorCase):
    """A node that says of itself what a real one would say after days, or with peers under other clocks."""

    def setUp(self):
        super().setUp()
        self.node, self.other = self.home(), self.home("other")
        self.node.admit(self.other.did)

    @staticmethod
    def hours_ago(hours):
        return (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def answer(self):
        feeds = [{"issuer": node.did, "size": 5, "time": self.hours_ago(1), "pending": None, "missingBodies": 0, "contradicted": False, "peers": 1}
                 for node in (self.node, self.other)]
        peer = {"address": "wss://b.example/peer", "state": "ready", "lastError": "", "clockDifferenceSeconds": 0}
        return {"ready": True, "reasons": [], "feeds": feeds, "peers": [peer],
                "admission": {"reconciled": 2, "held": 2, "limit": 1024, "refused": 0, "withoutFeed": 0},
                "issuers": [{"name": "main", "did": self.node.did, "peers": 1, "head": {"size": 5, "time": self.hours_ago(1)}}]}

    @contextlib.contextmanager
    def saying(self, answer, status=200):
        stranger = StrangeNode(self.node.home, status, answer if isinstance(answer, bytes) else json.dumps(answer).encode())
        try:
            yield
        finally:
            stranger.close()
            (self.node.home / "admin.sock").unlink()

    def assert_said(self, change, *expected, **more):
        answer = self.answer()
        change(answer)
        with self.saying(answer):
            return self.assert_found(self.node, *expected, **more)

    def test_a_healthy_one_is_well(self):
        with self.saying(self.answer()):
            code, findings = self.run_doctor(self.node)
        self.assertEqual((code, {row["severity"] for row in findings}), (0, {"ok"}), findings)

    def test_clock_ahead_of_its_peers(self):
        reason = {"code": "CLOCK_AHEAD", "sentence": "this node's clock is 900 seconds ahead of the median of its peers'; the limit is 300"}
        self.assert_said(lambda a: a.update(ready=False, reasons=[reason]), "node", "problem", "CLOCK_AHEAD", "900", "300", remedy="NTP")
        self.assert_said(lambda a: a["peers"][0].update(clockDifferenceSeconds=-900), "clock", "warning", "ahead of that of", "900 seconds", "wss://b.example/peer", "300", remedy="NTP")
        self.assert_said(lambda a: a["peers"][0].update(clockDifferenceSeconds=900), "clock", "warning", "behind that of", "900 seconds", "300", remedy="NTP")

    def test_own_head_is_stale(self):
        self.assert_said(lambda a: a["issuers"][0]["head"].update(time=self.hours_ago(30)), "head", "warning", "should have been signed again", "'main'", "30 hours", "26 hours", remedy="may not sign")

    def test_replicated_head_is_stale(self):
        self.assert_said(lambda a: a["feeds"][1].update(time=self.hours_ago(72)), "head", "warning", "HEAD_OLD", self.other.did, "72 hours", "48 hours", remedy="other peers")

    def test_the_last_head_of_an_issuer_that_ended_does_not_age(self):
        for end in ("FEED_CLOSED", "ISSUER_DEACTIVATED"):
            answer = self.answer()
            answer["feeds"][1].update(time=self.hours_ago(24 * 365), ended=end)
            with self.saying(answer):
                code, findings = self.run_doctor(self.node)
            self.assertEqual((code, {row["severity"] for row in findings}), (0, {"ok"}), findings)

    def test_bodies_are_missing(self):
        self.assert_said(lambda a: a["feeds"][1].update(missingBodies=3), "feed", "warning", "are missing", "3 bodies", self.other.did, remedy="holds them")

    def test_a_head_is_pending(self):
        self.assert_said(lambda a: a["feeds"][1].update(pending={"size": 9, "time": self.hours_ago(0)}), "feed", "warning", "a newer head of", self.other.did, "9 entries", "held are 5", remedy="another peer")

    def test_a_feed_is_contradicted(self):
        self.assert_said(lambda a: a["feeds"][1].update(contradicted=True), "feed", "problem", "FEED_CONTRADICTED", self.other.did, "1 is the limit", remedy="tell the issuer")

    def test_a_feed_has_a_false_state(self):
        self.assert_said(lambda a: a["feeds"][1].update(falseState=True), "feed", "warning", "is a false state", self.other.did, "0 such leaves", remedy="tell the issuer")

    def test_a_sponsored_issuer_is_not_held(self):
        self.assert_said(lambda a: a["admission"].update(refused=7), "feed", "warning", "ADMISSION_FULL", "7 sponsored", "1024", remedy="[network] sponsors")
        self.assert_said(lambda a: a["feeds"][1].update(admitted={"by": "nobody", "sponsors": []}), "feed", "warning", "is not admitted any more", self.other.did, remedy="[network] admit")

    def test_a_hosted_issuer_has_ended(self):
        for code in ("ISSUER_DEACTIVATED", "FEED_CLOSED"):
            self.assert_said(lambda a, code=code: a["issuers"][0].update(ended=code), "issuer", "warning", code, "'main'", "issues and revokes nothing", remedy="issuer new")

    def test_own_feed_is_contradicted_or_incomplete(self):
        for code in ("OWN_FEED_CONTRADICTED", "PUBLISHER_STATE_INCOMPLETE"):
            reason = {"code": code, "sentence": "issuer main: words of the node"}
            self.assert_said(lambda a, reason=reason: a.update(ready=False, reasons=[reason]), "node", "problem", code, "words of the node")

    def test_other_reasons_of_peers(self):
        for code, remedy in (("HELLO_VERSION", "up to date"), ("HELLO_TIMEOUT", "wait a minute"), ("PEER_STANDING", "tell its operator"), ("PEERS_FULL", "no more peers"),
                             ("PEER_DUPLICATE", "copy of the other's key"), ("PEER_LOST", "by itself")):
            self.assert_said(lambda a, code=code: a["peers"][0].update(state="waiting", lastError=f"{code}: what happened"), "peer", "warning", code, "what happened", "wss://b.example/peer", remedy=remedy)

    def test_what_could_not_be_checked_is_never_ok(self):
        with self.saying(b"{}"):
            for subject in ("issuer", "feed", "peer", "node"):
                self.assert_found(self.node, subject, "warning", "could not be checked")
        with self.saying({}, status=500):
            self.assert_found(self.node, "node", "warning", "could not be checked", "/status", "500", remedy="log")
        with self.saying(b"not JSON"):
            self.assert_found(self.node, "node", "warning", "could not be checked", "/status", "JSON", remedy="log")

    def test_a_node_that_does_not_answer(self):
        with socket.socket(socket.AF_UNIX) as full, socket.socket(socket.AF_UNIX) as first:
            full.bind(str(self.node.home / "admin.sock"))
            full.listen(0)
            first.connect(str(self.node.home / "admin.sock"))  # a backlog of 0 takes one
            self.assert_found(self.node, "node", "problem", "cannot be asked", self.node.home, remedy="log")


class Metrics(DoctorCase):
    def exposed(self, node):
        return dict(re.findall(r"^# TYPE (\S+) (\S+)$", node.get("/metrics")[1].decode(), re.M))

    def test_a_running_pair_shows_every_metric_of_the_page(self):
        listed = dict(re.findall(r"^\| `(vcnode_\w+)` \| (\w+) \|", PAGE, re.M))
        self.assertGreater(len(listed), 30)
        a = self.home("a")
        b = self.home("b", "--admit", a.did, "--peer-link", a.peer_url)
        for node in (a, b):
            node.start()
        credential = self.network.folder / "credential.json"
        wait_until(lambda: b.head_of(a.did), "b holds a's feed", SECONDS_MAX)
        self.assertEqual(a.cli("issue", SAMPLES / "badge.json", "-o", credential).code, 0)
        self.assertEqual(a.cli("revoke", credential).code, 0)
        self.assertEqual(b.post("/verdict", {"credential": json.loads(credential.read_text())})[0], 200)

        def value(node, line):
            found = re.search("^" + re.escape(line) + r" (\S+)$", node.get("/metrics")[1].decode(), re.M)
            return float(found.group(1)) if found else None

        wait_until(lambda: (value(b, "vcnode_head_propagation_seconds_count") or 0) >= 1, "b measured a propagation", SECONDS_MAX)
        self.assertEqual(self.exposed(b), listed)
        self.assertEqual(value(a, "vcnode_head_propagation_seconds_count"), 0, "its own heads come from nowhere")
        self.assertEqual(value(b, 'vcnode_head_propagation_seconds_bucket{le="60"}'), value(b, "vcnode_head_propagation_seconds_count"))
        self.assertEqual(value(b, f'vcnode_issuer_peers{{issuer="{a.did}"}}'), 1)
        self.assertLess(value(b, f'vcnode_issuer_head_age_seconds{{issuer="{a.did}"}}'), 60)
        wait_until(lambda: value(b, f'vcnode_issuer_entries_behind{{issuer="{a.did}"}}') == 0, "b has caught up", SECONDS_MAX)
        self.assertEqual(value(a, f'vcnode_issuer_may_sign{{issuer="{a.did}"}}'), 1)
        self.assertEqual((value(b, "vcnode_issuers_admitted"), value(b, "vcnode_feeds")), (2, 2))
        self.assertGreater(value(b, "vcnode_disk_free_bytes"), MIB)


if __name__ == "__main__":
    unittest.main()
