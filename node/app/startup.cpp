#include "node/app/startup.h"

#include <algorithm>
#include <map>
#include <utility>

#include "crypto/base/encoding.h"
#include "crypto/base/rng.h"
#include "crypto/descriptor.h"
#include "crypto/multikey.h"
#include "node/app/codes.h"
#include "node/app/router.h"
#include "node/config/codes.h"
#include "node/config/issuer_place.h"
#include "node/config/private_file.h"
#include "node/config/urls.h"
#include "protocol/did/key.h"
#include "protocol/gossip/restore.h"
#include "protocol/issuer/codes.h"
#include "protocol/statement/statement.h"
#include "protocol/webvh/did_webvh.h"
#include "protocol/wire/frame.h"

namespace vcnode::node {

namespace {

Result<gossip::AdmittedIssuer> admitted_issuer(const std::string& network, const Did& did,
                                               std::uint64_t quota) {
  if (did.method() != "key") {
    return fail(codes::ISSUER_METHOD_UNSUPPORTED, "the issuer ", did.text(), " uses the DID method '",
                did.method(), "'; only did:key and did:webvh issuers have feeds");
  }
  VCNODE_TRY(const auto key, did_key::key_of(did));
  VCNODE_TRY(auto origin, feed::Origin::of(network, did));
  return gossip::AdmittedIssuer{did, std::move(origin), key, quota};
}

}  // namespace

Result<void> check_distinct(const Keys& keys) {
  std::map<Ed25519PublicKey, std::string> users{{keys.node->public_key(), "the node"}};
  const auto add = [&users](const Ed25519PublicKey& key, const std::string& user) -> Result<void> {
    const auto [first, added] = users.emplace(key, user);
    if (added) return {};
    return fail(codes::KEY_REUSED, "the key ", multikey_encode(key), " is used by ", first->second,
                " and by ", user, "; each needs its own");
  };
  if (keys.witness != nullptr) VCNODE_CHECK(add(keys.witness->public_key(), "the witness"));
  if (keys.verdict != nullptr) VCNODE_CHECK(add(keys.verdict->public_key(), "what signs verdicts"));
  for (const IssuerKeys& issuer : keys.issuers) {
    const std::string user = concat("the issuer ", issuer.issuer);
    for (const auto& [key, file] : issuer.assertion) VCNODE_CHECK(add(key, user));
    for (const auto& [key, file] : issuer.feed) {
      // A did:key issuer has one key for both, in one file.
      const auto both = issuer.assertion.find(key);
      if (both == issuer.assertion.end() || both->second.path != file.path)
        VCNODE_CHECK(add(key, user + " as its feed key"));
    }
  }
  return {};
}

namespace {

Result<IssuerKeys> keys_of(const IssuerConfig& issuer, const SecretBytes& passphrase) {
  VCNODE_TRY(auto keys, open_issuer_keys(issuer, passphrase));
  if (!issuer.has_history()) {
    const Ed25519PublicKey& key = keys.assertion.begin()->first;
    if (did_key::did_of(key) == issuer.did) return keys;
    return fail(codes::ISSUER_KEY_MISMATCH, "the issuer ", issuer.name, " is ", issuer.did.text(), ", but ",
                issuer.key_file.string(), " holds the key ", multikey_encode(key));
  }
  if (!keys.assertion.empty()) return keys;
  return fail(codes::ISSUER_KEY_MISSING, "the issuer ", issuer.name, ": there is no assertion key in ",
              issuer.keys_folder.string());
}

}  // namespace

Result<Keys> open_keys(const Config& config) {
  Keys keys;
  VCNODE_TRY(keys.passphrase, read_private_passphrase(config.passphrase));
  VCNODE_TRY(keys.node, open_key(config.node_key_file, kNodeKeyPurpose, keys.passphrase));
  if (config.witness) {
    VCNODE_TRY(keys.witness, open_key(config.witness->key_file, kWitnessKeyPurpose, keys.passphrase));
  }
  if (config.verdict_key_file) {
    VCNODE_TRY(keys.verdict, open_key(*config.verdict_key_file, kVerdictKeyPurpose, keys.passphrase));
  }
  for (const IssuerConfig& issuer : config.issuers) {
    VCNODE_TRY(auto opened, keys_of(issuer, keys.passphrase));
    keys.issuers.push_back(std::move(opened));
  }
  VCNODE_CHECK(check_distinct(keys));
  return keys;
}

namespace {

// The sponsor roots: did:key issuers by DID, others by SCID; with what their Sponsorships may admit.
struct Wanted {
  std::map<Did, std::uint64_t> dids;
  std::map<std::string, gossip::AdmittedHistory, std::less<>> histories;
};

Result<Wanted> wanted_by(const Config& config) {
  Wanted out;
  const auto add = [&out](const Did& did, std::uint64_t quota) -> Result<void> {
    if (did.method() != "webvh") {
      std::uint64_t& held = out.dids[did];
      held = std::max(held, quota);
      return {};
    }
    VCNODE_TRY(const auto webvh, webvh::DidWebvh::parse(did.text()));
    const std::string scid(webvh.scid());
    auto& held = out.histories.try_emplace(scid, gossip::AdmittedHistory{scid, did}).first->second;
    held.quota = std::max(held.quota, quota);
    return {};
  };
  VCNODE_CHECK(check_places(config.issuers));
  // What a hosted issuer says is its operator's doing too.
  for (const IssuerConfig& issuer : config.issuers) VCNODE_CHECK(add(issuer.did, statement::kQuotaMax));
  for (const Did& did : config.admit) VCNODE_CHECK(add(did, 0));
  for (const Did& did : config.sponsors) VCNODE_CHECK(add(did, statement::kQuotaMax));
  if (const std::size_t count = out.dids.size() + out.histories.size(); count > wire::kHelloOriginsMax)
    return fail(codes::ADMITTED_TOO_MANY, "[network] admit, sponsors and the hosted issuers are ", count,
                " issuers, the limit is ", wire::kHelloOriginsMax);
  return out;
}

}  // namespace

Result<std::vector<gossip::AdmittedIssuer>> admitted_issuers(const Config& config) {
  VCNODE_TRY(const auto wanted, wanted_by(config));
  std::vector<gossip::AdmittedIssuer> out;
  for (const auto& [did, quota] : wanted.dids) {
    VCNODE_TRY(auto issuer, admitted_issuer(config.network_name, did, quota));
    out.push_back(std::move(issuer));
  }
  return out;
}

Result<std::vector<gossip::AdmittedHistory>> admitted_histories(const Config& config) {
  VCNODE_TRY(const auto wanted, wanted_by(config));
  std::vector<gossip::AdmittedHistory> out;
  for (const auto& [scid, history] : wanted.histories) out.push_back(history);
  return out;
}

Result<std::size_t> read_all_feeds(const Config& config, const FeedArchive& archive, const gossip::Now& now) {
  gossip::Options options;
  options.network = config.network_name;
  VCNODE_TRY(options.admitted, admitted_issuers(config));
  VCNODE_TRY(options.histories, admitted_histories(config));
  VCNODE_TRY(auto replicas, gossip::restore_feeds(options.admitted, archive, DidKeyResolver()));
  std::vector<gossip::RestoredIssuer> issuers;
  for (const gossip::AdmittedHistory& history : options.histories) {
    VCNODE_TRY(auto restored, gossip::restore_issuer(history, config.network_name, archive, now.wall));
    issuers.push_back(std::move(restored));
  }
  SystemRng rng;
  KeyPairSigner nobody(Ed25519KeyPair::generate(rng));  // nothing is said to anybody
  gossip::Engine engine(std::move(options), nobody, archive, std::move(replicas), std::move(issuers));
  VCNODE_CHECK(engine.begin(now));
  std::size_t held = 0;
  for (const auto& [name, as] : *engine.admission().set) {
    if (const auto history = engine.issuer(name)) {
      held += history->feed != nullptr ? 1 : 0;
      continue;
    }
    const auto did = Did::parse(name);
    const auto origin =
        did ? feed::Origin::of(config.network_name, *did) : Result<feed::Origin>(did.failure());
    const feed::FeedReplica* replica = origin ? engine.replica(origin->hash()) : nullptr;
    held += replica != nullptr && (replica->head() || replica->contradicted()) ? 1 : 0;
  }
  return held;
}

Result<witness::WitnessPolicy> load_asked_witnesses(const std::filesystem::path& file) {
  const auto opened = Descriptor::open_regular(file);
  if (!opened) return fail(codes::FILE_UNREADABLE, "the witness policy: ", opened.error().message);
  std::string text(witness::kPolicyBytesMax + 1, '\0');
  VCNODE_TRY(const auto size,
             opened->read_up_to({reinterpret_cast<std::uint8_t*>(text.data()), text.size()}));
  text.resize(size);
  auto policy = witness::WitnessPolicy::parse(text);
  if (!policy) return fail(policy.error().code, file.string(), ": ", policy.error().message);
  const auto refuse = [&](std::string_view why) {
    return fail(codes::CONFIG_VALUE, file.string(), " ", why);
  };
  if (!policy->asks_for_witnesses()) return refuse("asks for no quorum, so it proves no time");
  if (const std::size_t count = policy->witnesses().size(); count > kAskedWitnessesMax)
    return refuse(concat("names ", count, " witnesses, of which at most ", kAskedWitnessesMax, " are asked"));
  for (const witness::PolicyWitness& witness : policy->witnesses()) {
    if (witness.url.empty())
      return refuse(
          concat("gives no address of the witness ", witness.name, "; it follows the key on its line"));
    if (const auto url = parse_service_url(witness.url, "https"); !url)
      return refuse(concat("gives the witness ", witness.name, " the address '", excerpt(witness.url),
                           "': ", url.error().message));
  }
  return policy;
}

Result<Setup> open_setup(const Config& config) {
  Setup out;
  VCNODE_TRY(out.admitted, admitted_issuers(config));
  VCNODE_TRY(out.histories, admitted_histories(config));
  for (const IssuerConfig& issuer : config.issuers) {
    std::optional<witness::WitnessPolicy> policy;
    if (issuer.time_batch) {
      VCNODE_TRY(policy, load_asked_witnesses(issuer.time_batch->witness_policy));
    }
    out.witness_policies.push_back(std::move(policy));
  }
  VCNODE_TRY(out.tokens, TokenTable::load(config.tokens_file()));
  VCNODE_TRY(out.tls, load_private_tls(config.tls_certificate, config.tls_key));
  VCNODE_TRY(out.keys, open_keys(config));
  return out;
}

namespace {

// As a Host header writes it: an IPv6 address stands in brackets.
std::string as_host(const std::string& host) {
  const bool bare_v6 = !host.starts_with('[') && std::count(host.begin(), host.end(), ':') > 1;
  return host_name_of(bare_v6 ? concat("[", host, "]") : host);
}

}  // namespace

std::set<std::string, std::less<>> accepted_hosts(const Config& config) {
  std::set<std::string, std::less<>> out;
  for (const std::string& host : config.hosts) out.insert(as_host(host));
  out.insert(as_host(config.listen_address));
  for (const IssuerConfig& issuer : config.issuers) {
    if (const auto did = webvh::DidWebvh::parse(issuer.did.text())) out.insert(did->host());
  }
  std::string_view url = config.public_url;
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  out.insert(host_name_of(url.substr(0, url.find('/'))));
  return out;
}

bool store_is_missing(const std::filesystem::path& path) {
  std::error_code failed;
  const auto status = std::filesystem::status(path, failed);
  if (!std::filesystem::exists(status)) return status.type() == std::filesystem::file_type::not_found;
  return std::filesystem::is_regular_file(status) && std::filesystem::file_size(path, failed) == 0 && !failed;
}

}  // namespace vcnode::node
