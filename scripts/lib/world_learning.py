"""What the fictitious world teaches: definitions of achievements, and credentials that somebody earned one."""
import copy

CONTEXTS = ["https://www.w3.org/ns/credentials/v2", "https://vcnode.example/ns/micro-credential/v1"]
EU = "http://data.europa.eu/snb/"
EQF, ISCED = EU + "eqf/", EU + "isced-f/"
CYCLES = {5: "short", 6: "first", 7: "second", 8: "third"}
MODES = {"presence": "9191af2ed9", "online": "920fbb3cbe", "blended": "e92d221e4d", "at work": "729f3bed4b"}
ASSESSMENTS = {"project": "795dac4096", "written": "6e6cb2cc78", "oral": "d30284d7df", "practical": "6a4db9f11d"}
SUPERVISED = EU + "supervision-verification/70be69aaf9"
QUALITY = {"institution": "bb4618238e", "programme": "820101cba6"}
HOURS_PER_ECTS = 26
# Broad fields of ISCED-F 2013, detailed fields within, and what one learns there.
TOPICS = {
    "01": [("0114", "Teaching with digital tools", "plans a lesson that works without a network")],
    "04": [("0413", "Leading small teams", "gives a colleague feedback that helps"),
           ("0414", "Selling across borders", "writes an offer in two languages"),
           ("0415", "Office records", "files a record so that others find it"),
           ("0416", "Shop floor service", "answers a complaint and keeps the customer")],
    "05": [("0521", "Measuring streams", "takes a water sample that a laboratory accepts"),
           ("0542", "Statistics for practice", "says what a sample does not show")],
    "06": [("0611", "Safe use of computers", "recognises a forged message"),
           ("0612", "Running small networks", "finds the broken link in a network"),
           ("0613", "Testing software", "writes a test that fails for the right reason")],
    "07": [("0712", "Cleaning waste water", "runs a settling tank within its limits"),
           ("0713", "Heat pumps", "sizes a heat pump for a small house"),
           ("0714", "Industrial IoT", "connects a controller to a message broker"),
           ("0715", "Welding joints", "welds a joint that passes inspection"),
           ("0721", "Baking at scale", "keeps a sour dough alive for a year"),
           ("0732", "Timber frames", "reads the drawing of a timber frame")],
    "08": [("0811", "Soil and crops", "draws a plan for four years of crops")],
    "09": [("0921", "Care at home", "lifts a person without harm to either"),
           ("0922", "Play and growth", "observes a child and writes down what matters")],
    "10": [("1013", "Kitchen hygiene", "plans a kitchen that passes inspection"),
           ("1022", "Safety at work", "finds the hazard before the accident"),
           ("1041", "Loading lorries", "secures a load for a ferry")],
}
DEGREES = ["basics", "practice", "for advanced learners", "for trainers"]


def definition(rng, body, number, broad, eqf, level):
    """An achievement as the plain profile describes it; `level` is the national one: IRI or None."""
    field, title, outcome = rng.choice(TOPICS[broad])
    title = f"{title}: {rng.choice(DEGREES)} (sample)"
    ects = rng.randint(1, 6)
    achievement = {
        "id": f"https://{body.domain}/achievements/{number}",
        "title": {"en": title},
        "awardingBody": [{"id": "@" + body.name, "legalName": body.legal_name, "country": body.country}],
        "learningOutcome": [{"text": {"en": f"The learner {outcome}"}, "skill": [f"https://skills.world.example/{field}/{number}"]}],
        "workload": {"ects": ects, "hours": ects * HOURS_PER_ECTS},
        "level": {"eqf": f"{EQF}{eqf}"},
        "isced": [ISCED + field],
        "mode": [EU + "learning-assessment/" + MODES[rng.choice(sorted(MODES))]],
        "setting": "formal" if body.kind in ("university", "school") else "non-formal",
        "qualityAssurance": [{"type": EU + "accreditation/" + QUALITY["institution"]}],
    }
    if level:
        achievement["level"]["nqf"] = level
    if eqf in CYCLES and body.kind == "university":
        achievement["level"]["cycle"] = CYCLES[eqf]
    return achievement


def credential(body, achievement, learner, changes=()):
    """An unsigned credential. `changes`: (path in the achievement, new value); None takes the member away."""
    achievement = copy.deepcopy(achievement)
    for path, value in changes:
        holder = achievement
        for name in path[:-1]:
            holder = holder[name]
        if value is None:
            del holder[path[-1]]
        else:
            holder[path[-1]] = value
    return {
        "@context": CONTEXTS, "type": ["VerifiableCredential", "MicroCredential"],
        "issuer": {"id": "@" + body.name, "name": body.legal_name, "country": body.country},
        "credentialSubject": {
            "learner": {"name": learner}, "achievement": achievement,
            "assessment": [{"type": EU + "assessment/" + ASSESSMENTS["project"], "supervision": SUPERVISED, "grade": "B"}]}}
