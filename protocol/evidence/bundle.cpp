#include "protocol/evidence/bundle.h"

#include <algorithm>
#include <iterator>
#include <tuple>

#include "crypto/base/encoding.h"
#include "crypto/base/json.h"
#include "crypto/base/limits.h"
#include "crypto/hash.h"
#include "crypto/jcs.h"
#include "protocol/evidence/codes.h"
#include "protocol/webvh/version_id.h"

namespace vcnode::evidence {
namespace {

constexpr std::string_view kType = "vcnode-evidence";

Failure no_bundle(std::string_view what) {
  return fail(codes::EVIDENCE_MALFORMED, what);
}

// An array member; its absence is an error as well.
Result<std::span<const json::Value>> array_of(const json::Value& object, std::string_view name,
                                              std::size_t count_max) {
  const json::Value* value = object.find(name);
  if (value == nullptr || !value->is_array())
    return fail(codes::EVIDENCE_MALFORMED, "the member \"", name, "\" must be an array");
  if (value->elements().size() > count_max)
    return fail(codes::EVIDENCE_TOO_LARGE, "the member \"", name, "\" has ", value->elements().size(),
                " elements, the limit is ", count_max);
  return value->elements();
}

Result<void> only_members(const json::Value& object, std::initializer_list<std::string_view> names) {
  if (!object.is_object()) return no_bundle("an element that must be an object is none");
  for (const json::Member& member : object.members())
    if (std::find(names.begin(), names.end(), member.name) == names.end())
      return fail(codes::EVIDENCE_MALFORMED, "there is no member \"", excerpt(member.name),
                  "\" in this version");
  return {};
}

Result<Feed> read_feed(const json::Value& value, std::size_t& leaves) {
  VCNODE_CHECK(only_members(value, {"origin", "head", "leaves"}));
  VCNODE_TRY(auto origin, feed::Origin::parse(value.find_string("origin").value_or("")));
  Feed out{std::move(origin), std::nullopt, {}};
  const json::Value* head = value.find("head");
  if (head == nullptr || !(head->is_null() || head->is_string()))
    return no_bundle("the \"head\" of a feed must be a signed note in a string, or null");
  if (head->is_string()) out.head = std::string(head->string());
  VCNODE_TRY(const auto entries, array_of(value, "leaves", kLeavesMax - leaves));
  leaves += entries.size();
  out.leaves.reserve(entries.size());
  for (const json::Value& leaf : entries) {
    if (!leaf.is_string() || leaf.string().size() > limits::kLeafBytesMax)
      return fail(codes::EVIDENCE_MALFORMED, "leaf ", out.leaves.size(), " of ", out.origin.text(),
                  " must be a string of at most ", limits::kLeafBytesMax, " bytes");
    out.leaves.push_back(to_bytes(leaf.string()));
  }
  return out;
}

Result<History> read_history(const json::Value& value) {
  VCNODE_CHECK(only_members(value, {"scid", "network", "entries"}));
  History out{std::string(value.find_string("scid").value_or("")),
              std::string(value.find_string("network").value_or("")),
              {}};
  if (!webvh::is_multihash(out.scid) || !feed::Origin::parse(concat(out.network, "/", out.scid, "/1")))
    return no_bundle("a history must name its issuer by \"scid\" and \"network\"");
  // Siblings may dispute each version.
  constexpr std::size_t kEntriesMax = 4'000;
  VCNODE_TRY(const auto entries, array_of(value, "entries", kEntriesMax));
  for (const json::Value& entry : entries) {
    if (!entry.is_string()) return no_bundle("an entry of a history must be a string");
    out.entries.emplace_back(entry.string());
  }
  return out;
}

template <class Items, class Write>
void write_array(std::string& out, const Items& items, Write&& write) {
  out += '[';
  bool first = true;
  for (const auto& item : items) {
    if (!first) out += ',';
    first = false;
    write(item);
  }
  out += ']';
}

void write_feed(std::string& out, const Feed& feed) {
  out += "{\"head\":";
  if (feed.head)
    jcs::append_string(out, *feed.head);
  else
    out += "null";
  out += ",\"leaves\":";
  write_array(out, feed.leaves, [&](const Bytes& leaf) { jcs::append_string(out, as_text(leaf)); });
  out += ",\"origin\":";
  jcs::append_string(out, feed.origin.text());
  out += '}';
}

void write_history(std::string& out, const History& history) {
  out += "{\"entries\":";
  auto entries = history.entries;
  std::sort(entries.begin(), entries.end());
  write_array(out, entries, [&](const std::string& entry) { jcs::append_string(out, entry); });
  out += ",\"network\":";
  jcs::append_string(out, history.network);
  out += ",\"scid\":";
  jcs::append_string(out, history.scid);
  out += '}';
}

}  // namespace

void Bundle::add_body(Bytes bytes) {
  const Sha256Digest digest = sha256(bytes);
  bodies.emplace(digest, std::move(bytes));
}

void Bundle::add(Bundle other) {
  std::move(other.feeds.begin(), other.feeds.end(), std::back_inserter(feeds));
  std::move(other.histories.begin(), other.histories.end(), std::back_inserter(histories));
  bodies.merge(other.bodies);
}

Result<Bundle> Bundle::parse(std::string_view text) {
  VCNODE_TRY(const auto document, json::Document::parse(text, {.size_max = kBundleBytesMax, .depth_max = 8}));
  const json::Value& root = document.root();
  if (root.find_string("type") != kType)
    return fail(codes::EVIDENCE_MALFORMED, "the member \"type\" must be \"", kType, "\"");
  const json::Value* version = root.find("v");
  if (version == nullptr || version->kind() != json::Kind::integer || version->integer() != 1)
    return no_bundle("the member \"v\" must be 1");
  VCNODE_CHECK(only_members(root, {"type", "v", "feeds", "histories", "bodies"}));
  Bundle out;
  VCNODE_TRY(const auto feeds, array_of(root, "feeds", kFeedsMax));
  std::size_t leaves = 0;
  for (const json::Value& value : feeds) {
    VCNODE_TRY(auto feed, read_feed(value, leaves));
    out.feeds.push_back(std::move(feed));
  }
  VCNODE_TRY(const auto histories, array_of(root, "histories", kHistoriesMax));
  for (const json::Value& value : histories) {
    VCNODE_TRY(auto history, read_history(value));
    out.histories.push_back(std::move(history));
  }
  VCNODE_TRY(const auto bodies, array_of(root, "bodies", kBodiesMax));
  for (const json::Value& value : bodies) {
    if (!value.is_string()) return no_bundle("a body must be base64url in a string");
    auto bytes = base64url_decode(value.string(), limits::kBodyBytesMax);
    if (!bytes) return fail(codes::EVIDENCE_MALFORMED, "a body: ", bytes.error().message);
    out.add_body(*std::move(bytes));
  }
  return out;
}

std::string Bundle::text() const {
  std::string out = "{\"bodies\":";
  write_array(out, bodies, [&](const auto& body) { jcs::append_string(out, base64url_encode(body.second)); });
  std::vector<const Feed*> in_order;
  for (const Feed& feed : feeds) in_order.push_back(&feed);
  std::sort(in_order.begin(), in_order.end(), [](const Feed* a, const Feed* b) {
    return std::tie(a->origin.text(), a->head, a->leaves) < std::tie(b->origin.text(), b->head, b->leaves);
  });
  out += ",\"feeds\":";
  write_array(out, in_order, [&](const Feed* feed) { write_feed(out, *feed); });
  std::vector<const History*> issuers;
  for (const History& history : histories) issuers.push_back(&history);
  std::sort(issuers.begin(), issuers.end(), [](const History* a, const History* b) {
    return std::tie(a->scid, a->network, a->entries) < std::tie(b->scid, b->network, b->entries);
  });
  out += ",\"histories\":";
  write_array(out, issuers, [&](const History* history) { write_history(out, *history); });
  out += concat(",\"type\":\"", kType, "\",\"v\":1}");
  return out;
}

}  // namespace vcnode::evidence
