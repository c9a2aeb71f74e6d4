// The worked example of protocol/spec/observation.md.

#include <sstream>

#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "crypto/multikey.h"
#include "protocol/feed/leaf.h"
#include "protocol/observe/answers.h"
#include "protocol/observe/codes.h"
#include "protocol/observe/target.h"
#include "tests/support/doctest.h"
#include "tests/support/spec_page.h"

using namespace vcnode;

namespace {

constexpr std::string_view kPage = "observation.md";

std::vector<std::string> lines_of(std::string_view name) {
  std::istringstream text(test::spec_example(kPage, name));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

}  // namespace

TEST_CASE("the leaves of the page are of its document, and say of its key what the page says") {
  const std::string document = test::spec_example(kPage, "document");
  const auto target = observe::Target::of_did("did:web:uni.example").value();
  CHECK(target.check(document).has_value());
  feed::Observations observations;
  for (const std::string& line : lines_of("leaves")) {
    const auto leaf = feed::Leaf::parse(as_bytes(line));
    REQUIRE_OK(leaf);
    CHECK(leaf->type == "observation");
    const auto key = feed::ObservationLeafKey::parse(leaf->key);
    REQUIRE_OK(key);
    CHECK(key->url == target.url);
    CHECK(leaf->digest == hex_encode(sha256(as_bytes(document)).view()));
    observations.append(*key, sha256(as_bytes(document)), {1, key->sequence});
  }
  CHECK(observations.add_body(sha256(as_bytes(document)), std::make_shared<const Bytes>(to_bytes(document))));
  const observe::Observers observers({{observations.shown(), false}}, 1);
  const auto method = DidUrl::parse("did:web:uni.example#k").value();
  const auto answers = lines_of("answers");
  REQUIRE(answers.size() == 2);
  for (const std::string& line : answers) {
    CAPTURE(line);
    const auto signed_at = Timestamp::parse(line.substr(0, line.find(' '))).value();
    const auto answer =
        observers.key_of(method, {signed_at, Timestamp::parse("2026-11-30T00:00:00Z").value()});
    const std::string said = answer
                                 ? concat(multikey_encode(answer->key), " ", answer->seen.first.to_string(),
                                          " ", answer->seen.last.to_string())
                                 : std::string(answer.error().code.slug());
    CHECK(line.substr(line.find(' ') + 1) == said);
  }
}
