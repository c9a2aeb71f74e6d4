// policy new: the trust lists that the network holds for a country and a purpose, what proves each, and a
// policy of those that the user names. Nothing is preselected.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "crypto/base/encoding.h"
#include "crypto/base/json.h"
#include "crypto/hash.h"
#include "node/app/codes.h"
#include "node/cli/commands.h"
#include "node/cli/output.h"
#include "node/cli/output_file.h"
#include "node/cli/peer_report.h"
#include "node/cli/statement_finder.h"
#include "node/cli/vouchers.h"
#include "node/codes/cli_codes.h"
#include "node/config/urls.h"
#include "protocol/recognition/codes.h"
#include "protocol/recognition/examine.h"
#include "protocol/recognition/life.h"
#include "protocol/statement/codes.h"

namespace vcnode::cli {
namespace {

using Json = nlohmann::json;
using recognition::Policy;
using statement::TrustList;

// One trust list as its signer's feed holds it, and what is known of the signer.
struct Offer {
  std::shared_ptr<const statement::Statement> statement;
  statement::Place place;
  Timestamp head_time;
  std::vector<Code> doubts;  // why it cannot be relied on now
  verify::KnownIssuer signer;
  [[nodiscard]] const TrustList& list() const { return *statement->as<TrustList>(); }
};

struct Market {
  std::string country;
  std::string purpose;
  Timestamp now;
  std::vector<Offer> offers;          // by signer, then place
  std::set<std::string> other_words;  // "hiring in LV": what lists there are besides
  std::vector<Error> warnings;
};

Result<std::string> read_country(const std::string& text) {
  VCNODE_TRY(const auto document, json::Document::parse(json_text(text)));
  auto country = statement::parse_country(document.root(), "--country");
  if (!country) return fail(codes::USAGE, country.error().message);
  return country;
}

// What a place in a listing is worth: the feeds themselves say what is in force.
void look_into(const Did& signer, FeedLibrary& library, Market& market) {
  const Collected& collected = library.of(signer);
  if (!collected.snapshot) {
    market.warnings.push_back(why_nothing(collected, "a feed of " + signer.text()));
    return;
  }
  const statement::StatementLog& log = *collected.snapshot->statements;
  const auto doubts =
      recognition::doubts_of(verify::holding_of({collected.snapshot, whole_history(collected)})).codes();
  for (const statement::Entry* entry : log.of(statement::Kind::trust_list)) {
    const auto& list = *entry->statement->as<TrustList>();
    if (recognition::life_of(log, *entry->statement).holds_at(market.now).grade != recognition::Grade::yes)
      continue;
    if (list.purpose != market.purpose || list.country.value_or(market.country) != market.country) {
      market.other_words.insert(concat(list.purpose, " in ", list.country.value_or("any country")));
      continue;
    }
    market.offers.push_back({entry->statement, entry->place, collected.snapshot->head.time, doubts, {}});
  }
}

void gather(FeedLibrary& library, Market& market) {
  StatementFilter filter;
  filter.kind = std::string(statement::name_of(statement::Kind::trust_list));
  const FoundIssuers found = find_issuers(library.peers(), filter);
  for (const auto& [peer, error] : found.silent)
    market.warnings.push_back(
        {error.code, concat("the peer ", peer, " gave no list of statements: ", error.message)});
  if (found.more)
    market.warnings.push_back({codes::PEER_FEED_TOO_LARGE, concat("more than ", kFoundIssuersMax,
                                                                  " bodies publish trust lists; not all are "
                                                                  "shown")});
  for (const auto& [name, did] : found.dids)
    if (const auto parsed = Did::parse(did)) look_into(*parsed, library, market);
  for (Offer& offer : market.offers) {
    const auto signer = Did::parse(offer.statement->issuer_did);
    if (!signer) continue;
    const auto history = whole_history(library.of(*signer));
    offer.signer = verify::known_issuer({signer->text(), market.now, history.get()}, library.about(*signer));
  }
}

Json anchors_json(const TrustList& list) {
  Json out = Json::array();
  for (const statement::Anchor& anchor : list.anchors)
    out.push_back({{"id", anchor.did}, {"scope", statement::to_json(anchor.scope)}});
  return out;
}

Json offer_json(const Offer& offer, Timestamp now) {
  const statement::Statement& one = *offer.statement;
  Json doubts = Json::array();
  for (const Code code : offer.doubts) doubts.push_back(code.slug());
  return {{"id", one.id},
          {"digest", hex_encode(one.digest.view())},
          {"list", one.subject_id},
          {"signedBy", one.issuer_did},
          {"country", offer.list().country ? Json(*offer.list().country) : Json()},
          {"anchors", anchors_json(offer.list())},
          {"validFrom", one.from.to_string()},
          {"validUntil", one.until ? Json(one.until->to_string()) : Json()},
          {"ageSeconds", std::max<std::int64_t>(now.seconds() - one.from.seconds(), 0)},
          {"headTime", offer.head_time.to_string()},
          {"place", {{"epoch", offer.place.epoch}, {"index", offer.place.index}}},
          {"doubts", std::move(doubts)},
          {"signer", verify::to_json(offer.signer)}};
}

void print_offer(const Offer& offer) {
  const statement::Statement& one = *offer.statement;
  print_line(concat(printable(one.id), ": ", offer.list().anchors.size(), " anchors, for ",
                    offer.list().country.value_or("any country")));
  print_line(concat("  signed by ", printable(one.issuer_did)));
  print_line(concat("  says that it is in force from ", one.from.to_string(), " on",
                    one.until ? concat(", until ", one.until->to_string()) : std::string(),
                    "; newest word of its signer ", offer.head_time.to_string()));
  for (const std::string& sentence : verify::sentences_of(offer.signer))
    print_line(concat("  signer: ", printable(sentence)));
  for (const Code code : offer.doubts)
    print_line(concat("  CANNOT BE RELIED ON NOW: ", code.sentence(), " [", code.slug(), "]"));
}

void print_market(const Market& market) {
  print_line(concat(market.offers.size(),
                    market.offers.size() == 1 ? " trust list for " : " trust lists for ", market.purpose,
                    " in ", market.country, market.offers.empty() ? "." : ":"));
  for (const Offer& offer : market.offers) print_offer(offer);
  if (market.offers.empty() && !market.other_words.empty()) {
    std::string words;
    for (const std::string& one : market.other_words) words += concat(words.empty() ? "" : ", ", one);
    print_line(concat("There are lists for ", printable(excerpt(words, 500)), "."));
  }
  if (!market.offers.empty())
    print_line(
        "None is preselected: anybody may publish such a list, and whom you believe is yours to say. "
        "`vcnode statements show ID` has the anchors; --use ID --output FILE writes a policy.");
}

// The list that people mean. Errors: STATEMENT_UNKNOWN, USAGE.
Result<const Offer*> offer_named(const Market& market, const std::string& text) {
  const StatementName name = statement_name(text);
  const Offer* found = nullptr;
  for (const Offer& offer : market.offers) {
    const bool fits = name.digest ? offer.statement->digest == *name.digest : offer.statement->id == name.id;
    if (!fits) continue;
    if (found != nullptr)
      return fail(codes::USAGE, "--use: several bodies have a trust list ", excerpt(text),
                  "; give its SHA-256");
    found = &offer;
  }
  if (found == nullptr)
    return fail(codes::STATEMENT_UNKNOWN, "--use: none of the ", market.offers.size(), " trust lists for ",
                market.purpose, " in ", market.country, " is ", excerpt(text));
  return found;
}

// The anchors of all the lists that were named.
Result<Policy> policy_of(Market& market, const std::vector<std::string>& names) {
  Policy policy;
  for (const std::string& name : names) {
    VCNODE_TRY(const Offer* offer, offer_named(market, name));
    for (const Code code : offer->doubts)
      market.warnings.push_back({code, concat("the trust list ", offer->statement->id,
                                              " cannot be relied on now: ", code.sentence())});
    auto anchors = Policy::of(offer->list()).anchors;
    std::move(anchors.begin(), anchors.end(), std::back_inserter(policy.anchors));
  }
  policy.country = market.country;
  policy.sort_anchors();
  // Read back, as everybody who uses it will.
  auto read = Policy::parse(policy.canonical());
  if (read)
    for (auto& note : recognition::examine(*read))
      market.warnings.push_back({note.code, std::move(note.sentence)});
  return read;
}

std::string policy_text(const Policy& policy) {
  return concat(Json::parse(policy.canonical()).dump(2), "\n");
}

Json market_json(const Market& market, const std::optional<Policy>& policy) {
  Json lists = Json::array();
  for (const Offer& offer : market.offers) lists.push_back(offer_json(offer, market.now));
  Json out{{"country", market.country}, {"for", market.purpose},
           {"lists", std::move(lists)}, {"policy", nullptr},
           {"digest", nullptr},         {"warnings", warnings_json(market.warnings)}};
  if (policy) {
    out["policy"] = Json::parse(policy->canonical());
    out["digest"] = concat("sha256:", hex_encode(policy->digest().view()));
  }
  return out;
}

struct NewPolicyRequest {
  Market market;
  std::vector<PeerSource> peers;
};

Result<NewPolicyRequest> read_new_policy(const Global& global, const PolicyOptions& options) {
  NewPolicyRequest out;
  VCNODE_TRY(out.market.country, read_country(options.country));
  out.market.purpose = options.purpose;
  out.market.now = clock_now();
  if (options.output && options.use.empty())
    return fail(codes::USAGE, "--output writes a policy of the trust lists that you name with --use");
  VCNODE_CHECK(check_network_option(options.network));
  VCNODE_TRY(out.peers, peers_that_must_be(global, options.peers));
  return out;
}

// What the user chose, or nothing.
void print_new_policy(const Global& global, const PolicyOptions& options, const Market& market,
                      const std::optional<Policy>& policy) {
  for (const Error& warning : market.warnings) print_warning(warning);
  if (global.json) return print_json(market_json(market, policy));
  if (!policy) return print_market(market);
  if (!options.output) return print_line(Json::parse(policy->canonical()).dump(2));
  print_line(concat("wrote ", printable(*options.output), ": ", policy->anchors.size(), " anchors of ",
                    options.use.size(), options.use.size() == 1 ? " trust list" : " trust lists",
                    "; `vcnode policy check` says what it means"));
}

}  // namespace

int policy_new(const Global& global, const PolicyOptions& options) {
  auto request = read_new_policy(global, options);
  if (!request) return report(global, request.error(), kExitUsage);
  Market& market = request->market;
  CollectOptions how;
  how.network = options.network;
  FeedLibrary library(request->peers, market.now, how);
  gather(library, market);
  std::optional<Policy> policy;
  if (!options.use.empty()) {
    auto made = policy_of(market, options.use);
    if (!made)
      return report(global, made.error(),
                    made.error().code == codes::STATEMENT_UNKNOWN ? kExitCannotTell : kExitUsage);
    policy = *std::move(made);
  }
  if (options.output) {
    const std::string text = policy_text(*policy);
    auto file = OutputFile::open(*options.output, text.size());
    if (!file) return report(global, file.error());
    if (const auto written = file->commit(text); !written) return report(global, written.error());
  }
  print_new_policy(global, options, market, policy);
  return kExitOk;
}

}  // namespace vcnode::cli
