"""Loads the fictitious world into real nodes, one home per country, and asks what verifiers would ask."""
import concurrent.futures
import json
import time

from network import AdminConnection, Node, wait_until
from world_plan import fill, multibase

NETWORK = "fictional-world"
WORKERS = 2  # making homes and keys is work for the processor
STATEMENTS_PER_REQUEST = 100  # what a node publishes at once
REQUEST_SECONDS_MAX = 60
GOSSIP_SECONDS_MAX = 120


class World:
    """A plan on its way into nodes below `folder`; `tell` takes lines for people."""

    def __init__(self, plan, vcnode, folder, tell):
        self.plan, self.folder, self.tell = plan, folder, tell
        self.dids, self.digests, self.seconds = {}, {}, {}
        self.nodes = {country: Node(vcnode, folder / "nodes", country.lower(), NETWORK) for country in plan.countries}

    def load(self):
        for what, step in (("homes and keys", self.make_homes), ("nodes started", self.start), ("statements", self.publish),
                           ("credentials", self.issue), ("everybody holds everything", self.wait_for_all)):
            started = time.monotonic()
            step()
            self.seconds[what] = round(time.monotonic() - started, 1)
            self.tell(f"  {what}: {self.seconds[what]} s")

    def stop(self):
        for node in self.nodes.values():
            node.stop()

    def hosted(self, country=None):
        return [body for body in self.plan.bodies.values() if body.hosted and country in (None, body.country)]

    def node_of(self, body):
        return self.nodes[self.plan.bodies[body].country]

    def peers_but(self, country):
        return [part for other, node in self.nodes.items() if other != country for part in ("--peer-link", node.peer_url)]

    def make_homes(self):
        for body in self.plan.bodies.values():
            if not body.hosted:
                self.dids[body.name] = self.plan.key.did
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            for made in pool.map(self.make_home, self.nodes):
                self.dids.update(made)
        for country, node in self.nodes.items():
            node.admit(*[self.dids[body.name] for body in self.hosted() if body.country != country])

    def make_home(self, country):
        node, (first, *others) = self.nodes[country], self.hosted(country)
        node.home.parent.mkdir(parents=True, exist_ok=True)
        node.init("--issuer-name", first.slug, "--domain", first.domain, *self.peers_but(country))
        made = {first.name: node.did}
        for body in others:
            made[body.name] = done(node.cli("issuer", "new", body.slug, "--domain", body.domain, "--json")).json()["did"]
        return made

    def start(self):
        for node in self.nodes.values():
            node.start(wait=False)
        for node in self.nodes.values():
            node.wait_ready()
            wait_until(lambda one=node: one.cli("status", "--json").json()["ready"], f"{node.name} may sign", GOSSIP_SECONDS_MAX)

    def named(self, text):
        """What stands for a text of the plan that begins with @."""
        if text.startswith("@digest:"):
            return multibase(bytes.fromhex(self.digests[text.removeprefix("@digest:")]))
        if text.startswith("@head:"):
            name = text.removeprefix("@head:")
            head = self.node_of(name).head_of(self.dids[name])
            return {"origin": head["origin"], "size": head["size"], "digestMultibase": multibase(bytes.fromhex(head["root"]))}
        return self.dids[text.removeprefix("@")]

    def publish(self):
        for later in (False, True):
            with concurrent.futures.ThreadPoolExecutor(len(self.dids)) as pool:  # each waits for the next head of its feed
                for digests in pool.map(lambda body: self.publish_of(body, later), self.hosted()):
                    self.digests.update(digests)

    def publish_of(self, body, later):
        wanted = [row["statement"] for row in self.plan.statements if row["by"] == body.name and row["later"] == later]
        digests = {}
        for start in range(0, len(wanted), STATEMENTS_PER_REQUEST):
            items = fill(wanted[start:start + STATEMENTS_PER_REQUEST], self.named)
            answer = self.post(body.name, f"/admin/issuers/{body.slug}/statements", {"statement": items})
            digests.update({one["id"]: one["digest"] for one in answer["published"]})
        return digests

    def post(self, body, path, content):
        connection = AdminConnection(self.node_of(body).home, REQUEST_SECONDS_MAX)
        try:
            connection.request("POST", path, json.dumps(content), {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = json.loads(response.read())
        finally:
            connection.close()
        if response.status >= 300:
            raise RuntimeError(f"{body}: {path}: {response.status} {answer.get('code')}: {answer.get('detail')}")
        return answer

    def issue(self):
        (self.folder / "issued").mkdir(exist_ok=True)
        for name, row in self.plan.credentials.items():
            body = self.plan.bodies[row["by"]]
            draft = fill(row["credential"], self.named)
            if body.hosted:
                issued = self.post(body.name, f"/issuers/{body.slug}/credentials/issue", {"credential": draft})["verifiableCredential"]
            else:
                issued = self.plan.back_date(draft)
            self.file_of(name).write_text(json.dumps(issued, indent=1, ensure_ascii=False) + "\n")

    def file_of(self, credential):
        return self.folder / "issued" / f"{credential}.json"

    def wait_for_all(self):
        wait_until(self.is_same_everywhere, "all nodes hold one head of every feed, with its bodies", GOSSIP_SECONDS_MAX, 0.5)

    def is_same_everywhere(self):
        shown = []
        for node in self.nodes.values():
            rows = json.loads(node.get("/feeds")[1])
            if any(row["missingCount"] or row["pending"] for row in rows):
                return False
            shown.append({row["issuer"]: (row["size"], row["root"]) for row in rows})
        return all(one == shown[0] for one in shown) and len(shown[0]) == len(self.hosted())

    def write_policies(self):
        (self.folder / "policies").mkdir(exist_ok=True)
        for name, policy in self.plan.policies.items():
            self.policy_of(name).write_text(json.dumps(fill(policy, self.named), indent=1) + "\n")

    def policy_of(self, name):
        return self.folder / "policies" / f"{name}.json"

    def ask(self, question, node):
        """As a stranger without a node: `vcnode verify` evaluates what this node shows. (exit code, answer)"""
        answer = node.cli("verify", self.file_of(question["credential"]), "--policy", self.policy_of(question["policy"]), "--peer", node.url,
                          "--json", "--network", NETWORK)
        return answer.code, json.loads(answer.out) if answer.out.startswith("{") else {"error": answer.err}

    def ask_node(self, question, node):
        """The node's own answer, about the same bytes."""
        body = {"credential": self.file_of(question["credential"]).read_text(), "policy": json.loads(self.policy_of(question["policy"]).read_text())}
        return json.loads(node.post("/verdict", body)[1])


def said(answer):
    """(outcome, code) of recognition in an answer of `vcnode verify` or /verdict."""
    if "verdict" not in answer:
        return "no answer", answer.get("error") or answer.get("code")
    verdict = answer["verdict"]
    code = next((check["code"] for check in verdict["checks"] if check["check"] == "recognition"), None)
    return verdict["recognition"]["outcome"], code


def done(answer):
    if answer.code != 0:
        raise RuntimeError(answer.err + answer.out)
    return answer
