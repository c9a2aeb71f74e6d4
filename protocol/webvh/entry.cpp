#include "protocol/webvh/entry.h"

#include <algorithm>
#include <array>

#include "crypto/base/encoding.h"
#include "crypto/jcs.h"
#include "protocol/webvh/codes.h"
#include "protocol/webvh/text.h"

namespace vcnode::webvh {
namespace {

struct MemberRule {
  std::string_view name;
  json::Kind kind;
};
// proof is apart: an array or one object.
constexpr std::array<MemberRule, 4> kMembers = {{{"versionId", json::Kind::string},
                                                 {"versionTime", json::Kind::string},
                                                 {"parameters", json::Kind::object},
                                                 {"state", json::Kind::object}}};
constexpr std::string_view kProof = "proof";
// Most entries fit, so that their text is not moved while it grows.
constexpr std::size_t kCanonicalBytesTypical = 4096;

Result<void> check_members(const json::Value& root) {
  if (!root.is_object())
    return fail(codes::WEBVH_ENTRY, "the line holds a JSON ", json::kind_name(root.kind()),
                ", not an object");
  for (const MemberRule& rule : kMembers) {
    const json::Value* value = root.find(rule.name);
    if (value == nullptr) return fail(codes::WEBVH_ENTRY, "the entry has no ", rule.name);
    if (value->kind() != rule.kind)
      return fail(codes::WEBVH_ENTRY, rule.name, " is of JSON type ", json::kind_name(value->kind()),
                  ", it must be of type ", json::kind_name(rule.kind));
  }
  if (root.find(kProof) == nullptr) return fail(codes::WEBVH_ENTRY, "the entry has no proof");
  for (const json::Member& member : root.members()) {
    const bool known = member.name == kProof ||
                       std::any_of(kMembers.begin(), kMembers.end(),
                                   [&](const MemberRule& rule) { return rule.name == member.name; });
    if (!known)
      return fail(codes::WEBVH_ENTRY, "the entry has a member \"", excerpt(member.name),
                  "\" that the method does not define");
  }
  return {};
}

}  // namespace

Result<Entry> Entry::parse(std::string_view line) {
  VCNODE_TRY(auto document, json::Document::parse(line, {kEntryBytesMax, kEntryDepthMax}));
  const json::Value& root = document.root();
  VCNODE_CHECK(check_members(root));
  VCNODE_TRY(auto version_id, VersionId::parse(root.find("versionId")->string()));
  const std::string_view time_text = root.find("versionTime")->string();
  const auto time = Instant::parse(time_text);
  if (!time) return fail(codes::WEBVH_VERSION_TIME, "versionTime: ", time.error().message);
  return Entry(std::make_shared<const Data>(
      Data{std::string(line), std::move(document), std::move(version_id), time_text, *time}));
}

// Member names in canonical order: parameters, state, versionId, versionTime.
std::string Entry::canonical_with(std::string_view version_id) const {
  std::string out;
  out.reserve(kCanonicalBytesTypical);
  {
    jcs::Writer writer(out);
    char separator = '{';
    for (const json::Member& member : root().members()) {
      if (member.name == kProof) continue;
      writer.raw(separator);
      separator = ',';
      writer.string(member.name);
      writer.raw(':');
      if (member.name == "versionId") {
        writer.string(version_id);
      } else {
        writer.value(member.value);
      }
    }
    writer.raw('}');
  }
  return out;
}

std::string Entry::hash_after(std::string_view predecessor) const {
  return multihash_of(canonical_with(predecessor));
}

Result<std::string> Entry::scid_of(std::string_view scid) const {
  const std::string text = canonical_with(scid);
  // Else entries that differ in where the SCID stands would share one SCID.
  if (text.find(kScidPlaceholder) != std::string::npos)
    return fail(codes::WEBVH_SCID, "the first entry still holds the placeholder ", kScidPlaceholder);
  // A member name that changes may change its place, hence canonical once more.
  const auto preliminary =
      json::Document::parse(replaced(text, scid, kScidPlaceholder), {kEntryBytesMax, kEntryDepthMax});
  if (!preliminary)
    return fail(codes::WEBVH_SCID, "with the placeholder the first entry is not what can be hashed: ",
                preliminary.error().message);
  return multihash_of(jcs::canonicalize(preliminary->root()));
}

}  // namespace vcnode::webvh
