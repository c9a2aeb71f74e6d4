#include "node/cli/verify_question.h"

#include <iterator>
#include <utility>

#include "crypto/base/encoding.h"
#include "node/cli/bundle_peer.h"
#include "node/cli/collect_policy.h"
#include "node/cli/feed_source.h"
#include "node/cli/output.h"
#include "node/cli/peer_report.h"
#include "node/config/urls.h"
#include "protocol/credential/credential.h"
#include "protocol/did/lookup_name.h"
#include "protocol/facts/facts.h"
#include "protocol/recognition/policy.h"
#include "protocol/verify/issuer_identity.h"
#include "protocol/verify/observed_issuers.h"
#include "protocol/witness/policy.h"

namespace vcnode::cli {
namespace {

Result<std::set<Did>> dids_of(const std::vector<std::string>& texts, std::string_view option) {
  std::set<Did> dids;
  for (const std::string& text : texts) {
    auto did = Did::parse(text);
    if (!did) return fail(did.error().code, option, " '", excerpt(text), "': ", did.error().message);
    dids.insert(*std::move(did));
  }
  return dids;
}

// Where this home's own node is asked: the issuers in whose feeds it keeps what it saw.
std::set<Did> own_observers(const Global& global) {
  std::set<Did> dids;
  const auto config = node::load_config(global.home);
  if (!config || config->observe.empty()) return dids;
  for (const node::IssuerConfig& issuer : config->issuers) dids.insert(issuer.did);
  return dids;
}

Result<verify::Policy> read_policy_of(const Global& global, const VerifyOptions& options) {
  verify::Policy::Values values;
  if (options.policy) {
    VCNODE_TRY(const auto text, read_input(*options.policy, recognition::kPolicyBytesMax));
    auto policy = recognition::Policy::parse(text);
    if (!policy)
      return fail(policy.error().code, "--policy '", excerpt(*options.policy), "': ", policy.error().message);
    VCNODE_CHECK(values.follow(std::make_shared<const recognition::Policy>(*std::move(policy))));
  }
  VCNODE_TRY(auto trust, dids_of(options.trust, "--trust"));
  values.trust.merge(trust);
  if (!options.observers.empty()) {
    VCNODE_TRY(values.observers, dids_of(options.observers, "--observer"));
    values.observer_quorum = options.observer_quorum;
  }
  if (values.observers.empty() && options.peers.empty() && !options.offline)
    values.observers = own_observers(global);
  if (options.head_age_max_seconds) values.head_age_max_seconds = options.head_age_max_seconds;
  if (options.witness_policy) {
    VCNODE_TRY(auto text, read_input(*options.witness_policy, witness::kPolicyBytesMax));
    VCNODE_CHECK(values.ask_witnesses(std::move(text)));
  }
  return verify::Policy(std::move(values));
}

// The DIDs that the credential names: its issuer and awarding bodies.
std::vector<Did> named_in(std::string_view text) {
  std::vector<Did> dids;
  const auto credential = credential::Credential::parse(text);
  if (!credential) return dids;
  const auto add = [&](std::string_view id) {
    if (auto did = Did::parse(id)) dids.push_back(*std::move(did));
  };
  add(credential->issuer_id());
  if (const auto facts = facts::read_facts(credential->root()))
    for (const auto& body : facts->awarding_bodies) add(body.id);
  return dids;
}

}  // namespace

Result<VerifyQuestion> read_verify_question(const Global& global, const VerifyOptions& options) {
  VerifyQuestion question;
  question.now = clock_now();
  question.at = question.now;
  if (options.at) {
    const auto at = Timestamp::parse(*options.at);
    if (!at) return fail(at.error().code, "--at '", excerpt(*options.at), "': ", at.error().message);
    question.at = *at;
  }
  VCNODE_TRY(question.policy, read_policy_of(global, options));
  if (!options.offline) {
    VCNODE_TRY(question.peers, peers_to_ask(global, options.peers));
  }
  VCNODE_TRY(const auto files, read_evidence(options.evidence));
  for (const EvidenceFile& file : files) question.peers.push_back(as_peer(file));
  question.network = options.network;
  VCNODE_CHECK(check_network_option(options.network));
  return question;
}

std::optional<Did> issuer_to_ask_for(std::string_view credential) {
  const auto parsed = credential::Credential::parse(credential);
  if (!parsed) return std::nullopt;
  // A DID URL is no issuer's name; whether its history says so is for the verdict.
  const auto url = DidUrl::parse(parsed->issuer_id());
  if (!url) return std::nullopt;
  return url->did();
}

void Gathered::gather(std::string_view credential) {
  if (question_.peers.empty()) return;
  if (const auto issuer = issuer_to_ask_for(credential)) gather_issuer(*issuer);
  gather_authorities(credential);
}

void Gathered::gather_body(const Did& body) {
  if (question_.peers.empty() || !asked_.insert(std::string(lookup_name_of(body.text()))).second) return;
  keep(body, collect(body, question_.peers, question_.now, {.network = question_.network}));
}

void Gathered::keep(const Did& body, Collected collected) {
  asked_.insert(std::string(lookup_name_of(body.text())));
  put(view_, collected);
  if (is_stapled(collected.sources)) view_.staple(body.text());
  networks_.merge(collected.networks);
  std::move(collected.sources.begin(), collected.sources.end(), std::back_inserter(sources_));
  Collected kept;
  kept.snapshot = std::move(collected.snapshot);
  kept.history = std::move(collected.history);
  kept.gap = std::move(collected.gap);
  bodies_.emplace_back(body, std::move(kept));
}

// Whether nobody but evidence files has the newest head. `sources`: of the peers, in their order.
bool Gathered::is_stapled(const std::vector<SourceReport>& sources) const {
  bool stapled = false;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (sources[i].state != SourceState::newest) continue;
    if (question_.peers[i].bundle == nullptr) return false;
    stapled = true;
  }
  return stapled;
}

// What the peers hold of the issuer; of one that has no feed, of those who observe it.
void Gathered::gather_issuer(const Did& issuer) {
  const auto& observers = question_.policy.values().observers;
  if (observers.empty() || !verify::has_no_feed(issuer.text())) return gather_body(issuer);
  for (const Did& observer : observers) gather_body(observer);
}

void Gathered::gather_holder(const Did& holder) {
  if (verify::has_history(holder.text())) gather_body(holder);
}

std::optional<std::string> Gathered::network_of_feed(const Did& issuer) const {
  if (question_.network) return question_.network;
  const auto feed = view_.feed_of(issuer.text());
  return feed == nullptr ? std::nullopt : std::optional(network_of(feed->origin));
}

// What the policy leads to, of the network that the issuer's feed is of.
void Gathered::gather_authorities(std::string_view credential) {
  const auto& policy = question_.policy.values().recognition;
  if (policy == nullptr || !policy->asks()) return;
  CollectOptions how{.network = question_.network};
  if (const auto issuer = issuer_to_ask_for(credential)) how.network = network_of_feed(*issuer);
  const auto whole = collect_for_policy(
      *policy, named_in(credential),
      [&](const verify::View& held) {
        // The answer is thrown away: what was looked for is what counts.
        (void)verify::verify_credential(credential, held, question_.policy, question_.at);
      },
      [&](const Did& did) { return collect(did, question_.peers, question_.now, how); }, view_);
  if (!whole) print_warning(whole.error());
}

}  // namespace vcnode::cli
