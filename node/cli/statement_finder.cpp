#include "node/cli/statement_finder.h"

#include <algorithm>

#include "crypto/base/encoding.h"
#include "crypto/base/json.h"
#include "node/app/codes.h"
#include "node/cli/output.h"
#include "node/codes/cli_codes.h"
#include "protocol/did/lookup_name.h"
#include "protocol/statement/statement.h"

namespace vcnode::cli {
namespace {

constexpr std::string_view kRowsOfPage = "1000";

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string out;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos)
      out += c;
    else
      out += "%" + hex_encode(as_bytes(std::string_view(&c, 1)));
  }
  return out;
}

std::string listing_path(const StatementFilter& filter, const std::string& after) {
  std::string path = concat("/statements?limit=", kRowsOfPage);
  const auto add = [&path](std::string_view name, const std::optional<std::string>& value) {
    if (value && !value->empty()) path += concat("&", name, "=", percent_encoded(*value));
  };
  add("issuer", filter.issuer);
  add("subject", filter.subject);
  add("kind", filter.kind);
  add("id", filter.name.id);
  if (filter.name.digest) add("digest", hex_encode(filter.name.digest->view()));
  add("after", after);
  return path;
}

Result<json::Document> read_listing(std::string_view text) {
  auto document = json::Document::parse(text, {.size_max = kListingBytesMax, .depth_max = 8});
  if (document && document->root().find("statements") != nullptr) return document;
  return fail(codes::PEER_EVIDENCE_BAD, "the peer's list of statements is none",
              document ? std::string() : concat(": ", document.error().message));
}

void add_rows(const json::Value& rows, FoundIssuers& out) {
  for (const json::Value& row : rows.one_or_many()) {
    const auto issuer = row.find_string("issuer");
    if (!issuer || !Did::parse(*issuer)) continue;
    std::string name(lookup_name_of(*issuer));
    if (out.dids.contains(name)) continue;
    if (out.dids.size() == kFoundIssuersMax)
      out.more = true;
    else
      out.dids.emplace(std::move(name), std::string(*issuer));
  }
}

Result<void> ask_peer_pages(PeerLine& line, const StatementFilter& filter, FoundIssuers& out) {
  std::string after;
  for (std::size_t page = 0; page < kListingPagesMax && !out.more; ++page) {
    VCNODE_TRY(const auto text,
               line.object(listing_path(filter, after), kListingBytesMax, codes::PEER_WITHHOLDS));
    VCNODE_TRY(const auto document, read_listing(text));
    add_rows(*document.root().find("statements"), out);
    const auto next = document.root().find_string("next");
    if (!next || *next == after) return {};
    after = *next;
  }
  out.more = true;
  return {};
}

}  // namespace

StatementName statement_name(const std::string& text) {
  if (const auto bytes = hex_decode(text, Sha256Digest::kSize); bytes && bytes->size() == Sha256Digest::kSize)
    return {std::nullopt, Sha256Digest::from(*bytes)};
  if (const auto digest = statement::read_digest_multibase(text)) return {std::nullopt, digest};
  return {text, std::nullopt};
}

FoundIssuers find_issuers(const std::vector<PeerSource>& peers, const StatementFilter& filter,
                          const Connect& connect_to) {
  FoundIssuers out;
  for (const PeerSource& peer : peers) {
    PeerLine line(connect_to(peer), steady_ms);
    if (const auto asked = ask_peer_pages(line, filter, out); !asked)
      out.silent.emplace_back(peer.name, asked.error());
  }
  return out;
}

Result<OwnStatement> own_statement(const Global& global, const Did& issuer, const std::string& name) {
  const StatementFilter filter{issuer.text(), std::nullopt, std::nullopt, statement_name(name)};
  VCNODE_TRY(const auto response, ask_node(global, "GET", listing_path(filter, "")));
  VCNODE_TRY(const auto document, read_listing(response.body));
  const auto rows = document.root().find("statements")->one_or_many();
  if (rows.empty())
    return fail(codes::STATEMENT_UNKNOWN, "the feed of ", issuer.text(), " holds no statement ",
                excerpt(name));
  const auto id = rows.front().find_string("id");
  const auto bytes = hex_decode(rows.front().find_string("digest").value_or(""), Sha256Digest::kSize);
  const auto digest = bytes ? Sha256Digest::from(*bytes) : std::nullopt;
  if (!id || !digest) return fail(codes::PEER_EVIDENCE_BAD, "the node's list of statements is none");
  return OwnStatement{std::string(*id), *digest};
}

}  // namespace vcnode::cli
