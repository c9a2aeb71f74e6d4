// Random small worlds: few bodies, few values, so that chains, overlaps, cycles and endings are common.
#pragma once

#include <functional>

#include "crypto/base/rng.h"
#include "tests/support/recognition_world.h"

namespace vcnode::test {

inline constexpr std::uint64_t kWorldBodies = 5;  // b0 is the anchor, the last one is also an issuer

class RandomWorld {
 public:
  explicit RandomWorld(std::uint64_t seed)
      : rng_(seed), first_accreditor_(rng_.below(kWorldBodies)), identity_only_(rng_.below(5) == 0) {
    for (std::uint64_t i = 0; i < kWorldBodies; ++i)
      if (!one_in(12)) world.body(name(i));
    const std::uint64_t statements = 6 + rng_.below(26);
    for (std::uint64_t i = 0; i < statements; ++i) positive();
    for (std::uint64_t i = rng_.below(4); i > 0; --i) ending();
    while (one_in(6)) closing();
    if (one_in(10)) world.forget(name(rng_.below(kWorldBodies)));
    for (auto& [did, body] : world.bodies()) {
      if (one_in(24)) body.missing = 1;
      if (one_in(32)) body.contradicted = true;
      if (one_in(32)) body.newer_known = true;
      if (one_in(12)) body.head_time = kJudgedAt.plus_seconds(-400'000);
    }
    policy.anchors.clear();
    for (std::uint64_t i = 0; i <= rng_.below(2); ++i)
      policy.anchors.push_back({body_did(name(i)), scope(), int(rng_.below(4)), int(1 + rng_.below(3))});
    policy.sort_anchors();
    policy.one_sided_agreements = one_in(4);
    if (one_in(4)) policy.head_age_max_seconds = 300'000;
    if (one_in(6)) policy.issue_time_proven = true;
    if (one_in(3)) policy.decisions = {statement::Decision::positive};
    asked.issuer = one_in(8) ? name(kWorldBodies - 1) : "uni";
    asked.facts = micro_credential();
    if (one_in(5)) asked.facts.eqf.reset();
    if (one_in(5)) asked.facts.countries.clear();
    asked.facts.several = one_in(16);
    asked.facts.unread.fields = one_in(12);
    if (one_in(10)) asked.facts.cycle = "third";
    asked.when.claimed = one_in(8) ? std::nullopt : std::optional(some_year());
    if (one_in(3)) asked.when.proven = some_year();
    if (const auto moment = issue_moment(asked.when)) asked.facts.awarded = one_in(6) ? some_year() : *moment;
  }

  // One more Recognition, Delegation or Accreditation that is not negative.
  StatementPtr positive() {
    const std::string who = name(rng_.below(kWorldBodies));
    const Lasting when{year(2018 + int(rng_.below(8))),
                       one_in(6) ? std::optional(some_year().plus_seconds(1)) : std::nullopt};
    const std::uint64_t kind = rng_.below(7);
    if (kind < 2) {
      statement::Recognition says{scope(), kEffects[identity_only_ ? 2 : rng_.below(4)], !one_in(3)};
      if (one_in(4)) says.agreement = std::get<statement::Recognition>(agreed("treaty")).agreement;
      return made(world.say(who, name(rng_.below(kWorldBodies)), std::move(says), when));
    }
    if (kind < 5)
      return made(world.delegate(who, name(rng_.below(kWorldBodies)), scope(), int(rng_.below(3)), when));
    const std::string accreditor = name(first_accreditor_ + rng_.below(kWorldBodies - first_accreditor_));
    const auto decision =
        one_in(5) ? statement::Decision::positive_with_conditions : statement::Decision::positive;
    return made(world.say(accreditor, one_in(6) ? name(kWorldBodies - 1) : "uni",
                          statement::Accreditation{scope(), decision, statement::Standing::obligatory},
                          when));
  }

  // Withdraws something, sometimes a Withdrawal, or refuses.
  void ending() {
    if (one_in(4)) {
      world.say(
          name(rng_.below(kWorldBodies)), "uni",
          statement::Accreditation{scope(), statement::Decision::negative, statement::Standing::obligatory},
          {some_year(), std::nullopt});
      return;
    }
    if (statements_.empty()) return;
    const StatementPtr one = statements_[rng_.below(statements_.size())];
    if (!world.bodies().contains(one->issuer_did)) return;
    statements_.push_back(world.withdraw(one, kEndings[rng_.below(3)], some_year()));
  }

  // Says that somebody ended its work, sometimes of whom it sponsors.
  void closing() {
    const std::string who = name(rng_.below(kWorldBodies));
    const std::string whose = one_in(2) ? "uni" : name(rng_.below(kWorldBodies));
    if (one_in(2)) world.say(who, whose, statement::Sponsorship{});
    const auto one =
        world.say(one_in(4) ? whose : who, whose, statement::Closed{}, {some_year(), std::nullopt});
    if (one_in(6)) world.withdraw(one, statement::Ending::voids, some_year());
  }

  StatementPtr some_positive() {
    if (positives_.empty()) positive();
    return positives_[rng_.below(positives_.size())];
  }

  statement::Scope scope() {
    statement::Scope out;
    if (one_in(7)) out.countries = one_in(3) ? statement::Names{"FI"} : statement::Names{"EE", "FI"};
    if (one_in(7)) out.eqf = statement::Interval{int(4 + rng_.below(3)), int(6 + rng_.below(2))};
    if (one_in(10)) out.isced = one_in(3) ? statement::Names{"06"} : statement::Names{"06", "071"};
    if (one_in(12)) out.from = some_year();
    if (one_in(12)) out.max_ects = 5.0 + static_cast<double>(rng_.below(3));
    return out;
  }

  [[nodiscard]] recognition::Recognition answer() const { return judged(world, policy, asked); }
  [[nodiscard]] bool one_in(std::uint64_t n) { return rng_.below(n) == 0; }
  Rng& rng() noexcept { return rng_; }

  RecognitionWorld world;
  recognition::Policy policy;
  Asked asked;

 private:
  static constexpr const char* kEffects[] = {"level-automatic", "employer-accepted", "identity-only",
                                             "rejected"};
  static constexpr statement::Ending kEndings[] = {statement::Ending::ends, statement::Ending::suspends,
                                                   statement::Ending::voids};
  static std::string name(std::uint64_t number) { return concat("b", number); }
  Timestamp some_year() { return year(2022 + int(rng_.below(5))); }
  StatementPtr made(StatementPtr one) {
    statements_.push_back(one);
    positives_.push_back(one);
    return one;
  }

  SeededRng rng_;
  std::uint64_t first_accreditor_;  // later ones are farther from the anchor, so that chains are long
  bool identity_only_;
  std::vector<StatementPtr> statements_;
  std::vector<StatementPtr> positives_;
};

// Every statement of the world through `change`, which may return another one or nullptr to drop it.
inline void change_statements(RecognitionWorld& world,
                              const std::function<StatementPtr(const StatementPtr&)>& change) {
  for (auto& [did, body] : world.bodies()) {
    std::vector<statement::Entry> kept;
    for (const statement::Entry& entry : body.entries)
      if (StatementPtr changed = change(entry.statement)) kept.push_back({std::move(changed), entry.place});
    body.entries = std::move(kept);
  }
}

}  // namespace vcnode::test
