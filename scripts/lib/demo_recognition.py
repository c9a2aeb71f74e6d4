"""The demo's last act: an employer in Germany asks what a Spanish micro-credential counts for."""
import json

from network import wait_until
import world_learning
from world_plan import Body

SCHOOL = Body("es-school", "school", "ES", "Fictional Vocational School of Spain (sample)")
ACADEMY = Body("es-academy", "academy", "ES", "Fictional Academy of Everything (sample)")
EQF = world_learning.EQF
ACHIEVEMENT = {
    "id": "https://school.es.world.example/achievements/1",
    "title": {"en": "Heat pumps: practice (sample)"},
    "learningOutcome": [{"text": {"en": "The learner sizes a heat pump for a small house"}}],
    "workload": {"ects": 3, "hours": 78},
    "level": {"eqf": EQF + "4"},
    "isced": [world_learning.ISCED + "0713"],
    "mode": [world_learning.EU + "learning-assessment/" + world_learning.MODES["blended"]],
    "setting": "formal",
    "qualityAssurance": [{"type": world_learning.EU + "accreditation/" + world_learning.QUALITY["institution"]}],
}
# What is issued, by whom, with which change, and what the employer must hear.
CASES = (
    ("by the accredited school", "school", (), "recognised", "RECOGNISED"),
    ("by the school, silent on quality assurance", "school", ((("qualityAssurance",), None),), "partly-recognised", "ELEMENT_MISSING"),
    ("by an academy that nobody accredited", "academy", (), "not-established", "NO_CHAIN"),
    ("by the school, silent on the level", "school", ((("level",), None),), "cannot-tell", "FACT_MISSING"),
)
PROPAGATION_SECONDS_MAX = 30


def add_bodies(spain, germany):
    """Before their nodes start: who speaks besides the first issuers. Name → (node, DID)."""
    bodies = {}
    for node, names in ((spain, ("ministry", "school", "academy")), (germany, ("centre",))):
        for name in names:
            made = node.cli("issuer", "new", name, "--json")
            if made.code != 0:
                raise RuntimeError(made.err + made.out)
            bodies[name] = node, made.json()["did"]
    return bodies


def answer_of(verdict):
    """(outcome, code, sentence) of recognition."""
    code = next((check["code"] for check in verdict["verdict"]["checks"] if check["check"] == "recognition"), None)
    sentence = next((row["sentence"] for row in verdict["messages"] if row["check"] == "recognition"), "")
    return verdict["verdict"]["recognition"]["outcome"], code, sentence


def publish(bodies, by, *arguments):
    node, _ = bodies[by]
    answer = node.cli("publish", *arguments, "--issuer", by, "--json")
    if answer.code != 0:
        raise RuntimeError(answer.err + answer.out)


def play(story, folder, bodies, germany):
    story.tell("\nAn employer in Germany asks what a credential from Spain counts for (all bodies are fictitious):")
    did = {name: one for name, (_, one) in bodies.items()}
    scope = ("--country", "ES", "--eqf", "3-5", "--type", "MicroCredential")
    publish(bodies, "ministry", "accreditation", "--subject", did["school"], "--decision", "positive", "--standing", "obligatory", *scope)
    publish(bodies, "centre", "recognition", "--subject", did["ministry"], "--effect", "presumption", *scope)
    story.step("Spain's ministry accredits a school, Germany's recognition centre recognises the ministry", True)
    policy = folder / "employer.json"
    policy.write_text(json.dumps({"id": "urn:demo:employer", "verifierCountry": "DE", "anchors": [{"id": did["centre"]}], "needElements": "mandatory"}))
    for number, (what, by, changes, outcome, code) in enumerate(CASES):
        file = issue(folder / f"heat-pumps-{number}", bodies, by, changes)

        def ask():
            return json.loads(germany.cli("verify", file, "--policy", policy, "--peer", germany.url, "--json").out)
        wait_until(lambda: answer_of(ask())[:2] == (outcome, code), f"{by}: {outcome}", PROPAGATION_SECONDS_MAX, 0.2)
        said, found, sentence = answer_of(ask())
        story.step(f"{what[0].upper()}{what[1:]}: {said.replace('-', ' ')}", (said, found) == (outcome, code), sentence)


def issue(path, bodies, by, changes):
    node, did = bodies[by]
    body = SCHOOL if by == "school" else ACADEMY
    achievement = {**ACHIEVEMENT, "awardingBody": [{"id": did, "legalName": body.legal_name, "country": "ES"}]}
    credential = world_learning.credential(body, achievement, "Ana Andromeda (sample)", changes)
    credential["issuer"]["id"] = did
    draft, out = path.with_suffix(".json"), path.with_suffix(".issued.json")
    draft.write_text(json.dumps(credential))
    answer = node.cli("issue", draft, "--issuer", by, "--output", out)
    if answer.code != 0:
        raise RuntimeError(answer.err + answer.out)
    return out
