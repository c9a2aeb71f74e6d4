#include "node/app/statement_orders.h"

#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "crypto/base/encoding.h"
#include "crypto/base/uuid.h"
#include "crypto/hash.h"
#include "crypto/jcs.h"
#include "node/app/codes.h"
#include "node/app/issuance.h"
#include "node/app/request_body.h"
#include "protocol/feed/issuer_name.h"
#include "protocol/statement/codes.h"
#include "protocol/statement/create.h"

namespace vcnode::node {

namespace {

using statement::Kind;

struct OrderDesk {
  const Did& issuer;
  Timestamp now;
  Rng& rng;
};

std::string statement_kind_names() {
  std::string out;
  for (const Kind kind : statement::kKinds) out += concat(out.empty() ? "" : ", ", statement::name_of(kind));
  return out;
}

Result<std::optional<Timestamp>> read_order_time(const json::Value& object, std::string_view name) {
  const json::Value* value = object.find(name);
  if (value == nullptr) return std::optional<Timestamp>();
  if (value->is_string()) {
    VCNODE_TRY(const auto time, Timestamp::parse(value->string()));
    return std::optional(time);
  }
  return fail(codes::REQUEST_MALFORMED, "the member \"", name, "\" must be a string, not ",
              json::kind_name(value->kind()));
}

// {"kind", "credentialSubject", …} → JCS.
Result<std::string> order_from_subject(const json::Value& wanted, const OrderDesk& desk) {
  VCNODE_CHECK(only_members(wanted, {"kind", "credentialSubject", "id", "validFrom", "validUntil"}));
  const auto name = wanted.find_string("kind");
  const auto kind = name ? statement::kind_named(*name) : std::nullopt;
  if (!kind)
    return fail(codes::STATEMENT_KIND_UNKNOWN, "no kind of statement is named '", excerpt(name.value_or("")),
                "'; there are ", statement_kind_names());
  const json::Value* subject = wanted.find("credentialSubject");
  if (subject == nullptr || !subject->is_object())
    return fail(codes::REQUEST_MALFORMED, "the statement lacks an object \"credentialSubject\"");
  statement::DraftOptions options{"", desk.issuer.text(), desk.now, std::nullopt};
  const json::Value* id = wanted.find("id");
  if (id != nullptr && !id->is_string())
    return fail(codes::REQUEST_MALFORMED, "the member \"id\" must be a string, not ",
                json::kind_name(id->kind()));
  options.id = id != nullptr ? std::string(id->string()) : random_uuid_urn(desk.rng);
  VCNODE_TRY(const auto from, read_order_time(wanted, "validFrom"));
  options.from = from.value_or(desk.now);
  VCNODE_TRY(options.until, read_order_time(wanted, "validUntil"));
  VCNODE_TRY(const auto draft, statement::draft(*kind, json::to_nlohmann(*subject), options));
  return jcs::canonicalize(draft);
}

// A whole statement without proof → JCS.
Result<std::string> completed_order(const json::Value& wanted, const OrderDesk& desk) {
  nlohmann::json document = json::to_nlohmann(wanted);
  const json::Value* issuer = wanted.find("issuer");
  if (issuer == nullptr || !issuer->is_null()) {
    VCNODE_CHECK(set_issuer(document, desk.issuer));
  }
  if (!document.contains("id")) document["id"] = random_uuid_urn(desk.rng);
  if (!document.contains("validFrom")) document["validFrom"] = desk.now.to_string();
  return jcs::canonicalize(document);
}

Result<StatementOrder> checked_order(std::string text, bool is_signed, const OrderDesk& desk) {
  VCNODE_TRY(const auto credential, credential::Credential::parse(text));
  StatementOrder out;
  VCNODE_TRY(out.statement, statement::parse(credential, sha256(as_bytes(text))));
  if (!feed::same_issuer(out.statement.issuer_did, desk.issuer))
    return fail(codes::ISSUER_MISMATCH, "the statement names the issuer ", excerpt(out.statement.issuer_did),
                ", this is ", desk.issuer.text());
  if (out.statement.kind() == Kind::closed && feed::same_issuer(out.statement.subject_id, desk.issuer))
    return fail(codes::REQUEST_UNSUPPORTED, "the Closed statement is about the issuer ", desk.issuer.text(),
                " itself and would end its feed: `vcnode issuer close` does that, and nothing follows it");
  out.is_signed = is_signed;
  out.text = std::move(text);
  return out;
}

Result<StatementOrder> read_order(const json::Value& wanted, const OrderDesk& desk) {
  if (wanted.is_string()) {
    std::string text(wanted.string());
    VCNODE_TRY(const auto document, parse_body(text));
    if (document.root().find("proof") == nullptr)
      return fail(codes::REQUEST_MALFORMED,
                  "a statement given as text must be a signed one: it has no proof");
    return checked_order(std::move(text), true, desk);
  }
  if (!wanted.is_object())
    return fail(codes::REQUEST_MALFORMED, "a statement must be an object or the text of a signed one, not ",
                json::kind_name(wanted.kind()));
  const bool is_signed = wanted.find("proof") != nullptr;
  auto text = is_signed                        ? jcs::canonicalize(json::to_nlohmann(wanted))
              : wanted.find("kind") != nullptr ? order_from_subject(wanted, desk)
                                               : completed_order(wanted, desk);
  if (!text) return text.failure();
  return checked_order(*std::move(text), is_signed, desk);
}

}  // namespace

Result<std::vector<StatementOrder>> read_statement_orders(const json::Value& wanted, const Did& issuer,
                                                          Timestamp now, Rng& rng) {
  const auto elements = wanted.one_or_many();
  if (elements.empty()) return fail(codes::REQUEST_MALFORMED, "the array of statements is empty");
  if (elements.size() > kStatementsAtOnceMax)
    return fail(codes::REQUEST_TOO_MANY, "the request has ", elements.size(), " statements, the limit is ",
                kStatementsAtOnceMax);
  const OrderDesk desk{issuer, now, rng};
  std::vector<StatementOrder> out;
  std::set<std::string, std::less<>> ids;
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const std::string which =
        elements.size() == 1 ? std::string() : concat("statement ", i + 1, " of ", elements.size(), ": ");
    auto order = read_order(elements[i], desk);
    if (!order) return fail(order.error().code, which, order.error().message);
    if (!ids.insert(order->statement.id).second)
      return fail(codes::STATEMENT_ID_USED, which, "its id ", excerpt(order->statement.id),
                  " is that of an earlier one of this request");
    out.push_back(*std::move(order));
  }
  return out;
}

}  // namespace vcnode::node
