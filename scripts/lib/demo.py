"""The demo's story: an Irish issuer, a Spanish and a German node, one micro-credential; then what another counts for abroad."""
import argparse
import json
import pathlib
import shutil
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import demo_recognition  # noqa: E402
from network import Network, wait_until  # noqa: E402

SAMPLES = pathlib.Path(__file__).parent.parent / "samples"
PROPAGATION_SECONDS_MAX = 30
DOMAIN = "university.example"  # nobody serves it: what the DID says is held by the peers
INTERRUPTED = 130  # what a shell makes of SIGINT


class Story:
    """Prints the transcript and remembers which steps held."""

    def __init__(self, as_json):
        self.as_json, self.steps, self.started = as_json, [], time.monotonic()
        self.interrupted = False

    def tell(self, text):
        if not self.as_json:
            print(text, flush=True)

    def step(self, text, held, detail="", **facts):
        self.steps.append({"step": text, "held": bool(held), "detail": detail, **facts})
        mark = "\N{CHECK MARK}" if held else "\N{BALLOT X}"
        self.tell(f"  {mark} {text}" + (f"\n      {detail}" if detail else ""))

    def finish(self, running=()):
        """Prints the summary; `running` are the nodes that stay."""
        held = sum(step["held"] for step in self.steps)
        ok = held == len(self.steps) and not self.interrupted
        seconds = round(time.monotonic() - self.started, 1)
        if self.as_json:
            nodes = [{"name": node.name, "url": node.url, "home": str(node.home), "issuer": node.did} for node in running]
            print(json.dumps({"ok": ok, "interrupted": self.interrupted, "held": held, "steps": self.steps, "seconds": seconds, "running": nodes}), flush=True)
        else:
            print(f"\n{held} of {len(self.steps)} steps held, in {seconds} seconds.", flush=True)
        return ok


def verdict(node, file, *arguments):
    """Runs `vcnode verify` as a stranger would: no home of its own, asking only `node`."""
    answer = node.cli("verify", file, "--peer", node.url, "--json", *arguments)
    try:
        return answer.code, answer.json()["verdict"], answer.json()["headline"]
    except (ValueError, KeyError):
        return answer.code, {"verdict": "?", "class": None, "code": answer.err + answer.out}, "no verdict"


def summary(result):
    code, facts, headline = result
    return f"\"{headline}\" ({facts['verdict']}, {facts['code']}, exit {code})"


def is_verdict(result, exit_code, word, reason_class=None):
    code, facts, _ = result
    return code == exit_code and facts["verdict"] == word and facts["class"] == reason_class


def start_network(story, network):
    ireland, spain, germany = network.node("ireland"), network.node("spain"), network.node("germany")
    ireland.init("--domain", DOMAIN, "--peer-link", spain.peer_url, "--peer-link", germany.peer_url)
    spain.init("--peer-link", ireland.peer_url, "--peer-link", germany.peer_url)
    germany.init("--peer-link", ireland.peer_url, "--peer-link", spain.peer_url)
    bodies = demo_recognition.add_bodies(spain, germany)
    ireland.admit(spain.did)
    spain.admit(ireland.did, *[did for node, did in bodies.values() if node is germany])
    germany.admit(ireland.did, spain.did, *[did for node, did in bodies.values() if node is spain])
    for node in network.nodes:
        node.start()
        story.tell(f"  {node.name:<8} {node.url}")
    for node in (spain, germany):
        wait_until(lambda: any(feed["issuer"] == ireland.did and not feed["missingBodies"] for feed in node.cli("status", "--json").json()["feeds"]),
                   f"{node.name} holds the Irish feed", PROPAGATION_SECONDS_MAX)
    story.step("three nodes run and hold the Irish issuer's feed", True)
    return ireland, spain, germany, bodies


def issue(story, ireland, folder):
    files = []
    for sample in ("micro-credential", "badge"):
        file = folder / f"{sample}.issued.json"
        answer = ireland.cli("issue", SAMPLES / f"{sample}.json", "--output", file)
        story.step(f"Ireland issues {sample}.json", answer.code == 0 and file.exists(), answer.err.strip() or f"as {json.loads(file.read_text())['id']}")
        files.append(file)
    return files


def tampered_copy(file, folder):
    credential = json.loads(file.read_text())
    credential["credentialSubject"]["achievement"]["name"] = "Doctor of Philosophy"
    copy = folder / "tampered.json"
    copy.write_text(json.dumps(credential))
    return copy


def is_same_everywhere(network, issuer):
    """Whether all nodes tell one head (size, root and time) of this issuer's feed."""
    heads = [node.head_of(issuer) for node in network.nodes]
    return None not in heads and all(head == heads[0] for head in heads)


def wait_for_verdict(node, file, trust, reason_class):
    seconds = wait_until(lambda: verdict(node, file, *trust)[1]["class"] == reason_class, f"{node.name} says {reason_class}", PROPAGATION_SECONDS_MAX, 0.02)
    return seconds, verdict(node, file, *trust)


def revoke_in_spain(story, folder, spain, germany):
    """Something that the issuer which is off cannot know: Spain issues a badge of its own and revokes it."""
    file = folder / "spanish.issued.json"
    issued = spain.cli("issue", SAMPLES / "badge.json", "--output", file)
    revoked = spain.cli("revoke", file)
    _, result = wait_for_verdict(germany, file, ("--trust", spain.did), "revoked")
    story.step("Meanwhile Spain issues and revokes a badge of its own; Germany: revoked",
               issued.code == revoked.code == 0 and is_verdict(result, 1, "not-valid", "revoked"), summary(result))
    return file


def play(story, network):
    story.tell("Three nodes, no central authority:")
    ireland, spain, germany, bodies = start_network(story, network)
    trust = ("--trust", ireland.did)
    story.tell("\nIssue and verify:")
    credential, other = issue(story, ireland, network.folder)
    result = verdict(spain, credential, *trust)
    story.step("Spain, knowing the issuer: valid", is_verdict(result, 0, "valid"), summary(result))
    result = verdict(spain, credential)
    story.step("Spain, not knowing the issuer: authentic, but issuer not confirmed", is_verdict(result, 3, "issuer-not-confirmed"), summary(result))
    result = verdict(spain, tampered_copy(credential, network.folder), *trust)
    story.step("Spain, a changed copy: not valid, altered", is_verdict(result, 1, "not-valid", "altered"), summary(result))

    story.tell("\nRevoke:")
    answer = ireland.cli("revoke", credential)
    revoked_at = time.monotonic()
    story.step("Ireland revokes the micro-credential", answer.code == 0, answer.err.strip() or f"durable and in the feed after {answer.seconds:.2f} s")
    wait_for_verdict(germany, credential, trust, "revoked")
    seconds = time.monotonic() - revoked_at
    result = verdict(germany, credential, *trust)
    story.step("Germany: not valid, revoked", is_verdict(result, 1, "not-valid", "revoked"), f"{summary(result)}, {seconds:.2f} s after Ireland's answer", seconds=round(seconds, 3))

    story.tell("\nThe issuer is gone (SIGKILL):")
    ireland.kill()
    for node in (spain, germany):
        result = verdict(node, credential, *trust)
        story.step(f"{node.name.capitalize()}: still revoked", is_verdict(result, 1, "not-valid", "revoked"), summary(result))
        result = verdict(node, other, *trust)
        story.step(f"{node.name.capitalize()}: the other credential is still valid", is_verdict(result, 0, "valid"), summary(result))

    missed = revoke_in_spain(story, network.folder, spain, germany)

    story.tell("\nThe issuer comes back:")
    ireland.start()
    wait_until(lambda: ireland.cli("status", "--json").json()["ready"], "Ireland has compared its feed with its peers", PROPAGATION_SECONDS_MAX)
    _, result = wait_for_verdict(ireland, missed, ("--trust", spain.did), "revoked")
    story.step("Ireland restarts and learns what Spain revoked meanwhile", is_verdict(result, 1, "not-valid", "revoked"), summary(result))
    for country, issuer in (("Irish", ireland.did), ("Spanish", spain.did)):
        try:
            wait_until(lambda: is_same_everywhere(network, issuer), f"one head of the {country} feed", PROPAGATION_SECONDS_MAX)
        except TimeoutError:
            pass  # the step says so
        heads = {node.name: node.head_of(issuer) for node in network.nodes}
        told = {f"{head['size']} entries, head of {head['time']}" if head else "nothing" for head in heads.values()}
        story.step(f"All three hold one head of the {country} feed", is_same_everywhere(network, issuer), "; ".join(sorted(told)), heads=heads)
    answer = ireland.cli("suspend", other)
    story.step("Ireland suspends the other credential", answer.code == 0, answer.err.strip())
    _, result = wait_for_verdict(spain, other, trust, "suspended")
    story.step("Spain: not valid, suspended", is_verdict(result, 1, "not-valid", "suspended"), summary(result))
    answer = ireland.cli("reinstate", other)
    _, result = wait_for_verdict(spain, other, trust, None)
    story.step("Ireland reinstates it; Spain: valid again", answer.code == 0 and is_verdict(result, 0, "valid"), summary(result))
    new = rotate(story, network.folder, ireland, spain, other, trust)
    wait_for_verdict(germany, new, trust, None)
    gone_for_good(story, ireland, germany, credential, (other, new), trust)
    demo_recognition.play(story, network.folder, bodies, germany)


def rotate(story, folder, ireland, spain, old, trust):
    """The key that signed `old` is retired in the ordinary way; a new credential is signed by the next one."""
    story.tell("\nIreland changes its signing key:")
    answer = ireland.cli("keys", "rotate", "--json")
    story.step("Ireland rotates its key", answer.code == 0, answer.err.strip() or f"version {answer.json()['versionId'].split('-')[0]} of its DID")
    new = folder / "after-rotation.issued.json"
    issued = ireland.cli("issue", SAMPLES / "badge.json", "--output", new)
    wait_for_verdict(spain, new, trust, None)
    for file, key, version in ((old, "old", "1"), (new, "new", "2")):
        result = verdict(spain, file, *trust)
        story.step(f"Spain: a credential signed by the {key} key is valid, by version {version} of the DID",
                   issued.code == 0 and is_verdict(result, 0, "valid") and result[1]["issuer"]["versionId"].startswith(version + "-"), summary(result))
    return new


def gone_for_good(story, ireland, germany, revoked, files, trust):
    story.tell("\nThe issuer's node and domain are gone for good:")
    ireland.kill()
    shutil.rmtree(ireland.home)
    resolved = germany.cli("resolve", ireland.did, "--peer", germany.url, "--json")
    held = resolved.code == 0 and resolved.json()["didDocument"]["id"] == ireland.did
    story.step(f"A stranger resolves {ireland.did[:24]}…:{DOMAIN} from Germany", held, resolved.err.strip())
    for file in files:
        result = verdict(germany, file, *trust)
        story.step(f"and verifies {file.name.split('.')[0]}: valid", is_verdict(result, 0, "valid"), summary(result))
    result = verdict(germany, revoked, *trust)
    story.step("and what was revoked stays revoked", is_verdict(result, 1, "not-valid", "revoked"), summary(result))


def keep_running(story, network):
    story.tell("\nThe network keeps running; Ctrl-C ends it.")
    for node in network.nodes:
        if node.process:
            story.tell(f"  {node.name:<8} {node.url}  home {node.home}")
    try:
        signal.pause()
    except KeyboardInterrupt:
        pass


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--vcnode", required=True)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    story = Story(arguments.json)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with Network(arguments.vcnode, "demo") as network:
        try:
            play(story, network)
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # nothing is left running, however often it is pressed
            story.interrupted = True
            print("interrupted", file=sys.stderr, flush=True)
            story.finish()
            return INTERRUPTED
        except Exception as error:  # whatever it was, the story did not hold, and the summary says so
            story.step("the story went on", False, f"{type(error).__name__}: {error}")
            for node in network.nodes:
                if (node.home / "node.log").exists():
                    story.tell(f"--- last lines of {node.name}\n" + "\n".join(node.log_text().splitlines()[-5:]))
        ok = story.finish([node for node in network.nodes if node.process] if arguments.keep else ())
        if arguments.keep:
            keep_running(story, network)
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
