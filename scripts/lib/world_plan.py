"""The fictitious world as data: bodies, what they say, what is issued, and what verifiers must be answered.

Everything follows from the seed. DIDs are not known before nodes have made keys, so "@body" stands for the DID of a body,
"@digest:ID" for the digest of a statement, "@head:BODY" for the newest head of a body's feed (fill() puts them in).

Country codes are those of real countries: facts of a credential are read with the EU's vocabularies, which know no others, and the
level tables are theirs. Every body has "Fictional" in its name and a domain under .example; none exists.
"""
import base64
import dataclasses
import hashlib
import json
import pathlib
import random
import uuid

import ed25519
import world_learning as learning

SAMPLES = pathlib.Path(__file__).parent.parent / "samples" / "world"
COUNTRIES = {"EE": "Estonia", "LV": "Latvia", "LT": "Lithuania", "BE": "Belgium", "NL": "the Netherlands", "IE": "Ireland"}
COUNTRIES_SMALL = ("EE", "LV", "IE")
OUTSIDER = "IE"  # no party to the agreement
AUTHORITIES = {"ministry": "Ministry of Education", "agency": "Quality Agency", "centre": "Recognition Centre",
               "employers": "Employers' Federation", "workers": "Trade Union Confederation"}
KINDS = {"university": ("University of Applied Dreams", 5, 7, ("06", "07", "05")), "school": ("Vocational School", 3, 5, ("07", "08", "09")),
         "company": ("Training Company", 4, 5, ("07", "04")), "ngo": ("Learning Association", 3, 4, ("09", "01")),
         "chamber": ("Chamber of Crafts", 4, 5, ("07", "10"))}
# Beside one of each kind per country: second ones, and two that misbehave.
MORE = ("ee-university-2", "lv-university-2", "lt-university-2", "be-university-2", "ee-school-2", "lv-school-2", "nl-school-2", "ie-school-2")
PROVIDERS_SMALL = ("ee-university", "ee-school", "ee-company", "ee-chamber", "lv-university", "lv-school", "lv-ngo", "ie-university")
SELF_MADE, BACK_DATING = "ee-academy", "lv-workshop"
WITHDRAWN, VOIDED, CLOSED = "lv-school", "ee-company", "lv-ngo"
ACHIEVEMENTS, ACHIEVEMENTS_SMALL = 300, 20
FOUNDED, ACCREDITED, AGREED = "2023-01-01T00:00:00Z", "2024-01-01T00:00:00Z", "2024-05-01T00:00:00Z"
ENDED = "2026-01-01T00:00:00Z"  # of whatever ended
CLAIMED = "2025-11-20T09:00:00Z"  # what the back-dating provider writes, long after ENDED
REGULATED = ("09",)
QUOTA_ROOT, QUOTA_MINISTRY = 10_000, 200
AGREEMENT = """Fictional Amber Agreement on Levels (sample; no such agreement exists)

The ministries that sign accept each other's higher and vocational education levels as equal, from 2024-05-01 on,
for whatever was awarded since 2015.
"""


@dataclasses.dataclass(frozen=True)
class Body:
    name: str  # ee-ministry
    kind: str  # a key of AUTHORITIES or KINDS, or levels, federation, workshop, academy
    country: str
    legal_name: str
    hosted: bool = True  # else it uses no node, and its key follows from the seed

    @property
    def slug(self):
        return self.name.split("-", 1)[1]

    @property
    def domain(self):
        return f"{self.slug}.{self.country.lower()}.world.example"


class Plan:
    def __init__(self, seed, small):
        self.seed, self.small = seed, small
        self.rng = random.Random(f"vcnode world {seed} {small}")
        self.countries = COUNTRIES_SMALL if small else tuple(COUNTRIES)
        self.members = [country for country in self.countries if country != OUTSIDER]
        self.verifier = self.members[-1]
        self.bodies, self.statements, self.credentials, self.questions, self.policies = {}, [], {}, [], {}
        self.levels = json.loads((SAMPLES / "levels.json").read_text())["frameworks"]
        self.agreement = {"id": "https://agreement.world.example/amber",
                          "digestMultibase": multibase(hashlib.sha256(AGREEMENT.encode()).digest())}
        make_bodies(self)
        self.key = ed25519.Key(hashlib.sha256(f"vcnode world key {seed}".encode()).digest())
        self.achievements = make_achievements(self)
        say_who_they_are(self)
        say_who_may_what(self)
        say_what_ended(self)
        say_what_counts(self)
        ask(self)

    def of_kind(self, *kinds):
        return [body for body in self.bodies.values() if body.kind in kinds]

    def in_country(self, country, kind):
        return next((body for body in self.bodies.values() if body.country == country and body.kind == kind), None)

    def providers(self):
        return [body for body in self.bodies.values() if body.kind in (*KINDS, "academy", "workshop")]

    def say(self, by, kind, subject, since=FOUNDED, later=False, **envelope):
        """A statement by a body; `later`: it names one that has to be published before."""
        statement = {"kind": kind, "id": f"urn:uuid:{uuid.UUID(int=self.rng.getrandbits(128), version=4)}", "validFrom": since,
                     **envelope, "credentialSubject": subject}
        self.statements.append({"by": by.name, "later": later, "statement": statement})
        return statement

    def back_date(self, draft):
        """Signed today by a body with software of its own, which writes a time before its accreditation ended."""
        whole = {**draft, "id": f"urn:uuid:{uuid.UUID(int=self.rng.getrandbits(128), version=4)}", "validFrom": CLAIMED}
        return self.key.sign_credential(whole, CLAIMED)

    def of(self, body):
        return [row for row in self.achievements if row["by"] == body.name]


def multibase(digest):
    """A SHA-256 as statements write it."""
    return "u" + base64.urlsafe_b64encode(b"\x12\x20" + digest).rstrip(b"=").decode()


def fill(value, names):
    """The value with `names(text)` in place of every text that begins with @."""
    if isinstance(value, dict):
        return {key: fill(one, names) for key, one in value.items()}
    if isinstance(value, list):
        return [fill(one, names) for one in value]
    return names(value) if isinstance(value, str) and value.startswith("@") else value


def make_bodies(plan):
    def add(name, kind, country, what, hosted=True):
        number = f" No. {name[-1]}" if name[-1].isdigit() else ""
        plan.bodies[name] = Body(name, kind, country, f"Fictional {what} of {COUNTRIES[country]}{number} (sample)", hosted)

    for country in plan.countries:
        for kind, what in AUTHORITIES.items():
            add(f"{country.lower()}-{kind}", kind, country, what)
    first, last = plan.countries[0], plan.countries[-1]
    add(f"{first.lower()}-levels", "levels", first, "Publisher of Level Tables")
    add(f"{last.lower()}-federation", "federation", last, "Federation of Networks")
    named = [f"{country.lower()}-{kind}" for country in plan.countries for kind in KINDS] + list(MORE)
    for name in PROVIDERS_SMALL if plan.small else named:
        kind = name.split("-")[1]
        add(name, kind, name[:2].upper(), KINDS[kind][0])
    add(SELF_MADE, "academy", "EE", "Academy of Everything")
    add(BACK_DATING, "workshop", "LV", "Workshop of Old Dates", hosted=False)


def profile(body):
    """Lowest and highest level, and broad fields: of whoever pretends, those of a company."""
    return KINDS.get(body.kind, KINDS["company"])[1:]


def national(plan, country, eqf):
    rows = next(one["rows"] for one in plan.levels if one["country"] == country)
    return next((row["nqf"] for row in rows if row["eqf"] == [eqf]), None)


def make_achievements(plan):
    providers, out = plan.providers(), []
    for number in range(ACHIEVEMENTS_SMALL if plan.small else ACHIEVEMENTS):
        body = providers[number % len(providers)]
        low, high, fields = profile(body)
        eqf, broad = plan.rng.randint(low, high), plan.rng.choice(fields)
        level = national(plan, body.country, eqf) if plan.rng.random() < 0.7 else None
        out.append({"by": body.name, "eqf": eqf, "definition": learning.definition(plan.rng, body, number + 1, broad, eqf, level)})
    return out


def say_who_they_are(plan):
    federation = plan.of_kind("federation")[0]
    for body in plan.bodies.values():
        identity = {"id": "@" + body.name, "legalName": body.legal_name, "country": body.country, "domains": [body.domain]}
        if body.hosted:
            plan.say(body, "identity", identity)  # a claim
        ministry = plan.in_country(body.country, "ministry")
        if body.name == SELF_MADE or body is federation:
            continue
        plan.say(federation if body is ministry else ministry, "identity", identity)
        if body is ministry:
            plan.say(federation, "sponsorship", {"id": "@" + body.name, "quota": QUOTA_MINISTRY})
        elif body.hosted:
            plan.say(ministry, "sponsorship", {"id": "@" + body.name, "quota": 0})


def scope_of(body):
    low, high, fields = profile(body)
    return {"country": [body.country], "eqf": {"min": low, "max": high}, "isced": sorted(fields), "credentialType": ["MicroCredential"],
            "maxEcts": 30}


def say_who_may_what(plan):
    plan.accreditations = {}
    for country in plan.countries:
        ministry, agency, chamber = (plan.in_country(country, kind) for kind in ("ministry", "agency", "chamber"))
        plan.say(ministry, "delegation", {"id": "@" + agency.name, "maxPathLength": 1, "scope": {"country": [country]}}, ACCREDITED)
        if chamber:
            plan.say(agency, "delegation", {"id": "@" + chamber.name, "maxPathLength": 0,
                                            "scope": {"country": [country], "eqf": {"min": 3, "max": 5}}}, ACCREDITED)
        for body in plan.providers():
            if body.country != country:
                continue
            by = chamber if chamber and body.kind == "company" else agency
            by = body if body.name == SELF_MADE else by
            conditions = body.kind == "ngo" and body.name != CLOSED
            says = {"id": "@" + body.name, "decision": "positive-with-conditions" if conditions else "positive",
                    "standing": "voluntary" if body.kind in ("company", "ngo") else "obligatory", "scope": scope_of(body)}
            plan.accreditations[body.name] = by, plan.say(by, "accreditation", says, ACCREDITED, validUntil="2040-01-01T00:00:00Z")
    for one in plan.members:
        for other in plan.members:
            if one != other:
                recognise(plan, one, other)
    # One side signed, the other has not.
    recognise(plan, OUTSIDER, plan.members[0])
    for country in plan.countries:
        for other in plan.countries:
            if OUTSIDER in (country, other) and country != other:
                plan.say(plan.in_country(country, "centre"), "recognition",
                         {"id": f"@{other.lower()}-ministry", "effect": "presumption", "transitive": False,
                          "scope": {"country": [other], "eqf": {"min": 4, "max": 8}}}, AGREED)


def recognise(plan, one, other):
    plan.say(plan.in_country(one, "ministry"), "recognition",
             {"id": f"@{other.lower()}-ministry", "effect": "level-automatic", "transitive": False, "agreement": plan.agreement,
              "scope": {"country": [other], "eqf": {"min": 3, "max": 8}, "issuedFrom": "2015-01-01T00:00:00Z"}}, AGREED)


def say_what_ended(plan):
    for name, effect, reason in ((WITHDRAWN, "ends", "The inspection of 2025 found no teachers."),
                                 (VOIDED, "voids", "The application was forged."),
                                 (BACK_DATING, "ends", "The licence ended.")):
        by, statement = plan.accreditations[name]
        plan.say(by, "withdrawal", {"id": statement["id"], "digestMultibase": "@digest:" + statement["id"], "effect": effect,
                                    "effectiveFrom": ENDED, "reason": reason}, ENDED, later=True)
    by, _ = plan.accreditations[CLOSED]
    plan.say(by, "closed", {"id": "@" + CLOSED, "finalHead": "@head:" + CLOSED, "archive": f"https://archive.{plan.bodies[CLOSED].domain}/"},
             ENDED, later=True)


def say_what_counts(plan):
    publisher = plan.of_kind("levels")[0]
    for framework in plan.levels:
        if framework["country"] in plan.countries:
            table = [{"level": row["level"], "nqf": row["nqf"], **({"eqf": {"min": row["eqf"][0], "max": row["eqf"][-1]}} if row["eqf"] else {})}
                     for row in framework["rows"]]
            plan.say(publisher, "referencing", {"framework": framework["framework"], "version": "sample", "country": framework["country"],
                                                "table": table})
    named = [plan.of(plan.bodies["ee-university"])[0]]  # the questions ask about it, and about one that nobody vouches for
    vouched = [row for row in plan.achievements if row["by"] not in (SELF_MADE, BACK_DATING, "lv-university")]
    for row in named + plan.rng.sample(vouched, len(vouched) // 5):
        endorse(plan, row)
    for list_of, purpose in (("employers", "hiring"), ("centre", "study"), ("ministry", "regulated-job")):
        for country in plan.countries:
            trust(plan, country, plan.in_country(country, list_of), purpose)
    for body in plan.of_kind("university"):
        parts = [row["definition"] for row in plan.of(body)]
        if len(parts) < 2:
            continue
        total = sum(part["workload"]["ects"] for part in parts[:3])
        plan.say(body, "stack-rule", {"id": f"https://{body.domain}/rules/1", "target": f"https://{body.domain}/certificates/1",
                                      "rule": {"clauses": [{"atLeast": 2, "of": [part["id"] for part in parts[:3]]}],
                                               "minEcts": max(1, total - 2), "maxAgeMonths": 60, "outcomeOverlap": "allow"}})


def endorse(plan, row):
    about = row["definition"]["id"]
    for kind, role in (("employers", "employers-organisation"), ("workers", "workers-organisation")):
        by = plan.in_country(row["by"][:2].upper(), kind)
        if any(one["by"] == by.name and one["statement"]["credentialSubject"]["id"] == about for one in plan.statements
               if one["statement"]["kind"] == "endorsement"):
            continue
        plan.say(by, "endorsement", {"id": about, "provider": f"@{row['by']}", "role": role, "claim": "labour-market-relevant"})


def trust(plan, country, by, purpose):
    anchors = [{"id": f"@{country.lower()}-ministry", "name": plan.in_country(country, "ministry").legal_name, "maxRecognition": 1, "maxDelegation": 2}]
    if purpose != "regulated-job":
        anchors.append({"id": f"@{country.lower()}-centre", "maxRecognition": 1, "maxDelegation": 2})
    else:
        anchors[0]["scope"] = {"isced": list(REGULATED)}
    plan.say(by, "trust-list", {"id": f"https://{by.domain}/trust/{purpose}", "purpose": purpose, "country": country, "anchors": anchors})


def ask(plan):
    """What is issued, what verifiers ask, and what they must hear."""
    home, outside = plan.verifier.lower(), OUTSIDER.lower()
    employer = {"id": "urn:world:employer", "verifierCountry": plan.verifier, "anchors": [{"id": f"@{home}-ministry"}, {"id": f"@{home}-centre"}],
                "referencingFrom": ["@ee-levels"], "needElements": "mandatory"}
    partners = [f"@{country.lower()}-{kind}" for country in plan.countries for kind in ("employers", "workers")]
    plan.policies = {"employer": employer,
                     "careful-employer": {**employer, "id": "urn:world:careful-employer", "endorsement": {"atLeast": 2, "from": partners}},
                     "outside-ministry": {"id": "urn:world:outside-ministry", "verifierCountry": OUTSIDER, "anchors": [{"id": f"@{outside}-ministry"}]},
                     "outside-centre": {"id": "urn:world:outside-centre", "verifierCountry": OUTSIDER, "anchors": [{"id": f"@{outside}-centre"}]}}
    for body in plan.providers():
        issue(plan, body.name, body.name)
    issue(plan, "no-quality-assurance", "ee-university", (("qualityAssurance",), None))
    issue(plan, "no-level", "ee-university", (("level",), None))
    issue(plan, "level-too-high", "ee-school", (("level",), {"eqf": learning.EQF + "7"}))
    issue(plan, "national-level", "ee-university", (("level",), {"nqf": national(plan, "EE", 6)}))
    issue(plan, "wrong-level", "ie-university", (("level",), {"eqf": learning.EQF + "7", "nqf": national(plan, "IE", 6)}))
    issue(plan, "borrowed-achievement", "lv-university", (("id",), plan.of(plan.bodies["ee-university"])[0]["definition"]["id"]))
    for credential, policy, outcome, code, why in (
            ("ee-university", "employer", "recognised", "RECOGNISED", "the ministries of both countries signed the agreement"),
            ("no-quality-assurance", "employer", "partly-recognised", "ELEMENT_MISSING", "it does not say how quality is assured"),
            (SELF_MADE, "employer", "not-established", "SELF_ACCREDITATION", "the academy accredited itself"),
            ("no-level", "employer", "cannot-tell", "FACT_MISSING", "the recognition is limited to levels, and the credential has none"),
            (WITHDRAWN, "employer", "not-established", "WITHDRAWN_BEFORE_ISSUE", "its accreditation was withdrawn before"),
            (VOIDED, "employer", "not-established", "VOIDED", "its accreditation was voided"),
            (CLOSED, "employer", "not-established", "ISSUER_CLOSED", "it had been closed before"),
            (BACK_DATING, "employer", "cannot-tell", "ISSUE_TIME_UNPROVEN", "it says it was issued before the withdrawal, and nothing proves it"),
            ("level-too-high", "employer", "not-established", "SCOPE_EQF", "a vocational school may not award level 7"),
            ("national-level", "employer", "recognised", "RECOGNISED", "a published table translates the national level"),
            ("wrong-level", "employer", "partly-recognised", "LEVEL_MISMATCH", "the tables give the national level another European one"),
            ("ee-chamber", "employer", "recognised", "RECOGNISED", "a chamber that the quality agency accredited"),
            ("ee-university", "careful-employer", "recognised", "RECOGNISED", "employers and workers vouch for it"),
            ("lv-university", "careful-employer", "partly-recognised", "ENDORSEMENTS_TOO_FEW", "nobody vouches for it"),
            ("borrowed-achievement", "careful-employer", "partly-recognised", "ENDORSEMENT_UNTIED", "they vouch for what another university offers"),
            ("ee-university", "outside-centre", "recognised", "RECOGNISED", "the recognition centre presumes it"),
            ("ee-university", "outside-ministry", "not-established", "ONE_SIDED_AGREEMENT", "only one side signed")):
        plan.questions.append({"credential": credential, "policy": policy, "outcome": outcome, "code": code, "why": why})


def issue(plan, name, by, *changes):
    body = plan.bodies[by]
    plan.credentials[name] = {"by": by, "credential": learning.credential(body, plan.of(body)[0]["definition"], "Ana Andromeda (sample)", changes)}
