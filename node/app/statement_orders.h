// StatementOrders: from what a caller wants said to documents that wait for a signature. Pure; any thread.
//
// Three forms of one statement:
//   - what it says: {"kind": "accreditation", "credentialSubject": {…}}, with id, validFrom and validUntil if
//     wanted;
//   - a whole unsigned statement, in which issuer, id and validFrom are filled in where they are absent;
//   - one that was signed elsewhere with the issuer's key: an object (kept in JCS form), or its exact text as
//     a JSON string.
// Checked by the rules of protocol/statement, which every reader of the feed applies; whether id and
// withdrawn statement fit the feed, and whether a proof holds, is asked when it is published.
//
// Errors: REQUEST_MALFORMED, REQUEST_UNKNOWN_MEMBER, REQUEST_TOO_MANY, REQUEST_UNSUPPORTED (a Closed
// statement about the issuer itself ends its feed: that is another request), ISSUER_MISMATCH,
// STATEMENT_ID_USED (twice in one request), STATEMENT_KIND_UNKNOWN, STATEMENT_MALFORMED, CREDENTIAL_*,
// JSON_*.
#pragma once

#include <string>
#include <vector>

#include "crypto/base/json.h"
#include "crypto/base/result.h"
#include "crypto/base/rng.h"
#include "protocol/statement/statement.h"

namespace vcnode::node {

// Of one publication: a register writes down a year's decisions at once, and one more request costs a second.
inline constexpr std::size_t kStatementsAtOnceMax = 100;

struct StatementOrder {
  std::string text;  // JCS of the unsigned document, or the bytes of the signed one
  bool is_signed = false;
  statement::Statement statement;  // its digest is that of `text`
};

// `wanted`: one, or an array. An error about one of several names its number, from 1.
[[nodiscard]] Result<std::vector<StatementOrder>> read_statement_orders(const json::Value& wanted,
                                                                        const Did& issuer, Timestamp now,
                                                                        Rng& rng);

}  // namespace vcnode::node
