// Issuers with feeds for tests: histories that branch, documents that name a feed.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "crypto/base/encoding.h"
#include "protocol/issuer/history.h"
#include "tests/support/doctest.h"
#include "tests/support/webvh_maker.h"

namespace vcnode::test {

namespace made = test::webvh;  // beside vcnode::webvh

inline const std::string kNetwork = "demo.example";

// Keys of tests by number: 1… update keys, 50… feed keys, 101… assertion keys.
inline constexpr std::uint8_t kFirstFeedKey = 50;

inline merkle::TreeHead seal_at(std::uint64_t size) {
  return {size, size == 0 ? merkle::empty_root() : merkle::leaf_hash(as_bytes(concat(size)))};
}

// `document` with the feed of this epoch, under key `feed_key`; what it named before is gone.
inline nlohmann::json with_feed(nlohmann::json document, std::uint8_t feed_key, std::uint64_t epoch = 1,
                                std::uint64_t sealed_size = 7) {
  const std::string did = document["id"];
  const std::string method = concat(did, "#feed-", epoch);
  auto& methods = document["verificationMethod"];
  for (auto at = methods.begin(); at != methods.end();)
    at = at->at("id").get<std::string>().find("#feed-") != std::string::npos ? methods.erase(at) : at + 1;
  methods.push_back({{"id", method},
                     {"type", "Multikey"},
                     {"controller", did},
                     {"publicKeyMultibase", made::key(feed_key).multikey}});
  document["capabilityInvocation"] = nlohmann::json::array({method});
  nlohmann::json service = {
      {"id", did + "#feed"}, {"type", "IssuerFeed"}, {"serviceEndpoint", "https://uni.example"},
      {"network", kNetwork}, {"epoch", epoch},       {"feedKey", method}};
  if (epoch > 1)
    service["seal"] = {{"size", sealed_size}, {"root", hex_encode(seal_at(sealed_size).root.view())}};
  document["service"] = nlohmann::json::array({service});
  return document;
}

// One branch of an issuer's log; a copy of it is another branch.
class Branch {
 public:
  explicit Branch(bool feed = true) {
    made::Making making;
    if (feed) making.document = with_feed(maker_.document(), kFirstFeedKey);
    add(making);
  }
  // Changes nothing but the time, unless told otherwise.
  Branch& add(const made::Making& making = {}) {
    maker_.add(making);
    return *this;
  }
  Branch& open_epoch(std::uint64_t epoch, std::uint64_t sealed_size = 7, std::uint8_t feed_key = 0) {
    const auto number = static_cast<std::uint8_t>(kFirstFeedKey + epoch - 1);
    made::Making making;
    making.document = with_feed(maker_.document(), feed_key != 0 ? feed_key : number, epoch, sealed_size);
    return add(making);
  }
  [[nodiscard]] made::LogMaker& maker() { return maker_; }
  [[nodiscard]] const made::LogMaker& maker() const { return maker_; }
  [[nodiscard]] std::string scid() const { return maker_.scid(); }
  [[nodiscard]] vcnode::webvh::VersionId tip() const {
    return vcnode::webvh::VersionId::parse(maker_.version_id()).value();
  }
  [[nodiscard]] std::size_t size() const { return maker_.lines().size(); }
  [[nodiscard]] issuer::EntryBody body(std::size_t index) const { return {maker_.lines().at(index), {}}; }
  [[nodiscard]] issuer::EntryBody newest() const { return body(size() - 1); }

 private:
  made::LogMaker maker_;
};

inline issuer::EntrySet set_of(const Branch& branch) {
  return issuer::EntrySet(branch.scid(), kNetwork);
}
inline Result<bool> add(issuer::EntrySet& set, const issuer::EntryBody& body) {
  return set.add(body, made::rules());
}
// The newest versionId that counts.
inline std::string tip_of(const issuer::EntrySet& set) {
  const auto history = set.history();
  return history.versions.empty() ? std::string() : history.versions.back().state.version_id().text();
}

}  // namespace vcnode::test
