"""The command line: wrong input gets one clear sentence and a stable code, and nothing is lost."""
import json
import os
import stat
import unittest

from harness import SAMPLES, Network, TestCase, VCNODE


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
        self.assertEqual(list(self.network.folder.iterdir()), [])


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

    def test_wrong_arguments_are_usage_errors(self):
        for arguments in ([], ["frobnicate"], ["verify"], ["revoke"], ["verify", "x", "--offline", "--peer", "https://h"], ["config"]):
            with self.subTest(arguments):
                self.assertEqual(self.node.cli(*arguments).code, 64)

    def test_unreadable_and_oversized_input(self):
        self.assert_refused(self.node.cli("verify", "/nowhere.json"), 64, "FILE_UNREADABLE", "/nowhere.json")
        big = self.network.folder / "big.json"
        big.write_text("[" * (2 * 1024 * 1024))
        self.assert_refused(self.node.cli("verify", big), 64, "INPUT_TOO_LARGE", "1048576")
        self.assert_refused(self.node.cli("verify", SAMPLES / "badge.json", "--at", "yesterday"), 64, "TIME_INVALID", "yesterday")
        self.assert_refused(self.node.cli("verify", SAMPLES / "badge.json", "--trust", "mallory"), 64, "DID_INVALID", "mallory")
        self.assert_refused(self.node.cli("verify", SAMPLES / "badge.json", "--peer", "http://h"), 64, "CONFIG_VALUE", "http://h", "https://")

    def test_commands_that_need_a_running_node_say_so(self):
        self.node.init()
        for arguments in (["status"], ["peers"], ["issue", SAMPLES / "badge.json"], ["revoke", "--id", "urn:x"]):
            with self.subTest(arguments):
                self.assert_refused(self.node.cli(*arguments), 70, "NODE_NOT_RUNNING", self.node.home)
        empty = self.network.folder / "empty.json"
        empty.write_text("{}")
        self.assert_refused(self.node.cli("revoke", empty), 64, "INPUT_NO_ID", "empty.json")

    def test_resolve(self):
        did = "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"
        answer = self.node.cli("resolve", did, "--json")
        self.assertEqual((answer.code, answer.json()["didDocument"]["id"]), (0, did))
        self.assertEqual(self.node.cli("resolve", "did:key:nonsense").code, 1)
        self.assertEqual(self.node.cli("resolve", "did:web:example.com").code, 2)

    def test_malformed_credentials_are_not_valid_and_say_why(self):
        cases = {"{": "JSON_SYNTAX", '{"a":1,"a":2}': "JSON_DUPLICATE_MEMBER", "\ufeff{}": "JSON_BOM", '{"a":"\\u0000"}': "JSON_NUL",
                 "[" * 65 + "]" * 65: "JSON_TOO_DEEP", '{"a":9007199254740993}': "JSON_NUMBER_RANGE"}
        for text, code in cases.items():
            with self.subTest(code):
                answer = self.node.cli("verify", "-", "--json", input=text)
                self.assertEqual((answer.code, answer.json()["verdict"]["class"]), (1, "malformed"))
                self.assert_code(answer.json()["verdict"]["code"], code)


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
        self.assert_refused(self.node.cli("revoke", "--id", "urn:uuid:nobody"), 64, "CREDENTIAL_UNKNOWN")
        again = self.node.cli("issue", "-", input=json.dumps({**json.loads((SAMPLES / "badge.json").read_text()), "id": identifier}))
        self.assert_refused(again, 64, "CREDENTIAL_ID_USED", "leave the id out")

    def test_bad_credentials_are_not_issued(self):
        sample = json.loads((SAMPLES / "badge.json").read_text())
        bad = {"CREDENTIAL_TYPE": {**sample, "type": ["OpenBadgeCredential"]}, "CREDENTIAL_SUBJECT": {k: v for k, v in sample.items() if k != "credentialSubject"},
               "ISSUER_MISMATCH": {**sample, "issuer": "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"}}
        for code, credential in bad.items():
            with self.subTest(code):
                self.assert_refused(self.node.cli("issue", "-", input=json.dumps(credential)), 64, code)

    def test_a_second_node_on_one_home_is_refused(self):
        answer = self.node.cli("run", timeout=30)
        self.assertEqual(answer.code, 70)
        self.assertIn("error STORE_LOCKED:", answer.err)

    def test_doctor_finds_nothing_wrong_here_and_names_what_is_wrong_elsewhere(self):
        self.assertEqual(self.node.cli("doctor").code, 0, self.node.cli("doctor").out)
        other = self.network.node("b")
        other.init()
        (other.home / "keys/node.json").chmod(0o644)
        answer = other.cli("doctor", "--json")
        self.assertEqual(answer.code, 1)
        self.assertTrue(any("KEY_FILE_PERMISSIONS" in finding["sentence"] and finding["remedy"] for finding in answer.json()["findings"]))

    def test_http_needs_a_token_to_write(self):
        status, body = self.node.post("/credentials/issue", {"credential": {}})
        self.assertEqual((status, json.loads(body)["code"]), (401, "TOKEN_MISSING"))
        status, body = self.node.post("/credentials/issue", {"credential": json.loads((SAMPLES / "badge.json").read_text())}, token=self.node.info["operatorToken"])
        self.assertEqual(status, 201, body)


if __name__ == "__main__":
    unittest.main()
