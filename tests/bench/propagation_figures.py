"""How long a revocation takes to reach everybody: real processes on loopback.

Every node dials its neighbour on a ring and two more at random; the first hosts the issuer. The clock runs from the
issuer's answer to POST /credentials/status until a node's verdict says revoked (the head, its leaf and the list have come,
were checked and are durable there). Nodes are asked in rounds over open connections: a round is the resolution.
"""
import json
import random
import time

from figures import SAMPLES, Client, Network, Report, percentile, read_command, require, statistics, wait_until

AIM_SECONDS = {10: 2.0, 50: 5.0}
DIALS_MORE = 2  # besides the neighbour on the ring
BATCHES = 3  # of revocations, each with a p50 and a p99
FOUND_SECONDS_MAX = 60


def dialed_by(number, processes, rng):
    others = [other for other in range(processes) if other not in (number, (number + 1) % processes)]
    return [(number + 1) % processes, *rng.sample(others, min(DIALS_MORE, len(others)))]


def start(network, processes, rng):
    """Nodes one after the other: two cores do not start fifty at once."""
    nodes = [network.node(f"node-{number}") for number in range(processes)]
    for number, node in enumerate(nodes):
        links = [argument for other in dialed_by(number, processes, rng) for argument in ("--peer-link", nodes[other].peer_url)]
        node.init(*(("--admit", nodes[0].did) if number else ()), *links)
        node.start()
    return nodes


class Watch:
    """An open connection to a node and what it shows of the issuer's feed."""

    def __init__(self, node, issuer):
        self.client, self.issuer = Client(node.port), issuer

    def size(self):
        rows = json.loads(self.client.ask("GET", "/feeds")[1])
        return next((row["size"] for row in rows if row["issuer"] == self.issuer and not row["missingBodies"]), 0)

    def says_revoked(self, credential):
        return self.client.verdict(credential, self.issuer)["class"] == "revoked"


def issue(network, count):
    issuer = network.nodes[0]
    client, credentials = Client(issuer.port), []
    for _ in range(count):
        credential = json.loads((SAMPLES / "badge.json").read_text())
        status, text = client.ask("POST", "/credentials/issue", {"credential": credential}, issuer.info["operatorToken"])
        require(status == 201, f"issuing answered {status}: {text[:200]}")
        credentials.append(json.loads(text)["verifiableCredential"])
    client.close()
    return credentials


def propagation(watches, issuer_node, credential):
    """Seconds from the acknowledgement until each node says revoked."""
    size = watches[0].size()
    client = Client(issuer_node.port)
    body = {"credentialId": credential["id"], "credentialStatus": [{"statusPurpose": "revocation", "status": True}]}
    status, text = client.ask("POST", "/credentials/status", body, issuer_node.info["operatorToken"])
    acknowledged = time.monotonic()
    require(status == 200, f"revoking answered {status}: {text[:200]}")
    client.close()
    waiting, seconds = list(watches[1:]), []
    while waiting:
        require(time.monotonic() - acknowledged < FOUND_SECONDS_MAX, f"{len(waiting)} nodes do not say revoked")
        for watch in list(waiting):
            if watch.size() > size and watch.says_revoked(credential):
                seconds.append(time.monotonic() - acknowledged)
                waiting.remove(watch)
        time.sleep(0.002)
    return seconds


def measure(report, command, processes, revocations):
    rng = random.Random(processes)
    with Network(command.vcnode) as network:
        began = time.monotonic()
        nodes = start(network, processes, rng)
        watches = [Watch(node, nodes[0].did) for node in nodes]
        credentials = issue(network, revocations)
        for watch in watches:
            wait_until(lambda watch=watch: watch.size() == watches[0].size() > 0, "a node holds the issuer's feed", FOUND_SECONDS_MAX)
        for watch in watches:
            require(not watch.says_revoked(credentials[0]), "a credential is revoked before it was")
        started = time.monotonic() - began
        runs = []
        for credential in credentials:
            runs.append(propagation(watches, nodes[0], credential))
            time.sleep(1 + rng.random() / 2)  # a head per second at most: what waits for it is not propagation
        for watch in watches:
            watch.client.close()  # else each node would wait for it to read its goodbye
    batches = [sum(runs[first::BATCHES], []) for first in range(min(BATCHES, len(runs)))]
    checked = sum(len(batch) for batch in batches)
    note = f"{revocations} revocations x {processes - 1} nodes; ring and {DIALS_MORE} random dials each; ready after {started:.0f} s"
    report.add(f"revocation propagation p50, {processes} processes", "s", [statistics.median(batch) for batch in batches], checked, note=note)
    report.add(f"revocation propagation p99, {processes} processes", "s", [percentile(batch, 0.99) for batch in batches], checked,
               below=AIM_SECONDS.get(processes), note=f"p99 of each of {len(batches)} batches")


def main():
    command = read_command(__doc__)
    report = Report("propagation_figures")
    for processes in (3,) if command.once else (3, 10) if command.quick else (3, 10, 50):
        measure(report, command, processes, 1 if command.once else 6 if command.quick else 30)
    report.print(command.json)


if __name__ == "__main__":
    main()
