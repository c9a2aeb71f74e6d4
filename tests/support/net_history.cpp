#include "tests/support/net_history.h"

#include <algorithm>

#include "crypto/base/encoding.h"
#include "protocol/credential/credential.h"
#include "protocol/credential/data_integrity.h"
#include "protocol/issuer/origins.h"
#include "protocol/publication_batch.h"

namespace vcnode::test {
namespace {

constexpr std::string_view kNetwork = "test.example";

}  // namespace

NetHistory::NetHistory(GossipNet& net, const std::string& name, std::uint8_t first_key)
    : net_(net), first_key_(first_key), last_(net.wall().plus_seconds(-10'000)), maker_(name + ".example") {
  author();
  net.follow(name, {scid(), did()});
}

feed::Origin NetHistory::origin(std::uint64_t epoch) const {
  return *issuer::origin_of(kNetwork, scid(), epoch);
}
feed::OriginHash NetHistory::topic() const {
  return issuer::topic_of(kNetwork, scid());
}

KeyPairSigner& NetHistory::feed_signer(std::uint64_t epoch) const {
  return webvh::key(static_cast<std::uint8_t>(first_key_ + epoch)).signer;
}

KeyPairSigner& NetHistory::assertion_signer() const {
  return webvh::key(static_cast<std::uint8_t>(first_key_ + 60 + assertion_)).signer;
}

std::string NetHistory::method() const {
  return concat(maker_.did(), "#sig", static_cast<int>(assertion_));
}

nlohmann::json NetHistory::document() const {
  const std::string did = maker_.document()["id"];
  const auto key_of = [&](const std::string& name, std::uint8_t number) {
    return nlohmann::json{{"id", did + name},
                          {"type", "Multikey"},
                          {"controller", did},
                          {"publicKeyMultibase", webvh::key(number).multikey}};
  };
  const std::string sig = concat("#sig", static_cast<int>(assertion_));
  const std::string feed = concat("#feed", epoch_);
  nlohmann::json service = {
      {"id", did + "#feed"}, {"type", "IssuerFeed"}, {"serviceEndpoint", "https://uni.example"},
      {"network", kNetwork}, {"epoch", epoch_},      {"feedKey", did + feed}};
  if (seal_) service["seal"] = {{"size", seal_->size}, {"root", hex_encode(seal_->root.view())}};
  nlohmann::json out = maker_.document();
  out["verificationMethod"] =
      nlohmann::json::array({key_of(sig, static_cast<std::uint8_t>(first_key_ + 60 + assertion_)),
                             key_of(feed, static_cast<std::uint8_t>(first_key_ + epoch_))});
  for (const auto& [number, since] : revoked_) {
    auto stolen =
        key_of(concat("#sig", static_cast<int>(number)), static_cast<std::uint8_t>(first_key_ + 60 + number));
    stolen["revoked"] = since.to_string();
    out["verificationMethod"].push_back(std::move(stolen));
  }
  out["assertionMethod"] = nlohmann::json::array({did + sig});
  out["capabilityInvocation"] = nlohmann::json::array({did + feed});
  out["service"] = nlohmann::json::array({std::move(service)});
  return out;
}

void NetHistory::author() {
  last_ = std::max(last_.plus_seconds(1), clock());
  webvh::Making making;
  making.document = document();
  making.time = last_.to_string();
  maker_.add(making);
}

issuer::EntryBody NetHistory::author_rotation() {
  ++assertion_;
  author();
  return entry(entries() - 1);
}

issuer::EntryBody NetHistory::author_epoch(const merkle::TreeHead& seal) {
  ++epoch_;
  seal_ = seal;
  author();
  return entry(entries() - 1);
}

feed::NewEntry NetHistory::newest() const {
  return {entries(), version_id(), to_bytes(entry(entries() - 1).text())};
}

feed::NewStatement NetHistory::sign(nlohmann::json body, const std::string& id, const std::string& method,
                                    Signer& signer) const {
  credential::ProofOptions options;
  options.verification_method = method;
  options.created = net_.wall();
  return {id, to_bytes(credential::add_proof(std::move(body), options, signer)->dump())};
}

feed::NewStatement NetHistory::closed(Timestamp date, const std::string& method, Signer& signer) const {
  nlohmann::json body = {{"@context", nlohmann::json::array({credential::kContextV2})},
                         {"type", nlohmann::json::array({"VerifiableCredential", "Closed"})},
                         {"issuer", maker_.did()},
                         {"validFrom", date.to_string()},
                         {"credentialSubject", {{"id", maker_.did()}}}};
  return sign(std::move(body), date.to_string(), method, signer);
}

feed::NewStatement NetHistory::stolen_close(Timestamp date) const {
  return closed(date, concat(maker_.did(), "#feed", epoch_), feed_signer(epoch_));
}

feed::NewStatement NetHistory::statement(const std::string& id) const {
  nlohmann::json body = {{"@context", nlohmann::json::array({credential::kContextV2})},
                         {"id", id},
                         {"type", nlohmann::json::array({"VerifiableCredential"})},
                         {"issuer", maker_.did()},
                         {"validFrom", net_.wall().to_string()},
                         {"credentialSubject", {{"id", "did:example:subject"}}}};
  return sign(std::move(body), id, method(), assertion_signer());
}

feed::Publication NetHistory::prepare(const std::string& node, const feed::Changes& changes) {
  const auto held = net_.engine(node).issuer(scid());
  const feed::FeedReplica empty(origin(1), did(), feed_signer(1).public_key());
  const feed::FeedReplica& replica = held->feed == nullptr ? empty : *held->feed;
  const std::uint64_t epoch = replica.origin().epoch();
  auto publisher = feed::Publisher::open(
      {replica.origin(), replica.issuer(), method(), &assertion_signer(), &feed_signer(epoch)}, replica);
  VCNODE_ASSERT(publisher.has_value());
  auto publication = publisher->prepare(changes, net_.wall(node));
  VCNODE_ASSERT(publication.has_value());
  return *std::move(publication);
}

void NetHistory::publish(const std::string& node, const feed::Changes& changes) {
  const auto held = net_.engine(node).issuer(scid());
  const feed::Origin of = held->feed == nullptr ? origin(1) : held->feed->origin();
  feed::Publication publication = prepare(node, changes);
  StoreBatch batch = batch_of(of.hash(), publication, scid());
  net_.publish(node, of.hash(), std::move(publication), std::move(batch));
  net_.run_ms(50);  // its bodies are checked, and it is accepted
}

void NetHistory::begin(const std::string& node) {
  feed::Changes changes;
  changes.entries.push_back(newest());
  publish(node, changes);
}

void NetHistory::say(const std::string& node, const std::string& id) {
  feed::Changes changes;
  changes.statements.push_back(statement(id));
  publish(node, changes);
}

void NetHistory::rotate(const std::string& node, const std::string& statement_id) {
  static_cast<void>(author_rotation());
  feed::Changes changes;
  changes.entries.push_back(newest());
  if (!statement_id.empty()) changes.statements.push_back(statement(statement_id));
  publish(node, changes);
}

void NetHistory::compromise(const std::string& node, Timestamp since) {
  revoked_.emplace(assertion_, since);
  rotate(node);
  revoked_.clear();  // later versions do not repeat it
}

void NetHistory::close(const std::string& node) {
  feed::Changes changes;
  changes.close = closed(net_.wall(), method(), assertion_signer());
  publish(node, changes);
}

merkle::TreeHead NetHistory::tree_at(const std::string& node) const {
  return net_.engine(node).issuer(scid())->feed->head()->tree;
}

void NetHistory::open_epoch(const std::string& node) {
  const merkle::TreeHead seal = tree_at(node);
  const feed::Origin old = origin(epoch_);
  static_cast<void>(author_epoch(seal));
  feed::Changes changes;
  changes.entries.push_back(newest());
  publish(node, changes);
  changes.seal = feed::NewSeal{old.text(), seal.root};
  publish(node, changes);
}

void NetHistory::open_epoch_at(const std::string& node, const merkle::TreeHead& seal) {
  const feed::Origin old = origin(epoch_);
  static_cast<void>(author_epoch(seal));
  feed::Publication alone;
  alone.entries.push_back(newest());
  StoreBatch batch;
  batch.entries.push_back({scid(), version_id(), newest().body});
  net_.publish(node, origin(epoch_).hash(), std::move(alone), std::move(batch));
  const auto opened = [&] {
    const auto held = net_.engine(node).issuer(scid());
    return held->feed != nullptr && held->feed->origin() == origin(epoch_);
  };
  VCNODE_ASSERT(net_.run_until(opened, 120'000));
  feed::Changes changes;
  changes.entries.push_back(newest());
  changes.seal = feed::NewSeal{old.text(), seal.root};
  publish(node, changes);
}

}  // namespace vcnode::test
