#include "tests/sim/fork.h"

#include "crypto/hash.h"

namespace vcnode::sim {
namespace {

constexpr std::size_t kAlike = 2;  // leaves

}  // namespace

void Fork::grow(Timestamp at) {
  const std::size_t size = histories_[0].leaves.size();
  for (std::size_t i = 0; i < histories_.size(); ++i) {
    const std::string side = size < kAlike ? "both" : concat(i);
    append(histories_[i], concat("urn:fork:", issuer_.number, ":", size, ":", side), at);
  }
}

void Fork::append(History& history, const std::string& id, Timestamp at) {
  const feed::NewStatement statement = issuer_.statement(id, at);
  bodies_.emplace(sha256(statement.signed_text), statement.signed_text);
  history.leaves.push_back(test::statement_leaf(statement));
  const Timestamp time = history.head ? std::max(at, history.head->time.plus_seconds(1)) : at;
  history.head = issuer_.head(history.leaves, time);
}

std::optional<Bytes> Fork::body(const Sha256Digest& digest) const {
  const auto found = bodies_.find(digest);
  return found == bodies_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace vcnode::sim
