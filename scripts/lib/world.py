"""`scripts/world`: writes the fictitious world down, and with --run loads it into nodes and asks its questions."""
import argparse
import json
import pathlib
import shutil
import signal
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from world_plan import AGREEMENT, Plan  # noqa: E402
from world_run import World, said  # noqa: E402

SEED = 2026
NOTICE = """Everything here is FICTITIOUS: bodies, people, agreements and decisions. No ministry, agency, school or union exists by these
names, and nobody of the countries named has said any of this. Country codes and level tables are real because credentials are read with
the vocabularies of the EU. Keys and times apart, all of it follows from the seed ({seed}{small}).

world.json        countries, bodies, sizes
achievements.json definitions of achievements, by provider
agreement.txt     what the ministries signed
statements/       by body: files for `vcnode publish KIND --issuer NAME --from FILE`; "@name" stands for the DID of a body,
                  "@digest:ID" for the digest of a statement, "@head:NAME" for the newest head of a feed
credentials/      unsigned credentials for `vcnode issue`
questions.json    which credential, under which policy, must be answered how, and why
policies/         policies of verifiers
After --run also: dids.json, issued/ (signed credentials), policies/ with DIDs, nodes/ (homes and update keys).
"""


def write(folder, plan):
    """The inputs. Only what follows from the seed."""
    def file(name, content):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content, indent=1, ensure_ascii=False) + "\n")

    file("README.txt", NOTICE.format(seed=plan.seed, small=", small" if plan.small else ""))
    file("agreement.txt", AGREEMENT)
    file("world.json", {"fictitious": True, "seed": plan.seed, "small": plan.small, "countries": list(plan.countries), "counts": counts(plan),
                        "bodies": [{"name": body.name, "kind": body.kind, "country": body.country, "legalName": body.legal_name,
                                    "domain": body.domain, "hasNode": body.hosted} for body in plan.bodies.values()]})
    file("achievements.json", plan.achievements)
    file("questions.json", plan.questions)
    for body in plan.bodies.values():
        said_by = [row for row in plan.statements if row["by"] == body.name]
        for order, kind in enumerate(dict.fromkeys(row["statement"]["kind"] for row in said_by)):
            file(f"statements/{body.name}/{order + 1}-{kind}.json", [row["statement"] for row in said_by if row["statement"]["kind"] == kind])
    for name, row in plan.credentials.items():
        file(f"credentials/{name}.json", row["credential"])
    for name, policy in plan.policies.items():
        file(f"policies/{name}.json", policy)


def counts(plan):
    return {"countries": len(plan.countries), "bodies": len(plan.bodies), "providers": len(plan.providers()), "achievements": len(plan.achievements),
            "statements": len(plan.statements), "credentials": len(plan.credentials), "questions": len(plan.questions)}


def ask_all(world, tell):
    """Each question to a node of another country than the one before; the first four also evaluated by a verifier without a node."""
    rows, nodes = [], list(world.nodes.values())
    for number, question in enumerate(world.plan.questions):
        node = nodes[number % len(nodes)]
        answers = {"node": said(world.ask_node(question, node))}
        if number < 4:
            answers["own"] = said(world.ask(question, node)[1])
        held = all(answer == (question["outcome"], question["code"]) for answer in answers.values())
        rows.append({**question, "asked": node.name, "answers": answers, "held": held})
        tell(f"  {'✓' if held else '✗'} {question['credential']} ({question['policy']}): {question['outcome'].replace('-', ' ')}: {question['why']}"
             f" [{question['code']}]" + ("" if held else f"; answered {answers}"))
    return rows


def run(arguments, plan, folder, tell):
    """Whether every question was answered as it must be."""
    started = time.monotonic()
    world = World(plan, arguments.vcnode, folder, tell)
    try:
        tell("\nInto nodes, one per country:")
        world.load()
        world.write_policies()
        (folder / "dids.json").write_text(json.dumps(world.dids, indent=1) + "\n")
        tell("\nWhat verifiers hear:")
        rows = ask_all(world, tell)
        result = {"ok": all(row["held"] for row in rows), "counts": counts(plan), "seconds": world.seconds,
                  "secondsInAll": round(time.monotonic() - started, 1), "questions": rows, "folder": str(folder),
                  "nodes": [{"name": node.name, "url": node.url, "home": str(node.home)} for node in world.nodes.values()] if arguments.keep else []}
        if arguments.json:
            print(json.dumps(result), flush=True)
        tell(f"\n{sum(row['held'] for row in rows)} of {len(rows)} answers are as they must be, after {result['secondsInAll']} s.")
        if arguments.keep:
            tell("The nodes keep running; Ctrl-C ends them.\n" + "\n".join(f"  {node.name}  {node.url}  home {node.home}" for node in world.nodes.values()))
            signal.pause()
        return result["ok"]
    finally:
        world.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--vcnode")
    parser.add_argument("--output", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--run", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    tell = (lambda text: None) if arguments.json else (lambda text: print(text, flush=True))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    plan = Plan(arguments.seed, arguments.small)
    temporary = None if arguments.output else pathlib.Path(tempfile.mkdtemp(prefix="vcnode-world-"))
    folder = arguments.output or temporary
    if arguments.output and folder.exists() and any(folder.iterdir()):
        print(f"error: {folder} is there and is not empty; name another --output", file=sys.stderr)
        return 64
    try:
        write(folder, plan)
        tell(f"A fictitious world in {folder}: " + ", ".join(f"{number} {what}" for what, number in counts(plan).items()))
        if not arguments.run:
            temporary = None
            if arguments.json:
                print(json.dumps({"ok": True, "counts": counts(plan), "folder": str(folder)}))
            return 0
        return 0 if run(arguments, plan, folder, tell) else 1
    except KeyboardInterrupt:
        return 130
    finally:
        if temporary:
            shutil.rmtree(temporary, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
