#include "protocol/issuer/documents.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "crypto/multikey.h"
#include "protocol/did/codes.h"
#include "protocol/did/verification_method.h"
#include "protocol/issuer/codes.h"
#include "protocol/issuer/endpoints.h"
#include "protocol/issuer/listed_under.h"
#include "protocol/webvh/author.h"
#include "protocol/webvh/codes.h"
#include "protocol/webvh/key_history.h"

namespace vcnode::issuer {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kMethods = "verificationMethod";
constexpr std::string_view kAssertion = "assertionMethod";
constexpr std::string_view kInvocation = "capabilityInvocation";
constexpr std::string_view kAssertionName = "assertion-";

// A reference inside a DID document may leave the DID out.
std::string absolute(const std::string& did, std::string_view reference) {
  return reference.starts_with('#') ? concat(did, reference) : std::string(reference);
}

std::string_view fragment_of(std::string_view id) {
  const auto hash = id.find('#');
  return hash == std::string_view::npos ? std::string_view() : id.substr(hash + 1);
}

std::optional<Ed25519PublicKey> key_in(const json::Value& method) {
  const auto key = verification_method::key_of(method);
  return key ? std::optional(*key) : std::nullopt;
}

// Every method that the document defines, embedded ones included.
std::vector<const json::Value*> definitions(const webvh::State& version) {
  std::vector<const json::Value*> out;
  for (const json::Member& member : version.document().members())
    for (const json::Value& value : member.value.one_or_many())
      if (verification_method::holds_key(value)) out.push_back(&value);
  return out;
}

// The member as a list to be changed, whatever form it had.
Json& list_in(Json& document, std::string_view name) {
  Json& member = document[std::string(name)];
  if (member.is_null()) member = Json::array();
  if (!member.is_array()) member = Json::array({Json(std::move(member))});
  return member;
}

std::string id_in(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_object() ? value.value("id", std::string()) : std::string();
}

void remove(Json& document, std::string_view name, const std::set<std::string>& ids) {
  const std::string did = document.at("id");
  Json kept = Json::array();
  for (Json& value : list_in(document, name))
    if (!ids.contains(absolute(did, id_in(value)))) kept.push_back(std::move(value));
  document[std::string(name)] = std::move(kept);
}

Json method_json(const std::string& did, std::string_view name, const Ed25519PublicKey& key) {
  return {{"id", concat(did, "#", name)},
          {"type", "Multikey"},
          {"controller", did},
          {"publicKeyMultibase", multikey_encode(key)}};
}

void add_method(Json& document, std::string_view relationship, std::string_view name,
                const Ed25519PublicKey& key) {
  Json method = method_json(document.at("id"), name, key);
  list_in(document, relationship).push_back(method.at("id"));
  list_in(document, kMethods).push_back(std::move(method));
}

Json service_json(const std::string& did, const Genesis& genesis) {
  return {{"id", did + "#feed"},
          {"type", "IssuerFeed"},
          {"network", genesis.network},
          {"serviceEndpoint", genesis.public_url},
          {"epoch", 1},
          {"feedKey", did + "#feed-1"}};
}

// Every node answers trust registry queries (protocol/spec/trqp.md).
Json registry_json(const std::string& did, const Genesis& genesis) {
  return {{"id", did + "#trqp"}, {"type", "TRQP"}, {"serviceEndpoint", genesis.public_url}};
}

Json first_document(const Genesis& genesis) {
  const std::string did = concat("did:webvh:{SCID}:", genesis.location);
  Json document = {{"@context", {"https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"}},
                   {"id", did}};
  add_method(document, kAssertion, concat(kAssertionName, 1), genesis.assertion_key);
  add_method(document, kInvocation, "feed-1", genesis.feed_key);
  document["service"] = Json::array({service_json(did, genesis), registry_json(did, genesis)});
  return document;
}

struct NamedKey {
  std::string_view name;
  Ed25519PublicKey key;
};

Failure reused(const NamedKey& one, std::string_view user) {
  return fail(codes::KEY_REUSED, one.name, " ", multikey_encode(one.key), " is ", user,
              "; one key has one purpose");
}

// New keys, that of the next entry among them: none twice, none that means something already.
Result<void> check_keys(const OwnLog* log, std::vector<NamedKey> fresh, const Hand& hand) {
  fresh.push_back({"the next update key", hand.next});
  const NamedKey signer{"the update key", hand.signer.public_key()};
  std::set<Ed25519PublicKey> seen{signer.key};
  if (hand.taken.contains(signer.key)) return reused(signer, "in use for something else");
  for (const NamedKey& one : fresh) {
    if (hand.taken.contains(one.key)) return reused(one, "in use for something else");
    if (log != nullptr && log->names(one.key)) return reused(one, "named by the DID's log already");
    if (!seen.insert(one.key).second) return reused(one, "given twice");
  }
  return {};
}

Result<void> check_open(const OwnLog& log) {
  if (!log.newest().deactivated()) return {};
  return fail(codes::WEBVH_DEACTIVATED, log.newest().did().text(),
              " is deactivated: nothing about it changes any more");
}

webvh::Changes changes_by(const Hand& hand) {
  webvh::Changes changes;
  changes.update_keys = {multikey_encode(hand.signer.public_key())};
  changes.next_key_hashes = {webvh::key_hash(multikey_encode(hand.next))};
  return changes;
}

// Versions rise in time, in whole seconds.
webvh::Pen pen_for(const OwnLog& log, const Hand& hand) {
  const Timestamp after = log.newest().version_time().second().plus_seconds(1);
  return {hand.signer, std::max(hand.now, after), {}};
}

Result<EntryBody> checked(const OwnLog& log, const webvh::Authored& written, const Hand& hand,
                          Timestamp time) {
  EntryBody body{written.line, {}};
  const auto longer = log.extended(body, time);
  const bool waits = !longer && hand.proofs_later && longer.error().code == codes::WEBVH_WITNESS_THRESHOLD;
  if (!longer && !waits) return longer.failure();
  return body;
}

Result<EntryBody> write(const OwnLog& log, Json document, const Hand& hand) {
  const webvh::Pen pen = pen_for(log, hand);
  renew_endpoints(document, {log.versions(), log.newest().did().location(), log.network(), hand.public_url});
  VCNODE_TRY(const auto written, webvh::update(log.newest(), &document, changes_by(hand), pen));
  return checked(log, written, hand, pen.time);
}

std::string next_assertion_name(const OwnLog& log) {
  return concat(kAssertionName, next_assertion_number(log));
}

struct KnownMethod {
  std::string name;  // its fragment
  Ed25519PublicKey key;
  bool in_force = false;
};

// A method that a version listed under assertionMethod; a DID that moved had other ids for it.
Result<KnownMethod> find_method(const OwnLog& log, std::string_view wanted) {
  const std::string did = log.newest().did().text();
  for (auto version = log.versions().rbegin(); version != log.versions().rend(); ++version) {
    for (const AssertionMethod& method : assertion_methods(version->state)) {
      const bool named =
          method.id == wanted || (wanted.starts_with('#') && fragment_of(method.id) == wanted.substr(1));
      if (!named || !method.key) continue;
      KnownMethod out{std::string(fragment_of(method.id)), *method.key, false};
      for (const AssertionMethod& now : assertion_methods(log.newest()))
        out.in_force = out.in_force || now.key == out.key;
      return out;
    }
  }
  const bool is_feed_key = fragment_of(wanted).starts_with("feed-");
  return fail(codes::VERIFICATION_METHOD_UNKNOWN, excerpt(wanted),
              " is no assertion method of any version of ", did,
              is_feed_key ? "; a feed key is replaced by a new epoch" : "");
}

Result<void> check_since(const OwnLog& log, const KnownMethod& method, Timestamp since, Timestamp now) {
  if (since > now)
    return fail(codes::COMPROMISE_TIME, "the key cannot be compromised since ", since.to_string(),
                ", which is later than now, ", now.to_string());
  std::vector<webvh::State> states;
  for (const Version& version : log.versions()) states.push_back(version.state);
  const auto known = webvh::revoked_since(states, method.key);
  if (known && *known <= webvh::Instant(since))
    return fail(codes::COMPROMISE_TIME, "#", method.name, " is declared compromised since ",
                known->second().to_string(), " already; only an earlier time would change anything");
  return {};
}

// Every definition of the key says since when, in verificationMethod and under no relationship.
void revoke(Json& document, const webvh::State& version, const KnownMethod& method, Timestamp since) {
  const std::string did = document.at("id");
  const verification_method::KeyForms forms(method.key);
  std::set<std::string> ids;
  Json definition;
  for (const json::Value* one : definitions(version)) {
    if (!forms.stand_in(*one)) continue;
    ids.insert(absolute(did, one->find_string("id").value_or("")));
    definition = json::to_nlohmann(*one);
  }
  if (ids.empty()) definition = method_json(did, method.name, method.key);
  for (const std::string_view relationship : {kMethods, kAssertion}) remove(document, relationship, ids);
  definition["revoked"] = since.to_string();
  list_in(document, kMethods).push_back(std::move(definition));
}

}  // namespace

std::vector<AssertionMethod> assertion_methods(const webvh::State& version) {
  std::vector<AssertionMethod> out;
  const std::string& did = version.did().text();
  for (const json::Value& listed : listed_under(version.document(), kAssertion)) {
    const auto id =
        listed.is_string() ? std::optional<std::string_view>(listed.string()) : listed.find_string("id");
    if (!id) continue;
    AssertionMethod method{absolute(did, *id), std::nullopt, false};
    for (const json::Value* one : definitions(version)) {
      if (absolute(did, one->find_string("id").value_or("")) != method.id) continue;
      method.key = key_in(*one);
      method.revoked = method.revoked || one->find("revoked") != nullptr;
    }
    out.push_back(std::move(method));
  }
  return out;
}

Result<std::string> location_of(std::string_view place) {
  if (place.find("://") != std::string_view::npos)
    return fail(codes::WEBVH_HOST,
                "it is a URL, and must be HOST[:PORT][/PATH], without what stands before the host");
  if (place.empty()) return fail(codes::WEBVH_HOST, "it is empty, and must be HOST[:PORT][/PATH]");
  if (place.ends_with('/'))
    return fail(codes::WEBVH_DID, "it ends with '/', and must be HOST[:PORT][/PATH] without one at the end");
  const auto slash = place.find('/');
  std::string out(place.substr(0, slash));
  if (const auto colon = out.find(':'); colon != std::string::npos) out.replace(colon, 1, "%3A");
  if (slash != std::string_view::npos) {
    std::string path(place.substr(slash));
    std::ranges::replace(path, '/', ':');
    out += path;
  }
  // Any SCID will do: only what follows it is asked about, and nobody who reads of it has seen one.
  const std::string before = concat("did:webvh:", webvh::multihash_of(""), ":");
  const auto parsed = webvh::DidWebvh::parse(before + out);
  if (parsed) return out;
  const std::string named = concat("the DID \"", before);
  std::string message = parsed.error().message;
  if (const auto at = message.find(named); at != std::string::npos)
    message.replace(at, named.size(), "the place \"");
  return Failure{Error{parsed.error().code, std::move(message)}};
}

std::string authority_of(std::string_view location) {
  std::string out(location.substr(0, location.find(':')));
  for (const std::string_view colon : {"%3A", "%3a"})
    if (const auto at = out.find(colon); at != std::string::npos) out.replace(at, colon.size(), ":");
  return out;
}

Result<void> OwnLog::append(const EntryBody& body, Timestamp now) {
  VCNODE_TRY(const auto entry, webvh::Entry::parse(body.line));
  // Where its leaf stands is not known here; at the beginning no seal but an empty one leaves it out.
  if (!versions_.empty() && feed()) entries_.commit(feed()->epoch, 0, entry.version_id());
  VCNODE_CHECK(entries_.add(body, webvh::Rules{now, {}}));
  versions_ = entries_.history().versions;
  if (!versions_.empty() && newest().version_id() == entry.version_id()) return {};
  return fail(codes::ENTRY_WITHOUT_WEIGHT, "log entry ", entry.version_id().text(),
              " does not count beside the others, or seals a feed without their leaves");
}

Result<OwnLog> OwnLog::read(std::string_view network, std::span<const EntryBody> bodies, Timestamp now) {
  if (bodies.empty()) return fail(codes::WEBVH_LOG_SIZE, "the log of the DID has no entry");
  VCNODE_TRY(const auto first, webvh::Entry::parse(bodies.front().line));
  VCNODE_TRY(const auto genesis, webvh::apply(nullptr, first, webvh::Rules{now, {}}));
  OwnLog log{std::string(network), EntrySet(std::string(genesis.did().scid()), std::string(network))};
  for (const EntryBody& body : bodies) VCNODE_CHECK(log.append(body, now));
  return log;
}

Result<OwnLog> OwnLog::extended(const EntryBody& body, Timestamp now) const {
  OwnLog out = *this;
  VCNODE_CHECK(out.append(body, now));
  return out;
}

bool OwnLog::names(const Ed25519PublicKey& key) const {
  const std::string text = multikey_encode(key);
  const std::string hash = webvh::key_hash(text);
  const verification_method::KeyForms forms(key);
  return std::ranges::any_of(versions_, [&](const Version& version) {
    const auto& parameters = version.state.parameters();
    const auto methods = definitions(version.state);
    return std::ranges::find(parameters.update_keys, text) != parameters.update_keys.end() ||
           std::ranges::find(parameters.next_key_hashes, hash) != parameters.next_key_hashes.end() ||
           std::ranges::any_of(methods, [&](const json::Value* method) { return forms.stand_in(*method); });
  });
}

bool OwnLog::may_be_signed_by(const Ed25519PublicKey& key) const {
  const auto& parameters = newest().parameters();
  const std::string text = multikey_encode(key);
  const auto& listed = parameters.pre_rotation() ? parameters.next_key_hashes : parameters.update_keys;
  return std::ranges::find(listed, parameters.pre_rotation() ? webvh::key_hash(text) : text) != listed.end();
}

std::uint64_t next_assertion_number(const OwnLog& log) {
  std::set<std::string, std::less<>> taken;
  for (const Version& version : log.versions())
    for (const json::Value* method : definitions(version.state))
      taken.emplace(fragment_of(method->find_string("id").value_or("")));
  std::uint64_t number = 1;
  while (taken.contains(concat(kAssertionName, number))) ++number;
  return number;
}

Result<EntryBody> write_genesis(const Genesis& genesis, const Hand& hand) {
  VCNODE_CHECK(check_keys(
      nullptr, {{"the assertion key", genesis.assertion_key}, {"the feed key", genesis.feed_key}}, hand));
  webvh::Changes changes = changes_by(hand);
  changes.portable = true;
  VCNODE_TRY(const auto written,
             webvh::create(first_document(genesis), changes, webvh::Pen{hand.signer, hand.now, {}}));
  EntryBody body{written.line, {}};
  VCNODE_TRY(const auto log, OwnLog::read(genesis.network, std::span(&body, 1), hand.now));
  if (!log.feed())
    return fail(codes::FEED_SERVICE_INVALID, "the first document names no feed of the network ",
                excerpt(genesis.network));
  return body;
}

Result<EntryBody> rotate_assertion_key(const OwnLog& log, const Ed25519PublicKey& key, const Hand& hand) {
  VCNODE_CHECK(check_open(log));
  VCNODE_CHECK(check_keys(&log, {{"the new assertion key", key}}, hand));
  auto document = json::to_nlohmann(log.newest().document());
  std::set<std::string> ids;
  for (const AssertionMethod& method : assertion_methods(log.newest())) ids.insert(method.id);
  for (const std::string_view relationship : {kMethods, kAssertion}) remove(document, relationship, ids);
  add_method(document, kAssertion, next_assertion_name(log), key);
  return write(log, std::move(document), hand);
}

Result<EntryBody> rotate_feed_key(const OwnLog& log, const Ed25519PublicKey& key,
                                  const merkle::TreeHead& seal, const Hand& hand) {
  VCNODE_CHECK(check_open(log));
  if (!log.feed())
    return fail(codes::FEED_SERVICE_INVALID, "the newest version names no feed of the network ",
                excerpt(log.network()), " whose key could be changed");
  VCNODE_CHECK(check_keys(&log, {{"the new feed key", key}}, hand));
  auto document = json::to_nlohmann(log.newest().document());
  const std::string did = document.at("id");
  const std::string name = concat("feed-", log.feed()->epoch + 1);
  for (Json& service : list_in(document, "service")) {
    if (service.value("network", Json()) != Json(log.network()) || !service.contains("feedKey")) continue;
    const std::set<std::string> old{absolute(did, service.at("feedKey").get<std::string>())};
    for (const std::string_view relationship : {kMethods, kInvocation}) remove(document, relationship, old);
    service["epoch"] = log.feed()->epoch + 1;
    service["feedKey"] = concat(did, "#", name);
    service["seal"] = {{"size", seal.size}, {"root", hex_encode(seal.root.view())}};
  }
  add_method(document, kInvocation, name, key);
  return write(log, std::move(document), hand);
}

Result<bool> is_in_force(const OwnLog& log, std::string_view method) {
  VCNODE_TRY(const auto known, find_method(log, method));
  return known.in_force;
}

Result<EntryBody> declare_compromised(const OwnLog& log, const Compromise& compromise, const Hand& hand) {
  VCNODE_CHECK(check_open(log));
  VCNODE_TRY(const auto method, find_method(log, compromise.method));
  VCNODE_CHECK(check_since(log, method, compromise.since, hand.now));
  std::vector<NamedKey> fresh;
  if (compromise.replacement) fresh.push_back({"the new assertion key", *compromise.replacement});
  VCNODE_CHECK(check_keys(&log, std::move(fresh), hand));
  auto document = json::to_nlohmann(log.newest().document());
  revoke(document, log.newest(), method, compromise.since);
  if (compromise.replacement)
    add_method(document, kAssertion, next_assertion_name(log), *compromise.replacement);
  return write(log, std::move(document), hand);
}

Result<EntryBody> ask_witnesses(const OwnLog& log, const webvh::WitnessRule& rule, const Hand& hand) {
  VCNODE_CHECK(check_open(log));
  VCNODE_CHECK(check_keys(&log, {}, hand));
  const webvh::Pen pen = pen_for(log, hand);
  webvh::Changes changes = changes_by(hand);
  changes.witness = rule;
  VCNODE_TRY(const auto written, webvh::update(log.newest(), nullptr, changes, pen));
  return checked(log, written, hand, pen.time);
}

Result<EntryBody> move_to(const OwnLog& log, std::string_view location, const Hand& hand) {
  VCNODE_CHECK(check_open(log));
  VCNODE_CHECK(check_keys(&log, {}, hand));
  const webvh::Pen pen = pen_for(log, hand);
  VCNODE_TRY(const auto did,
             webvh::DidWebvh::parse(concat("did:webvh:", log.newest().did().scid(), ":", location)));
  auto document = json::to_nlohmann(log.newest().document());
  renew_endpoints(document, {log.versions(), did.location(), log.network(), hand.public_url});
  VCNODE_TRY(const auto written,
             webvh::relocate(log.newest(), std::move(document), location, changes_by(hand), pen));
  return checked(log, written, hand, pen.time);
}

Result<std::vector<EntryBody>> deactivate(const OwnLog& log, const Hand& hand) {
  VCNODE_CHECK(check_open(log));
  const webvh::Pen pen = pen_for(log, hand);
  VCNODE_TRY(const auto written,
             webvh::deactivate(log.newest(), {multikey_encode(hand.signer.public_key())}, pen));
  std::vector<EntryBody> out;
  OwnLog longer = log;
  for (const webvh::Authored& one : written) {
    out.push_back({one.line, {}});
    if (hand.proofs_later) continue;
    VCNODE_TRY(longer, longer.extended(out.back(), pen.time.plus_seconds(1)));
  }
  return out;
}

}  // namespace vcnode::issuer
