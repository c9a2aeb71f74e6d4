// The worked example of protocol/spec/status-list.md is true.

#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "crypto/jcs.h"
#include "protocol/did/key.h"
#include "protocol/status/status_list.h"
#include "tests/support/doctest.h"
#include "tests/support/spec_page.h"

using namespace vcnode;

namespace {

std::string example(std::string_view name) {
  return test::spec_example("status-list.md", name);
}

}  // namespace

TEST_CASE("the list of status-list.md is what sign_status_list writes") {
  auto bitmap = status::Bitmap::zero(status::kListEntriesMin);
  for (const std::uint64_t index : {0u, 9u, 94567u}) REQUIRE_OK(bitmap.set(status::StatusIndex(index), true));
  CHECK(hex_encode(bitmap.bytes().first(2)) == example("first-bytes"));
  CHECK(bitmap.encode() == example("encoded-list"));
  KeyPairSigner signer(Ed25519KeyPair::from_seed(hex_decode(example("seed"), 32).value()).value());
  const auto text =
      status::sign_status_list(bitmap,
                               {.uri = "https://node.example/status-lists/7",
                                .purpose = status::Purpose::revocation,
                                .issuer = did_key::did_of(signer.public_key()),
                                .verification_method = did_key::verification_method_of(signer.public_key()),
                                .valid_from = Timestamp::parse("2026-02-26T22:06:38Z").value()},
                               signer);
  REQUIRE_OK(text);
  CHECK(*text == jcs::canonicalize(nlohmann::json::parse(example("list"))).value());
  const auto entry_document = json::Document::parse(example("entry")).value();
  const auto entry = status::parse_status_entry(entry_document.root());
  REQUIRE_OK(entry);
  CHECK(status::status_entry_json(*entry) == nlohmann::json::parse(example("entry")));
  const auto list = status::verify_status_list(*text, entry->list_uri, did_key::did_of(signer.public_key()),
                                               DidKeyResolver());
  REQUIRE_OK(list);
  CHECK(*list->bitmap.get(entry->index));
}
