// May an issuer of this node sign? Only after its feed was compared with peers, under a clock that is not
// ahead.
#include <algorithm>

#include "crypto/base/limits.h"
#include "protocol/gossip/codes.h"
#include "protocol/gossip/engine_state.h"

namespace vcnode::gossip {

bool Engine::State::configured(const NodeKey& key) const {
  return std::any_of(addresses.begin(), addresses.end(), [&](const auto& item) {
    return item.second.known_key == key || item.second.config.node_key == key;
  });
}

std::size_t Engine::State::answers_needed() const {
  const auto others = std::count_if(addresses.begin(), addresses.end(),
                                    [](const auto& item) { return !item.second.ourselves; });
  return std::min(kStartPeersMax, static_cast<std::size_t>(others));
}

// Only configured peers count: strangers could agree with an old backup in any number.
void Engine::State::note_answers(const Peer& peer) {
  if (!configured(peer.node_key())) return;
  for (const auto& [origin, issuer] : hosted) {
    if (!peer.shares(origin)) continue;
    auto& answers = start_answers[origin];
    if (answers.size() >= kStartAnswersMax && !answers.contains(peer.node_key())) continue;
    const auto known = peer.known.find(origin);
    answers[peer.node_key()] = known == peer.known.end() ? std::nullopt : std::optional(known->second);
  }
}

std::size_t Engine::State::answers_agreeing(const OriginHash& origin) const {
  const auto answers = start_answers.find(origin);
  if (answers == start_answers.end()) return 0;
  const auto& held = feeds.at(origin).replica.head();
  const auto agrees = [&](const auto& answer) {
    if (!answer.second) return true;  // it has nothing of ours
    const wire::Record& record = *answer.second;
    if (!held || record.size > held->tree.size) return false;
    if (record.size < held->tree.size) return true;
    return record.root == held->tree.root && !feed::time_supersedes(record.time, held->time, origin);
  };
  return static_cast<std::size_t>(std::count_if(answers->second.begin(), answers->second.end(), agrees));
}

// Once passed it stays passed: a peer that claims something later is dealt with when it proves it.
void Engine::State::run_start_checks() {
  for (const auto& [origin, issuer] : hosted)
    if (!started_hosted.contains(origin) && answers_agreeing(origin) >= answers_needed())
      started_hosted.insert(origin);
}

void Engine::State::set_clock_of(Peer& peer, Timestamp told) {
  peer.clock_offset_seconds = told.seconds() - now.monotonic.milliseconds() / 1000;
}

// Its clock now, against ours: both run at one pace since it was told.
std::optional<std::int64_t> Engine::State::clock_difference(const Peer& peer) const {
  if (!peer.usable()) return std::nullopt;
  return peer.clock_offset_seconds + now.monotonic.milliseconds() / 1000 - now.wall.seconds();
}

// By how much this clock is ahead of the median of the peers'; of configured ones, if any is there.
std::optional<std::int64_t> Engine::State::seconds_ahead() const {
  std::vector<std::int64_t> chosen;
  std::vector<std::int64_t> all;
  for (const auto& [id, peer] : peers) {
    const auto difference = clock_difference(peer);
    if (!difference) continue;
    all.push_back(*difference);
    if (configured(peer.node_key())) chosen.push_back(*difference);
  }
  auto& differences = chosen.empty() ? all : chosen;
  if (differences.empty()) return std::nullopt;
  const auto middle = differences.begin() + static_cast<std::ptrdiff_t>(differences.size() / 2);
  std::nth_element(differences.begin(), middle, differences.end());
  return -*middle;
}

void Engine::State::watch_clock() {
  const auto ahead = seconds_ahead();
  const bool was_ahead = std::exchange(clock_ahead, ahead && *ahead > limits::kClockSkewSecondsMax);
  if (clock_ahead && !was_ahead) emit(ClockAhead{*ahead});
}

std::optional<Error> Engine::State::why_not_sign(const OriginHash& origin) const {
  const auto issuer = hosted.find(origin);
  VCNODE_ASSERT(issuer != hosted.end());
  const Feed& feed = feeds.at(origin);
  const std::string& name = feed.replica.origin().text();
  if (feed.replica.contradicted())
    return fail(codes::OWN_FEED_CONTRADICTED, "a signed head of ", name, " contradicts the log of size ",
                feed.replica.size(), " held here; 1 branch is the limit")
        .error;
  if (clock_ahead)
    return fail(codes::CLOCK_AHEAD, "this node's clock is ", seconds_ahead().value_or(0),
                " seconds ahead of the median of its peers'; the limit is ", limits::kClockSkewSecondsMax)
        .error;
  // Even an operator's waiver does not make a head unsigned that this key did sign.
  if (feed.pending)
    return fail(codes::START_CHECK_PENDING, "peers hold a head of size ", feed.pending->tree.size, " of ",
                name, ", and ", feed.replica.size(), " leaves of it are here")
        .error;
  if (feed.adoption && feed.adoption->head && !feed.adoption->durable)
    return fail(codes::START_CHECK_PENDING, "a head of size ", feed.adoption->head->tree.size, " of ", name,
                " is being adopted from a peer")
        .error;
  if (!issuer->second.has_signed || options.waive_start_check || started_hosted.contains(origin))
    return std::nullopt;
  return fail(codes::START_CHECK_PENDING, "the feed ", name, " was compared with ", answers_agreeing(origin),
              " configured peers of the ", answers_needed(), " needed since the start")
      .error;
}

}  // namespace vcnode::gossip
