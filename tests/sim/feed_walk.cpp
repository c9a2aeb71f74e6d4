#include "tests/sim/feed_walk.h"

#include <sodium.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "crypto/hash.h"

namespace vcnode::sim {
namespace {

Sha256Digest prefixed(std::uint8_t prefix, BytesView a, BytesView b) {
  return sha256({BytesView(&prefix, 1), a, b});
}

// "— name base64(key id || bytes)": the bytes after the four of the key id.
Bytes signature_of(std::string_view line) {
  const std::string_view text = line.substr(line.rfind(' ') + 1);
  Bytes out(text.size());
  std::size_t length = 0;
  if (sodium_base642bin(out.data(), out.size(), text.data(), text.size(), nullptr, &length, nullptr,
                        sodium_base64_VARIANT_ORIGINAL) != 0 ||
      length < 4)
    return {};
  return Bytes(out.begin() + 4, out.begin() + static_cast<std::ptrdiff_t>(length));
}

bool verifies(BytesView signature, std::string_view message, const Ed25519PublicKey& key) {
  return signature.size() == crypto_sign_BYTES &&
         crypto_sign_verify_detached(signature.data(), as_bytes(message).data(), message.size(),
                                     key.data()) == 0;
}

}  // namespace

bool FeedWalk::advance(const Disk& disk, const feed::OriginHash& origin, std::uint64_t size) {
  const auto& feeds = disk.image().feeds;
  const auto feed = feeds.find(origin);
  const std::size_t held = feed == feeds.end() ? 0 : feed->second.leaves.size();
  if (size > held) return false;
  while (size_ < size) take(*feed->second.leaves[size_]);
  return true;
}

void FeedWalk::take(BytesView leaf) {
  ++size_;
  std::pair<unsigned, Sha256Digest> next(0, prefixed(0, leaf, {}));
  while (!subtrees_.empty() && subtrees_.back().first == next.first) {
    next = {next.first + 1, prefixed(1, subtrees_.back().second.view(), next.second.view())};
    subtrees_.pop_back();
  }
  subtrees_.push_back(next);
  const auto json = nlohmann::json::parse(leaf.begin(), leaf.end(), nullptr, false);
  if (json.is_discarded() || json.value("t", "") != "status") return;
  const std::string key = json.value("k", "");
  const std::size_t hash = key.rfind('#');
  std::uint64_t sequence = 0;
  std::from_chars(key.data() + hash + 1, key.data() + key.size(), sequence);
  WalkedList& list = lists_[key.substr(0, hash)];
  if (sequence != ++list.leaves) return;  // void
  list.sequence = sequence;
  list.digest = json.value("d", "");
}

Sha256Digest FeedWalk::root() const {
  if (subtrees_.empty()) return sha256(BytesView());
  Sha256Digest root = subtrees_.back().second;
  for (std::size_t i = subtrees_.size() - 1; i-- > 0;)
    root = prefixed(1, subtrees_[i].second.view(), root.view());
  return root;
}

const FeedWalk* FeedWalks::at(const Node& node, const feed::OriginHash& origin, std::uint64_t size) {
  const auto key = std::pair(node.number(), origin);
  FeedWalk& walk = walks_[key];
  if (walk.size() > size) walk = FeedWalk();
  return walk.advance(node.disk(), origin, size) ? &walk : nullptr;
}

void FeedWalks::forget(const Node& node) {
  const auto first = walks_.lower_bound({node.number(), feed::OriginHash()});
  walks_.erase(first, walks_.lower_bound({node.number() + 1, feed::OriginHash()}));
}

bool note_is_signed(std::string_view note, const Ed25519PublicKey& key) {
  const std::size_t split = note.find("\n\n");
  if (split == std::string_view::npos) return false;
  const std::string text(note.substr(0, split + 1));
  bool signature = false;
  bool cosignature = false;
  std::string_view rest = note.substr(split + 2);
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const Bytes bytes = signature_of(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (bytes.size() == crypto_sign_BYTES) {
      signature = signature || verifies(bytes, text, key);
    } else if (bytes.size() == 8 + crypto_sign_BYTES) {
      std::uint64_t time = 0;
      for (std::size_t i = 0; i < 8; ++i) time = time << 8 | bytes[i];
      const std::string message = concat("cosignature/v1\ntime ", time, "\n", text);
      cosignature = cosignature || verifies(BytesView(bytes).subspan(8), message, key);
    }
  }
  return signature && cosignature;
}

}  // namespace vcnode::sim
