#include "tests/sim/redater.h"

#include <algorithm>

#include "crypto/ed25519.h"
#include "protocol/feed/note.h"
#include "tests/sim/random.h"

namespace vcnode::sim {
namespace {

constexpr std::int64_t kBackSecondsMax = 600;
constexpr std::size_t kTimeBytes = 8;  // in front of the cosignature, big endian

bool is_cosignature(const feed::NoteSignature& line) {
  return line.signature.size() == kTimeBytes + Ed25519Signature::kSize;
}

std::int64_t time_in(const feed::NoteSignature& line) {
  std::uint64_t time = 0;
  for (std::size_t i = 0; i < kTimeBytes; ++i) time = time << 8 | line.signature[i];
  return static_cast<std::int64_t>(time);
}

void set_time(feed::NoteSignature& line, std::int64_t seconds) {
  for (std::size_t i = 0; i < kTimeBytes; ++i)
    line.signature[i] = static_cast<std::uint8_t>(seconds >> (8 * (kTimeBytes - 1 - i)));
}

}  // namespace

void Redater::hear(const feed::OriginHash& origin, const std::string& note) {
  Heard& heard = heard_[origin];
  std::string text = note.substr(0, note.find("\n\n"));
  if (heard.text != text) heard = {std::move(text), {}};
  if (std::find(heard.notes.begin(), heard.notes.end(), note) == heard.notes.end())
    heard.notes.push_back(note);
}

std::optional<std::string> Redater::older(const feed::OriginHash& origin) const {
  const auto heard = heard_.find(origin);
  if (heard == heard_.end() || heard->second.notes.size() < 2) return std::nullopt;
  return heard->second.notes.front();
}

std::optional<std::string> Redater::forged(const feed::OriginHash& origin, Timestamp now, Rng& rng) const {
  const auto heard = heard_.find(origin);
  if (heard == heard_.end()) return std::nullopt;
  auto note = *feed::Note::parse(heard->second.notes.back());
  std::string out = note.text + "\n";
  for (feed::NoteSignature& line : note.signatures) {
    if (is_cosignature(line)) {
      const std::int64_t past_slot = now.seconds() - feed::reassert_offset(origin);
      set_time(line, chance(rng, 500) ? time_in(line) - between(rng, 1, kBackSecondsMax)
                                      : now.seconds() - past_slot % feed::kReassertPeriodSeconds);
    }
    out += line.line();
  }
  return out;
}

}  // namespace vcnode::sim
