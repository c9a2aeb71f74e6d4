#include <algorithm>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "node/cli/cmd_verify_networks.h"
#include "node/cli/collect.h"
#include "node/cli/collect_policy.h"
#include "node/cli/commands.h"
#include "node/cli/feed_source.h"
#include "node/cli/output.h"
#include "node/cli/peer_report.h"
#include "node/codes/cli_codes.h"
#include "node/config/urls.h"
#include "protocol/credential/credential.h"
#include "protocol/facts/facts.h"
#include "protocol/recognition/policy.h"
#include "protocol/verify/observed_issuers.h"
#include "protocol/verify/verify.h"
#include "protocol/witness/policy.h"

namespace vcnode::cli {
namespace {

// Four times what a credential may have: that one is too large is for the verdict to say, with its limit.
// Only what cannot be meant as a credential is refused before.
constexpr std::size_t kInputBytesMax = limits::kCredentialBytesMax * 4;

struct Request {
  std::string text;
  verify::Policy policy;
  Timestamp at;
  Timestamp now;
  std::vector<PeerSource> peers;
};

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

Result<Request> read_request(const Global& global, const VerifyOptions& options) {
  Request request;
  request.now = clock_now();
  request.at = request.now;
  if (options.at) {
    const auto at = Timestamp::parse(*options.at);
    if (!at) return fail(at.error().code, "--at '", excerpt(*options.at), "': ", at.error().message);
    request.at = *at;
  }
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
  request.policy = verify::Policy(std::move(values));
  if (!options.offline) {
    VCNODE_TRY(request.peers, peers_to_ask(global, options.peers));
  }
  if (options.network) {
    if (auto checked = node::check_network_name(*options.network); !checked)
      return fail(checked.error().code, "--network ", checked.error().message);
  }
  VCNODE_TRY(request.text, read_input(options.input, kInputBytesMax));
  return request;
}

// The issuer whose feed is needed; nothing is asked for a credential that is not well-formed.
std::optional<Did> issuer_of(std::string_view text) {
  const auto credential = credential::Credential::parse(text);
  if (!credential) return std::nullopt;
  // A DID URL is no issuer's name; whether its history says so is for the verdict.
  const auto url = DidUrl::parse(credential->issuer_id());
  if (!url) return std::nullopt;
  return url->did();
}

void print_verdict(const verify::Verdict& verdict, const std::string& headline,
                   const std::vector<SourceReport>& sources, Timestamp now) {
  print_line(headline);
  for (const auto& row : verify::messages(verdict)) {
    print_line(concat("  ", row.at("check").get_ref<const std::string&>(), ": ",
                      printable(row.at("sentence").get_ref<const std::string&>()), " [",
                      row.at("code").get_ref<const std::string&>(), "]"));
  }
  print_sources(sources, now);
}

void print_hint(const verify::Verdict& verdict, const Request& request) {
  if (verdict.outcome == verify::Outcome::issuer_not_confirmed && verdict.issuer_did) {
    print_line(concat("  If you know this issuer to be genuine: --trust ", printable(*verdict.issuer_did)));
  }
  if (verdict.outcome == verify::Outcome::cannot_tell && request.peers.empty()) {
    print_line("  Nothing was asked of the network; name a node with --peer https://HOST:PORT");
  }
}

// What the peers hold of the issuer; of one that has no feed, of those who observe it.
Collected collect_for(const Did& issuer, const Request& request, const VerifyOptions& options,
                      verify::SnapshotView& view) {
  const CollectOptions how{.network = options.network};
  const auto& observers = request.policy.values().observers;
  if (observers.empty() || !verify::has_no_feed(issuer.text())) {
    auto collected = collect(issuer, request.peers, request.now, how);
    put(view, collected);
    return collected;
  }
  Collected all;
  for (const Did& observer : observers) {
    auto collected = collect(observer, request.peers, request.now, how);
    put(view, collected);
    all.networks.merge(collected.networks);
    std::move(collected.sources.begin(), collected.sources.end(), std::back_inserter(all.sources));
  }
  return all;
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

// What the policy leads to, of the network that the issuer's feed is of.
void collect_authorities(const Request& request, const VerifyOptions& options, verify::SnapshotView& view) {
  const auto& policy = request.policy.values().recognition;
  if (policy == nullptr || !policy->asks() || request.peers.empty()) return;
  CollectOptions how{.network = options.network};
  if (const auto issuer = issuer_of(request.text); issuer && !how.network)
    if (const auto feed = view.feed_of(issuer->text())) how.network = network_of(feed->origin);
  const auto whole = collect_for_policy(
      *policy, named_in(request.text),
      [&](const verify::View& held) {
        // The answer is thrown away: what was looked for is what counts.
        (void)verify::verify_credential(request.text, held, request.policy, request.at);
      },
      [&](const Did& did) { return collect(did, request.peers, request.now, how); }, view);
  if (!whole) print_warning(whole.error());
}

}  // namespace

int verify(const Global& global, const VerifyOptions& options) {
  const auto request = read_request(global, options);
  if (!request) return report(global, request.error(), kExitUsage);
  Collected collected;
  verify::SnapshotView view;
  if (const auto issuer = issuer_of(request->text); issuer && !request->peers.empty())
    collected = collect_for(*issuer, *request, options, view);
  collect_authorities(*request, options, view);
  auto verdict = verify::verify_credential(request->text, view, request->policy, request->at);
  if (!verdict) return report(global, verdict.error(), kExitInternal);
  const std::string headline = explain_networks(*verdict, collected.networks);
  if (global.json) {
    // The verdict's own bytes are canonical and stay as they are.
    print_line(concat(R"({"verdict":)", verdict->to_jcs(), R"(,"headline":)", nlohmann::json(headline).dump(),
                      R"(,"messages":)", json_text(verify::messages(*verdict)), R"(,"sources":)",
                      json_text(sources_json(collected.sources)), "}"));
  } else {
    print_verdict(*verdict, headline, collected.sources, request->now);
    print_hint(*verdict, *request);
  }
  if (const auto finished = finish_output(); !finished)
    return report(global, finished.error(), kExitUnavailable);
  return static_cast<int>(verdict->outcome);
}

}  // namespace vcnode::cli
