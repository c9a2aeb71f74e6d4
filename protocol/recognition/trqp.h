// TRQP 2.0 (Trust over IP, Trust Registry Query Protocol): what the two questions mean here.
//
// authorization: does a chain  authority Delegation{0,2} Accreditation entity  cover it (action "issue"), or
// a chain of Delegations (action "accredit")? recognition: does the authority itself recognise the entity,
// or somebody it recognises, whose Recognition says that it may be passed on (action "recognise")? No policy
// is asked: what the answer is worth is for who asks. `context.time` is the time asked about; country, eqf
// and isced narrow the question; a limit that the question does not touch is not asked about and is listed in
// `limits`. Other members of context are ignored, as 2.0 says.
//
// An answer is a boolean. Where this node cannot tell, it must not answer: its grade is unknown, and HTTP
// says 503, which clients read as unknown. HTTP, tokens and signatures are the node's.
//
// Errors: TRQP_REQUEST_MALFORMED (400), TRQP_AUTHORITY_NOT_SERVED and TRQP_ACTION_UNKNOWN (404),
// TRQP_ANSWER_MALFORMED (clients). Threading: pure functions.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/base/json.h"
#include "protocol/recognition/judge.h"

namespace vcnode::recognition {

enum class TrqpEndpoint : std::uint8_t { authorization, recognition };

inline constexpr std::size_t kTrqpRequestBytesMax = 64 * 1024;
inline constexpr std::size_t kTrqpTextBytesMax = 1024;  // of each string

struct TrqpQuery {
  TrqpEndpoint endpoint = TrqpEndpoint::authorization;
  std::string entity;
  std::string authority;
  std::string action;
  std::string resource;
  std::vector<std::pair<std::string, std::string>> context;  // as sent, for the echo
  bool has_context = false;
  std::optional<Timestamp> time;
  std::optional<std::string> country;
  std::optional<int> eqf;
  std::optional<std::string> isced;

  // The type of credential: the fragment of an IRI of our context, else the resource as it is.
  [[nodiscard]] std::string_view type() const noexcept;
};

[[nodiscard]] Result<TrqpQuery> read_trqp_query(TrqpEndpoint endpoint, std::string_view text);

struct TrqpAnswer {
  Grade grade = Grade::no;
  Note reason;
  std::vector<Sha256Digest> evidence;  // in the order of the chain
  statement::Scope limits;             // of a yes
  std::vector<std::string> authorities_read;
};

// `now`: what an absent context.time means.
[[nodiscard]] Result<TrqpAnswer> answer_trqp(const TrqpQuery& query, const World& world, Timestamp now);

// The body of a 200. REQUIRES: answer.grade is not unknown.
[[nodiscard]] nlohmann::json to_json(const TrqpQuery& query, const TrqpAnswer& answer, Timestamp now);

// What a client makes of an answer that it got at `now`: yes or no of a 200 about this query and the time it
// asked about; unknown of 404, 5xx and 401. Errors: TRQP_ANSWER_MALFORMED, for everything else.
[[nodiscard]] Result<Grade> read_trqp_answer(const TrqpQuery& query, int http_status, std::string_view text,
                                             Timestamp now);

}  // namespace vcnode::recognition
