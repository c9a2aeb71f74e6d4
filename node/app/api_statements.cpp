// GET /statements: what the feeds held here say, as a finding aid; POST /admin/issuers/{name}/statements.
#include <algorithm>
#include <charconv>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "crypto/base/encoding.h"
#include "crypto/base/limits.h"
#include "node/app/api.h"
#include "node/app/codes.h"
#include "node/app/feed_row.h"
#include "node/app/problem.h"
#include "node/app/public_object.h"
#include "node/app/request_body.h"
#include "node/app/statement_orders.h"
#include "protocol/did/lookup_name.h"
#include "protocol/statement/codes.h"
#include "protocol/statement/log.h"

namespace vcnode::node {

namespace {

using statement::Entry;
using statement::Kind;
using statement::StatementLog;

// What one publication may hold, whole statements of the largest size aside: a register's year in a request.
constexpr std::size_t kStatementsBytesMax = limits::kBodyBytesMax + kEnvelopeBytesMax;

// ---- GET /statements

constexpr std::size_t kPageRowsDefault = 100;
constexpr std::size_t kPageRowsMax = 1'000;  // about 400 KB
// Feeds that one page looks into: a question nothing answers must not cost a walk through a whole network.
constexpr std::size_t kPageFeedsMax = 10'000;
constexpr char kCursorSeparator = '~';  // no DID and no SCID has one

// Where the page before ended.
struct StatementCursor {
  std::string name;                       // lookup name of the issuer
  std::optional<statement::Place> place;  // none: before all of its statements
};

struct StatementQuery {
  std::optional<std::string> issuer, subject, id;  // issuer and subject by lookup name
  std::optional<Kind> kind;
  std::optional<Sha256Digest> digest;
  StatementCursor after;
  std::size_t rows_max = kPageRowsDefault;
};

std::optional<std::uint64_t> read_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string cursor_text(const StatementCursor& cursor) {
  if (!cursor.place) return cursor.name;
  return concat(cursor.name, "~", cursor.place->epoch, "~", cursor.place->index);
}

std::optional<StatementCursor> read_cursor(std::string_view text) {
  const auto first = text.find(kCursorSeparator);
  if (first == std::string_view::npos) return StatementCursor{std::string(text), std::nullopt};
  const auto second = text.find(kCursorSeparator, first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const auto epoch = read_number(text.substr(first + 1, second - first - 1));
  const auto index = read_number(text.substr(second + 1));
  if (!epoch || !index) return std::nullopt;
  return StatementCursor{std::string(text.substr(0, first)), statement::Place{*epoch, *index}};
}

Failure bad_query_parameter(std::string_view name, std::string_view value, std::string_view wanted) {
  return fail(codes::REQUEST_MALFORMED, "the query parameter '", name, "' is '", excerpt(value),
              "', it must be ", wanted);
}

Result<void> read_parameter(std::string_view name, const std::string& value, StatementQuery& out) {
  if (name == "issuer") {
    out.issuer = lookup_name_of(value);
  } else if (name == "subject") {
    out.subject = lookup_name_of(value);
  } else if (name == "id") {
    out.id = value;
  } else if (name == "kind") {
    out.kind = statement::kind_named(value);
    if (!out.kind)
      return fail(codes::STATEMENT_KIND_UNKNOWN, "no kind of statement is named '", excerpt(value), "'");
  } else if (name == "digest") {
    const auto bytes = hex_decode(value, Sha256Digest::kSize);
    out.digest = bytes ? Sha256Digest::from(*bytes) : std::nullopt;
    if (!out.digest) return bad_query_parameter(name, value, "a SHA-256, 64 hex digits");
  } else if (name == "after") {
    auto cursor = read_cursor(value);
    if (!cursor) return bad_query_parameter(name, value, "the \"next\" of the page before");
    out.after = *std::move(cursor);
  } else if (name == "limit") {
    const auto rows = read_number(value);
    if (!rows || *rows == 0 || *rows > kPageRowsMax)
      return bad_query_parameter(name, value, concat("a number from 1 to ", kPageRowsMax));
    out.rows_max = static_cast<std::size_t>(*rows);
  } else {
    return fail(codes::REQUEST_UNKNOWN_MEMBER, "the query parameter '", excerpt(name), "' is not known here");
  }
  return {};
}

Result<StatementQuery> read_query(const HttpRequest& request) {
  StatementQuery out;
  for (const auto& [name, value] : request.query) VCNODE_CHECK(read_parameter(name, value, out));
  return out;
}

// Of one log, in leaf order, by the index that leaves the fewest.
StatementLog::Entries candidates_in(const StatementLog& log, const StatementQuery& asked) {
  StatementLog::Entries out;
  if (asked.digest || asked.id) {
    const Entry* found = asked.digest ? log.by_digest(*asked.digest) : log.by_id(*asked.id);
    if (found != nullptr) out.push_back(found);
  } else if (asked.subject) {
    for (const Kind kind : statement::kKinds) {
      if (asked.kind && kind != *asked.kind) continue;
      const auto of_kind = log.of(kind, *asked.subject);
      out.insert(out.end(), of_kind.begin(), of_kind.end());
    }
    std::ranges::sort(out, {}, [](const Entry* entry) { return entry->place; });
  } else {
    out = asked.kind ? log.of(*asked.kind) : log.entries();
  }
  return out;
}

bool fits_query(const statement::Statement& statement, const StatementQuery& asked) {
  return (!asked.kind || statement.kind() == *asked.kind) && (!asked.id || statement.id == *asked.id) &&
         (!asked.digest || statement.digest == *asked.digest) &&
         (!asked.subject || statement.subject() == *asked.subject);
}

nlohmann::json statement_row(const Entry& entry) {
  const statement::Statement& says = *entry.statement;
  return {{"kind", statement::name_of(says.kind())},
          {"id", says.id},
          {"digest", hex_encode(says.digest.view())},
          {"issuer", says.issuer_did},
          {"subject", says.subject_id},
          {"validFrom", says.from.to_string()},
          {"validUntil", says.until ? nlohmann::json(says.until->to_string()) : nlohmann::json()},
          {"place", {{"epoch", entry.place.epoch}, {"index", entry.place.index}}}};
}

class StatementPage {
 public:
  explicit StatementPage(const StatementQuery& asked) : asked_(asked), rows_(nlohmann::json::array()) {}

  // False: the page is full, and the next begins after its last row.
  bool add(const std::string& name, const StatementLog& log) {
    for (const Entry* entry : candidates_in(log, asked_)) {
      const bool seen =
          name == asked_.after.name && asked_.after.place && entry->place <= *asked_.after.place;
      if (seen || !fits_query(*entry->statement, asked_)) continue;
      if (rows_.size() == asked_.rows_max) {
        next_ = cursor_text(last_);
        return false;
      }
      rows_.push_back(statement_row(*entry));
      last_ = {name, entry->place};
    }
    return true;
  }
  void go_on_at(const std::string& name) { next_ = name; }
  [[nodiscard]] std::string text() const {
    return json_text({{"statements", rows_}, {"next", next_ ? nlohmann::json(*next_) : nlohmann::json()}});
  }

 private:
  const StatementQuery& asked_;
  nlohmann::json rows_;
  StatementCursor last_;
  std::optional<std::string> next_;
};

std::string page_of(const FeedTable& feeds, const StatementQuery& asked) {
  StatementPage page(asked);
  if (asked.issuer) {
    if (const auto feed = feeds.feed_of(*asked.issuer)) page.add(*asked.issuer, *feed->statements);
    return page.text();
  }
  // One more than is looked into, to know where to go on.
  const auto found = feeds.from(asked.after.name, kPageFeedsMax + 1);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const std::string name(lookup_name_of(found[i]->issuer.text()));
    if (i == kPageFeedsMax) {
      page.go_on_at(name);
    } else if (!page.add(name, *found[i]->statements)) {
      break;
    }
  }
  return page.text();
}

void list_statements(const StatementApi& api, Call call) {
  auto asked = read_query(call.request);
  if (!asked) return call.respond(problem(asked.error()));
  auto shared = std::make_shared<Call>(std::move(call));
  api.asked.answer(shared->respond, [api, shared, asked = *std::move(asked)] {
    return changing_object(shared->request, "application/json", page_of(api.feeds, asked));
  });
}

// ---- POST /admin/issuers/{name}/statements

Result<std::vector<StatementOrder>> read_orders(std::string_view body, const Did& issuer, Timestamp now,
                                                Rng& rng) {
  VCNODE_TRY(const auto document, parse_body(body));
  VCNODE_CHECK(only_members(document.root(), {"statement"}));
  VCNODE_TRY(const json::Value* wanted, required_member(document.root(), "statement"));
  return read_statement_orders(*wanted, issuer, now, rng);
}

// The statements stand in the answer as their exact text: it is what was signed.
HttpResponse published_answer(const Result<PublishedStatements>& published, const IssuerService& issuer,
                              std::size_t peers) {
  if (!published) return problem(published.error());
  std::string rows;
  for (const PublishedStatement& one : published->statements) {
    const nlohmann::json place =
        one.place ? nlohmann::json{{"epoch", one.place->epoch}, {"index", one.place->index}}
                  : nlohmann::json();
    rows += concat(rows.empty() ? "" : ",", R"({"id":)", json_text(one.id), R"(,"digest":")",
                   hex_encode(one.digest.view()), R"(","place":)", json_text(place), R"(,"statement":)",
                   one.text, "}");
  }
  return json_answer(
      201, concat(R"({"published":[)", rows, R"(],"head":)",
                  json_text(head_row(issuer.origin(), published->head)), R"(,"peers":)", peers, "}"));
}

void take_statements(const StatementApi& api, Call call) {
  IssuerService* issuer = api.issuers.by_name(call.parameters.at("name"));
  if (issuer == nullptr)
    return call.respond(
        problem(Error{codes::ISSUER_UNKNOWN, concat("this node hosts no issuer named '",
                                                    excerpt(call.parameters.at("name")), "'")}));
  const std::size_t bytes = call.request.body.size();
  api.issued.run(
      std::move(call.respond),
      [api, issuer, body = std::move(call.request.body)](const Respond& respond) {
        auto orders = read_orders(body, issuer->did(), api.clock.now().wall, api.rng);
        if (!orders) return respond(problem(orders.error()));
        auto shared = std::make_shared<std::vector<StatementOrder>>(*std::move(orders));
        api.loop.post([api, issuer, shared, respond] {
          issuer->publish_statements(
              std::move(*shared), [api, issuer, respond](const Result<PublishedStatements>& published) {
                const auto origin = issuer->origin();
                const std::size_t peers = origin ? api.driver.engine().peers_sharing(origin->hash()) : 0;
                respond(published_answer(published, *issuer, peers));
              });
        });
      },
      bytes);
}

}  // namespace

void add_statement_routes(Router& router, StatementApi api) {
  Route listing;
  listing.method = "GET";
  listing.pattern = "/statements";
  listing.summary = "Statements in the feeds held here, page by page: a finding aid, the feeds prove them";
  listing.cors = true;
  listing.query = {{"issuer", "string", false, "DID or SCID of who says it"},
                   {"subject", "string", false, "DID, SCID or IRI of what it is about"},
                   {"kind", "string", false, "accreditation, trust-list …"},
                   {"id", "string", false, "of the statement"},
                   {"digest", "string", false, "SHA-256 of the statement, in hex"},
                   {"after", "string", false, "\"next\" of the page before"},
                   {"limit", "integer", false, "rows of the page, 1 to 1,000; 100 if it is not said"}};
  listing.answers = {
      {200, "{statements: [{kind, id, digest, issuer, subject, validFrom, validUntil, place}], next}"}};
  listing.handle = [api](Call call) { list_statements(api, std::move(call)); };
  router.add(std::move(listing));

  Route said;
  said.method = "POST";
  said.pattern = "/admin/issuers/{name}/statements";
  said.summary = "Signs statements and puts them into a hosted issuer's feed, all or none (admin socket)";
  said.access = Access::local;
  said.body_bytes_max = kStatementsBytesMax;
  said.body = {
      {"statement", "", true,
       "one or an array of up to 100: {kind, credentialSubject, id, validFrom, validUntil}, an unsigned "
       "statement, or one that was signed elsewhere (object or text)"}};
  said.answers = {
      {201, "durable and in the feed: {published: [{id, digest, place, statement}], head, peers}"},
      {404, "no issuer of this name; a withdrawal of no statement of this issuer"},
      {409, "the id is used, or the feed is closed"}};
  said.handle = [api](Call call) { take_statements(api, std::move(call)); };
  router.add(std::move(said));
}

}  // namespace vcnode::node
