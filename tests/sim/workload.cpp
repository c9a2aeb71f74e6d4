#include "tests/sim/workload.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace vcnode::sim {
namespace {

// Now and then several changes at once, which then share a head.
constexpr std::uint64_t kBurstPerMille = 150;
constexpr std::uint64_t kBurst = 4;
constexpr std::int64_t kLookForNewsMs = 10;

}  // namespace

Workload::Workload(World& world, Watch& watch, Node& node, Issuer& issuer, std::int64_t change_ms)
    : world_(world),
      watch_(watch),
      node_(node),
      issuer_(issuer),
      change_ms_(change_ms),
      rng_(stream(world.seed, "workload", issuer.number)) {}

void Workload::start() {
  world_.after(between(rng_, 100, 2'000), [this] { change(); });
}

void Workload::change() {
  if (stopped_) return;
  if (Desk* desk = node_.desk(); desk != nullptr && !waits_for_news()) {
    if (desk->open_pair() == 0) open_lists(*desk);
    if (desk->open_pair() != 0 || !credentials_.empty())
      for (std::uint64_t left = chance(rng_, kBurstPerMille) ? kBurst : 1; left > 0; --left) act();
  }
  world_.after(between(rng_, change_ms_ / 4, change_ms_ * 7 / 4), [this] { change(); });
}

void Workload::wait_for_news(std::uint64_t leaves) {
  if (!std::exchange(news_at_, std::max(news_at_.value_or(0), leaves))) look_for_news();
}

void Workload::look_for_news() {
  const feed::FeedReplica* replica = node_.replica(issuer_.hash());
  if (node_.desk() == nullptr || (replica->size() < *news_at_ && !replica->pending()))
    return world_.after(kLookForNewsMs, [this] { look_for_news(); });
  news_at_.reset();
  if (!stopped_) state(*node_.desk());
}

void Workload::act() {
  Desk& desk = *node_.desk();
  const std::uint64_t dice = rng_.below(100);
  if (dice < 40 || credentials_.empty()) return issue(desk);
  if (dice < 70) return set_status(desk, status::Purpose::revocation);
  if (dice < 90) return set_status(desk, status::Purpose::suspension);
  state(desk);
}

void Workload::open_lists(Desk& desk) {
  feed::Changes changes;
  for (const auto purpose : {status::Purpose::revocation, status::Purpose::suspension})
    changes.new_lists.push_back(
        {issuer_.list_uri(desk.next_pair(), purpose), purpose, status::kListEntriesMin});
  desk.submit(std::move(changes), [](const auto&) {});
}

void Workload::issue(Desk& desk) {
  const std::string id = concat("urn:credential:", issuer_.number, ":", ++numbers_);
  desk.issue(id, [this, id](const Result<Desk::Place>& place) {
    if (!place) return;
    ++acknowledged_;
    credentials_[id].place = *place;
    watch_.each([&](Checker& checker) {
      checker.on_issued({issuer_.number, Desk::list_name(place->pair), place->index, id});
    });
  });
}

void Workload::set_status(Desk& desk, status::Purpose purpose) {
  const auto chosen =
      std::next(credentials_.begin(), static_cast<std::ptrdiff_t>(pick(rng_, credentials_.size())));
  const std::string id = chosen->first;
  Credential& credential = chosen->second;
  const bool revokes = purpose == status::Purpose::revocation;
  if (credential.busy || (revokes && credential.revoked)) return;
  const bool value = revokes || !credential.suspended;
  const StatusOperation operation{issuer_.number, credential.place.pair, purpose, credential.place.index,
                                  value};
  credential.busy = true;
  unanswered_[id] = operation;
  feed::Changes changes;
  changes.status.push_back(
      {issuer_.list_uri(credential.place.pair, purpose), status::StatusIndex(credential.place.index), value});
  desk.submit(std::move(changes), [this, id, operation, revokes](const Result<feed::Head>& head) {
    unanswered_.erase(id);
    Credential& changed = credentials_[id];
    changed.busy = false;
    if (!head) {
      watch_.each([&](Checker& checker) { checker.on_status_unknown(operation); });
      return;
    }
    ++acknowledged_;
    (revokes ? changed.revoked : changed.suspended) = operation.value;
    watch_.each([&](Checker& checker) { checker.on_status_acknowledged(operation); });
  });
}

void Workload::state(Desk& desk) {
  feed::Changes changes;
  for (std::size_t i = 0; i < world_.scenario.statements; ++i)
    changes.statements.push_back(
        issuer_.statement(concat("urn:statement:", issuer_.number, ":", ++numbers_), node_.wall()));
  desk.submit(std::move(changes), [this](const auto& head) { acknowledged_ += head ? 1 : 0; });
}

void Workload::on_crash() {
  for (const auto& [id, operation] : unanswered_) {
    credentials_[id].busy = false;
    watch_.each([&operation = operation](Checker& checker) { checker.on_status_unknown(operation); });
  }
  unanswered_.clear();
}

void Workload::on_restored() {
  for (auto it = credentials_.begin(); it != credentials_.end();) {
    if (*node_.disk().allocation_of(it->first)) {
      ++it;
      continue;
    }
    const IssuedCredential forgotten{issuer_.number, Desk::list_name(it->second.place.pair),
                                     it->second.place.index, it->first};
    if (!it->second.revoked)  // a set bit takes its index for ever
      watch_.each([&](Checker& checker) { checker.on_forgotten(forgotten); });
    it = credentials_.erase(it);
  }
}

void Workload::sponsor(Issuer& whom, std::uint64_t quota) {
  if (whom.sponsorship_acknowledged) return;
  if (Desk* desk = node_.desk(); desk != nullptr && !waits_for_news()) {
    feed::Changes changes;
    changes.statements.push_back(
        issuer_.sponsorship(concat("https://issuer-", issuer_.number, ".example/sponsorships/", ++numbers_),
                            whom.did.text(), quota, node_.wall()));
    whom.sponsorship_made = true;
    desk->submit(std::move(changes), [this, &whom](const auto& head) {
      if (!head) return;
      ++acknowledged_;
      whom.sponsorship_acknowledged = true;
    });
  }
  world_.after(5'000, [this, &whom, quota] { sponsor(whom, quota); });
}

void Workload::say_last_word() {
  if (last_word_) return;
  if (Desk* desk = node_.desk(); desk != nullptr && !waits_for_news()) {
    if (const auto why = desk->why_not()) why_not_ = concat(why->code.slug(), ": ", why->message);
    feed::Changes changes;
    changes.statements.push_back(
        issuer_.statement(concat("urn:last:", issuer_.number, ":", ++numbers_), node_.wall()));
    desk->submit(std::move(changes), [this](const auto& head) { last_word_ = last_word_ || head; });
  }
  world_.after(5'000, [this] { say_last_word(); });
}

}  // namespace vcnode::sim
