#include "tests/property/webvh/history.h"

#include <array>
#include <nlohmann/json.hpp>

#include "tests/support/webvh_maker.h"

namespace vcnode::test::webvh {
namespace {

using vcnode::webvh::Authored;
using vcnode::webvh::Changes;

constexpr std::array<std::uint8_t, 3> kWitnesses = {11, 12, 13};

enum class Step : std::uint8_t {
  rotate_assertion_key,
  withdraw_assertion_key,
  set_ttl,
  rotate_update_key,
  pre_rotation_on,
  pre_rotation_off,
  witnesses,
  no_witnesses,
  relocate,
  resign_with_nothing_new,
  deactivate
};

// The issuer: which key it signs with, which one it committed to, who witnesses for it.
class Author {
 public:
  explicit Author(bool portable) : portable_(portable) {
    Changes changes;
    changes.update_keys = multikeys({key_});
    changes.portable = portable;
    keep(vcnode::webvh::create(document_with("did:webvh:{SCID}:uni.example", 101), changes, pen()));
  }

  void take(Step step, std::uint32_t number) {
    if (history.noted.back().deactivated) return;
    time_ = time_.plus_seconds(1 + static_cast<std::int64_t>(number % 100'000));
    Changes changes;
    switch (step) {
      case Step::rotate_assertion_key:
        return assert_with(static_cast<std::uint8_t>(100 + number % 3));
      case Step::withdraw_assertion_key:
        return assert_with(std::nullopt);
      case Step::set_ttl:
        ttl_seconds_ = number % 5;
        break;
      case Step::rotate_update_key:
        rotate(changes, committed_);
        break;
      case Step::pre_rotation_on:
        rotate(changes, true);
        break;
      case Step::pre_rotation_off:
        rotate(changes, false);
        break;
      case Step::witnesses:
        changes.witness = rule(number);
        break;
      case Step::no_witnesses:
        changes.witness.emplace();
        break;
      case Step::relocate:
        return relocate(concat("host-", number, ".example"));
      case Step::resign_with_nothing_new:
        break;
      case Step::deactivate:
        return deactivate();
    }
    go_on(changes, nullptr);
  }

  History history;

 private:
  [[nodiscard]] vcnode::webvh::Pen pen() const { return {key(key_).signer, time_, {}}; }
  [[nodiscard]] static vcnode::webvh::WitnessRule rule(std::uint32_t number) {
    const std::vector<std::string> all = {key(11).did, key(12).did, key(13).did};
    const std::size_t count = 1 + number % 3;
    return {1 + number % static_cast<std::uint32_t>(count),
            {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count)}};
  }

  // Reveals the next key where one is committed to, and else takes a new one; commits again if `commit`.
  void rotate(Changes& changes, bool commit) {
    if (committed_) {
      key_ = static_cast<std::uint8_t>(key_ + 1);
      changes.update_keys = multikeys({key_});
    }
    const auto next = static_cast<std::uint8_t>(key_ + 1);
    changes.next_key_hashes = commit ? hashes({next}) : std::vector<std::string>{};
    rotated_later_ = !committed_ && !commit ? std::optional(next) : std::nullopt;
    if (rotated_later_) changes.update_keys = multikeys({next});
    will_commit_ = commit;
  }
  void go_on(Changes changes, const nlohmann::json* document) {
    if (committed_ && !changes.next_key_hashes) rotate(changes, true);
    changes.ttl_seconds = ttl_seconds_;
    keep(vcnode::webvh::update(*state_, document, changes, pen()));
  }
  void assert_with(std::optional<std::uint8_t> number) {
    auto document = document_with(state_->did().text(), number.value_or(101));
    if (!number) document["assertionMethod"] = nlohmann::json::array();
    if (const auto* names = state_->document().find("alsoKnownAs"))
      document["alsoKnownAs"] = json::to_nlohmann(*names);
    assertion_key_ = number;
    go_on({}, &document);
  }
  void relocate(const std::string& host) {
    if (!portable_) return;
    Changes changes;
    if (committed_) rotate(changes, true);
    keep(vcnode::webvh::relocate(*state_, host, changes, pen()));
  }
  void deactivate() {
    const bool two = committed_;
    if (two) key_ = static_cast<std::uint8_t>(key_ + 1);
    auto entries = vcnode::webvh::deactivate(*state_, multikeys({key_}), pen()).value();
    for (auto& entry : entries) {
      keep(std::move(entry));
      time_ = time_.plus_seconds(1);
    }
  }

  void keep(Result<Authored> made) {
    Authored entry = std::move(made).value();
    for (const std::string& witness : entry.state.governing_witnesses().witnesses)
      for (const std::uint8_t number : kWitnesses)
        if (key(number).did == witness)
          history.proofs.push_back(
              vcnode::webvh::approve(entry.state.version_id(), key(number).signer, time_).value());
    history.lines.push_back(entry.line);
    history.noted.push_back({entry.state.version_id().text(), entry.state.did().text(),
                             entry.state.version_time().second(), assertion_key_,
                             entry.state.parameters().ttl_seconds, entry.state.deactivated()});
    state_ = std::move(entry.state);
    if (rotated_later_) key_ = *rotated_later_;
    rotated_later_.reset();
    committed_ = will_commit_;
  }

  bool portable_;
  Timestamp time_ = kFirstTime;
  std::uint8_t key_ = 1;
  bool committed_ = false;                     // the newest entry commits to key_ + 1
  bool will_commit_ = false;                   // the entry being made does
  std::optional<std::uint8_t> rotated_later_;  // in force after the entry being made
  std::optional<std::uint8_t> assertion_key_ = 101;
  std::uint32_t ttl_seconds_ = 3600;
  std::optional<vcnode::webvh::State> state_;
};

}  // namespace

std::string History::text() const {
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

vcnode::webvh::Log History::read() const {
  return vcnode::webvh::Log::read(text(), vcnode::webvh::write_witness_file(proofs), rules());
}

rc::Gen<History> histories() {
  using Steps = std::vector<std::pair<std::uint8_t, std::uint32_t>>;
  return rc::gen::exec([] {
    Author author(*rc::gen::arbitrary<bool>());
    const auto steps = *rc::gen::resize(12, rc::gen::arbitrary<Steps>());
    for (const auto& [kind, number] : steps) author.take(static_cast<Step>(kind % 11), number % 1'000'000);
    return author.history;
  });
}

}  // namespace vcnode::test::webvh
