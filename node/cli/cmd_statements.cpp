// statements, statements show: what organisations say, read out of their feeds and checked here.
#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>
#include <utility>

#include "crypto/base/encoding.h"
#include "crypto/base/json.h"
#include "crypto/base/limits.h"
#include "crypto/hash.h"
#include "node/app/codes.h"
#include "node/cli/commands.h"
#include "node/cli/output.h"
#include "node/cli/peer_report.h"
#include "node/cli/statement_finder.h"
#include "node/codes/cli_codes.h"
#include "node/config/urls.h"
#include "protocol/did/lookup_name.h"
#include "protocol/feed/codes.h"
#include "protocol/recognition/life.h"
#include "protocol/statement/codes.h"
#include "protocol/statement/log.h"

namespace vcnode::cli {
namespace {

using Json = nlohmann::json;
using statement::Entry;
using statement::StatementLog;

// One issuer's feed, as the peers gave it.
struct Voice {
  std::string did;
  Collected collected;
  [[nodiscard]] const StatementLog& log() const {
    return collected.snapshot ? *collected.snapshot->statements : *StatementLog::none();
  }
};

struct Inquiry {
  std::vector<PeerSource> peers;
  StatementFilter filter;
  std::optional<statement::Kind> kind;
  std::optional<Timestamp> in_force_at;
  Timestamp now;
  FoundIssuers found;
  std::vector<Voice> voices;
};

Result<Inquiry> read_inquiry(const Global& global, const StatementsOptions& options) {
  Inquiry out;
  out.now = clock_now();
  out.filter = {options.issuer, options.subject, options.kind, {}};
  if (!options.name.empty()) out.filter.name = statement_name(options.name);
  if (options.kind) {
    out.kind = statement::kind_named(*options.kind);
    if (!out.kind)
      return fail(codes::STATEMENT_KIND_UNKNOWN, "--kind '", excerpt(*options.kind),
                  "' is no kind of statement; `vcnode publish --help` lists them");
  }
  if (options.in_force_at) {
    const auto at = Timestamp::parse(*options.in_force_at);
    if (!at) return fail(at.error().code, "--in-force-at: ", at.error().message);
    out.in_force_at = *at;
  }
  if (options.issuer) {
    if (const auto did = Did::parse(*options.issuer); !did)
      return fail(did.error().code, "--issuer: ", did.error().message);
  }
  VCNODE_CHECK(check_network_option(options.network));
  VCNODE_TRY(out.peers, peers_that_must_be(global, options.peers));
  return out;
}

// Whom the listings name is read in the feeds themselves; who is named on the command line, without them.
void hear(const StatementsOptions& options, Inquiry& inquiry) {
  if (options.issuer)
    inquiry.found.dids.emplace(lookup_name_of(*options.issuer), *options.issuer);
  else
    inquiry.found = find_issuers(inquiry.peers, inquiry.filter);
  CollectOptions how;
  how.network = options.network;
  for (const auto& [name, did] : inquiry.found.dids)
    inquiry.voices.push_back({did, collect(*Did::parse(did), inquiry.peers, inquiry.now, how)});
}

bool is_wanted(const Inquiry& inquiry, const StatementLog& log, const statement::Statement& one) {
  const StatementFilter& filter = inquiry.filter;
  if (filter.subject && one.subject() != lookup_name_of(*filter.subject)) return false;
  if (filter.name.id && one.id != *filter.name.id) return false;
  if (filter.name.digest && one.digest != *filter.name.digest) return false;
  if (inquiry.kind && one.kind() != *inquiry.kind) return false;
  return !inquiry.in_force_at ||
         recognition::life_of(log, one).holds_at(*inquiry.in_force_at).grade == recognition::Grade::yes;
}

std::vector<const Entry*> wanted_in(const Inquiry& inquiry, const StatementLog& log) {
  std::vector<const Entry*> out;
  for (const Entry* entry : log.entries())
    if (is_wanted(inquiry, log, *entry->statement)) out.push_back(entry);
  return out;
}

Json withdrawals_json(const StatementLog& log, const statement::Statement& one) {
  Json out = Json::array();
  for (const Entry* entry : log.withdrawals_of(one.digest)) {
    const auto* withdrawal = entry->statement->as<statement::Withdrawal>();
    out.push_back({{"id", entry->statement->id},
                   {"digest", hex_encode(entry->statement->digest.view())},
                   {"effect", statement::name_of(withdrawal->effect)},
                   {"effectiveFrom", withdrawal->effective_from.to_string()},
                   {"reason", withdrawal->reason}});
  }
  return out;
}

Json entry_json(const Inquiry& inquiry, const StatementLog& log, const Entry& entry) {
  const statement::Statement& one = *entry.statement;
  const auto holds = recognition::life_of(log, one).holds_at(inquiry.now).grade;
  return {{"kind", statement::name_of(one.kind())},
          {"id", one.id},
          {"digest", hex_encode(one.digest.view())},
          {"issuer", one.issuer_did},
          {"subject", one.subject_id},
          {"validFrom", one.from.to_string()},
          {"validUntil", one.until ? Json(one.until->to_string()) : Json()},
          {"inForce", holds == recognition::Grade::yes},
          {"withdrawals", withdrawals_json(log, one)},
          {"place", {{"epoch", entry.place.epoch}, {"index", entry.place.index}}}};
}

void print_entry(const Json& row) {
  const auto text = [&row](const char* name) {
    return printable(row.at(name).get_ref<const std::string&>());
  };
  print_line(concat(text("kind"), row.at("subject") == "" ? "" : " about ", text("subject"), " by ",
                    text("issuer"), row.at("inForce").get<bool>() ? "" : ": NOT IN FORCE NOW"));
  print_line(concat("  ", text("id"), ", SHA-256 ", text("digest")));
  print_line(concat("  from ", text("validFrom"),
                    row.at("validUntil").is_null() ? "" : concat(" until ", text("validUntil")), ", entry ",
                    row.at("place").at("index").dump(), " of epoch ", row.at("place").at("epoch").dump()));
  for (const Json& one : row.at("withdrawals"))
    print_line(concat("  withdrawn: ", one.at("effect").get_ref<const std::string&>(), " from ",
                      one.at("effectiveFrom").get_ref<const std::string&>(), " (",
                      printable(one.at("id").get_ref<const std::string&>()), ")",
                      one.at("reason") == "" ? "" : ": ",
                      printable(one.at("reason").get_ref<const std::string&>())));
}

// What keeps the answer from being all there is.
std::vector<Error> doubts(const Inquiry& inquiry) {
  std::vector<Error> out;
  for (const auto& [peer, error] : inquiry.found.silent)
    out.push_back({error.code, concat("the peer ", printable(peer),
                                      " gave no list of statements: ", printable(error.message))});
  if (inquiry.found.more)
    out.push_back(
        {codes::PEER_FEED_TOO_LARGE, concat("more than ", kFoundIssuersMax, " issuers, or ", kListingPagesMax,
                                            " pages, say such things; name one with --issuer")});
  for (const Voice& voice : inquiry.voices) {
    if (!voice.collected.snapshot) {
      const Error why = why_nothing(voice.collected, "a feed of " + voice.did);
      out.push_back({why.code, printable(why.message)});
      continue;
    }
    const feed::FeedSnapshot& feed = *voice.collected.snapshot;
    if (feed.contradicted || feed.hearsay.contradicted)
      out.push_back({codes::EQUIVOCATION_SEEN, concat(printable(voice.did),
                                                      " has told two histories: none of "
                                                      "its statements can be relied on")});
    if (feed.pending || feed.hearsay.pending_size)
      out.push_back({codes::NEWER_HEAD_UNAVAILABLE,
                     concat("a newer head of ", printable(voice.did),
                            " is known whose entries were not given; any of them could be a withdrawal")});
    const statement::Gaps& gaps = voice.log().gaps();
    if (gaps.missing_count > 0)
      out.push_back(
          {codes::PEER_WITHHOLDS, concat(gaps.missing_count, " statements of ", printable(voice.did),
                                         " were not given; any of them could be a withdrawal")});
  }
  return out;
}

Json issuers_json(const Inquiry& inquiry) {
  Json out = Json::array();
  for (const Voice& voice : inquiry.voices)
    out.push_back({{"issuer", voice.did},
                   {"held", voice.collected.snapshot != nullptr},
                   {"missing", voice.log().gaps().missing_count},
                   {"bad", voice.log().gaps().bad_count},
                   {"sources", sources_json(voice.collected.sources)}});
  return out;
}

struct Shown {
  const Voice* voice;
  const Entry* entry;
};

std::vector<Shown> all_wanted(const Inquiry& inquiry) {
  std::vector<Shown> out;
  for (const Voice& voice : inquiry.voices)
    for (const Entry* entry : wanted_in(inquiry, voice.log())) out.push_back({&voice, entry});
  return out;
}

// The statement itself, from whoever has it. Errors: STATEMENT_UNKNOWN.
Result<std::string> fetch_statement(const std::vector<PeerSource>& peers, const Sha256Digest& digest) {
  for (const PeerSource& peer : peers) {
    PeerLine line(connect(peer), steady_ms);
    const auto body =
        line.object("/bodies/" + hex_encode(digest.view()), limits::kBodyBytesMax, codes::PEER_WITHHOLDS);
    if (body && sha256(as_bytes(*body)) == digest) return *body;
  }
  return fail(codes::STATEMENT_UNKNOWN, "no peer gave the statement of SHA-256 ", hex_encode(digest.view()));
}

int print_statement(const Global& global, const Inquiry& inquiry, const Shown& shown) {
  const auto body = fetch_statement(inquiry.peers, shown.entry->statement->digest);
  if (!body) return report(global, body.error(), kExitCannotTell);
  Json row = entry_json(inquiry, shown.voice->log(), *shown.entry);
  auto document = json::read(*body);
  if (!document) return report(global, document.error(), kExitInternal);
  if (global.json) {
    row["statement"] = *std::move(document);
    print_json(row);
  } else {
    print_entry(row);
    print_line(printable(json_text(*document)));
  }
  return kExitOk;
}

}  // namespace

int statements_list(const Global& global, const StatementsOptions& options) {
  auto inquiry = read_inquiry(global, options);
  if (!inquiry) return report(global, inquiry.error(), kExitUsage);
  hear(options, *inquiry);
  const auto warnings = doubts(*inquiry);
  for (const Error& warning : warnings) print_warning(warning);
  Json rows = Json::array();
  for (const Shown& shown : all_wanted(*inquiry))
    rows.push_back(entry_json(*inquiry, shown.voice->log(), *shown.entry));
  if (global.json) {
    print_json(
        {{"statements", rows}, {"issuers", issuers_json(*inquiry)}, {"warnings", warnings_json(warnings)}});
  } else {
    for (const Json& row : rows) print_entry(row);
    if (rows.empty()) print_line("no such statements");
  }
  return warnings.empty() ? kExitOk : kExitCannotTell;
}

int statements_show(const Global& global, const StatementsOptions& options) {
  auto inquiry = read_inquiry(global, options);
  if (!inquiry) return report(global, inquiry.error(), kExitUsage);
  hear(options, *inquiry);
  for (const Error& warning : doubts(*inquiry)) print_warning(warning);
  const auto found = all_wanted(*inquiry);
  if (found.empty())
    return report(global,
                  {codes::STATEMENT_UNKNOWN,
                   concat("no feed that the peers gave holds a statement ", printable(options.name))},
                  kExitCannotTell);
  if (found.size() > 1)
    return report(global,
                  {codes::USAGE, concat(found.size(), " issuers have a statement ", printable(options.name),
                                        "; name one with --issuer, or give its SHA-256")},
                  kExitUsage);
  return print_statement(global, *inquiry, found.front());
}

}  // namespace vcnode::cli
