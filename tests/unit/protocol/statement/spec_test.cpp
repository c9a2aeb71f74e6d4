// protocol/spec/statement.md: its worked examples are what the code reads and makes.
#include "crypto/base/uuid.h"
#include "crypto/jcs.h"
#include "protocol/credential/codes.h"
#include "protocol/credential/context.h"
#include "protocol/credential/data_integrity.h"
#include "protocol/did/key.h"
#include "protocol/statement/create.h"
#include "tests/unit/protocol/statement/fixtures.h"

using namespace vcnode;
using namespace vcnode::statement;
using statement::test::example;
using statement::test::Json;
using statement::test::parsed;

namespace {

KeyPairSigner page_signer() {
  Bytes seed;
  for (std::uint8_t i = 0; i < 32; ++i) seed.push_back(i);
  return KeyPairSigner(Ed25519KeyPair::from_seed(seed).value());
}

}  // namespace

TEST_CASE("the page has an example of every kind, and draft makes it from its subject") {
  for (const Kind kind : kKinds) {
    CAPTURE(name_of(kind));
    Json document = example(kind);
    const auto statement = parsed(document);
    CHECK(statement.kind() == kind);
    document.erase("proof");
    const DraftOptions options{statement.id, statement.issuer_did, statement.from, statement.until};
    const auto made = draft(kind, document["credentialSubject"], options);
    REQUIRE_OK(made);
    CHECK(*made == document);
  }
}

TEST_CASE("the page's accreditation is signed as the page says, its leaf and Withdrawal name it") {
  const Json document = example(Kind::accreditation);
  auto signer = page_signer();
  credential::ProofOptions options;
  options.verification_method = did_key::verification_method_of(signer.public_key());
  options.created = Timestamp::parse("2024-01-01T00:00:00Z").value();
  Json without_proof = document;
  without_proof.erase("proof");
  CHECK(credential::add_proof(without_proof, options, signer).value() == document);

  const std::string text = jcs::canonicalize(document).value();
  const auto statement = parse(credential::Credential::parse(text).value(), sha256(as_bytes(text))).value();
  CHECK(vcnode::test::spec_example("statement.md", "leaf") ==
        concat(R"({"d":")", hex_encode(statement.digest.view()), R"(","k":")", statement.id,
               R"(","t":"statement"})"));
  Json withdrawn = withdrawal_of(statement, Ending::ends, Timestamp::parse("2027-03-01T00:00:00Z").value());
  withdrawn["reason"] = "The licence ended.";
  CHECK(withdrawn == example(Kind::withdrawal)["credentialSubject"]);
}

TEST_CASE("the page's examples say what they seem to say") {
  const auto accreditation = parsed(example(Kind::accreditation));
  const auto& accredited = *accreditation.as<Accreditation>();
  CHECK(accredited.decision == Decision::positive);
  CHECK(accredited.standing == Standing::obligatory);
  CHECK(accredited.scope.isced == Names{"06", "0713"});
  CHECK(scope_of(accreditation) == &accredited.scope);

  const auto identity = parsed(example(Kind::identity));
  CHECK(identity.as<Identity>()->domains == Names{"uni.example.ee"});
  CHECK(identity.as<Identity>()->identifiers.at(0) == Identifier{"deqar", "DEQARINST0000"});
  CHECK(identity.as<Identity>()->seal_certificates.size() == 1);
  CHECK(scope_of(identity) == nullptr);

  const auto list = parsed(example(Kind::trust_list));
  const auto& anchors = list.as<TrustList>()->anchors;
  REQUIRE(anchors.size() == 2);
  CHECK(anchors[0].max_recognition == 0);
  CHECK(anchors[1].max_recognition == 1);
  CHECK(anchors[1].max_delegation == 2);
  CHECK(anchors[1].name() == list.issuer());

  const auto levels = parsed(example(Kind::referencing));
  CHECK(levels.as<Referencing>()->levels.at(0).eqf == Interval{6, 6});
  CHECK_FALSE(levels.as<Referencing>()->levels.at(1).eqf);
  CHECK(levels.subject().empty());

  const auto stacking = parsed(example(Kind::stack_rule));
  CHECK(stacking.as<StackRule>()->clauses.size() == 2);
  CHECK_FALSE(stacking.as<StackRule>()->overlap);
  CHECK(stacking.as<StackRule>()->min_ects_at_level->ects == 9);

  const auto withdrawal = parsed(example(Kind::withdrawal));
  CHECK(withdrawal.subject() == accreditation.id);
  CHECK(withdrawal.as<Withdrawal>()->effect == Ending::ends);
  const auto recognition = parsed(example(Kind::recognition));
  CHECK(recognition.as<Recognition>()->agreement != nullptr);
  CHECK(scope_of(recognition)->from->to_string() == "2015-01-01T00:00:00Z");
  CHECK(scope_of(parsed(example(Kind::delegation))) != nullptr);
  CHECK(parsed(example(Kind::closed)).as<Closed>()->final_head->size == 1417);
  CHECK(parsed(example(Kind::sponsorship)).as<Sponsorship>()->quota == 500);
  CHECK(parsed(example(Kind::endorsement)).as<Endorsement>()->sectors.size() == 2);
  CHECK(parsed(example(Kind::endorsement)).as<Endorsement>()->provider.starts_with("did:webvh:"));
}

TEST_CASE("every term of the examples is defined by the context") {
  const auto defined = Json::parse(vcnode::test::read_file(
      vcnode::test::source_dir() / "protocol/spec/statements/context.json"))["@context"];
  const auto check = [&](const Json& value, const auto& self) -> void {
    if (value.is_object())
      for (const auto& [name, member] : value.items()) {
        const std::string term = name;
        CAPTURE(term);
        CHECK((credential::is_v2_term(term) || defined.contains(term)));
        self(member, self);
      }
    if (value.is_array())
      for (const Json& element : value) self(element, self);
  };
  for (const Kind kind : kKinds) {
    CHECK(defined.contains(type_of(kind)));
    check(example(kind)["credentialSubject"], check);
  }
}

TEST_CASE("a draft obeys the rules of its kind") {
  const DraftOptions options{"urn:uuid:1", "did:web:a.example", Timestamp(0)};
  CHECK_CODE_NAMES(draft(Kind::sponsorship, {{"id", "did:web:b.example"}}, options),
                   codes::STATEMENT_MALFORMED, "/credentialSubject/quota");
  auto named = options;
  named.id = "7";
  CHECK_CODE_NAMES(draft(Kind::sponsorship, {{"id", "did:web:b.example"}, {"quota", 0}}, named),
                   codes::CREDENTIAL_ID, "/id");
}

TEST_CASE("a new id is a random UUID of version 4") {
  SeededRng rng(7);
  const std::string id = random_uuid_urn(rng);
  CHECK(id.size() == std::string_view("urn:uuid:").size() + 36);
  CHECK(id.starts_with("urn:uuid:"));
  CHECK(id[23] == '4');
  CHECK(std::string_view("89ab").find(id[28]) != std::string_view::npos);
  CHECK(random_uuid_urn(rng) != id);
}
