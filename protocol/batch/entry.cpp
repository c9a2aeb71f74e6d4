#include "protocol/batch/entry.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "crypto/base/encoding.h"
#include "crypto/hash.h"
#include "crypto/jcs.h"
#include "protocol/batch/codes.h"
#include "protocol/feed/decimal.h"
#include "protocol/feed/leaf.h"
#include "protocol/feed/origin.h"

namespace vcnode::batch {
namespace {

Failure malformed(std::string_view member, std::string_view rule) {
  return fail(codes::BATCH_ENTRY_MALFORMED, "\"", member, "\" of the time-batch entry must be ", rule);
}

bool is_entry(const json::Value& evidence) {
  const json::Value* type = evidence.find("type");
  if (type == nullptr) return false;
  const auto names = type->one_or_many();
  return std::any_of(names.begin(), names.end(),
                     [](const json::Value& name) { return name.is_string() && name.string() == kEntryType; });
}

std::span<const json::Value> evidence_of(const json::Value& document) {
  const json::Value* evidence = document.find("evidence");
  if (evidence == nullptr) return {};
  return evidence->one_or_many();
}

Result<std::uint64_t> count_member(const json::Value& value, std::string_view name) {
  const json::Value* member = value.find(name);
  if (member == nullptr || member->kind() != json::Kind::integer || member->integer() < 0)
    return malformed(name, "a number from 0 on");
  return static_cast<std::uint64_t>(member->integer());
}

template <class Fixed>
std::optional<Fixed> fixed_of(std::string_view text) {
  const auto bytes = base64url_decode(text, Fixed::kSize);
  if (!bytes) return std::nullopt;
  return Fixed::from(*bytes);
}

Result<std::vector<Sha256Digest>> path_member(const json::Value& value) {
  const json::Value* member = value.find("path");
  if (member == nullptr || !member->is_array()) return malformed("path", "an array");
  if (member->elements().size() > kDepthMax)
    return malformed("path", concat("of at most ", kDepthMax, " hashes; it has ", member->elements().size()));
  std::vector<Sha256Digest> path;
  for (const json::Value& element : member->elements()) {
    const auto hash = element.is_string() ? fixed_of<Sha256Digest>(element.string()) : std::nullopt;
    if (!hash) return malformed("path", "of base64url texts of 32 bytes");
    path.push_back(*hash);
  }
  return path;
}

// The members of `document` that a batch covers, as JCS has them.
void write_covered(jcs::Writer& out, const json::Value& document) {
  out.raw('{');
  bool first = true;
  const auto begin = [&](bool& is_first) {
    if (!is_first) out.raw(',');
    is_first = false;
  };
  for (const json::Member& member : document.members()) {
    if (member.name == "proof") continue;
    if (member.name != "evidence") {
      begin(first);
      out.string(member.name);
      out.raw(':');
      out.value(member.value);
      continue;
    }
    const auto evidence = member.value.one_or_many();
    if (std::all_of(evidence.begin(), evidence.end(), is_entry)) continue;
    begin(first);
    out.raw("\"evidence\":[");
    bool first_element = true;
    for (const json::Value& element : evidence) {
      if (is_entry(element)) continue;
      begin(first_element);
      out.value(element);
    }
    out.raw(']');
  }
  out.raw('}');
}

Sha256Digest digest_of(const Salt& salt, std::string_view covered) {
  Bytes input(salt.view().begin(), salt.view().end());
  input.insert(input.end(), covered.begin(), covered.end());
  return sha256(input);
}

// The epoch of `feeds`, counted from 1, whose log the checkpoint says to be.
Result<std::uint64_t> epoch_of(const IssuerFeeds& feeds, const std::string& origin) {
  const auto parsed = feed::Origin::parse(origin);
  const auto first = origin.find('/');
  const auto last = origin.rfind('/');
  const bool own =
      parsed && first < last && std::string_view(origin).substr(first + 1, last - first - 1) == feeds.name;
  if (!own || parsed->epoch() > feeds.epochs.size())
    return fail(codes::BATCH_FEED_UNKNOWN, "the time batch is in the feed \"", excerpt(origin),
                "\"; the issuer's history names ", feeds.epochs.size(), " feeds of \"", excerpt(feeds.name),
                "\"");
  if (feeds.network && std::string_view(origin).substr(0, first) != *feeds.network)
    return fail(codes::BATCH_FEED_UNKNOWN, "the time batch is in the feed \"", excerpt(origin),
                "\"; the issuer's feed is in the network \"", *feeds.network, "\"");
  return parsed->epoch();
}

// Whether the feed has the leaf there; false: its leaves are not held so far.
Result<bool> is_in_feed(const Sha256Digest& leaf, std::uint64_t index, std::uint64_t epoch,
                        const IssuerFeeds& feeds) {
  if (index >= feeds.epochs[epoch - 1].held) return false;
  if (feeds.leaves && feeds.leaves->hash_at({epoch, index}) == leaf) return true;
  return fail(codes::BATCH_NOT_IN_FEED, "the time batch is said to be leaf ", index, " of epoch ", epoch,
              " of the issuer's feed, which has another leaf there: the feed's key signed two logs");
}

}  // namespace

Result<Entry> Entry::parse(const json::Value& value) {
  Entry entry;
  VCNODE_TRY(entry.batch, count_member(value, "batch"));
  VCNODE_TRY(entry.index, count_member(value, "index"));
  const auto salt = value.find_string("salt");
  const auto bytes = salt ? fixed_of<Salt>(*salt) : std::nullopt;
  if (!bytes) return malformed("salt", "the base64url text of 32 bytes");
  entry.salt = *bytes;
  VCNODE_TRY(entry.path, path_member(value));
  if (entry.index >> entry.path.size() != 0)
    return malformed("index", concat("less than 2^", entry.path.size(), ", as its path says"));
  const auto proof = value.find_string("proof");
  if (!proof) return malformed("proof", "the text of a tlog-proof");
  auto parsed = witness::TlogProof::parse(*proof);
  if (!parsed) return malformed("proof", concat("the text of a tlog-proof: ", parsed.error().message));
  entry.proof = *std::move(parsed);
  return entry;
}

nlohmann::json Entry::json() const {
  nlohmann::json hashes = nlohmann::json::array();
  for (const Sha256Digest& hash : path) hashes.push_back(base64url_encode(hash.view()));
  return {{"type", kEntryType},
          {"batch", batch},
          {"salt", base64url_encode(salt.view())},
          {"index", index},
          {"path", std::move(hashes)},
          {"proof", proof.text()}};
}

bool has_entry(const json::Value& document) {
  const auto evidence = evidence_of(document);
  return std::any_of(evidence.begin(), evidence.end(), is_entry);
}

Result<std::optional<Entry>> entry_of(const json::Value& document) {
  const json::Value* found = nullptr;
  for (const json::Value& element : evidence_of(document)) {
    if (!is_entry(element)) continue;
    if (found != nullptr)
      return fail(codes::BATCH_ENTRY_MALFORMED, "the document has more than one time-batch entry");
    found = &element;
  }
  if (found == nullptr) return std::optional<Entry>();
  VCNODE_TRY(auto entry, Entry::parse(*found));
  return std::optional(std::move(entry));
}

Sha256Digest salted_digest(const Salt& salt, const json::Value& document) {
  std::string covered;
  {
    jcs::Writer out(covered);
    write_covered(out, document);
  }
  return digest_of(salt, covered);
}

Bytes leaf_of(std::uint64_t number, const Sha256Digest& root) {
  return feed::Leaf{std::string(feed::kTimeBatchLeaf), concat(number), hex_encode(root.view())}.encode();
}

Result<Finding> check_entry(const json::Value& document, const Entry& entry, const IssuerFeeds& feeds,
                            const witness::WitnessPolicy& policy) {
  VCNODE_TRY(const auto note, feed::Note::parse(entry.proof.checkpoint));
  VCNODE_TRY(const auto checkpoint, feed::Checkpoint::parse(note.text));
  VCNODE_TRY(const std::uint64_t number, epoch_of(feeds, checkpoint.origin));
  const FeedEpoch& epoch = feeds.epochs[number - 1];
  VCNODE_CHECK(feed::verify_signature(note, {checkpoint.origin, feed::NoteKeyType::ed25519, epoch.key}));
  Sha256Digest root = merkle::leaf_hash(salted_digest(entry.salt, document).view());
  for (std::size_t level = 0; level < entry.path.size(); ++level)
    root = (entry.index >> level) % 2 == 0 ? merkle::node_hash(root, entry.path[level])
                                           : merkle::node_hash(entry.path[level], root);
  const Sha256Digest leaf = merkle::leaf_hash(leaf_of(entry.batch, root));
  VCNODE_CHECK(merkle::verify_inclusion(leaf, entry.proof.index, checkpoint.tree, entry.proof.path));
  if (epoch.sealed_size && entry.proof.index >= *epoch.sealed_size)
    return fail(codes::BATCH_BEYOND_SEAL, "the time batch is leaf ", entry.proof.index, " of the feed \"",
                excerpt(checkpoint.origin), "\", which its issuer sealed at size ", *epoch.sealed_size);
  VCNODE_TRY(const bool in_feed, is_in_feed(leaf, entry.proof.index, number, feeds));
  const auto witnessed = policy.judge(note);
  return Finding{witnessed.by, witnessed.cosignatures.size(), in_feed};
}

}  // namespace vcnode::batch
