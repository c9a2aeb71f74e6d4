#include "protocol/recognition/trqp.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "crypto/base/ascii.h"
#include "crypto/base/assert.h"
#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "protocol/facts/normalise.h"
#include "protocol/recognition/codes.h"

namespace vcnode::recognition {
namespace {

using Json = nlohmann::json;

constexpr int kTrqpDelegations = 2;
constexpr int kTrqpRecognitions = 2;

Failure bad_query(std::string_view member, std::string_view what) {
  return fail(codes::TRQP_REQUEST_MALFORMED, "member ", member, ": ", what);
}

Result<std::string> text_of(const json::Value& root, std::string_view member) {
  const json::Value* value = root.find(member);
  if (value == nullptr) return bad_query(member, "is missing");
  if (!value->is_string()) return bad_query(member, "is not a string");
  if (value->string().empty() || value->string().size() > kTrqpTextBytesMax)
    return bad_query(member, concat("has ", value->string().size(), " bytes, not 1 to ", kTrqpTextBytesMax));
  return std::string(value->string());
}

Result<std::string> identifier_of(const json::Value& root, std::string_view member) {
  VCNODE_TRY(auto text, text_of(root, member));
  if (!is_url(text)) return bad_query(member, concat("\"", excerpt(text), "\" is no URI of RFC 3986"));
  return text;
}

// What is understood of the context; what is not is ignored.
Result<void> read_known(TrqpQuery& query, std::string_view name, std::string_view text) {
  const auto bad = [&] {
    return bad_query(concat("context.", name), concat("\"", excerpt(text), "\" is not one"));
  };
  if (name == "time" && !trimmed(text).empty()) {
    const auto time = Timestamp::parse(text);
    if (!time || !text.ends_with('Z')) return bad();
    query.time = *time;
  } else if (name == "country") {
    query.country = facts::country_of(text);
    if (!query.country) return bad();
  } else if (name == "eqf") {
    query.eqf = facts::eqf_of(text);
    if (!query.eqf) return bad();
  } else if (name == "isced") {
    query.isced = facts::isced_of(text);
    if (!query.isced) return bad();
  }
  return {};
}

Result<void> read_context(TrqpQuery& query, const json::Value& context) {
  if (!context.is_object()) return bad_query("context", "is not an object");
  query.has_context = true;
  for (const json::Member& member : context.members()) {
    if (!member.value.is_string())
      return bad_query(concat("context.", excerpt(member.name)), "is not a string");
    query.context.emplace_back(member.name, member.value.string());
    VCNODE_CHECK(read_known(query, member.name, member.value.string()));
  }
  return {};
}

// Facts that leave out what the question does not state.
facts::Facts facts_of(const TrqpQuery& query) {
  facts::Facts out;
  out.types.emplace_back(query.type());
  if (query.country) out.countries.push_back(*query.country);
  out.eqf = query.eqf;
  if (query.isced) out.isced.push_back(*query.isced);
  return out;
}

Policy policy_of(const TrqpQuery& query) {
  Policy policy;
  statement::Anchor anchor;
  anchor.did = query.authority;
  const bool recognising = query.endpoint == TrqpEndpoint::recognition;
  anchor.max_recognition = recognising ? kTrqpRecognitions : 0;
  anchor.max_delegation = recognising ? 0 : kTrqpDelegations;
  policy.anchors.push_back(std::move(anchor));
  return policy;
}

Note plain(Code code) {
  return {code, std::string(code.sentence())};
}

// A limit that the question does not touch is not asked about.
bool counts_for_nothing(const Note& note) {
  return note.code == Code(codes::FACT_MISSING) || note.code == Code(codes::HEAD_OLD);
}

bool only_facts_missing(const std::vector<Note>& notes) {
  return !notes.empty() && std::all_of(notes.begin(), notes.end(), counts_for_nothing);
}

class Answering {
 public:
  Answering(const TrqpQuery& query, const World& world, Timestamp now)
      : query_(query), world_(world), at_(query.time.value_or(now)), facts_(facts_of(query)) {
    closure_ = Closure::of(std::make_shared<const Policy>(policy_of(query)), world, at_);
  }

  TrqpAnswer run() {
    const bool issuing = query_.endpoint == TrqpEndpoint::authorization && query_.action == "issue";
    if (issuing) {
      by_judging();
    } else {
      by_reaching();
    }
    if (out_.grade == Grade::yes)
      out_.reason = plain(query_.endpoint == TrqpEndpoint::authorization ? codes::TRQP_AUTHORIZED
                                                                         : codes::TRQP_RECOGNIZED);
    if (!issuing) out_.authorities_read.assign(closure_->read().begin(), closure_->read().end());
    return std::move(out_);
  }

 private:
  void by_judging() {
    const Query asked{facts_, lookup_name_of(query_.entity), {at_, at_}, at_};
    Recognition judged = judge(*closure_, Levels(), asked, world_);
    out_.authorities_read = std::move(judged.authorities_read);
    out_.reason = judged.notes.front();
    if (judged.outcome == Outcome::not_established) return;
    const auto doubt = std::find_if_not(judged.notes.begin(), judged.notes.end(), counts_for_nothing);
    const bool yes = judged.outcome != Outcome::cannot_tell || doubt == judged.notes.end();
    out_.grade = yes ? Grade::yes : Grade::unknown;
    if (!yes) out_.reason = *doubt;
    for (const Link& link : judged.chain) {
      out_.evidence.push_back(link.statement);
      const Holding* holding = world_.of(lookup_name_of(link.from));
      const auto* entry = holding == nullptr ? nullptr : holding->statements->by_digest(link.statement);
      const statement::Scope* scope = entry == nullptr ? nullptr : statement::scope_of(*entry->statement);
      if (scope != nullptr) out_.limits = statement::meet(out_.limits, *scope);
    }
  }

  // The entity is a body that the authority leads to.
  void by_reaching() {
    const auto found = closure_->bodies().find(lookup_name_of(query_.entity));
    bool first = true;
    if (found != closure_->bodies().end())
      for (const Way& way : found->second.ways) {
        if (way.path.empty()) continue;
        TrqpAnswer answer = answer_of(way);
        if (first || answer.grade > out_.grade) out_ = std::move(answer);
        first = false;
      }
    if (first) say_why_not();
    const Body& authority = closure_->bodies().find(lookup_name_of(query_.authority))->second;
    if (out_.grade != Grade::no) return;
    if (authority.doubts.any()) {
      out_ = {Grade::unknown, plain(authority.doubts.codes().front()), {}, {}, {}};
    } else if (closure_->cut_short()) {
      out_ = {Grade::unknown, plain(codes::SEARCH_LIMIT), {}, {}, {}};
    }
  }

  // What is held of the entity itself does not matter: it is spoken about.
  [[nodiscard]] Doubts doubts_of_speakers(const Way& way) const {
    Doubts doubts;
    if (way.doubts.has(Doubt::one_sided)) doubts.add(Doubt::one_sided);
    for (const statement::Statement* link : way.path)
      doubts.add(closure_->bodies().find(link->issuer())->second.doubts);
    return doubts;
  }

  [[nodiscard]] TrqpAnswer answer_of(const Way& way) const {
    TrqpAnswer answer{Grade::yes, plain(codes::NO_CHAIN), {}, way.scope, {}};
    for (const statement::Statement* link : way.path) answer.evidence.push_back(link->digest);
    const Fit fits = fit(way.scope, facts_, Levels().of(facts_, at_));
    const auto worsen = [&answer](Grade grade, Note reason) {
      if (grade >= answer.grade) return;
      answer.grade = grade;
      answer.reason = std::move(reason);
    };
    if (fits.grade == Grade::no || !only_facts_missing(fits.notes))
      for (const Note& note : fits.notes) worsen(fits.grade, note);
    if (const Judged then = way.life.holds_at(at_); then.code) worsen(then.grade, plain(*then.code));
    if (at_ >= way.closed) worsen(Grade::no, plain(codes::AUTHORITY_CLOSED));
    const Doubts doubts = doubts_of_speakers(way);
    if (!is_known_effect(way.effect)) worsen(Grade::unknown, plain(codes::EFFECT_UNKNOWN));
    if (doubts.any()) worsen(Grade::unknown, plain(doubts.codes().front()));
    return answer;
  }

  void say_why_not() {
    for (const Blocked& blocked : closure_->blocked()) {
      if (blocked.statement->subject() != lookup_name_of(query_.entity)) continue;
      out_.reason = plain(blocked.code);
      return;
    }
  }

  const TrqpQuery& query_;
  const World& world_;
  Timestamp at_;
  facts::Facts facts_;
  std::shared_ptr<const Closure> closure_;
  TrqpAnswer out_{Grade::no, plain(codes::NO_CHAIN), {}, {}, {}};
};

std::string_view boolean_of(TrqpEndpoint endpoint) {
  return endpoint == TrqpEndpoint::authorization ? "authorized" : "recognized";
}

bool are_near(Timestamp a, Timestamp b) {
  return a.plus_seconds(limits::kClockSkewSecondsMax) >= b &&
         b.plus_seconds(limits::kClockSkewSecondsMax) >= a;
}

// A yes about another moment is no yes about this one.
Result<void> check_trqp_times(const TrqpQuery& query, const json::Value& root, Timestamp now) {
  const auto bad = [](std::string_view member, std::string_view what) {
    return fail(codes::TRQP_ANSWER_MALFORMED, "member ", member, " ", what);
  };
  const auto text = root.find_string("time_evaluated");
  const auto evaluated = Timestamp::parse(text.value_or(""));
  if (!evaluated) return bad("time_evaluated", "is no time");
  if (!are_near(*evaluated, now))
    return bad("time_evaluated",
               concat(evaluated->to_string(), " is more than ", limits::kClockSkewSecondsMax,
                      " seconds from the clock here, ", now.to_string()));
  const json::Value* echo = root.find("time_requested");
  const bool blank = echo == nullptr || (echo->is_string() && trimmed(echo->string()).empty());
  if (blank && !query.time) return {};
  const auto requested = Timestamp::parse(blank || !echo->is_string() ? "" : echo->string());
  if (!requested) return bad("time_requested", blank ? "is missing" : "is no time");
  if (query.time ? *requested != *query.time : !are_near(*requested, now))
    return bad("time_requested", concat(requested->to_string(), " is not the time asked about"));
  return {};
}

// What comes back of the context must be what was sent; the time has a member of its own.
Result<void> check_trqp_context(const TrqpQuery& query, const json::Value& root) {
  const json::Value* context = root.find("context");
  if (context == nullptr || !context->is_object()) return {};
  for (const auto& member : query.context) {
    if (member.first == "time" || context->find(member.first) == nullptr) continue;
    if (context->find_string(member.first) != member.second)
      return fail(codes::TRQP_ANSWER_MALFORMED, "member context.", excerpt(member.first),
                  " is not the one asked about");
  }
  return {};
}

}  // namespace

std::string_view TrqpQuery::type() const noexcept {
  const std::string_view all = resource;
  constexpr std::string_view kOurs = statement::kRecognitionContext;
  return all.starts_with(kOurs) && all.substr(kOurs.size()).starts_with('#') ? all.substr(kOurs.size() + 1)
                                                                             : all;
}

Result<TrqpQuery> read_trqp_query(TrqpEndpoint endpoint, std::string_view text) {
  const auto document = json::Document::parse(text, {.size_max = kTrqpRequestBytesMax});
  if (!document) return bad_query("(all)", document.error().message);
  const json::Value& root = document->root();
  if (!root.is_object()) return bad_query("(all)", "is not an object");
  TrqpQuery query;
  query.endpoint = endpoint;
  VCNODE_TRY(query.entity, identifier_of(root, "entity_id"));
  VCNODE_TRY(query.authority, identifier_of(root, "authority_id"));
  VCNODE_TRY(query.action, text_of(root, "action"));
  VCNODE_TRY(query.resource, text_of(root, "resource"));
  if (const json::Value* context = root.find("context")) VCNODE_CHECK(read_context(query, *context));
  return query;
}

Result<TrqpAnswer> answer_trqp(const TrqpQuery& query, const World& world, Timestamp now) {
  if (world.of(lookup_name_of(query.authority)) == nullptr)
    return fail(codes::TRQP_AUTHORITY_NOT_SERVED, "authority_id ", excerpt(query.authority));
  const bool known = query.endpoint == TrqpEndpoint::authorization
                         ? query.action == "issue" || query.action == "accredit"
                         : query.action == "recognise" || query.action == "recognize";
  if (!known) return fail(codes::TRQP_ACTION_UNKNOWN, "action ", excerpt(query.action));
  return Answering(query, world, now).run();
}

Json to_json(const TrqpQuery& query, const TrqpAnswer& answer, Timestamp now) {
  VCNODE_ASSERT(answer.grade != Grade::unknown);
  Json evidence = Json::array();
  for (const Sha256Digest& digest : answer.evidence)
    evidence.push_back(concat("sha256:", hex_encode(digest.view())));
  Json out = {{"entity_id", query.entity},
              {"authority_id", query.authority},
              {"action", query.action},
              {"resource", query.resource},
              {boolean_of(query.endpoint), answer.grade == Grade::yes},
              {"time_evaluated", now.to_string()},
              {"message", answer.reason.code.slug()},
              {"evidence", std::move(evidence)}};
  if (query.time) out["time_requested"] = query.time->to_string();
  if (query.has_context) {
    Json context = Json::object();
    for (const auto& member : query.context) context[member.first] = member.second;
    out["context"] = std::move(context);
  }
  if (answer.grade == Grade::yes) out["limits"] = statement::to_json(answer.limits);
  return out;
}

Result<Grade> read_trqp_answer(const TrqpQuery& query, int http_status, std::string_view text,
                               Timestamp now) {
  if (http_status == 404 || http_status == 401 || http_status >= 500) return Grade::unknown;
  const auto bad = [](std::string_view what) { return fail(codes::TRQP_ANSWER_MALFORMED, what); };
  if (http_status != 200) return bad(concat("HTTP status ", http_status));
  const auto document = json::Document::parse(text, {.size_max = kTrqpRequestBytesMax});
  if (!document) return bad(document.error().message);
  const std::pair<std::string_view, std::string_view> expected[] = {{"entity_id", query.entity},
                                                                    {"authority_id", query.authority},
                                                                    {"action", query.action},
                                                                    {"resource", query.resource}};
  for (const auto& member : expected)
    if (document->root().find_string(member.first) != member.second)
      return bad(concat("member ", member.first, " is not the one asked about"));
  VCNODE_CHECK(check_trqp_times(query, document->root(), now));
  VCNODE_CHECK(check_trqp_context(query, document->root()));
  const json::Value* said = document->root().find(boolean_of(query.endpoint));
  if (said == nullptr || said->kind() != json::Kind::boolean)
    return bad(concat("member ", boolean_of(query.endpoint), " is not a boolean"));
  return said->boolean() ? Grade::yes : Grade::no;
}

}  // namespace vcnode::recognition
