// An issuer with a history, for tests of the verdict: a did:webvh with a feed, credentials that it signs, and
// its time batches. Built on the same badge and lists as world.h.
#pragma once

#include <functional>
#include <map>

#include "crypto/base/encoding.h"
#include "protocol/batch/time_batch.h"
#include "protocol/issuer/assurance.h"
#include "protocol/issuer/history.h"
#include "protocol/issuer/origins.h"
#include "tests/unit/protocol/batch/fixtures.h"
#include "tests/unit/protocol/issuer/fixtures.h"
#include "tests/unit/protocol/verify/assertions.h"

namespace vcnode::verify::world {

namespace made = test::webvh;
using Json = nlohmann::json;
using History = std::shared_ptr<const issuer::History>;

inline constexpr std::uint8_t kFirstAssertionKey = 101;  // "#sig1" of the first version

// Versions are a day apart from day(0); credentials of a test are of the days between.
inline Timestamp day(std::int64_t number, std::int64_t seconds = 0) {
  return made::kFirstTime.plus_seconds(number * 86'400 + seconds);
}

inline Json method_of(const std::string& did, const std::string& name, std::uint8_t key) {
  return {{"id", did + name},
          {"type", "Multikey"},
          {"controller", did},
          {"publicKeyMultibase", made::key(key).multikey}};
}

// One branch of an organisation's log; a copy of it is another branch.
class Organisation {
 public:
  explicit Organisation(std::string host = "uni.example") : maker_(std::move(host)) {
    made::Making making;
    making.document = test::with_feed(maker_.document(), test::kFirstFeedKey);
    making.parameters = {{"portable", true}};
    maker_.add(making);
  }
  // A further version, with this document.
  Organisation& add(const std::function<void(Json& document)>& change = {},
                    Json parameters = Json::object()) {
    made::Making making;
    making.parameters = std::move(parameters);
    making.document = maker_.document();
    if (change) change(*making.document);
    maker_.add(making);
    return *this;
  }
  // The method of this name gets this key, the only assertion method.
  Organisation& rotate(const std::string& name, std::uint8_t key) {
    return add([&](Json& document) {
      const std::string own = document["id"];
      auto& methods = document["verificationMethod"];
      for (auto at = methods.begin(); at != methods.end();)
        at = is_feed_method(*at) ? at + 1 : methods.erase(at);
      methods.push_back(method_of(own, name, key));
      document["assertionMethod"] = Json::array({own + name});
    });
  }
  // Says that a key is compromised since then.
  Organisation& compromise(std::uint8_t key, Timestamp since) {
    return add([&](Json& document) {
      Json method = method_of(document["id"], concat("#gone-", key), key);
      method["revoked"] = since.to_string();
      document["verificationMethod"].push_back(method);
    });
  }
  Organisation& open_epoch(std::uint64_t epoch, std::uint64_t sealed_size = 7, std::uint8_t feed_key = 0) {
    const auto key = static_cast<std::uint8_t>(test::kFirstFeedKey + epoch - 1);
    return add([&](Json& document) {
      document = test::with_feed(document, feed_key != 0 ? feed_key : key, epoch, sealed_size);
    });
  }
  Organisation& deactivate() { return add({}, {{"deactivated", true}}); }
  // The same SCID under another host.
  Organisation& move(const std::string& host) {
    return add([&](Json& document) {
      const std::string old = document["id"];
      const std::string moved = concat("did:webvh:", scid(), ":", host);
      std::string text = document.dump();
      for (auto at = text.find(old); at != std::string::npos; at = text.find(old, at + moved.size()))
        text.replace(at, old.size(), moved);
      document = Json::parse(text);
      document["alsoKnownAs"] = Json::array({old});
    });
  }

  [[nodiscard]] const std::string& scid() const { return maker_.scid(); }
  [[nodiscard]] std::string did() const { return maker_.document()["id"]; }
  [[nodiscard]] std::string tip() const { return maker_.version_id(); }
  // Everything it published, all in its feeds.
  [[nodiscard]] History history() const { return history_with({}); }
  // And what other branches published too.
  [[nodiscard]] History history_with(const std::vector<const Organisation*>& others) const {
    issuer::EntrySet set(scid(), test::kNetwork);
    give(set);
    for (const Organisation* other : others) other->give(set);
    return issuer::shared(set.history());
  }
  // All its feeds say, but for the newest entry itself, which nobody gave.
  [[nodiscard]] History history_without_tip() const {
    issuer::EntrySet set(scid(), test::kNetwork);
    give(set, maker_.lines().size() - 1);
    return issuer::shared(set.history());
  }
  // Its feed of this epoch, with both lists.
  [[nodiscard]] std::shared_ptr<feed::FeedSnapshot> feed(std::uint64_t epoch = 1,
                                                         const Lists& lists = {}) const {
    auto snapshot = feed_of(Issuer(1), lists);
    snapshot->origin = issuer::origin_of(test::kNetwork, scid(), epoch).value();
    snapshot->issuer = Did::parse(did()).value();
    auto& signer = made::key(static_cast<std::uint8_t>(test::kFirstFeedKey + epoch - 1)).signer;
    merkle::TreeHead tree = snapshot->head.tree;
    if (!batches_.empty()) tree.size = std::max<std::uint64_t>(tree.size, batches_.rbegin()->first.index + 1);
    snapshot->head = feed::sign_head(snapshot->origin, tree, kHeadAt, signer).value();
    feed::BatchLeaves leaves;
    for (const auto& [place, hash] : batches_)
      if (place.epoch <= epoch) leaves.append({place, hash});
    if (!leaves.empty()) snapshot->batches = std::make_shared<const feed::BatchLeaves>(std::move(leaves));
    return snapshot;
  }
  // From now on its feeds have this batch there, and no other.
  void publish(feed::LeafPlace place, const Sha256Digest& leaf) const { batches_[place] = leaf; }
  void unpublish() const { batches_.clear(); }
  [[nodiscard]] SnapshotView view() const { return view(history(), feed()); }
  [[nodiscard]] SnapshotView view(History history, std::shared_ptr<feed::FeedSnapshot> snapshot) const {
    SnapshotView view;
    if (history != nullptr) view.put_history(scid(), std::move(history));
    if (snapshot != nullptr) view.put(std::move(snapshot));
    return view;
  }
  [[nodiscard]] Policy trusting() const {
    Policy::Values values;
    values.trust.insert(Did::parse(did()).value());
    return Policy(std::move(values));
  }

  // A badge of this issuer, not signed.
  [[nodiscard]] Json unsigned_badge() const {
    Json document = badge(Issuer(1));
    document["issuer"]["id"] = did();
    document["validFrom"] = day(0).to_string();
    return document;
  }
  [[nodiscard]] std::string badge_signed(const std::string& name, std::uint8_t key, Timestamp created) const {
    return signed_by(did() + name, key, created, unsigned_badge());
  }
  [[nodiscard]] static std::string signed_by(const std::string& method, std::uint8_t key, Timestamp created,
                                             const Json& document) {
    credential::ProofOptions options;
    options.verification_method = method;
    options.created = created;
    return credential::add_proof(document, options, made::key(key).signer).value().dump();
  }

 private:
  static bool is_feed_method(const Json& method) {
    return method["id"].get<std::string>().find("#feed-") != std::string::npos;
  }
  void give(issuer::EntrySet& set) const { give(set, maker_.lines().size()); }
  void give(issuer::EntrySet& set, std::size_t given) const {
    for (std::size_t i = 0; i < maker_.lines().size(); ++i) {
      const issuer::EntryBody body{maker_.lines()[i], {}};
      const auto entry = Json::parse(body.line);
      const auto version = webvh::VersionId::parse(entry["versionId"].get<std::string>()).value();
      // Only the leaf in the feed that the parent names says anything.
      for (std::uint64_t epoch = 1; epoch <= 4; ++epoch) set.commit(epoch, i, version);
      if (i < given) REQUIRE_OK(set.add(body, made::rules()));
    }
  }
  made::LogMaker maker_;
  mutable std::map<feed::LeafPlace, Sha256Digest> batches_;
};

// The document with its entry of a time batch, now in the feed of this epoch, cosigned at these times by the
// witnesses w1, w2 … of quorum_policy.
inline Json batched(const Organisation& issuer, const Json& document, const std::vector<Timestamp>& cosigned,
                    std::uint64_t epoch = 1) {
  test::CountingRng rng;
  const auto key = static_cast<std::uint8_t>(test::kFirstFeedKey + epoch - 1);
  test::BatchFeed feed(issuer::origin_of(test::kNetwork, issuer.scid(), epoch).value().text(), key);
  const std::vector<Json> documents = {document};
  const auto batch = batch::TimeBatch::of(documents, rng).value();
  const auto number = feed.publish(batch);
  issuer.publish({epoch, feed.tree().size - 1}, feed.newest());
  auto keys = test::witnesses(cosigned.size());
  std::vector<std::pair<test::NamedKey*, std::int64_t>> lines;
  for (std::size_t i = 0; i < keys.size(); ++i) lines.emplace_back(&keys[i], cosigned[i].seconds());
  return batch.with_entry(document, 0, number, feed.proof(feed.checkpoint(lines))).value();
}

// `values` and k of three witnesses.
inline Policy with_quorum(Policy::Values values, std::size_t threshold) {
  REQUIRE_OK(values.ask_witnesses(test::quorum_text(test::witnesses(3), threshold)));
  return Policy(std::move(values));
}

}  // namespace vcnode::verify::world
