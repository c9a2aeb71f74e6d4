// Where statements may be found: what nodes list under /statements, as a finding aid.
//
// A listing proves nothing: whom it names is looked at in the feeds themselves (collect.h), and what it keeps
// back is not found by it. Each answer is limited in size and each peer in pages.
// Errors: STATEMENT_UNKNOWN, USAGE, those of PeerLine, of the node and of its answer. Not thread-safe.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/cli/collect.h"
#include "node/cli/commands.h"

namespace vcnode::cli {

// Whose feeds one command reads whole; more have to be named one by one.
inline constexpr std::size_t kFoundIssuersMax = 100;
inline constexpr std::size_t kListingPagesMax = 20;  // of 1,000 rows
inline constexpr std::size_t kListingBytesMax = 2 * 1024 * 1024;

// A statement by what people have of it.
struct StatementName {
  std::optional<std::string> id;
  std::optional<Sha256Digest> digest;
};
// SHA-256 in hex or multibase, else an id.
[[nodiscard]] StatementName statement_name(const std::string& text);

struct StatementFilter {
  std::optional<std::string> issuer, subject, kind;
  StatementName name;
};

struct FoundIssuers {
  std::map<std::string, std::string, std::less<>> dids;  // by lookup name
  bool more = false;                                     // than are looked at
  std::vector<std::pair<std::string, Error>> silent;     // peers that gave no listing
};
[[nodiscard]] FoundIssuers find_issuers(const std::vector<PeerSource>& peers, const StatementFilter& filter,
                                        const Connect& connect_to = connect);

// A statement of a hosted issuer, as the node of this home lists it.
struct OwnStatement {
  std::string id;
  Sha256Digest digest;
};
[[nodiscard]] Result<OwnStatement> own_statement(const Global& global, const Did& issuer,
                                                 const std::string& name);

}  // namespace vcnode::cli
