// Fills the store of a home with a long feed of its issuer, for figures about a node that has been running
// for years. What is written is what the publisher would have written, version by version, except that the
// bodies of superseded lists are not there: a node drops those after some days.
//
// Usage: bench_make_feed HOME LEAVES PAIRS STATEMENTS ALLOCATIONS
// The home was run before and holds the feed of one issuer with its first pair of lists. LEAVES: of the feed
// when done; STATEMENTS of them are statements with bodies, the rest are versions of PAIRS pairs of lists in
// turn. The lists end with 1 % of their bits set; bits that were given to credentials stay as they are.
#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>

#include "crypto/base/encoding.h"
#include "crypto/base/rng.h"
#include "crypto/hash.h"
#include "node/app/list_pairs.h"
#include "node/app/startup.h"
#include "protocol/credential/credential.h"
#include "protocol/credential/data_integrity.h"
#include "protocol/did/key.h"
#include "protocol/gossip/restore.h"
#include "storage/sqlite/sqlite_store.h"
#include "tests/bench/figures.h"

#include <nlohmann/json.hpp>

namespace vcnode::bench {
namespace {

constexpr std::size_t kLeavesPerCommit = 10'000;

struct Amounts {
  std::uint64_t leaves = 0;
  std::uint64_t pairs = 0;
  std::uint64_t statements = 0;
  std::uint64_t allocations = 0;
};

struct List {
  std::string uri;
  status::Purpose purpose = status::Purpose::revocation;
  std::uint64_t sequence = 0;  // of its newest version so far
  std::uint64_t last = 0;      // of its newest version at the end
  status::Bitmap bitmap = status::Bitmap::zero(status::kListEntriesMin);
};

class FeedWriter {
 public:
  FeedWriter(const node::Config& config, Amounts amounts);
  void write();

 private:
  void read_lists();
  void fill(List& list, std::string_view pair);
  void add_allocations();
  Bytes next_leaf();
  Bytes statement_leaf();
  Bytes list_leaf(List& list);
  void put_body(const std::string& text);
  void commit(bool with_head);

  const node::Config& config_;
  Amounts amounts_;
  std::unique_ptr<storage::GroupStore> store_;
  node::Keys keys_;
  std::vector<feed::FeedReplica> replicas_;
  Timestamp start_;  // of the feed's last head
  merkle::Frontier tree_;
  std::vector<List> lists_;
  std::set<std::uint64_t> given_;  // indexes of the first pair that credentials have
  StoreBatch batch_;
  SeededRng rng_{1};
  std::uint64_t written_statements_ = 0;
  std::size_t turn_ = 0;
};

FeedWriter::FeedWriter(const node::Config& config, Amounts amounts)
    : config_(config),
      amounts_(amounts),
      store_(storage::open_sqlite_store(config.store_path).value()),
      keys_(node::open_keys(config).value()),
      replicas_(
          gossip::restore_feeds(node::admitted_issuers(config).value(), *store_, DidKeyResolver()).value()) {
  require(replicas_.size() == 1 && replicas_.front().head(), "the home has run and holds one feed");
  start_ = replicas_.front().head()->time;
  tree_ = replicas_.front().frontier();
  read_lists();
}

void FeedWriter::read_lists() {
  const std::string name = config_.issuers.front().name;
  const auto snapshot = replicas_.front().snapshot();
  const auto indexes = store_->allocated_indexes(concat(name, "-1")).value();
  given_.insert(indexes.begin(), indexes.end());
  const std::uint64_t versions = amounts_.leaves - tree_.size() - amounts_.statements;
  const std::uint64_t lists = 2 * amounts_.pairs;
  for (std::uint64_t i = 0; i < lists; ++i) {
    List list;
    const std::string pair = concat(name, "-", i / 2 + 1);
    list.purpose = i % 2 == 0 ? status::Purpose::revocation : status::Purpose::suspension;
    list.uri = node::list_uri(config_.public_url, pair, list.purpose);
    if (const auto held = snapshot->status_lists.find(list.uri); held != snapshot->status_lists.end())
      list.sequence = held->second.sequence;
    list.last = list.sequence + versions / lists + (i < versions % lists ? 1 : 0);
    fill(list, pair);
    lists_.push_back(std::move(list));
  }
}

void FeedWriter::fill(List& list, std::string_view pair) {
  const bool first = pair.ends_with("-1");
  for (std::uint64_t i = 0; i < list.bitmap.entries() / 100; ++i) {
    const std::uint64_t index = rng_.below(list.bitmap.entries());
    if (!first || !given_.contains(index)) list.bitmap.set(status::StatusIndex(index), true).value();
  }
}

void FeedWriter::put_body(const std::string& text) {
  batch_.bodies.push_back({sha256(as_bytes(text)), to_bytes(text)});
}

Bytes FeedWriter::statement_leaf() {
  const Did& issuer = config_.issuers.front().did;
  const std::string id = concat("urn:bench:statement:", written_statements_++);
  const nlohmann::json document = {{"@context", nlohmann::json::array({credential::kContextV2})},
                                   {"id", id},
                                   {"type", {"VerifiableCredential"}},
                                   {"issuer", issuer.text()},
                                   {"validFrom", start_.to_string()},
                                   {"credentialSubject", {{"id", "did:example:subject"}}}};
  Signer& signer = *keys_.issuers.front().feed.begin()->second.signer;
  credential::ProofOptions options;
  options.verification_method = did_key::verification_method_of(signer.public_key());
  options.created = start_;
  const std::string text = credential::add_proof(document, options, signer).value().dump();
  put_body(text);
  return feed::Leaf{std::string(feed::kStatementLeaf), id, hex_encode(sha256(as_bytes(text)).view())}
      .encode();
}

// The two newest versions have bodies: a restart looks at both.
Bytes FeedWriter::list_leaf(List& list) {
  ++list.sequence;
  Sha256Digest digest = sha256(as_bytes(concat(list.uri, list.sequence)));
  if (list.sequence + 1 >= list.last) {
    Signer& signer = *keys_.issuers.front().feed.begin()->second.signer;
    const status::SignedListOptions options{list.uri, list.purpose, config_.issuers.front().did,
                                            did_key::verification_method_of(signer.public_key()),
                                            start_.plus_seconds(list.sequence == list.last ? 2 : 1)};
    const std::string text = status::sign_status_list(list.bitmap, options, signer).value();
    digest = sha256(as_bytes(text));
    put_body(text);
  }
  return feed::Leaf{std::string(feed::kStatusLeaf), feed::StatusLeafKey{list.uri, list.sequence}.text(),
                    hex_encode(digest.view())}
      .encode();
}

Bytes FeedWriter::next_leaf() {
  const std::uint64_t left = amounts_.leaves - tree_.size();
  const std::uint64_t statements_left = amounts_.statements - written_statements_;
  if (statements_left > 0 && rng_.below(left) < statements_left) return statement_leaf();
  while (lists_[turn_ % lists_.size()].sequence == lists_[turn_ % lists_.size()].last) ++turn_;
  return list_leaf(lists_[turn_++ % lists_.size()]);
}

void FeedWriter::commit(bool with_head) {
  const feed::Origin& origin = replicas_.front().origin();
  if (with_head) {
    const auto head = feed::sign_head(origin, {tree_.size(), tree_.root()}, start_.plus_seconds(3),
                                      *keys_.issuers.front().feed.begin()->second.signer);
    batch_.heads.push_back({origin.hash(), head.value().note});
  }
  const auto stored = store_->commit(batch_);
  require(stored.has_value(), stored ? "" : stored.error().message);
  batch_ = {};
}

void FeedWriter::add_allocations() {
  const std::string list = concat(config_.issuers.front().name, "-", amounts_.pairs);
  for (std::uint64_t i = 0; i < amounts_.allocations; ++i) {
    if (amounts_.pairs == 1 && given_.contains(i)) continue;  // the first pair has a credential already
    batch_.allocations.push_back({list, i, concat("urn:bench:credential:", i), start_});
    if (batch_.allocations.size() == kLeavesPerCommit) commit(false);
  }
  if (!batch_.allocations.empty()) commit(false);
}

void FeedWriter::write() {
  require(amounts_.leaves > tree_.size() + amounts_.statements, "the feed is to grow");
  require(amounts_.allocations <= status::kListEntriesMin * status::kFillMaxPercent / 100,
          "one list holds them");
  add_allocations();
  const auto& origin = replicas_.front().origin().hash();
  while (tree_.size() < amounts_.leaves) {
    if (batch_.leaves.empty()) batch_.leaves.push_back({origin, tree_.size(), {}});
    batch_.leaves.front().leaves.push_back(next_leaf());
    tree_.append(merkle::leaf_hash(batch_.leaves.front().leaves.back()));
    const bool last = tree_.size() == amounts_.leaves;
    if (last || batch_.leaves.front().leaves.size() == kLeavesPerCommit) commit(last);
  }
}

}  // namespace
}  // namespace vcnode::bench

int main(int argc, char** argv) {
  using namespace vcnode;
  if (argc != 6) {
    std::fprintf(stderr, "Usage: %s HOME LEAVES PAIRS STATEMENTS ALLOCATIONS\n", argv[0]);
    return 64;
  }
  const auto number = [&](int i) { return std::strtoull(argv[i], nullptr, 10); };
  const auto config = node::load_config(argv[1]);
  bench::require(config.has_value(), config ? "" : config.error().message);
  bench::FeedWriter(*config, {number(2), number(3), number(4), number(5)}).write();
  return 0;
}
