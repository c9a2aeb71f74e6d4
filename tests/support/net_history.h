// NetHistory: a did:webvh issuer in a GossipNet, which rotates keys and opens epochs.
//
//   NetHistory university(net, "university");
//   net.add({.name = "ie", .hosts = {"university"}});
//   university.begin("ie");
//   university.say("ie", "urn:s:1");
//   university.rotate("ie");            // another assertion key
//   university.open_epoch("ie");        // another feed key, signed off by the old one
//
// Its log is the truth of the test; nodes hold what they were told. Mistakes in the use of this class abort.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "protocol/issuer/history.h"
#include "tests/support/gossip_net.h"
#include "tests/support/webvh_maker.h"

namespace vcnode::test {

class NetHistory {
 public:
  // `first_key`: its feed keys are first_key + epoch, its assertion keys first_key + 60 + n.
  NetHistory(GossipNet& net, const std::string& name, std::uint8_t first_key = 50);

  [[nodiscard]] const std::string& scid() const { return maker_.scid(); }
  [[nodiscard]] Did did() const { return *Did::parse(maker_.did()); }
  [[nodiscard]] feed::Origin origin(std::uint64_t epoch) const;
  [[nodiscard]] feed::OriginHash topic() const;
  [[nodiscard]] std::uint64_t epoch() const { return epoch_; }
  [[nodiscard]] issuer::EntryBody entry(std::size_t index) const { return {maker_.lines().at(index), {}}; }
  [[nodiscard]] std::size_t entries() const { return maker_.lines().size(); }
  [[nodiscard]] std::string version_id() const { return maker_.version_id(); }
  [[nodiscard]] KeyPairSigner& feed_signer(std::uint64_t epoch) const;

  // At a node that hosts it.
  void begin(const std::string& node);
  void say(const std::string& node, const std::string& id);
  void rotate(const std::string& node, const std::string& statement_id = "");
  void open_epoch(const std::string& node);
  // Another assertion key; the one so far was stolen at `since`.
  void compromise(const std::string& node, Timestamp since);
  // Its last word.
  void close(const std::string& node);
  // As whoever lost the old feed key, or finds it stolen, does it: `seal` is what it knows to be its own.
  void open_epoch_at(const std::string& node, const merkle::TreeHead& seal);
  [[nodiscard]] merkle::TreeHead tree_at(const std::string& node) const;  // of the current feed there

  // From now on it names these feed and assertion keys: a copy of this class that plays a thief.
  void take_keys(std::uint8_t first_key) { first_key_ = first_key; }
  [[nodiscard]] std::string method() const;  // the assertion method
  [[nodiscard]] KeyPairSigner& assertion_signer() const;
  [[nodiscard]] Timestamp time() const { return last_; }  // of the newest entry
  // By which entries are dated, unless one follows another at once: no node may take them for future ones.
  [[nodiscard]] Timestamp clock() const { return net_.wall().plus_seconds(-5'000); }

  // An entry of its own making, not given to anybody.
  issuer::EntryBody author_rotation();
  issuer::EntryBody author_epoch(const merkle::TreeHead& seal);
  [[nodiscard]] feed::NewStatement statement(const std::string& id) const;
  // A Closed statement, signed by the feed key: as a thief of that key makes it.
  [[nodiscard]] feed::NewStatement stolen_close(Timestamp date) const;
  [[nodiscard]] feed::Publication prepare(const std::string& node, const feed::Changes& changes);
  void publish(const std::string& node, const feed::Changes& changes);

 private:
  [[nodiscard]] nlohmann::json document() const;
  void author();
  [[nodiscard]] feed::NewEntry newest() const;
  [[nodiscard]] feed::NewStatement closed(Timestamp date, const std::string& method, Signer& signer) const;
  [[nodiscard]] feed::NewStatement sign(nlohmann::json body, const std::string& id, const std::string& method,
                                        Signer& signer) const;
  GossipNet& net_;
  std::uint8_t first_key_;
  std::uint8_t assertion_ = 0;
  std::uint64_t epoch_ = 1;
  std::optional<merkle::TreeHead> seal_;
  std::map<std::uint8_t, Timestamp> revoked_;  // assertion keys by number
  Timestamp last_;
  webvh::LogMaker maker_;
};

}  // namespace vcnode::test
