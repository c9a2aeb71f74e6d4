"""The command line: wrong input gets one clear sentence and a stable code, and nothing is lost."""
import http.server
import json
import os
import resource
import signal
import socket
import socketserver
import stat
import subprocess
import threading
import time
import unittest

from harness import SAMPLES, Network, StrangeNode, TestCase, VCNODE, wait_until


class Init(TestCase):
    def setUp(self):
        self.network = Network(VCNODE)
        self.addCleanup(self.network.__exit__)

    def test_a_second_init_refuses_and_changes_nothing(self):
        node = self.network.node("a")
        node.init()
        before = {path: path.read_bytes() for path in node.home.rglob("*") if path.is_file()}
        self.assert_refused(node.cli("init"), 64, "HOME_EXISTS", node.home)
        self.assertEqual(before, {path: path.read_bytes() for path in node.home.rglob("*") if path.is_file()})

    def test_secrets_are_private(self):
        node = self.network.node("a")
        node.init()
        for path in ("keys/node.json", "keys/issuer-main.json", "passphrase", "tokens.json", "tls/key.pem"):
            self.assertEqual(stat.S_IMODE(os.stat(node.home / path).st_mode), 0o600, path)

    def test_a_failed_init_leaves_nothing_behind(self):
        node = self.network.node("a")
        self.assert_refused(node.cli("init", "--listen", "127.0.0.1:99999"), 64, "CONFIG_VALUE", "99999", "65535")
        self.assert_refused(node.cli("init", "--network", "No Spaces"), 64, "CONFIG_VALUE", "No Spaces", "64")
        self.assert_refused(node.cli("init", "--passphrase", "file:/nowhere/at/all"), 64, "PASSPHRASE_UNAVAILABLE", "/nowhere/at/all")
        self.assert_refused(node.cli("init", "--admit", "did:web:example.com"), 64, "ISSUER_METHOD_UNSUPPORTED", "did:web:example.com", "did:key")
        self.assertEqual(list(self.network.folder.iterdir()), [])

    def test_a_home_that_is_no_folder_is_called_that(self):
        node = self.network.node("file")
        node.home.write_text("three years of work")
        self.assert_refused(node.cli("init"), 64, "HOME_EXISTS", node.home, "is not a folder")
        for command in (("status",), ("peers",), ("issue", SAMPLES / "badge.json"), ("revoke", "--id", "urn:x")):
            with self.subTest(command[0]):
                self.assert_refused(node.cli(*command), 64, "CONFIG_VALUE", node.home, "is not a folder")
        for command in (("run",), ("config", "check")):
            self.assert_refused(node.cli(*command), 64, "CONFIG_UNREADABLE", node.home, "is not a folder")
        self.assertEqual(node.home.read_text(), "three years of work")

    def test_a_relative_passphrase_file_is_one_of_the_current_folder(self):
        node = self.network.node("a")
        (self.network.folder / "pp").write_text("correct horse battery staple\n")
        for mode, code, said in ((0o644, 64, "error SECRET_FILE_PERMISSIONS:"), (0o600, 0, "")):
            (self.network.folder / "pp").chmod(mode)
            done = subprocess.run([VCNODE, "--home", node.home, "init", "--key-cost", "interactive", "--passphrase", "file:pp"],
                                  cwd=self.network.folder, capture_output=True, text=True, timeout=60)
            self.assertEqual((done.returncode, said in done.stderr), (code, True), done.stderr)
        self.assertIn(f'passphrase = "file:{self.network.folder}/pp"', (node.home / "config.toml").read_text())

    def test_a_passphrase_given_by_mistake_is_not_shown(self):
        answer = self.network.node("a").cli("init", "--passphrase", "hunter2")
        self.assert_refused(answer, 64, "PASSPHRASE_UNAVAILABLE", "file:PATH")
        self.assertNotIn("hunter2", answer.out + answer.err)

    def test_certificate_and_key_are_used_when_named_and_one_alone_is_refused(self):
        other = self.network.node("other")
        other.init()
        certificate, key = other.home / "tls/certificate.pem", other.home / "tls/key.pem"
        node = self.network.node("a")
        for arguments in (("--tls-certificate", certificate), ("--tls-key", key), ("--tls", "files"),
                          ("--tls", "self-signed", "--tls-certificate", certificate, "--tls-key", key)):
            self.assert_refused(node.cli("init", *arguments), 64, "USAGE", "--tls-certificate", "--tls-key")
        self.assert_refused(node.cli("init", "--tls-certificate", key, "--tls-key", key), 64, "TLS_CERTIFICATE", key, "no certificate")
        self.assertFalse(node.home.exists())
        node.init("--tls-certificate", certificate, "--tls-key", key)
        self.assertIn(f'tls_certificate = "{certificate}"', (node.home / "config.toml").read_text())
        self.assertFalse((node.home / "tls").exists())


class Config(TestCase):
    def setUp(self):
        self.network = Network(VCNODE)
        self.addCleanup(self.network.__exit__)
        self.node = self.network.node("a")
        self.node.init()
        self.path = self.node.home / "config.toml"
        self.good = self.path.read_text()

    def check(self, text):
        self.path.write_text(text)
        return self.node.cli("config", "check")

    def test_the_written_configuration_is_good(self):
        self.assertEqual(self.check(self.good).code, 0)

    def test_an_unknown_key_names_its_line_and_the_nearest_key(self):
        line = self.good.splitlines().index("[http]") + 2
        text = self.good.replace("[http]\n", "[http]\nlisten_adress = \"x\"\n")
        self.assert_refused(self.check(text), 64, "CONFIG_UNKNOWN_KEY", f"line {line}", "http.listen_adress", "http.listen")

    def test_bad_values_name_key_value_and_limit(self):
        self.assert_refused(self.check(self.good.replace("shutdown_ms = 5000", "shutdown_ms = 5")), 64, "CONFIG_VALUE", "server.shutdown_ms", "5", "100")
        self.assert_refused(self.check(self.good.replace("level = \"info\"", "level = \"loud\"")), 64, "CONFIG_VALUE", "log.level", "loud")
        self.assert_refused(self.check(self.good + "\n[[peer]]\nurl = \"http://x\"\n"), 64, "CONFIG_VALUE", "peer.url", "wss://")
        self.assert_refused(self.check(self.good + "\n[[peer]]\nnode_key = \"x\"\n"), 64, "CONFIG_MISSING_KEY", "url")
        self.assert_refused(self.check(self.good.replace("name = \"" + self.node.network + "\"", "")), 64, "CONFIG_MISSING_KEY", "network.name")
        self.assert_refused(self.check(self.good.replace("[http]", "[http")), 64, "CONFIG_SYNTAX", "line")

    def test_what_run_could_not_use_is_refused_before(self):
        listen = f"127.0.0.1:{self.node.port}"
        self.assert_refused(self.check(self.good.replace(f'listen = "{listen}"', f'listen = "localhost:{self.node.port}"')), 64, "CONFIG_VALUE", "http.listen", "numeric")
        self.assert_refused(self.check(self.good.replace(f'public_url = "https://localhost:{self.node.port}"', 'public_url = "https://h/a b"')), 64, "CONFIG_VALUE", "http.public_url", "white space")

    def test_what_check_says_of_a_configuration_and_its_files_is_what_run_says(self):
        other = self.network.node("other")
        other.init()
        home = self.node.home

        def damaged(config=self.good, files=()):
            kept = {home / name: ((home / name).read_bytes(), (home / name).stat().st_mode) for name, _ in files}
            self.path.write_text(config)
            for name, damage in files:
                damage(home / name)
            answers = [self.node.cli(*command) for command in (("config", "check"), ("run",))]
            for path, (content, mode) in kept.items():
                path.write_bytes(content)
                path.chmod(mode)
            self.path.write_text(self.good)
            return answers

        foreign = lambda path: path.write_bytes((other.home / path.relative_to(home)).read_bytes())
        cases = {
            "did": (dict(config=self.good.replace(self.node.did, other.did)), "ISSUER_KEY_MISMATCH", other.did),
            "certificate gone": (dict(config=self.good.replace("tls/certificate.pem", "tls/none.pem")), "FILE_UNREADABLE", "tls/none.pem"),
            "key of another certificate": (dict(files=[("tls/key.pem", foreign)]), "TLS_CERTIFICATE", "tls/key.pem"),
            "own address": (dict(config=self.good + f'\n[[peer]]\nurl = "{self.node.peer_url}"\n'), "CONFIG_VALUE", "own address"),
            "one peer twice": (dict(config=self.good + f'\n[[peer]]\nurl = "{other.peer_url}"\n' * 2), "CONFIG_VALUE", other.peer_url),
            "empty unknown table": (dict(config=self.good + "\n[foo]\n"), "CONFIG_UNKNOWN_KEY", "[foo]"),
            "passphrase readable": (dict(files=[("passphrase", lambda path: path.chmod(0o640))]), "SECRET_FILE_PERMISSIONS", "0640"),
            "tokens readable": (dict(files=[("tokens.json", lambda path: path.chmod(0o604))]), "SECRET_FILE_PERMISSIONS", "0604"),
            "TLS key readable": (dict(files=[("tls/key.pem", lambda path: path.chmod(0o644))]), "SECRET_FILE_PERMISSIONS", "0644"),
        }
        for name, (damage, code, part) in cases.items():
            with self.subTest(name):
                check, run = damaged(**damage)
                self.assert_refused(check, 64, code, part)
                self.assertEqual((run.code, run.err), (check.code, check.err))
        self.assertEqual(self.check(self.good).code, 0)

    def test_a_misspelt_list_of_peers_names_its_line(self):
        line = len(self.good.splitlines()) + 2
        self.assert_refused(self.check(self.good + '\n[[peers]]\nurl = "wss://h/peer"\n'), 64, "CONFIG_UNKNOWN_KEY", f"line {line}", "[[peers]]", "'peer'")
        self.assert_refused(self.check(self.good + "\n[[peer]]\n"), 64, "CONFIG_MISSING_KEY", f"line {line}", "url")

    def doctor(self):
        answer = self.node.cli("doctor", "--json")
        return {finding["subject"]: finding for finding in answer.json()["findings"]}

    def test_doctor_tries_addresses_of_either_kind(self):
        text = self.good.replace(f"127.0.0.1:{self.node.port}", f"[::1]:{self.node.port}", 1)
        self.path.write_text(text)
        self.assertEqual((self.doctor()["address"]["severity"], self.doctor()["address"]["sentence"]), ("ok", f"[::1]:{self.node.port} is free"))
        with socket.create_server(("::1", self.node.port), family=socket.AF_INET6):
            self.assertEqual(self.doctor()["address"]["severity"], "problem")
        self.path.write_text(self.good)
        with socket.create_server(("127.0.0.1", self.node.port)):
            self.assertEqual(self.doctor()["address"]["severity"], "problem")

    def test_doctor_misses_the_tokens_and_names_what_is_wrong_with_them(self):
        tokens = self.node.home / "tokens.json"
        good = tokens.read_text()
        self.assertEqual(self.doctor()["tokens"]["severity"], "ok")
        tokens.write_text(good.replace('"operator"', '"king"'))
        found = self.doctor()["tokens"]
        self.assertEqual(found["severity"], "problem")
        self.assertEqual((found["sentence"].count(str(tokens)), found["sentence"].count('"king"')), (1, 1))
        tokens.unlink()
        found = self.doctor()["tokens"]
        self.assertEqual((found["severity"], f"{tokens} is not there" in found["sentence"]), ("warning", True))

    def test_the_environment_overrides_the_file(self):
        answer = self.node.cli("config", "show", "--json", env={"VCNODE_LOG_LEVEL": "error"})
        self.assertEqual(answer.json()["log"]["level"], "error")
        self.assert_refused(self.node.cli("config", "check", env={"VCNODE_LOG_LEVEL": "loud"}), 64, "CONFIG_VALUE", "VCNODE_LOG_LEVEL")

    def test_a_home_that_is_not_there(self):
        self.assert_refused(self.network.node("nobody").cli("config", "check"), 64, "CONFIG_UNREADABLE", "vcnode init")


class Usage(TestCase):
    def setUp(self):
        self.network = Network(VCNODE)
        self.addCleanup(self.network.__exit__)
        self.node = self.network.node("a")

    def test_wrong_arguments_are_usage_errors_that_name_what_is_wrong(self):
        cases = {
            (): ["subcommand is required"],
            ("frobnicate",): ["`vcnode` has no command 'frobnicate'", "the nearest is 'reinstate'"],
            ("verfy", "x"): ["`vcnode` has no command 'verfy'", "the nearest is 'verify'"],
            ("config", "chek"): ["`vcnode config` has no command 'chek'", "the nearest is 'check'"],
            ("verify",): ["FILE is required"],
            ("verify", "--bogus"): ["`vcnode verify` has no option '--bogus'"],
            ("verify", "--trsut", "did:key:z", "x"): ["`vcnode verify` has no option '--trsut'", "the nearest is '--trust'"],
            ("verify", "x", "y"): ["`vcnode verify` takes no further argument 'y'"],
            ("verify", "x", "--offline", "--peer", "https://h"): ["--peer", "--offline"],
            ("verify", "x", "--max-head-age", "-1"): ["--max-head-age: '-1' is not a whole number of seconds from 0 to 3155760000"],
            ("verify", "x", "--max-head-age", "1.5"): ["--max-head-age: '1.5'"],
            ("verify", "x", "--max-head-age", "9" * 30): ["--max-head-age: '999"],
            ("verify", "x", "--at", "2026-01-01T00:00:00Z", "--max-head-age", "60"): ["--max-head-age", "with --at"],
            ("revoke",): ["FILE or --id is required"],
            ("init", "--tls", "maybe"): ["--tls", "maybe", "self-signed"],
        }
        for arguments, parts in cases.items():
            with self.subTest(arguments):
                self.assert_refused(self.node.cli(*arguments), 64, "USAGE", *parts)
                answer = self.node.cli(*arguments, "--json")
                self.assertEqual((answer.code, answer.json()["error"]["code"], answer.err), (64, "USAGE", ""))
                for part in parts:
                    self.assertIn(part, answer.json()["error"]["message"])

    def test_even_what_ends_the_parsing_is_answered_in_the_form_asked_for(self):
        answer = self.node.cli("--json", "verify", "x", "--peer")
        self.assertEqual((answer.code, answer.json()["error"]["code"], answer.err), (64, "USAGE", ""))
        self.assertIn("--peer", answer.json()["error"]["message"])

    def test_what_nobody_foresaw_is_internal_and_says_so_in_the_form_asked_for(self):
        self.node.init()
        stranger = StrangeNode(self.node.home, 201, b"{}")
        self.addCleanup(stranger.close)
        self.assert_refused(self.node.cli("issue", SAMPLES / "badge.json"), 70, "INTERNAL_FAULT", "verifiableCredential")
        answer = self.node.cli("issue", SAMPLES / "badge.json", "--json")
        self.assertEqual((answer.code, answer.json()["error"]["code"], answer.err), (70, "INTERNAL_FAULT", ""))

    def test_what_strangers_wrote_cannot_steer_the_terminal(self):
        member = "\u202egnp\u2066\u009b31m\u001b[2J"
        text = json.dumps({member: 1}, ensure_ascii=False)
        answer = self.node.cli("verify", "-", input=text[:-1] + ", " + text[1:])
        self.assertEqual(answer.code, 1)
        self.assertIn("JSON_DUPLICATE_MEMBER", answer.out)
        self.assertIn("?gnp??31m?[2J", answer.out)
        for character in "\u202e\u2066\u009b\u001b":
            self.assertNotIn(character, answer.out)

    def test_unreadable_and_oversized_input(self):
        self.assert_refused(self.node.cli("verify", "/nowhere.json"), 64, "FILE_UNREADABLE", "/nowhere.json")
        big = self.network.folder / "big.json"
        big.write_text("[" * (5 * 1024 * 1024))
        self.assert_refused(self.node.cli("verify", big), 64, "INPUT_TOO_LARGE", "4194304")
        self.assert_refused(self.node.cli("verify", SAMPLES / "badge.json", "--at", "yesterday"), 64, "TIME_INVALID", "--at 'yesterday'")
        self.assert_refused(self.node.cli("verify", SAMPLES / "badge.json", "--trust", "mallory"), 64, "DID_INVALID", "--trust 'mallory'")
        self.assert_refused(self.node.cli("verify", SAMPLES / "badge.json", "--peer", "http://h"), 64, "CONFIG_VALUE", "http://h", "https://")

    def test_a_closed_standard_input_is_unreadable_and_not_empty(self):
        self.node.init()
        for command in (["verify", "-", "--offline"], ["issue", "-"], ["suspend", "-"]):
            with self.subTest(command[0]):
                done = subprocess.run(["sh", "-c", 'exec "$0" "$@" <&-', VCNODE, "--home", self.node.home, *command], capture_output=True, text=True, timeout=60)
                self.assertEqual((done.returncode, done.stderr), (64, "error FILE_UNREADABLE: cannot read standard input: Bad file descriptor\n"))
        self.assertEqual(self.node.cli("verify", "-", "--offline", input="").code, 1)

    def test_help_and_errors_that_cannot_be_written_are_errors(self):
        done = self.unheard("--help")
        self.assertEqual((done.returncode, done.stderr), (69, "error FILE_UNREADABLE: standard output cannot be written\n"))
        done = self.unheard("--json", "frobnicate")
        self.assertEqual(done.returncode, 64)
        self.assertTrue(done.stderr.startswith("error USAGE: `vcnode` has no command 'frobnicate'"), done.stderr)

    def unheard(self, *command):
        with open("/dev/full", "w", encoding="utf-8") as full:
            return subprocess.run([VCNODE, *command], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)

    def test_commands_that_need_a_running_node_say_so(self):
        self.node.init()
        for arguments in (["status"], ["peers"], ["issue", SAMPLES / "badge.json"], ["revoke", "--id", "urn:x"]):
            with self.subTest(arguments):
                self.assert_refused(self.node.cli(*arguments), 69, "NODE_NOT_RUNNING", self.node.home)
                self.assertIn("No such file or directory", self.node.cli(*arguments).err)
        with socket.socket(socket.AF_UNIX) as left_behind:
            left_behind.bind(str(self.node.home / "admin.sock"))
            self.assert_refused(self.node.cli("status"), 69, "NODE_NOT_RUNNING", "Connection refused")
        (self.node.home / "admin.sock").unlink()
        empty = self.network.folder / "empty.json"
        empty.write_text("{}")
        self.assert_refused(self.node.cli("revoke", empty), 64, "INPUT_NO_ID", "empty.json")

    def test_a_node_that_cannot_be_asked_is_not_called_one_that_does_not_run(self):
        with socket.socket(socket.AF_UNIX) as full:
            self.node.init()
            full.bind(str(self.node.home / "admin.sock"))
            full.listen(0)
            with socket.socket(socket.AF_UNIX) as first:  # a backlog of 0 takes one
                first.connect(str(self.node.home / "admin.sock"))
                answer = self.node.cli("status")
                self.assert_refused(answer, 69, "HTTP_UNREACHABLE", "cannot be asked", self.node.home, "Resource temporarily unavailable")
                self.assertNotIn("start it", answer.err)
                found = self.node.cli("doctor", "--json").json()["findings"]
                self.assertIn(("node", "problem"), [(finding["subject"], finding["severity"]) for finding in found])
        far = self.network.node("far" + "r" * 100)
        self.assert_refused(far.cli("status"), 69, "HTTP_UNREACHABLE", "107 bytes")

    def test_an_issue_that_fails_leaves_the_file_it_was_to_write(self):
        self.node.init()
        file = self.network.folder / "c.json"
        for content in ("an earlier credential", (SAMPLES / "badge.json").read_text()):
            file.write_text(content)
            source = SAMPLES / "badge.json" if content.startswith("an") else file
            self.assert_refused(self.node.cli("issue", source, "-o", file), 69, "NODE_NOT_RUNNING")
            self.assertEqual(file.read_text(), content)
        self.assertEqual([path.name for path in self.network.folder.iterdir() if path.name.startswith("c.json")], ["c.json"])

    def test_an_output_that_cannot_be_written_is_noticed_before_the_node_is_asked(self):
        self.node.init()
        stranger = StrangeNode(self.node.home, 201, b'{"verifiableCredential":{"id":"urn:x"}}')
        self.addCleanup(stranger.close)
        for output in (self.network.folder, self.network.folder / "no" / "c.json"):
            self.assert_refused(self.node.cli("issue", SAMPLES / "badge.json", "-o", output), 64, "FILE_UNREADABLE", output)
        limited = subprocess.run([VCNODE, "--home", self.node.home, "issue", SAMPLES / "badge.json", "-o", self.network.folder / "c.json"],
                                 preexec_fn=lambda: (signal.signal(signal.SIGXFSZ, signal.SIG_IGN), resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))),
                                 restore_signals=False, capture_output=True, text=True, timeout=60)
        self.assertEqual(limited.returncode, 64, limited.stderr)
        self.assertIn("cannot make room for", limited.stderr)
        self.assertEqual(stranger.requests, 0)
        self.assertEqual(list(self.network.folder.glob("c.json*")), [])
        done = self.node.cli("issue", SAMPLES / "badge.json", "-o", self.network.folder / "c.json")
        self.assertEqual((done.code, json.loads((self.network.folder / "c.json").read_text()), stranger.requests), (0, {"id": "urn:x"}, 1))

    def test_resolve(self):
        did = "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"
        answer = self.node.cli("resolve", did, "--json")
        self.assertEqual((answer.code, answer.json()["didDocument"]["id"]), (0, did))
        self.assertEqual(self.node.cli("resolve", "did:key:nonsense").code, 1)
        for text, error in (("did:key:z6Mk", "unsupportedPublicKeyType"), ("did:key:z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc", "unsupportedPublicKeyType"),
                            ("did:key:nonsense", "invalidDid"), ("did:plc:example", "methodNotSupported"), ("did:web:127.0.0.1", "invalidDid"),
                            ("did:web:example.com", "notFound")):
            self.assertEqual(self.node.cli("resolve", text, "--json").json()["didResolutionMetadata"]["error"], error)
        self.assertEqual((self.node.cli("resolve", "did:web:example.com").code, self.node.cli("resolve", "did:plc:example").code), (2, 2))

    def test_malformed_credentials_are_not_valid_and_say_why(self):
        cases = {"{": "JSON_SYNTAX", '{"a":1,"a":2}': "JSON_DUPLICATE_MEMBER", "\ufeff{}": "JSON_BOM", '{"a":"\\u0000"}': "JSON_NUL",
                 "[" * 65 + "]" * 65: "JSON_TOO_DEEP", '{"a":9007199254740993}': "JSON_NUMBER_RANGE"}
        for text, code in cases.items():
            with self.subTest(code):
                answer = self.node.cli("verify", "-", "--json", input=text)
                self.assertEqual((answer.code, answer.json()["verdict"]["class"]), (1, "malformed"))
                self.assert_code(answer.json()["verdict"]["code"], code)


class AdminSocket:
    """Stands where a node's admin socket would be and gives these answers (status, object) in turn; keeps what was asked."""

    def __init__(self, home, answers):
        asked = self.asked = []
        left = list(answers)

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                asked.append((self.path, json.loads(body) if body else None))
                status, content = left.pop(0)
                content = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = answer

            def log_message(self, *arguments):
                pass

            def address_string(self):
                return "socket"

        home.mkdir(parents=True, exist_ok=True)
        self.server = socketserver.ThreadingUnixStreamServer(str(home / "admin.sock"), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class RunningNode(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.network = Network(VCNODE)
        cls.node = cls.network.node("a")
        cls.node.init()
        cls.node.start()

    @classmethod
    def tearDownClass(cls):
        cls.network.__exit__()

    def test_revocation_is_final_and_unknown_credentials_are_refused(self):
        file = self.network.folder / "c.json"
        self.assertEqual(self.node.cli("issue", SAMPLES / "badge.json", "-o", file).code, 0)
        self.assertEqual(self.node.cli("revoke", file).code, 0)
        identifier = json.loads(file.read_text())["id"]
        answer = self.node.cli("verify", file, "--json", "--peer", self.node.url)
        self.assertEqual(answer.code, 1)
        self.assert_refused(self.node.cli("verify", self.network.folder), 64, "FILE_UNREADABLE", "Is a directory")
        self.assert_refused(self.node.cli("revoke", "--id", "urn:uuid:nobody"), 64, "CREDENTIAL_UNKNOWN")
        again = self.node.cli("issue", "-", input=json.dumps({**json.loads((SAMPLES / "badge.json").read_text()), "id": identifier}))
        self.assert_refused(again, 64, "CREDENTIAL_ID_USED", "leave the id out")

    def test_only_what_an_issuer_signed_says_what_is_to_be_revoked(self):
        file, forged = self.network.folder / "own.json", self.network.folder / "forged.json"
        self.assertEqual(self.node.cli("issue", SAMPLES / "badge.json", "-o", file).code, 0)
        credential = json.loads(file.read_text())
        unsigned = {name: value for name, value in credential.items() if name != "proof"}
        stranger = {**credential, "issuer": "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"}
        cases = [({**credential, "name": "Another"}, "PROOF_SIGNATURE"), (unsigned, "PROOF_MISSING"), (stranger, "PROOF_SIGNATURE"), ({"id": credential["id"]}, "CREDENTIAL_CONTEXT")]
        for content, code in cases:
            for command in ("revoke", "suspend", "reinstate"):
                with self.subTest(code, command=command):
                    forged.write_text(json.dumps(content))
                    self.assert_refused(self.node.cli(command, forged), 64, code, "forged.json", "--id")
        self.assertEqual(self.node.cli("verify", file, "--trust", self.node.did, "--peer", self.node.url).code, 0)
        self.assertEqual(self.node.cli("revoke", "--id", credential["id"]).code, 0)
        self.assertEqual(self.node.cli("verify", file, "--trust", self.node.did, "--peer", self.node.url).code, 1)

    def stand_in(self, name, *answers):
        node = self.network.node(name)
        admin = AdminSocket(node.home, answers)
        self.addCleanup(admin.close)
        return node, admin

    def test_a_credential_that_the_node_forgot_is_revoked_by_list_and_index(self):
        file = self.network.folder / "forgotten.json"
        self.assertEqual(self.node.cli("issue", SAMPLES / "badge.json", "-o", file).code, 0)
        credential = json.loads(file.read_text())
        entry = {entry["statusPurpose"]: entry for entry in credential["credentialStatus"]}["revocation"]
        unknown = (404, {"code": "CREDENTIAL_UNKNOWN", "detail": "nobody"})
        restored, admin = self.stand_in("restored", unknown, (200, {}), unknown)
        answer = restored.cli("revoke", file)
        self.assertEqual(answer.code, 0, answer.err)
        self.assertIn(f"by index {entry['statusListIndex']} of {entry['statusListCredential']}", answer.out)
        change = [{"statusPurpose": "revocation", "status": True}]
        self.assertEqual(admin.asked, [
            ("/credentials/status", {"credentialId": credential["id"], "credentialStatus": change}),
            ("/credentials/status", {"list": entry["statusListCredential"], "index": entry["statusListIndex"], "credentialStatus": change})])
        self.assert_refused(restored.cli("revoke", "--id", credential["id"]), 64, "CREDENTIAL_UNKNOWN", "nobody")

    STILL_REVOKED = "warning STILL_REVOKED: the credential stays revoked: a revocation is final, and only a suspension was ended"

    def test_a_change_that_no_peer_hears_of_says_so(self):
        file = self.network.folder / "unheard.json"
        self.assertEqual(self.node.cli("issue", SAMPLES / "badge.json", "-o", file).code, 0)
        for command in ("suspend", "reinstate", "revoke"):
            answer = self.node.cli(command, file)
            self.assertEqual((answer.code, len(answer.out.splitlines()), len(answer.err.splitlines())), (0, 1, 1), answer.err)
            self.assertTrue(answer.err.startswith("warning NOT_REPLICATED: 0 connected peers replicate"), answer.err)
        answer = self.node.cli("revoke", file, "--json")
        self.assertEqual((answer.code, answer.err, answer.json()["peers"]), (0, "", 0))
        self.assert_code(answer.json()["warnings"][0]["code"], "NOT_REPLICATED")
        told = self.node.cli("reinstate", file)
        self.assertEqual((told.code, told.err.splitlines()[0]), (0, self.STILL_REVOKED))
        warnings = self.node.cli("reinstate", file, "--json").json()["warnings"]
        self.assertEqual([warning["code"] for warning in warnings], ["STILL_REVOKED", "NOT_REPLICATED"])
        self.assert_code(warnings[0]["code"], "STILL_REVOKED")
        heard, _ = self.stand_in("heard", (200, {"peers": 1}), (200, {"peers": 1}))
        self.assertEqual(heard.cli("revoke", "--id", "urn:x").err, "")
        self.assertEqual(heard.cli("revoke", "--id", "urn:x", "--json").json(), {"peers": 1})

    def test_status_marks_what_is_wrong_with_a_feed(self):
        good = {"issuer": "did:key:good", "size": 3, "time": "2026-11-22T13:10:00Z", "pending": None, "missingBodies": 0, "contradicted": False}
        bad = {**good, "issuer": "did:key:bad", "pending": {"size": 9}, "missingBodies": 2, "contradicted": True}
        node, _ = self.stand_in("marked", (200, {"ready": True, "network": "test", "nodeKey": "z", "feeds": [good, bad]}))
        first, second = [line for line in node.cli("status").out.splitlines() if line.startswith("feed ")]
        self.assertTrue(first.endswith("head of 2026-11-22T13:10:00Z"), first)
        for part in ("CONTRADICTED: the issuer has told two histories", "a newer head (size 9) has not arrived", "bodies missing: 2"):
            self.assertIn(part, second)

    def test_with_json_every_command_prints_one_object(self):
        issued, again = self.network.folder / "one.json", self.network.folder / "two.json"
        to_file = self.node.cli("issue", SAMPLES / "badge.json", "--json", "-o", issued)
        identifier = json.loads(issued.read_text())["id"]
        self.assertEqual((to_file.code, to_file.json()), (0, {"id": identifier, "output": str(issued)}))
        self.assertEqual(self.node.cli("issue", SAMPLES / "badge.json", "-o", again).out, "")
        commands = [["issue", SAMPLES / "badge.json"], ["suspend", issued], ["reinstate", issued], ["unsuspend", issued], ["revoke", issued],
                    ["verify", issued], ["verify", issued, "--offline"], ["status"], ["peers"], ["doctor"], ["version"], ["config", "check"], ["config", "show"],
                    ["resolve", self.node.did], ["resolve", "did:key:nonsense"], ["revoke", "--id", "urn:x"], ["issue", "/nowhere"], ["frobnicate"],
                    ["run"], ["init"]]
        for command in commands:
            with self.subTest(command[:2]):
                answer = self.node.cli(*command, "--json")
                self.assertEqual(len(answer.out.splitlines()), 1, answer.out)
                self.assertIsInstance(answer.json(), dict)

    def test_arguments_that_are_not_utf_8_are_no_accident(self):
        self.assert_refused(self.node.cli("revoke", "--id", os.fsdecode(b"urn:\xff")), 64, "CREDENTIAL_UNKNOWN")
        for form in ([], ["--json"]):
            answer = self.node.cli("resolve", os.fsdecode(b"did:key:\xff"), *form)
            self.assertEqual((answer.code, answer.json()["didResolutionMetadata"]["error"]), (1, "invalidDid"))
        file = self.network.folder / os.fsdecode(b"\xff.json")
        answer = self.node.cli("issue", SAMPLES / "badge.json", "--json", "-o", file)
        self.assertEqual((answer.code, answer.json()["id"]), (0, json.loads(file.read_text())["id"]))

    def test_what_nobody_reads_is_said_to_be_done(self):
        file = self.network.folder / "heard.json"
        self.assertEqual(self.node.cli("issue", SAMPLES / "badge.json", "-o", file).code, 0)
        identifier = json.loads(file.read_text())["id"]
        done = "that is done and lasts, but the answer could not be written to standard output"
        cases = {("issue", SAMPLES / "badge.json"): r"error FILE_UNREADABLE: the credential urn:uuid:\S+ was issued but could not be written to standard output\n",
                 ("suspend", file): f"error FILE_UNREADABLE: suspended {identifier}: {done}\n", ("revoke", file): f"error FILE_UNREADABLE: revoked {identifier}: {done}\n"}
        for command, sentence in cases.items():
            for form in ([], ["--json"]):
                for closing in (">/dev/full", ">&-", "| true"):
                    with self.subTest(command[0], form=form, closing=closing):
                        shell = f'{{ "$0" "$@"; echo $? >&3; }} {closing}' if closing == "| true" else f'"$0" "$@" {closing}; echo $? >&3'
                        self.assert_unheard(shell, [*form, *command], sentence)

    def assert_unheard(self, shell, arguments, sentence):
        reader, writer = os.pipe()
        if "true" in shell:  # who reads must be gone before the first word
            shell = shell.replace("{ ", "{ sleep 0.2; ")
        with open(reader, encoding="ascii") as codes:
            answer = subprocess.run(["sh", "-c", f"exec 3>&{writer}; {shell}", VCNODE, *arguments, "--home", self.node.home],
                                    pass_fds=[writer], capture_output=True, text=True, timeout=60)
            os.close(writer)
            self.assertEqual(codes.read(), "69\n", answer.stderr)
        lines = [line for line in answer.stderr.splitlines(keepends=True) if not line.startswith("warning ")]
        self.assertEqual(len(lines), 1, answer.stderr)
        self.assertRegex(lines[0], sentence)

    def test_a_node_outlives_those_who_read_its_output(self):
        other = self.network.node("unread")
        other.init()
        reader, writer = os.pipe()
        other.process = subprocess.Popen([VCNODE, "--home", other.home, "run"], stdin=subprocess.DEVNULL, stdout=writer, stderr=writer)
        os.close(writer)
        os.close(reader)  # before the ready line
        other.wait_ready()
        self.assertEqual(other.cli("issue", SAMPLES / "badge.json").code, 0)  # and at log lines
        self.assertEqual(other.stop(), 0)

    def test_run_says_that_it_is_ready_once_in_either_form(self):
        other = self.network.node("ready")
        other.init()
        for arguments, expected in ((["--json"], {"ready": True, "url": other.url, "peerUrl": other.peer_url, "nodeKey": other.info["nodeKey"]}),
                                    ([], f"ready url={other.url} peer_url={other.peer_url} node_key={other.info['nodeKey']}")):
            process = subprocess.Popen([VCNODE, "--home", other.home, "run", *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            line = process.stdout.readline()
            process.terminate()
            rest, _ = process.communicate(timeout=30)
            self.assertEqual((json.loads(line) if arguments else line.rstrip("\n"), rest, process.returncode), (expected, "", 0))

    def test_a_word_older_than_the_verifier_likes_is_cannot_tell(self):
        file = self.network.folder / "aged.json"
        self.assertEqual(self.node.cli("issue", SAMPLES / "badge.json", "-o", file).code, 0)
        verify = ("verify", file, "--json", "--peer", self.node.url, "--trust", self.node.info["issuer"])
        time.sleep(1.1)  # the head is a second old at least
        self.assertEqual(self.node.cli(*verify, "--max-head-age", "3600").code, 0)
        answer = self.node.cli(*verify, "--max-head-age", "0")
        self.assertEqual((answer.code, answer.json()["verdict"]["code"]), (2, "HEAD_OLD"))

    def test_bad_credentials_are_not_issued(self):
        sample = json.loads((SAMPLES / "badge.json").read_text())
        bad = {"CREDENTIAL_TYPE": {**sample, "type": ["OpenBadgeCredential"]}, "CREDENTIAL_SUBJECT": {k: v for k, v in sample.items() if k != "credentialSubject"},
               "ISSUER_MISMATCH": {**sample, "issuer": "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"}}
        for code, credential in bad.items():
            with self.subTest(code):
                self.assert_refused(self.node.cli("issue", "-", input=json.dumps(credential)), 64, code)

    def test_a_second_node_on_one_home_is_refused(self):
        answer = self.node.cli("run", timeout=30)
        self.assert_refused(answer, 69, "STORE_LOCKED")

    def test_doctor_finds_nothing_wrong_here_and_names_what_is_wrong_elsewhere(self):
        self.assertEqual(self.node.cli("doctor").code, 0, self.node.cli("doctor").out)
        other = self.network.node("b")
        other.init()
        (other.home / "keys/node.json").chmod(0o644)
        answer = other.cli("doctor", "--json")
        self.assertEqual(answer.code, 1)
        self.assertTrue(any("KEY_FILE_PERMISSIONS" in finding["sentence"] and finding["remedy"] for finding in answer.json()["findings"]))

    def test_a_node_that_refuses_connections_logs_it_once(self):
        other = self.network.node("crowded")
        other.init()
        with open(other.home / "node.log", "ab") as log:
            other.process = subprocess.Popen([VCNODE, "--home", other.home, "run"], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                             preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128)))
        other.wait_ready()
        crowd = [socket.create_connection(("127.0.0.1", other.port)) for _ in range(100)]
        wait_until(lambda: "connections are refused" in other.log_text(), "a line about refused connections", 30)
        for client in crowd:
            client.close()
        self.assertEqual(other.stop(), 0)
        lines = [line for line in other.log_text().splitlines() if 'event="connections are refused"' in line]
        self.assertEqual(len(lines), 1, lines)
        self.assertRegex(lines[0], r"level=warning category=http .*all_taken=connections network=127\.0\.0\.0/24 count=\d+$")

    def test_http_needs_a_token_to_write(self):
        status, body = self.node.post("/credentials/issue", {"credential": {}})
        self.assertEqual((status, json.loads(body)["code"]), (401, "TOKEN_MISSING"))
        status, body = self.node.post("/credentials/issue", {"credential": json.loads((SAMPLES / "badge.json").read_text())}, token=self.node.info["operatorToken"])
        self.assertEqual(status, 201, body)


if __name__ == "__main__":
    unittest.main()
