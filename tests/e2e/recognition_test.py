"""Recognition across borders, real processes: accredited in Estonia, recognised in Latvia, verified in Germany."""
import datetime
import json
import shutil
import unittest

from harness import Network, TestCase, VCNODE, record_code, wait_until
import world_learning
from world_plan import Body, multibase

SECONDS_MAX = 60
AGREEMENT = ("--agreement", "https://agreement.example/1", "--agreement-digest", "c4" * 32)
SCOPE = ("--country", "EE", "--eqf", "4-6", "--type", "MicroCredential")
PROVIDERS = ("university", "careful", "seasonal", "forger", "college", "school", "academy")
STARTED = "2024-01-01T00:00:00Z"


def later(hours):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def exact_verdict(answer):
    """The verdict's own bytes, out of an answer that has other members too."""
    text = answer[answer.index('"verdict":') + len('"verdict":'):]
    return text[:json.JSONDecoder().raw_decode(text)[1]]


class Recognition(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.network = Network(VCNODE)
        cls.addClassCleanup(cls.network.__exit__)
        cls.estonia, cls.latvia, cls.germany = (cls.network.node(name) for name in ("estonia", "latvia", "germany"))
        nodes = cls.network.nodes
        links = {node.name: [part for other in nodes if other is not node for part in ("--peer-link", other.peer_url)] for node in nodes}
        cls.estonia.init("--domain", "ministry.example.ee", *links["estonia"])
        cls.latvia.init("--domain", "centre.example.lv", "--public-url", cls.latvia.url, *links["latvia"])
        cls.germany.init(*links["germany"])
        cls.dids = {"ministry": cls.estonia.did, "centre": cls.latvia.did}
        for name in PROVIDERS:
            cls.dids[name] = cls.ok(cls.estonia.cli("issuer", "new", name, "--domain", f"{name}.example.ee", "--json")).json()["did"]
        cls.estonia.admit(cls.latvia.did)
        cls.latvia.admit(*[did for did in cls.dids.values() if did != cls.latvia.did])
        cls.germany.admit(*cls.dids.values())
        lines = [cls.ok(node.cli("witness", "new", "--json")).json()["policyLine"] for node in (cls.latvia, cls.germany)]
        names = [line.split()[1] for line in lines]
        cls.witnesses = "\n".join(lines) + f"\ngroup both 2 {' '.join(names)}\nquorum both\n"
        cls.prove_times("careful")
        for node in nodes:
            node.start()
        wait_until(lambda: all(node.head_of(did) for node in nodes for did in cls.dids.values()), "all hold all feeds", SECONDS_MAX)
        cls.policy = cls.write_policy("employer", {"witnesses": cls.witnesses})
        cls.files = {}

    @classmethod
    def prove_times(cls, issuer):
        file = cls.network.folder / "witnesses.txt"
        file.write_text(cls.witnesses)
        config = cls.estonia.home / "config.toml"
        line = f'name = "{issuer}"\n'
        text = config.read_text()
        assert text.count(line) == 1, text
        config.write_text(text.replace(line, f"{line}witness_policy = {json.dumps(str(file))}\ntime_batch_seconds = 1\n"))

    @staticmethod
    def ok(answer):
        if answer.code != 0:
            raise AssertionError(answer.err + answer.out)
        return answer

    @classmethod
    def write_policy(cls, name, members):
        file = cls.network.folder / f"{name}.policy.json"
        file.write_text(json.dumps({"id": f"urn:test:{name}", "anchors": [{"id": cls.dids["centre"]}], **members}))
        return file

    def publish(self, node, kind, *arguments):
        return self.ok(node.cli("publish", kind, *arguments, "--json")).json()["published"][0]["id"]

    def accredit(self, name, *arguments):
        return self.publish(self.estonia, "accreditation", "--subject", self.dids[name], "--decision", "positive", "--standing", "obligatory",
                            "--since", STARTED, *SCOPE, *arguments)

    def issue(self, name, **changes):
        body = Body("ee-" + name, "university", "EE", f"Fictional {name} (sample)")
        achievement = {"id": f"https://{name}.example.ee/achievements/1", "title": {"en": "Heat pumps (sample)"}, "workload": {"ects": 3, "hours": 78},
                       "awardingBody": [{"id": self.dids[name], "legalName": body.legal_name, "country": "EE"}],
                       "level": {"eqf": world_learning.EQF + "6"}, **changes}
        draft = world_learning.credential(body, achievement, "Ana Andromeda (sample)")
        draft["issuer"]["id"] = self.dids[name]
        file = self.network.folder / f"{name}.json"
        self.ok(self.estonia.cli("issue", "-", "--issuer", name, "--output", file, input=json.dumps(draft), timeout=200))
        self.files[name] = file

    def withdraw(self, statement, effect, since):
        return self.publish(self.estonia, "withdrawal", "--statement", statement, "--effect", effect, "--effective-from", since)

    def settle(self):
        """All nodes show one head of every feed, with all that it names."""
        def shown(node):
            rows = json.loads(node.get("/feeds")[1])
            return {row["issuer"]: (row["size"], row["root"], row["time"], row["missingCount"], row["pending"]) for row in rows}

        def same():
            seen = [shown(node) for node in self.network.nodes if node.process]
            kept = [{did: one.get(did) for did in self.dids.values()} for one in seen]
            return all(one == kept[0] for one in kept) and all(row and row[3:] == (0, None) for row in kept[0].values())
        wait_until(same, "one view of all feeds", SECONDS_MAX)

    def cli(self, name, at, *peers, policy=None):
        """`vcnode verify`: what peers hold, evaluated here. The verdict, and its bytes."""
        parts = [part for peer in peers or (self.germany,) for part in ("--peer", peer.url)]
        answer = self.germany.cli("verify", self.files[name], "--policy", policy or self.policy, *parts, "--at", at, "--json")
        self.assertIn('"verdict":', answer.out, answer.err)
        return json.loads(answer.out)["verdict"], exact_verdict(answer.out)

    def node(self, name, at, node=None, policy=None):
        """The node's own answer about the same bytes."""
        status, body = (node or self.germany).post("/verdict", {"credential": self.files[name].read_text(), "at": at,
                                                                "policy": json.loads((policy or self.policy).read_text())})
        self.assertEqual(status, 200, body)
        return json.loads(body)["verdict"], exact_verdict(body.decode())

    def assert_answer(self, name, at, outcome, code, result=None, policy=None):
        """The same from the command line, from the node, and from the node of another country, byte for byte. Of an issuer that
        has a time batch and a head each second the three are not asked under one view: it is compared when that has ended."""
        seen = [self.cli(name, at, policy=policy), self.node(name, at, policy=policy), self.node(name, at, self.latvia, policy=policy)]
        for verdict, text in seen:
            check = next(check for check in verdict["checks"] if check["check"] == "recognition")
            self.assertEqual((verdict["recognition"]["outcome"], check["code"]), (outcome, code), verdict)
            if result:
                self.assertEqual(check["result"], result)
            if name != "careful":
                self.assertEqual(text, seen[0][1])
        record_code(code)
        return seen[0]

    def test_1_a_one_sided_agreement_recognises_nobody(self):
        self.__class__.accreditations = {name: self.accredit(name) for name in PROVIDERS if name not in ("seasonal", "academy")}
        self.__class__.ends = later(2)
        self.accredit("seasonal", "--until", self.ends)
        self.publish(self.latvia, "recognition", "--subject", self.dids["ministry"], "--effect", "level-automatic", *AGREEMENT, "--eqf", "3-8")
        for name in PROVIDERS:
            self.issue(name)
        self.settle()
        self.assert_answer("university", later(1), "not-established", "ONE_SIDED_AGREEMENT")
        trusting = self.write_policy("trusting", {"oneSidedAgreements": True})
        self.assert_answer("university", later(1), "recognised", "RECOGNISED", "pass", trusting)

    def test_2_with_both_sides_signed_it_is_recognised_everywhere(self):
        self.publish(self.estonia, "recognition", "--subject", self.dids["centre"], "--effect", "level-automatic", *AGREEMENT, "--eqf", "3-8")
        self.settle()
        verdict, _ = self.assert_answer("university", later(1), "recognised", "RECOGNISED", "pass")
        self.assertEqual((verdict["verdict"], verdict["recognition"]["effect"]), ("valid", "level-automatic"))
        self.assertEqual([link["kind"] for link in verdict["recognition"]["chain"]], ["Recognition", "Accreditation"])
        self.assertEqual([link["to"] for link in verdict["recognition"]["chain"]], [self.dids["ministry"], self.dids["university"]])
        verdict, _ = self.assert_answer("academy", later(1), "not-established", "NO_CHAIN", "fail")
        self.assertEqual(verdict["verdict"], "issuer-not-confirmed")
        no_anchor = self.cli("university", later(1), policy=self.write_policy("nobody", {"anchors": []}))[0]
        self.assertEqual(no_anchor["recognition"]["outcome"], "not-asked")

    def test_3_what_ended_and_when(self):
        before, after = later(1), later(3)
        for name in ("university", "careful"):
            self.withdraw(self.accreditations[name], "ends", self.ends)
        self.withdraw(self.accreditations["school"], "ends", "2026-01-01T00:00:00Z")
        self.withdraw(self.accreditations["forger"], "voids", self.ends)
        self.settle()
        for name in ("university", "careful", "seasonal"):
            self.assert_answer(name, before, "recognised", "RECOGNISED", "pass")
        verdict, _ = self.assert_answer("university", after, "cannot-tell", "ISSUE_TIME_UNPROVEN", "unknown")
        self.assertEqual((verdict["verdict"], verdict["issuedAt"]["source"]), ("cannot-tell", "claimed"))
        verdict, _ = self.assert_answer("careful", after, "recognised", "RECOGNISED", "pass")
        self.assertEqual((verdict["verdict"], verdict["issuedAt"]["source"]), ("valid", "proven"))
        self.assert_answer("seasonal", after, "recognised", "ISSUE_TIME_CLAIMED", "warn")
        strict = self.write_policy("strict", {"time": {"issueTime": "proven"}})
        self.assert_answer("seasonal", after, "cannot-tell", "ISSUE_TIME_UNPROVEN", "unknown", strict)
        self.assert_answer("school", before, "not-established", "WITHDRAWN_BEFORE_ISSUE", "fail")
        self.assert_answer("forger", before, "not-established", "VOIDED", "fail")

    def test_4_an_issuer_closes(self):
        self.ok(self.estonia.cli("issuer", "close", "--issuer", "college"))
        self.settle()
        verdict, _ = self.assert_answer("college", later(1), "recognised", "ISSUE_TIME_CLAIMED", "warn")
        self.assertEqual(verdict["verdict"], "valid")
        head = self.germany.head_of(self.dids["seasonal"])
        said = {"id": self.dids["seasonal"], "finalHead": {"origin": head["origin"], "size": head["size"], "digestMultibase": multibase(bytes.fromhex(head["root"]))}}
        self.ok(self.estonia.cli("publish", "closed", "--from", "-", "--since", "2026-02-01T00:00:00Z", input=json.dumps(said)))
        self.settle()
        self.assert_answer("seasonal", later(1), "not-established", "ISSUER_CLOSED", "fail")

    def test_5_the_authority_is_gone_for_good_and_nothing_changes(self):
        at = later(3)
        told = {name: self.node(name, at)[1] for name in ("university", "school", "forger", "college", "academy")}
        self.estonia.kill()
        shutil.rmtree(self.estonia.home)
        self.settle()
        told["careful"] = self.assert_answer("careful", at, "recognised", "RECOGNISED", "pass")[1]
        for name in told:
            self.assertEqual(self.node(name, at)[1], told[name])
            self.assertEqual(self.node(name, at, self.latvia)[1], told[name])
            self.assertEqual(self.cli(name, at, self.latvia)[1], told[name])
            self.assertEqual(self.cli(name, at, self.latvia, self.germany)[1], told[name])
        self.latvia.stop()
        self.latvia.start()
        self.assertEqual(self.node("careful", at, self.latvia)[1], told["careful"])


if __name__ == "__main__":
    unittest.main()
