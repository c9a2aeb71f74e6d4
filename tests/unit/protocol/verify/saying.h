// Feeds of issuers that say something about each other, for tests of the verdict.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crypto/hash.h"
#include "tests/unit/protocol/verify/assertions.h"

namespace vcnode::verify::world {

struct Said {
  std::string subject;
  statement::Says says;
  Timestamp from = kIssuedAt.plus_seconds(-86'400);
  std::optional<Timestamp> until = std::nullopt;
};

// The n-th statement of every author has this id; its digest is that of the author's DID and the id.
inline std::string id_of_said(std::size_t number) {
  return concat("urn:uuid:5b1c0e6c-5f0a-4a0f-9a51-0000000", 10'000 + number);
}
inline Sha256Digest digest_of_said(const Did& author, std::size_t number) {
  return sha256(as_bytes(concat(author.text(), id_of_said(number))));
}

inline std::shared_ptr<const statement::StatementLog> log_saying(const Did& author,
                                                                 const std::vector<Said>& all,
                                                                 std::size_t missing = 0) {
  std::vector<statement::Entry> entries;
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto made = std::make_shared<statement::Statement>();
    made->id = id_of_said(i);
    made->digest = digest_of_said(author, i);
    made->issuer_did = author.text();
    made->subject_id = all[i].subject;
    made->from = all[i].from;
    made->until = all[i].until;
    made->says = all[i].says;
    entries.push_back({std::move(made), {1, i + 2}});
  }
  statement::Gaps gaps;
  gaps.missing_count = missing;
  return std::make_shared<const statement::StatementLog>(
      statement::StatementLog().with(std::move(entries)).with(gaps));
}

inline std::shared_ptr<feed::FeedSnapshot> feed_saying(const Issuer& author, const std::vector<Said>& all,
                                                       std::size_t missing = 0) {
  auto feed = feed_of(author);
  feed->statements = log_saying(author.did(), all, missing);
  return feed;
}

inline statement::Identity named(std::string name, std::string country = "EE") {
  statement::Identity identity;
  identity.legal_name = std::move(name);
  identity.country = std::move(country);
  return identity;
}

}  // namespace vcnode::verify::world
