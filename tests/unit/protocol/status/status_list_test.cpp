#include "protocol/status/status_list.h"

#include <set>

#include "crypto/base/codes.h"
#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "crypto/jcs.h"
#include "protocol/credential/codes.h"
#include "protocol/credential/credential.h"
#include "protocol/credential/eddsa_jcs_2022.h"
#include "protocol/did/codes.h"
#include "protocol/status/codes.h"
#include "tests/support/doctest.h"
#include "tests/unit/protocol/credential/samples.h"
#include "tests/unit/protocol/status/gzip.h"

using namespace vcnode;
using status::Bitmap;
using status::Purpose;
using status::StatusIndex;
using Json = nlohmann::json;

namespace {

constexpr std::string_view kUri = "https://node.example/status-lists/1";

status::SignedListOptions options_of(const test::Party& issuer) {
  return {.uri = std::string(kUri),
          .purpose = Purpose::suspension,
          .issuer = issuer.did(),
          .verification_method = issuer.method(),
          .valid_from = Timestamp(1'790'000'000)};
}

std::string signed_list() {
  test::Party issuer(1);
  auto bitmap = Bitmap::zero(status::kListEntriesMin);
  CHECK(bitmap.set(StatusIndex(94567), true).has_value());
  return status::sign_status_list(bitmap, options_of(issuer), issuer.signer()).value();
}

Result<status::StatusList> verify(std::string_view text) {
  return status::verify_status_list(text, kUri, test::Party(1).did(), DidKeyResolver());
}

// Changes the unsigned list, then signs it as `signer`.
template <class Change>
std::string changed_and_signed(Change change, test::Party signer = test::Party(1)) {
  auto list = Json::parse(signed_list());
  list.erase("proof");
  change(list);
  return jcs::canonicalize(credential::add_proof(list, signer.proof_options(), signer.signer()).value())
      .value();
}

// The same with a proof that expires, which add_proof does not write.
template <class Change>
std::string with_expires(Change change) {
  test::Party issuer(1);
  auto list = Json::parse(changed_and_signed(change));
  auto proof = list["proof"];
  proof.erase("proofValue");
  proof["expires"] = "2026-12-01T00:00:00Z";
  const auto input = credential::eddsa_jcs_2022::signing_input(list, proof, Json::array()).value();
  proof["proofValue"] =
      multibase_encode(Multibase::base58btc, issuer.signer().sign(input.bytes()).value().view());
  list["proof"] = std::move(proof);
  return jcs::canonicalize(list).value();
}

Result<status::StatusEntry> entry_with(const char* member, const Json& value) {
  auto entry = status::status_entry_json({Purpose::revocation, std::string(kUri), StatusIndex(94567)});
  if (value.is_discarded()) {
    entry.erase(member);
  } else {
    entry[member] = value;
  }
  const auto document = test::parsed(entry);
  return status::parse_status_entry(document.root());
}

const Json kAbsent = Json(Json::value_t::discarded);

}  // namespace

TEST_CASE("a signed list verifies and holds what was signed") {
  const auto list = verify(signed_list());
  REQUIRE_OK(list);
  CHECK(list->uri == kUri);
  CHECK(list->purpose == Purpose::suspension);
  CHECK(list->valid_from == Timestamp(1'790'000'000));
  CHECK(list->bitmap.entries() == status::kListEntriesMin);
  CHECK(*list->bitmap.get(StatusIndex(94567)));
  CHECK_FALSE(*list->bitmap.get(StatusIndex(94568)));
}

TEST_CASE("a signed list is JCS text in the standard's form") {
  const auto text = signed_list();
  const auto list = Json::parse(text);
  CHECK(jcs::canonicalize(list).value() == text);
  CHECK(list["@context"] == Json::array({"https://www.w3.org/ns/credentials/v2"}));
  CHECK(list["id"] == kUri);
  CHECK(list["type"] == Json{"VerifiableCredential", "BitstringStatusListCredential"});
  CHECK(list["issuer"] == test::Party(1).did().text());
  CHECK(list["validFrom"] == Timestamp(1'790'000'000).to_string());
  CHECK(list["credentialSubject"]["id"] == concat(kUri, "#list"));
  CHECK(list["credentialSubject"]["type"] == "BitstringStatusList");
  CHECK(list["credentialSubject"]["statusPurpose"] == "suspension");
  CHECK(list.size() == 7);
}

TEST_CASE("lists of other software: type and purpose in arrays, time from the proof") {
  const auto arrays = verify(changed_and_signed([](Json& list) {
    list["credentialSubject"]["type"] = {"BitstringStatusList", "Other"};
    list["credentialSubject"]["statusPurpose"] = Json::array({"revocation"});
    list["credentialSubject"].erase("id");
  }));
  REQUIRE_OK(arrays);
  CHECK(arrays->purpose == Purpose::revocation);
  const auto untimed = verify(changed_and_signed([](Json& list) { list.erase("validFrom"); }));
  REQUIRE_OK(untimed);
  CHECK(untimed->valid_from == test::Party(1).proof_options().created);
  CHECK_FALSE(untimed->valid_until);
  const auto ending =
      verify(changed_and_signed([](Json& list) { list["validUntil"] = "2026-12-01T00:00:00Z"; }));
  REQUIRE_OK(ending);
  CHECK(ending->valid_until == Timestamp::parse("2026-12-01T00:00:00Z").value());
}

TEST_CASE(
    "a list begins at the later of validFrom and created and ends at the earlier of validUntil and expires") {
  const auto time = [](std::string_view text) { return Timestamp::parse(text).value(); };
  const auto ours = verify(signed_list());
  REQUIRE_OK(ours);
  CHECK(ours->not_before == ours->valid_from);
  const auto earlier =
      verify(changed_and_signed([](Json& list) { list["validFrom"] = "2026-01-01T00:00:00Z"; }));
  REQUIRE_OK(earlier);
  CHECK(earlier->valid_from == time("2026-01-01T00:00:00Z"));
  CHECK(earlier->not_before == test::Party(1).proof_options().created);
  const auto later =
      verify(changed_and_signed([](Json& list) { list["validFrom"] = "2030-01-01T00:00:00Z"; }));
  REQUIRE_OK(later);
  CHECK(later->not_before == time("2030-01-01T00:00:00Z"));

  const auto expiring = verify(with_expires([](Json&) {}));
  REQUIRE_OK(expiring);
  CHECK(expiring->valid_until == time("2026-12-01T00:00:00Z"));
  const auto proof_first =
      verify(with_expires([](Json& list) { list["validUntil"] = "2027-01-01T00:00:00Z"; }));
  REQUIRE_OK(proof_first);
  CHECK(proof_first->valid_until == time("2026-12-01T00:00:00Z"));
  const auto list_first =
      verify(with_expires([](Json& list) { list["validUntil"] = "2026-11-30T00:00:00Z"; }));
  REQUIRE_OK(list_first);
  CHECK(list_first->valid_until == time("2026-11-30T00:00:00Z"));
}

TEST_CASE("a list of the wrong type, id, issuer or subject is refused") {
  const auto refused = [](auto change, std::string_view part) {
    CHECK_CODE_NAMES(verify(changed_and_signed(change)), codes::STATUS_LIST_MALFORMED, part);
  };
  refused([](Json& list) { list["type"] = "VerifiableCredential"; }, "BitstringStatusListCredential");
  refused([](Json& list) { list["id"] = "https://node.example/status-lists/2"; }, "status-lists/2");
  refused([](Json& list) { list.erase("id"); }, "the id \"\"");
  refused([](Json& list) { list["issuer"] = test::Party(2).did().text(); }, test::Party(2).did().text());
  refused([](Json& list) { list["credentialSubject"]["type"] = "Other"; }, "BitstringStatusList");
  refused([](Json& list) { list["credentialSubject"].erase("type"); }, "BitstringStatusList");
  refused(
      [](Json& list) {
        list["credentialSubject"] = {list["credentialSubject"], list["credentialSubject"]};
      },
      "2 subjects");
  refused([](Json& list) { list["credentialSubject"].erase("statusPurpose"); }, "statusPurpose");
  refused([](Json& list) { list["credentialSubject"]["statusPurpose"] = 1; }, "statusPurpose");
  refused([](Json& list) { list["credentialSubject"].erase("encodedList"); }, "encodedList");
  refused([](Json& list) { list["credentialSubject"]["encodedList"] = 1; }, "encodedList");
}

TEST_CASE("a list that cannot be put in order of time is refused") {
  test::Party issuer(1);
  auto list = Json::parse(signed_list());
  list.erase("validFrom");
  auto proof = list["proof"];
  proof.erase("created");
  const auto input = credential::eddsa_jcs_2022::signing_input(list, proof, Json::array()).value();
  const auto signature = issuer.signer().sign(input.bytes()).value();
  proof["proofValue"] = multibase_encode(Multibase::base58btc, signature.view());
  list["proof"] = proof;
  CHECK_CODE_NAMES(verify(list.dump()), codes::STATUS_LIST_MALFORMED, "validFrom");
}

TEST_CASE("a purpose that is not read is told apart from a malformed list") {
  const auto with_purpose = [](const Json& purpose) {
    return verify(
        changed_and_signed([&](Json& list) { list["credentialSubject"]["statusPurpose"] = purpose; }));
  };
  CHECK_CODE_NAMES(with_purpose("message"), codes::STATUS_PURPOSE_UNSUPPORTED, "\"message\"");
  CHECK_CODE_NAMES(with_purpose({"revocation", "suspension"}), codes::STATUS_PURPOSE_UNSUPPORTED,
                   "2 purposes");
}

TEST_CASE("a list changed after signing, signed by another key or by several is refused") {
  auto changed = Json::parse(signed_list());
  changed["credentialSubject"]["encodedList"] = Bitmap::zero(status::kListEntriesMin).encode();
  CHECK_CODE_NAMES(verify(changed.dump()), codes::STATUS_LIST_PROOF, kUri);
  test::Party other(2);
  CHECK_CODE_NAMES(verify(changed_and_signed([](Json&) {}, test::Party(2))), codes::STATUS_LIST_PROOF,
                   other.did().text());
  const auto twice =
      credential::add_proof(Json::parse(signed_list()), other.proof_options(), other.signer()).value();
  CHECK_CODE_NAMES(verify(twice.dump()), codes::STATUS_LIST_PROOF, "2 proofs");
}

TEST_CASE("a proof of a list that could not be checked stays unknown") {
  auto list = Json::parse(signed_list());
  list["proof"]["cryptosuite"] = "eddsa-rdfc-2022";
  CHECK_CODE(verify(list.dump()), codes::PROOF_CRYPTOSUITE_UNSUPPORTED);
  list.erase("proof");
  CHECK_CODE(verify(list.dump()), codes::PROOF_MISSING);
}

TEST_CASE("what is not a credential, or too long, is refused as such") {
  CHECK_CODE(verify("{"), codes::JSON_SYNTAX);
  CHECK_CODE(verify("{}"), codes::CREDENTIAL_CONTEXT);
  CHECK_CODE_NAMES(verify(std::string(limits::kBodyBytesMax + 1, ' ')), codes::JSON_TOO_LARGE, "1048576");
}

TEST_CASE("a good signature does not excuse a bad bitmap") {
  const auto with_list = [](const std::string& encoded) {
    return verify(
        changed_and_signed([&](Json& list) { list["credentialSubject"]["encodedList"] = encoded; }));
  };
  CHECK_CODE(with_list("u"), codes::STATUS_LIST_ENCODING);
  CHECK_CODE_NAMES(with_list(test::encoded_list(test::gzip(Bytes(1600, 0)))), codes::STATUS_LIST_SIZE,
                   "12800");
}

TEST_CASE("an entry is written and read in the standard's form") {
  const status::StatusEntry entry{Purpose::revocation, std::string(kUri), StatusIndex(94567)};
  const auto written = status::status_entry_json(entry);
  CHECK(written == Json{{"id", concat(kUri, "#94567")},
                        {"type", "BitstringStatusListEntry"},
                        {"statusPurpose", "revocation"},
                        {"statusListIndex", "94567"},
                        {"statusListCredential", kUri}});
  const auto document = test::parsed(written);
  const auto read = status::parse_status_entry(document.root());
  REQUIRE_OK(read);
  CHECK(read->purpose == entry.purpose);
  CHECK(read->list_uri == entry.list_uri);
  CHECK(read->index == entry.index);
  CHECK(entry_with("id", kAbsent).has_value());
  CHECK(entry_with("statusSize", 1).has_value());
}

TEST_CASE("entries that are malformed, unsupported or out of form have codes of their own") {
  CHECK_CODE_NAMES(entry_with("type", "StatusList2021Entry"), codes::STATUS_TYPE_UNSUPPORTED,
                   "BitstringStatusListEntry");
  CHECK_CODE_NAMES(entry_with("statusSize", 2), codes::STATUS_TYPE_UNSUPPORTED, "statusSize");
  CHECK_CODE_NAMES(entry_with("statusPurpose", "message"), codes::STATUS_PURPOSE_UNSUPPORTED, "message");
  CHECK_CODE_NAMES(entry_with("statusPurpose", kAbsent), codes::STATUS_ENTRY_MALFORMED, "statusPurpose");
  CHECK_CODE_NAMES(entry_with("statusListCredential", kAbsent), codes::STATUS_ENTRY_MALFORMED,
                   "statusListCredential");
  CHECK_CODE_NAMES(entry_with("statusListCredential", "not a url"), codes::STATUS_ENTRY_MALFORMED,
                   "not a url");
  CHECK_CODE_NAMES(entry_with("id", std::string(kUri)), codes::STATUS_ENTRY_MALFORMED, kUri);
  CHECK_CODE_NAMES(entry_with("statusListIndex", kAbsent), codes::STATUS_INDEX_INVALID, "statusListIndex");
  CHECK_CODE_NAMES(entry_with("statusListIndex", 94567), codes::STATUS_INDEX_INVALID, "string");
  CHECK_CODE_NAMES(entry_with("statusListIndex", "-1"), codes::STATUS_INDEX_INVALID, "-1");
}

TEST_CASE("purposes have names") {
  CHECK(status::purpose_name(Purpose::revocation) == "revocation");
  CHECK(*status::parse_purpose("suspension") == Purpose::suspension);
  CHECK_CODE_NAMES(status::parse_purpose("refresh"), codes::STATUS_PURPOSE_UNSUPPORTED, "refresh");
}

TEST_CASE("a list is full at 90 percent") {
  CHECK(status::check_fill(131'072, 117'963).has_value());
  CHECK_CODE_NAMES(status::check_fill(131'072, 117'964), codes::STATUS_LIST_FULL, "90 %");
  CHECK_CODE(status::check_fill(0, 0), codes::STATUS_LIST_FULL);
}

TEST_CASE("an index is drawn among the free ones") {
  SeededRng rng(7);
  std::set<std::uint64_t> taken;
  const auto draw = [&] {
    return status::draw_index(200, taken.size(), rng,
                              [&](StatusIndex i) { return taken.contains(i.value()); });
  };
  for (int i = 0; i < 180; ++i) {
    const auto index = draw();
    REQUIRE_OK(index);
    CHECK(index->value() < 200);
    CHECK(taken.insert(index->value()).second);
  }
  CHECK_CODE_NAMES(draw(), codes::STATUS_LIST_FULL, "180 of its 200");
}
