#include "protocol/witness/cosign_round.h"

#include <algorithm>

#include "crypto/base/assert.h"
#include "crypto/base/encoding.h"
#include "protocol/feed/codes.h"
#include "protocol/feed/decimal.h"
#include "protocol/witness/codes.h"
#include "protocol/witness/cosigner.h"

namespace vcnode::witness {
namespace {

// May be said of a log that the witness will know in a moment, or by a server that is too busy.
bool is_for_now(unsigned status) {
  return status == 404 || status == 429 || status >= 500;
}

// Of statuses that tlog-witness gives a meaning: the code that a witness of ours refuses with.
Code code_of(unsigned status) {
  switch (status) {
    case 403:
      return codes::NOTE_SIGNATURE;
    case 409:
      return codes::WITNESS_ROOT_CONFLICT;
    case 422:
      return codes::MERKLE_PROOF_INVALID;
    default:
      return codes::WITNESS_ANSWER;
  }
}

std::int64_t seconds_apart(Timestamp a, Timestamp b) {
  return a < b ? b.seconds() - a.seconds() : a.seconds() - b.seconds();
}

}  // namespace

Result<CosignRound> CosignRound::of(WitnessPolicy policy, std::string checkpoint,
                                    std::vector<std::uint64_t> sizes, std::int64_t now_ms,
                                    std::int64_t deadline_ms) {
  VCNODE_ASSERT(sizes.size() == policy.witnesses().size());
  VCNODE_TRY(const auto note, feed::Note::parse(checkpoint));
  VCNODE_TRY(const auto read, feed::Checkpoint::parse(note.text));
  return CosignRound(std::move(policy), std::move(checkpoint), read.tree, std::move(sizes), now_ms,
                     deadline_ms);
}

CosignRound::CosignRound(WitnessPolicy policy, std::string checkpoint, merkle::TreeHead tree,
                         std::vector<std::uint64_t> sizes, std::int64_t now_ms, std::int64_t deadline_ms)
    : policy_(std::move(policy)),
      checkpoint_(std::move(checkpoint)),
      tree_(tree),
      sizes_(std::move(sizes)),
      standings_(sizes_.size()),
      deadline_ms_(deadline_ms) {
  for (std::size_t i = 0; i < standings_.size(); ++i) {
    standings_[i].due_ms = now_ms;
    if (sizes_[i] > tree_.size) sizes_[i] = 0;  // of another run of this log; the witness knows better
  }
}

std::vector<CosignRound::Ask> CosignRound::due(std::int64_t now_ms) {
  std::vector<Ask> out;
  if (state(now_ms) != State::asking) return out;
  for (std::size_t i = 0; i < standings_.size(); ++i) {
    Standing& witness = standings_[i];
    if (witness.stand != Stand::waiting || witness.due_ms > now_ms) continue;
    witness.stand = Stand::asked;
    ++witness.asks;
    out.push_back({i, sizes_[i]});
  }
  return out;
}

void CosignRound::answered(std::size_t witness, const Answer& answer, std::int64_t now_ms, Timestamp wall) {
  VCNODE_ASSERT(standings_.at(witness).stand == Stand::asked);
  if (answer.status == 200) return take_cosignature(witness, answer.body, now_ms, wall);
  if (answer.status == 409 && answer.content_type.starts_with(kSizeType))
    return take_size(witness, answer.body, now_ms);
  Error why{code_of(answer.status), concat("it answers with status ", answer.status)};
  if (is_for_now(answer.status)) return failed(witness, why, now_ms);
  refuse(witness, std::move(why));
}

void CosignRound::failed(std::size_t witness, const Error& why, std::int64_t now_ms) {
  const int asks = standings_.at(witness).asks;
  VCNODE_ASSERT(standings_[witness].stand == Stand::asked && asks > 0);
  ask_again(witness, why, now_ms + (kAskPauseMs << (asks - 1)));
}

void CosignRound::take_cosignature(std::size_t witness, std::string_view body, std::int64_t now_ms,
                                   Timestamp wall) {
  const feed::NoteKey& key = policy_.witnesses()[witness].key;
  auto cosigned = add_cosignatures(checkpoint_, body, {&key, 1});
  if (!cosigned) return refuse(witness, cosigned.error());
  const auto note = feed::Note::parse(*cosigned);
  VCNODE_ASSERT(note.has_value());  // add_cosignatures has read it
  const auto cosignature = feed::verify_cosignature(*note, key);
  VCNODE_ASSERT(cosignature.has_value());
  for (const Timestamp time : {cosignature->first, cosignature->time})
    if (seconds_apart(time, wall) > kClockSecondsMax)
      return refuse(witness, {codes::WITNESS_ANSWER,
                              concat("it cosigned with the time ", time.to_string(), ", which is ",
                                     seconds_apart(time, wall), " seconds from the clock here; the limit is ",
                                     kClockSecondsMax)});
  checkpoint_ = *std::move(cosigned);
  sizes_[witness] = tree_.size;
  standings_[witness].stand = Stand::cosigned;
  standings_[witness].why_not.reset();
  if (!reached_ms_ && policy_.judge(*note).quorum) reached_ms_ = now_ms;
}

void CosignRound::take_size(std::size_t witness, std::string_view body, std::int64_t now_ms) {
  const std::string_view line = body.ends_with('\n') ? body.substr(0, body.size() - 1) : body;
  const auto size = feed::parse_decimal(line);
  if (!size)
    return refuse(witness, {codes::WITNESS_ANSWER,
                            concat("it names the size \"", excerpt(line), "\", which is no plain number")});
  Error why{codes::WITNESS_SIZE_CONFLICT, concat("it cosigned size ", *size, " last")};
  if (*size > tree_.size) {
    why.message += concat(", beyond the ", tree_.size,
                          " of this checkpoint: somebody else continues this log, or leaves of it are lost");
    return refuse(witness, std::move(why));
  }
  sizes_[witness] = *size;
  ask_again(witness, std::move(why), now_ms);
}

void CosignRound::ask_again(std::size_t witness, Error why, std::int64_t due_ms) {
  Standing& standing = standings_[witness];
  if (standing.asks >= kAsksMax) return refuse(witness, std::move(why));
  standing.stand = Stand::waiting;
  standing.due_ms = due_ms;
  standing.why_not = std::move(why);
}

void CosignRound::refuse(std::size_t witness, Error why) {
  standings_[witness].stand = Stand::refused;
  standings_[witness].why_not = std::move(why);
}

bool CosignRound::all_settled() const {
  return std::all_of(standings_.begin(), standings_.end(), [](const Standing& witness) {
    return witness.stand == Stand::cosigned || witness.stand == Stand::refused;
  });
}

CosignRound::State CosignRound::state(std::int64_t now_ms) const {
  const bool over = all_settled() || now_ms >= deadline_ms_;
  if (!reached_ms_) return over ? State::missed : State::asking;
  return over || now_ms >= *reached_ms_ + kStragglersMs ? State::reached : State::asking;
}

std::int64_t CosignRound::wake_ms() const {
  std::int64_t out = reached_ms_ ? std::min(deadline_ms_, *reached_ms_ + kStragglersMs) : deadline_ms_;
  for (const Standing& witness : standings_)
    if (witness.stand == Stand::waiting) out = std::min(out, witness.due_ms);
  return out;
}

bool CosignRound::has_cosigned(std::size_t witness) const {
  return standings_.at(witness).stand == Stand::cosigned;
}

const std::optional<Error>& CosignRound::why_not(std::size_t witness) const {
  return standings_.at(witness).why_not;
}

Error CosignRound::missed() const {
  std::string others;
  std::size_t cosigned = 0;
  for (std::size_t i = 0; i < standings_.size(); ++i) {
    if (has_cosigned(i)) {
      ++cosigned;
      continue;
    }
    const auto& why = standings_[i].why_not;
    others += concat("; ", policy_.witnesses()[i].name, ": ",
                     why ? concat(why->message, " [", why->code.slug(), "]") : "no answer yet");
  }
  return {codes::WITNESS_QUORUM_MISSED,
          concat(cosigned, " of ", standings_.size(), " witnesses cosigned, which is no quorum", others)};
}

}  // namespace vcnode::witness
