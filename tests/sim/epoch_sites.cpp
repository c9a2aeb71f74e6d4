// Issuers without a node, who looks at their websites, and what each node says of their credentials.
#include <nlohmann/json.hpp>

#include "crypto/multikey.h"
#include "protocol/credential/credential.h"
#include "protocol/credential/data_integrity.h"
#include "protocol/did/web.h"
#include "protocol/observe/codes.h"
#include "tests/sim/epoch_run.h"

namespace vcnode::sim {
namespace {

KeyPairSigner site_key(const std::string& method) {
  return test::named_key(concat("site key ", method));
}

// With the newest key only, as most websites are. A liar says another one of the same name.
std::string document_of(const Site& site, bool lies) {
  const std::string method = site.method();
  const auto key = site_key(lies ? concat("not ", method) : method).public_key();
  const nlohmann::json listed{{"id", method},
                              {"type", "Multikey"},
                              {"controller", site.did},
                              {"publicKeyMultibase", multikey_encode(key)}};
  return nlohmann::json{{"id", site.did},
                        {"verificationMethod", nlohmann::json::array({listed})},
                        {"assertionMethod", nlohmann::json::array({method})}}
      .dump();
}

// Whether the watcher, when the credential was signed, had last seen the key that signed it.
bool had_seen(const Watcher& watcher, const Site& site, const Site::Signed& credential) {
  const auto looks = watcher.looks.find(site.did);
  if (looks == watcher.looks.end()) return false;
  const Watcher::Look* newest = nullptr;
  for (const Watcher::Look& look : looks->second)
    if (look.at <= credential.created) newest = &look;
  return newest != nullptr && newest->key == credential.key;
}

// Who may have seen it, and how many of them have to agree.
struct Asking {
  std::vector<const Watcher*> watchers;
  std::uint32_t quorum = 1;
};

// The first watcher lies. None: it is valid.
std::optional<Code> expected_by(const Asking& asking, const Watcher& liar, const Site& site,
                                const Site::Signed& credential) {
  std::size_t honest = 0;
  std::size_t lying = 0;
  for (const Watcher* watcher : asking.watchers)
    if (had_seen(*watcher, site, credential)) ++(watcher == &liar ? lying : honest);
  if (honest + lying == 0) return codes::KEY_NOT_OBSERVED;
  const bool agreed = honest >= asking.quorum && lying < asking.quorum;
  return agreed ? std::nullopt : std::optional<Code>(codes::OBSERVERS_DIFFER);
}

}  // namespace

void EpochRun::observe(Watcher& watcher, const Site& site) {
  auto& looks = watcher.looks[site.did];
  const bool is_new_second = looks.empty() || looks.back().at < net_.wall();
  const bool may_say = net_.engine(watcher.host).may_sign(net_.issuer(watcher.name).hash());
  if (!site.served || !may_say || !is_new_second) return;
  const auto url = did_web::https_url(did_web::DidWeb::parse(site.did).value());
  looks.push_back({net_.wall(), site.key});
  const bool lies = &watcher == watchers_.data();
  feed::Changes changes;
  changes.observations.push_back(
      {feed::ObservationLeafKey{url, looks.size(), net_.wall()}.text(), to_bytes(document_of(site, lies))});
  VCNODE_ASSERT(net_.publish(watcher.host, watcher.name, changes).has_value());
  net_.run_ms(kSettleMs);
}

// Also those whose server is gone sign on.
void EpochRun::act_of(Site& site) {
  if (chance(rng_, 80)) {
    ++site.key;
    return say(concat(site.method(), " is a new key"));
  }
  if (chance(rng_, 40)) {
    say(concat("the server of ", site.did, " is switched off"));
    site.served = false;
  }
  const std::string method = site.method();
  const nlohmann::json document = {{"@context", nlohmann::json::array({credential::kContextV2})},
                                   {"type", nlohmann::json::array({"VerifiableCredential"})},
                                   {"issuer", site.did},
                                   {"validFrom", net_.wall().to_string()},
                                   {"credentialSubject", {{"id", "did:example:subject"}}}};
  credential::ProofOptions options;
  options.verification_method = method;
  options.created = net_.wall();
  KeyPairSigner signer = site_key(method);
  site.credentials.push_back(
      {credential::add_proof(document, options, signer).value().dump(), site.key, options.created});
}

// One honest observer is believed alone, or two of all three have to agree.
void EpochRun::check_sites(const std::string& node) {
  verify::SnapshotView view;
  for (const Watcher& watcher : watchers_)
    if (const auto& held = net_.replica(node, watcher.name); held.head()) view.put(held.snapshot());
  Asking all{{}, 2};
  for (const Watcher& watcher : watchers_) all.watchers.push_back(&watcher);
  for (const Asking& asking : {Asking{{&watchers_.back()}, 1}, all}) {
    verify::Policy::Values values;
    for (const Site& site : sites_) values.trust.insert(Did::parse(site.did).value());
    for (const Watcher* watcher : asking.watchers) values.observers.insert(net_.issuer(watcher->name).did);
    values.observer_quorum = asking.quorum;
    const verify::Policy policy(std::move(values));
    for (const Site& site : sites_)
      for (const Site::Signed& credential : site.credentials) {
        const auto verdict =
            verify::verify_credential(credential.text, view, policy, net_.wall(node)).value();
        const auto expected = expected_by(asking, watchers_.front(), site, credential);
        ++judged_;
        if (verdict.code != expected ||
            verdict.outcome != (expected ? verify::Outcome::cannot_tell : verify::Outcome::valid))
          object("observers",
                 concat(node, " says ", verify::name_of(verdict.outcome), " ",
                        verdict.code ? verdict.code->slug() : "", " under a quorum of ", asking.quorum,
                        ", and it is ", expected ? expected->slug() : "valid", ": ", credential.text));
      }
  }
}

}  // namespace vcnode::sim
