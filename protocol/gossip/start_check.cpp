// May an issuer of this node sign? Only after its feed was compared with peers, under a clock that is not
// ahead.
#include <algorithm>

#include "crypto/base/encoding.h"
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
  const auto note = [&](const OriginHash& name, const std::map<OriginHash, wire::Record>& said) {
    auto& answers = start_answers[name];
    if (answers.size() >= kStartAnswersMax && !answers.contains(peer.node_key())) return;
    const auto record = said.find(name);
    answers[peer.node_key()] = record == said.end() ? std::nullopt : std::optional(record->second);
  };
  for (const auto& [name, hosted_issuer] : hosted) {
    const Issuer* issuer = find_issuer(name);
    if (issuer == nullptr) {
      if (peer.shares(name)) note(name, peer.known);
    } else if (peer.follows(name)) {
      note(name, peer.logs);
      if (issuer->current) note(issuer->current->hash(), peer.known);
    }
  }
}

// One address under one key after another is one peer, not several that agree.
void Engine::State::forget_answers(const NodeKey& key) {
  for (auto& [name, answers] : start_answers) answers.erase(key);
}

// Whether this peer was asked and has nothing of the feed that is not here.
bool Engine::State::feed_agrees(const OriginHash& origin, const NodeKey& peer) const {
  const auto answers = start_answers.find(origin);
  if (answers == start_answers.end() || !answers->second.contains(peer)) return false;
  const auto& answer = answers->second.at(peer);
  if (!answer) return true;
  const auto& held = feeds.at(origin).replica.head();
  if (!held || answer->size > held->tree.size) return false;
  if (answer->size < held->tree.size) return true;
  return answer->root == held->tree.root && !feed::time_supersedes(answer->time, held->time, origin);
}

// The same of an issuer's log. A peer with fewer entries is behind.
bool Engine::State::log_agrees(const Issuer& issuer, const NodeKey& peer) const {
  const auto& answer = start_answers.at(issuer.topic).at(peer);
  if (!answer) return true;
  if (!issuer.row || answer->size > issuer.row->size) return false;
  return answer->size < issuer.row->size || answer->root == issuer.row->root;
}

std::size_t Engine::State::answers_agreeing(const OriginHash& name) const {
  const auto answers = start_answers.find(name);
  if (answers == start_answers.end()) return 0;
  const auto found = issuers.find(name);
  const Issuer* issuer = found == issuers.end() ? nullptr : &found->second;
  return static_cast<std::size_t>(
      std::count_if(answers->second.begin(), answers->second.end(), [&](const auto& answer) {
        if (issuer == nullptr) return feed_agrees(name, answer.first);
        return log_agrees(*issuer, answer.first) &&
               (!issuer->current || feed_agrees(issuer->current->hash(), answer.first));
      }));
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

// What a hosted issuer goes by: its origin, or, whatever the epoch, its topic.
OriginHash Engine::State::hosted_name(const OriginHash& origin) const {
  if (const auto named = epochs.find(origin); named != epochs.end()) return named->second.first->topic;
  for (const auto& [name, issuer] : hosted)
    if (issuer.origin.hash() == origin) return name;
  return origin;
}

// Nothing may be signed for an epoch that is not the newest, or not known to be.
std::optional<Error> Engine::State::why_not_continue(const Issuer& issuer, const OriginHash& origin) const {
  if (issuer.current && issuer.current->hash() == origin && !issuer.stale && issuer.saving == 0 &&
      !feeds.at(origin).replica.seal())
    return std::nullopt;
  return fail(codes::START_CHECK_PENDING, "of the issuer ", issuer.admitted.did.text(), " epoch ",
              issuer.current ? issuer.current->epoch() : 0, " of ", issuer.history->epochs.size(),
              " is held here, or another one was asked for")
      .error;
}

std::optional<Error> Engine::State::why_not_sign(const OriginHash& origin) const {
  const OriginHash hosted_as = hosted_name(origin);
  const auto issuer = hosted.find(hosted_as);
  if (issuer == hosted.end())
    return fail(codes::START_CHECK_PENDING, "the feed ", hex_encode(origin.view()),
                " is not of an epoch that a hosted issuer is known to have")
        .error;
  if (const auto history = issuers.find(hosted_as); history != issuers.end())
    if (auto error = why_not_continue(history->second, origin)) return error;
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
  if (!issuer->second.has_signed || options.waive_start_check || started_hosted.contains(hosted_as))
    return std::nullopt;
  return fail(codes::START_CHECK_PENDING, "the feed ", name, " was compared with ",
              answers_agreeing(hosted_as), " configured peers of the ", answers_needed(),
              " needed since the start")
      .error;
}

}  // namespace vcnode::gossip
