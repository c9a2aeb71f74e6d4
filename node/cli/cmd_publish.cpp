// publish KIND: what an organisation says, from flags and files to the node of this home, which checks, signs
// and publishes it.
#include <iostream>
#include <nlohmann/json.hpp>
#include <utility>

#include "crypto/base/encoding.h"
#include "crypto/base/json.h"
#include "crypto/base/limits.h"
#include "node/app/codes.h"
#include "node/app/statement_orders.h"
#include "node/cli/commands.h"
#include "node/cli/level_table.h"
#include "node/cli/output.h"
#include "node/cli/own_issuer.h"
#include "node/cli/peer_report.h"
#include "node/cli/replication.h"
#include "node/cli/statement_finder.h"
#include "node/codes/cli_codes.h"
#include "protocol/feed/issuer_name.h"
#include "protocol/statement/statement.h"

namespace vcnode::cli {
namespace {

using Json = nlohmann::json;
using node::IssuerConfig;
using statement::Kind;

// A did:webvh may have moved since the configuration was written; the node knows where to.
Did newest_did(const Global& global, const IssuerConfig& speaker) {
  const auto response = ask_node(global, "GET", "/admin/issuers/" + speaker.name);
  if (!response || response->status != 200) return speaker.did;
  const auto answer = json::Document::parse(response->body, {.size_max = response->body.size()});
  const auto text = answer ? answer->root().find_string("did") : std::nullopt;
  return text ? Did::parse(*text).value_or(speaker.did) : speaker.did;
}

bool is_whole(const json::Value& value) {
  return value.find("credentialSubject") != nullptr || value.find("@context") != nullptr ||
         value.find("proof") != nullptr;
}

bool names_type(const json::Value& statement, std::string_view type) {
  const json::Value* types = statement.find("type");
  if (types == nullptr) return true;
  for (const json::Value& one : types->one_or_many())
    if (one.is_string() && one.string() == type) return true;
  return false;
}

// A whole statement, signed or not, or {credentialSubject} alone.
Result<Json> whole_item(const json::Value& value, const PublishOptions& options) {
  if (!names_type(value, statement::type_of(options.kind)))
    return fail(codes::USAGE, "the file holds a statement of another type than ",
                statement::type_of(options.kind), ", which `publish ", statement::name_of(options.kind),
                "` is for");
  Json item = json::to_nlohmann(value);
  if (!item.contains("type") && !item.contains("kind")) item["kind"] = statement::name_of(options.kind);
  if (item.contains("proof")) return item;
  if (options.id) item["id"] = *options.id;
  if (options.from) item["validFrom"] = *options.from;
  if (options.until) item["validUntil"] = *options.until;
  return item;
}

bool says_something(const PublishOptions& options) {
  for (const auto& [option, values] : options.words)
    if (!values.empty()) return true;
  return options.withdrawn.has_value();
}

std::string shown_file(const PublishOptions& options) {
  return *options.input == "-" ? "standard input" : *options.input;
}

// What the command adds to a subject that neither file nor flags have given.
Result<void> complete_subject(const Global& global, const IssuerConfig& speaker,
                              const PublishOptions& options, Json& subject) {
  VCNODE_CHECK(say_words(options.kind, options.words, subject));
  if (options.kind == Kind::identity && !subject.contains("id")) subject["id"] = speaker.did.text();
  if (options.kind != Kind::withdrawal) return {};
  if (options.withdrawn) {
    VCNODE_TRY(const auto found, own_statement(global, speaker.did, *options.withdrawn));
    subject["id"] = found.id;
    subject["digestMultibase"] = statement::digest_multibase(found.digest);
  }
  if (!subject.contains("effectiveFrom")) subject["effectiveFrom"] = clock_now().to_string();
  return {};
}

Result<Json> item_of_subject(const Global& global, const IssuerConfig& speaker, const PublishOptions& options,
                             Json subject) {
  VCNODE_CHECK(complete_subject(global, speaker, options, subject));
  Json item{{"kind", statement::name_of(options.kind)}, {"credentialSubject", std::move(subject)}};
  if (options.id) item["id"] = *options.id;
  if (options.from) item["validFrom"] = *options.from;
  if (options.until) item["validUntil"] = *options.until;
  return item;
}

std::string framework_of(const PublishOptions& options) {
  const auto found = options.words.find("--framework");
  return found == options.words.end() || found->second.empty() ? std::string() : found->second.back();
}

Result<Json> item_of_table(const Global& global, const IssuerConfig& speaker, const PublishOptions& options,
                           Result<Json> table) {
  if (!table) return fail(table.error().code, shown_file(options), ": ", table.error().message);
  return item_of_subject(global, speaker, options, Json{{"table", *std::move(table)}});
}

Result<Json> item_of_value(const Global& global, const IssuerConfig& speaker, const PublishOptions& options,
                           const json::Value& value) {
  if (!value.is_object())
    return fail(codes::USAGE, shown_file(options), " must hold objects, not ", json::kind_name(value.kind()));
  if (!is_whole(value)) return item_of_subject(global, speaker, options, json::to_nlohmann(value));
  if (says_something(options))
    return fail(codes::USAGE, shown_file(options),
                " holds a whole statement; flags that say something else do not go with it");
  return whole_item(value, options);
}

bool is_table(const json::Value& root) {
  if (root.is_object()) return root.find("rows") != nullptr;
  return root.is_array() && !root.elements().empty() && !is_whole(root.elements().front());
}

// What the node is asked to publish: one or an array.
Result<Json> items_of_file(const Global& global, const IssuerConfig& speaker, const PublishOptions& options) {
  VCNODE_TRY(const auto text, read_input(*options.input, limits::kBodyBytesMax));
  const auto start = text.find_first_not_of(" \t\r\n");
  const bool is_json = start != std::string::npos && (text[start] == '{' || text[start] == '[');
  if (options.kind == Kind::referencing && !is_json)
    return item_of_table(global, speaker, options, levels_of_csv(text, framework_of(options)));
  const auto document = json::Document::parse(text);
  if (!document) return fail(document.error().code, shown_file(options), ": ", document.error().message);
  const json::Value& root = document->root();
  if (options.kind == Kind::referencing && is_table(root))
    return item_of_table(global, speaker, options, levels_of_rows(root, framework_of(options)));
  // The exact bytes: what was signed is published as it was signed.
  if (root.is_object() && root.find("proof") != nullptr && !says_something(options)) {
    VCNODE_CHECK(whole_item(root, options));
    return Json(text);
  }
  if (!root.is_array()) return item_of_value(global, speaker, options, root);
  Json items = Json::array();
  for (const json::Value& element : root.elements()) {
    VCNODE_TRY(auto item, item_of_value(global, speaker, options, element));
    items.push_back(std::move(item));
  }
  return items;
}

int print_drafts(const Global& global, const IssuerConfig& speaker, const Json& items) {
  SystemRng rng;
  const std::string text = json_text(items);
  const auto document = json::Document::parse(text, {.size_max = text.size()});
  if (!document) return report(global, document.error(), kExitUsage);
  const auto orders =
      node::read_statement_orders(document->root(), newest_did(global, speaker), clock_now(), rng);
  if (!orders) return report(global, orders.error());
  if (!items.is_array()) {
    print_line(orders->front().text);
    return kExitOk;
  }
  std::string all;
  for (const node::StatementOrder& order : *orders) all += concat(all.empty() ? "[" : ",\n", order.text);
  print_line(all + "]");
  return kExitOk;
}

void print_published(const Json& answer, Kind kind) {
  for (const Json& one : answer.at("published")) {
    const Json& place = one.at("place");
    print_line(concat("published ", statement::name_of(kind), " ",
                      printable(one.at("id").get_ref<const std::string&>())));
    print_line(concat("  SHA-256 ", one.at("digest").get_ref<const std::string&>(),
                      place.is_null() ? ""
                                      : concat(", entry ", place.at("index").dump(), " of epoch ",
                                               place.at("epoch").dump())));
  }
}

int print_answer(const Global& global, const node::HttpResponse& response, Kind kind) {
  auto answer = json::read(response.body);
  if (!answer) return report(global, answer.error(), kExitInternal);
  const auto alone = not_replicated(*answer, "statement");
  if (alone) print_warning(*alone);
  if (global.json) {
    if (alone) (*answer)["warnings"] = warnings_json({*alone});
    print_json(*answer);
  } else {
    print_published(*answer, kind);
  }
  if (finish_output()) return kExitOk;
  return report(
      global,
      {codes::FILE_UNREADABLE,
       "the statement is published and lasts, but the answer could not be written to standard output"},
      kExitUnavailable);
}

// Of the issuer itself: its feed ends, in the way that looks at its credentials first.
bool closes_itself(const IssuerConfig& speaker, const PublishOptions& options) {
  if (options.kind != Kind::closed || options.input) return false;
  const auto subject = options.words.find("--subject");
  return subject == options.words.end() || subject->second.empty() ||
         feed::same_issuer(subject->second.back(), speaker.did);
}

int close_itself(const Global& global, const IssuerConfig& speaker, const PublishOptions& options) {
  for (const auto& [option, values] : options.words)
    if (!values.empty() && option != "--subject")
      return report(global,
                    {codes::USAGE, concat(option, " is not said where an issuer closes its own feed")},
                    kExitUsage);
  if (options.dry_run || options.id || options.until)
    return report(
        global,
        {codes::USAGE, "an issuer's own feed is closed as by `vcnode issuer close`: only --since is said"},
        kExitUsage);
  IssuerChangeOptions closing;
  closing.choice.issuer = speaker.name;
  closing.date = options.from;
  return issuer_close(global, closing);
}

}  // namespace

int publish(const Global& global, const PublishOptions& options) {
  const auto config = node::load_config(global.home);
  if (!config) return report(global, config.error());
  const auto speaker = hosted_issuer(*config, options.issuer);
  if (!speaker) return report(global, speaker.error());
  if (closes_itself(*speaker, options)) return close_itself(global, *speaker, options);
  const auto items = options.input ? items_of_file(global, *speaker, options)
                                   : item_of_subject(global, *speaker, options, Json::object());
  if (!items) return report(global, items.error());
  if (options.dry_run) return print_drafts(global, *speaker, *items);
  const auto response = ask_node(global, "POST", concat("/admin/issuers/", speaker->name, "/statements"),
                                 json_text({{"statement", *items}}));
  if (!response) return report(global, response.error());
  if (response->status != 201) return report_refusal(global, *response);
  return print_answer(global, *response, options.kind);
}

}  // namespace vcnode::cli
