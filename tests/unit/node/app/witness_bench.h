// A feed of the test's own in a memory store, witnesses that answer without a network, and a loop: for tests
// of what asks for cosignatures.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

#include "crypto/base/encoding.h"
#include "node/app/clock.h"
#include "node/app/log.h"
#include "node/app/metrics.h"
#include "node/http/client.h"
#include "node/net/loop.h"
#include "protocol/did/key.h"
#include "protocol/feed/head.h"
#include "protocol/feed/leaf.h"
#include "protocol/ports.h"
#include "protocol/witness/codes.h"
#include "protocol/witness/cosign_round.h"
#include "protocol/witness/cosigner.h"
#include "storage/memory/memory_store.h"
#include "tests/support/doctest.h"
#include "tests/unit/protocol/witness/fixtures.h"

namespace vcnode::test {

// Witnesses "w1" … at https://w1.test/witness …; what they do about it, the test may say.
class Witnesses {
 public:
  using Act = std::function<Result<node::HttpResponse>(const witness::AddCheckpoint&)>;

  explicit Witnesses(std::size_t count, feed::NoteKey log) : keys_(witnesses(count)), log_(std::move(log)) {}

  // From any thread.
  Result<node::HttpResponse> ask(const node::FetchOptions& options) {
    CHECK(options.method == "POST");
    CHECK(options.url.ends_with(".test/witness/add-checkpoint"));
    CHECK(options.body_bytes_max == witness::kAnswerBytesMax);
    CHECK(options.stopped != nullptr);
    const std::string name = options.url.substr(8, options.url.find('.') - 8);
    const auto request = witness::AddCheckpoint::parse(options.body);
    REQUIRE_OK(request);
    Act act;
    {
      const std::lock_guard lock(mutex_);
      asked_[name].push_back(request->old_size);
      act = acts_[name];
    }
    return act ? act(*request) : cosign(name, *request);
  }
  // As a witness does that keeps its records.
  Result<node::HttpResponse> cosign(const std::string& name, const witness::AddCheckpoint& request) {
    const std::lock_guard lock(mutex_);
    NamedKey& key = keys_.at(static_cast<std::size_t>(name.at(1) - '1'));
    auto& record = records_[name];
    const auto judged = witness::judge_add_checkpoint(request, log_, record, node::SystemClock().now().wall);
    node::HttpResponse out;
    if (!judged) {
      out.status = judged.error().code == codes::WITNESS_SIZE_CONFLICT ? 409 : 422;
      out.content_type = out.status == 409 ? "text/x.tlog.size" : "application/problem+json";
      out.body = concat(record ? record->tree.size : 0, "\n");
      return out;
    }
    record = *judged;
    out.status = 200;
    out.body = witness::cosign(request, *judged, key.witness_key(), key.signer).value();
    return out;
  }
  void set(const std::string& name, Act act) {
    const std::lock_guard lock(mutex_);
    acts_[name] = std::move(act);
  }
  // The old sizes that it was asked from.
  std::vector<std::uint64_t> asked(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return asked_[name];
  }
  [[nodiscard]] witness::WitnessPolicy policy(std::size_t quorum) const {
    std::string text;
    std::string group = concat("group g ", quorum);
    for (const NamedKey& key : keys_) {
      text += concat("witness ", key.name, " ", key.witness_key().vkey(), " https://", key.name,
                     ".test/witness\n");
      group += " " + key.name;
    }
    return witness::WitnessPolicy::parse(concat(text, group, "\nquorum g\n")).value();
  }

 private:
  std::mutex mutex_;
  std::vector<NamedKey> keys_;
  feed::NoteKey log_;
  std::map<std::string, std::optional<witness::WitnessRecord>> records_;
  std::map<std::string, Act> acts_;
  std::map<std::string, std::vector<std::uint64_t>> asked_;
};

// The feed of a did:key issuer.
struct TestFeed {
  KeyPairSigner signer{Ed25519KeyPair::from_seed(Bytes(32, 77)).value()};
  Did did = did_key::did_of(signer.public_key());
  feed::Origin origin = feed::Origin::of("test", did).value();
  std::unique_ptr<storage::GroupStore> store = storage::make_memory_store();
  merkle::Tree tree;

  // Durable, as a publication is before it is shown.
  feed::Head append(const Bytes& leaf) {
    StoreBatch batch;
    batch.leaves.push_back({origin.hash(), tree.size(), {leaf}});
    REQUIRE_OK(store->commit(batch));
    tree.append(merkle::leaf_hash(leaf));
    return head();
  }
  [[nodiscard]] feed::Head head() {
    return feed::sign_head(origin, {tree.size(), tree.root(tree.size())}, node::SystemClock().now().wall,
                           signer)
        .value();
  }
  [[nodiscard]] feed::NoteKey log_key() const {
    return {origin.text(), feed::NoteKeyType::ed25519, signer.public_key()};
  }
  static Bytes other_leaf(int number) {
    return feed::Leaf{"x-test", concat(number), hex_encode(Bytes(32, 1))}.encode();
  }
};

struct LoopBench {
  std::ostringstream lines;
  node::Log log{"info", &lines};
  node::Metrics metrics;
  node::SystemClock clock;
  node::EventLoop loop;

  // Runs the loop until `enough`, which is asked on the loop.
  void run_until(const std::function<bool()>& enough) {
    constexpr std::int64_t kWaitMs = 30'000;
    const std::int64_t until = clock.monotonic_ms() + kWaitMs;
    std::function<void()> look = [&] {
      const bool late = clock.monotonic_ms() > until;
      CHECK_FALSE(late);
      if (late || enough()) return loop.stop();
      loop.after_ms(5, look);
    };
    loop.post(look);
    loop.run();
  }
};

}  // namespace vcnode::test
