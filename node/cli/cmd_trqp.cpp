// trqp: asks a trust registry, anybody's, one question of TRQP 2.0.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "crypto/base/encoding.h"
#include "crypto/base/json.h"
#include "crypto/key_file.h"
#include "node/cli/commands.h"
#include "node/cli/output.h"
#include "node/cli/peer_report.h"
#include "node/codes/cli_codes.h"
#include "node/http/client.h"
#include "protocol/recognition/codes.h"
#include "protocol/recognition/trqp.h"

namespace vcnode::cli {
namespace {

using Json = nlohmann::json;
using recognition::Grade;
using recognition::TrqpEndpoint;
using recognition::TrqpQuery;

struct TrqpQuestion {
  std::string body;
  TrqpQuery query;
  node::FetchOptions request;
};

Result<Json> context_of(const TrqpOptions& options) {
  Json out = Json::object();
  if (options.time) out["time"] = *options.time;
  for (const std::string& pair : options.context) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0)
      return fail(codes::USAGE, "--context '", excerpt(pair), "' is not NAME=TEXT");
    const std::string name = pair.substr(0, equals);
    if (out.contains(name)) return fail(codes::USAGE, "the context names '", excerpt(name), "' twice");
    out[name] = pair.substr(equals + 1);
  }
  return out;
}

// What is sent is read here as the registry has to read it: what cannot be a question is not asked.
Result<TrqpQuestion> trqp_question(const TrqpOptions& options) {
  TrqpQuestion out;
  VCNODE_TRY(Json context, context_of(options));
  Json body = {{"entity_id", options.entity},
               {"authority_id", options.authority},
               {"action", options.action},
               {"resource", options.resource}};
  if (!context.empty()) body["context"] = std::move(context);
  out.body = json_text(body);
  VCNODE_TRY(out.query, recognition::read_trqp_query(options.endpoint, out.body));
  std::string_view base = options.url;
  while (base.ends_with('/')) base.remove_suffix(1);
  out.request.method = "POST";
  out.request.url =
      concat(base, options.endpoint == TrqpEndpoint::authorization ? "/authorization" : "/recognition");
  out.request.body = out.body;
  out.request.verify_certificate = true;  // the answer does not prove itself
  if (options.ca_file) out.request.ca_file = *options.ca_file;
  out.request.body_bytes_max = recognition::kTrqpRequestBytesMax;
  if (options.token) {
    const auto source = PassphraseSource::parse(*options.token);
    if (!source) return fail(source.error().code, "--token: ", source.error().message);
    const auto token = read_passphrase(*source);
    if (!token) return fail(token.error().code, "--token: ", token.error().message);
    out.request.bearer = std::string(as_text(token->view()));
  }
  return out;
}

std::string_view word_of(Grade grade) {
  return grade == Grade::yes ? "yes" : grade == Grade::no ? "no" : "unknown";
}

std::string text_in(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? printable(found->get_ref<const std::string&>())
                                                     : std::string();
}

// The registry's own words, if there are any.
std::string registry_words(const Json& answer) {
  std::string out;
  for (const char* name : {"code", "title", "detail", "message"}) {
    const std::string text = text_in(answer, name);
    if (!text.empty()) out += concat(out.empty() ? "" : ": ", text);
  }
  return out;
}

void print_answer(const TrqpQuestion& asked, Grade grade, unsigned status, const Json& answer) {
  if (grade == Grade::unknown)
    return print_line(concat("unknown: HTTP ", status, " ", registry_words(answer)));
  const bool authorizing = asked.query.endpoint == TrqpEndpoint::authorization;
  const std::string_view verb = authorizing ? "authorize" : "recognize";
  print_line(concat(word_of(grade), ": ", printable(asked.query.authority),
                    grade == Grade::yes ? concat(" ", verb, "s ") : concat(" does not ", verb, " "),
                    printable(asked.query.entity), " for ", printable(asked.query.action), " ",
                    printable(asked.query.resource)));
  const std::string message = text_in(answer, "message");
  print_line(concat("  evaluated ", text_in(answer, "time_evaluated"), message.empty() ? "" : ", ", message));
  const auto evidence = answer.find("evidence");
  if (evidence == answer.end() || !evidence->is_array()) return;
  for (const Json& digest : *evidence)
    if (digest.is_string()) print_line(concat("  by ", printable(digest.get_ref<const std::string&>())));
}

int exit_of(Grade grade) {
  return grade == Grade::yes ? kExitOk : grade == Grade::no ? kExitNotValid : kExitCannotTell;
}

}  // namespace

int trqp_ask(const Global& global, const TrqpOptions& options) {
  const auto asked = trqp_question(options);
  if (!asked) return report(global, asked.error(), kExitUsage);
  const auto response = node::http_fetch(asked->request);
  if (!response) {
    const bool usage = exit_code_of(response.error().code) == kExitUsage;
    return report(global, response.error(), usage ? kExitUsage : kExitCannotTell);
  }
  const auto parsed = json::read(response->content());
  const Json answer = parsed && parsed->is_object() ? *parsed : Json::object();
  const auto grade = recognition::read_trqp_answer(asked->query, static_cast<int>(response->status),
                                                   response->content(), clock_now());
  if (!grade) {
    const std::string words = registry_words(answer);
    return report(global,
                  {grade.error().code,
                   concat(grade.error().message, words.empty() ? "" : "; the registry says: ", words)},
                  kExitCannotTell);
  }
  if (global.json) {
    print_json({{"answer", word_of(*grade)}, {"status", response->status}, {"response", answer}});
  } else {
    print_answer(*asked, *grade, response->status, answer);
  }
  return exit_of(*grade);
}

}  // namespace vcnode::cli
