// Sponsors and what they grant, in the order of their leaves.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "protocol/statement/admission.h"
#include "tests/unit/protocol/statement/fixtures.h"

namespace vcnode::statement::test {

class Sponsors {
 public:
  // Returns the Sponsorship.
  Statement grant(const std::string& sponsor, const std::string& name, std::uint64_t quota) {
    return grant_did(sponsor, body_did(name), quota);
  }
  Statement grant_did(const std::string& sponsor, const std::string& did, std::uint64_t quota) {
    return add(sponsor, did, Sponsorship{quota});
  }
  void withdraw(const std::string& sponsor, const Statement& granted,
                std::optional<Place> until = std::nullopt) {
    Withdrawal says = withdrawal(granted);
    says.sponsorships_until = until;
    add(sponsor, granted.id, says);
  }
  void miss(const std::string& sponsor) {
    Feed& feed = feeds_[sponsor];
    if (!feed.missing) feed.missing = Place{1, feed.size};
    ++feed.size;
  }
  void fork(const std::string& sponsor, Place below) { feeds_[sponsor].below = below; }

  [[nodiscard]] SponsorLogs logs() const {
    return [this](std::string_view name) -> SponsorLog {
      const auto found = feeds_.find(name);
      if (found == feeds_.end()) return {nullptr};
      const Feed& feed = found->second;
      Gaps gaps;
      gaps.first_missing = feed.missing;
      return {std::make_shared<const StatementLog>(StatementLog().with(feed.entries).with(gaps)), feed.below};
    };
  }
  [[nodiscard]] AdmittedSet admitted_by(const std::string& root, std::uint64_t quota) const {
    const std::vector<SponsorRoot> roots{{body_did(root), quota}};
    return admitted(roots, logs());
  }
  [[nodiscard]] std::set<std::string> names(const std::string& root, std::uint64_t quota) const {
    std::set<std::string> out;
    for (const auto& [name, one] : admitted_by(root, quota)) out.insert(name);
    return out;
  }

 private:
  struct Feed {
    std::vector<Entry> entries;
    std::uint64_t size = 0;
    std::optional<Place> missing;
    std::optional<Place> below;
  };

  Statement add(const std::string& sponsor, std::string_view subject, Says says) {
    Feed& feed = feeds_[sponsor];
    const auto statement = statement_of(concat(sponsor, "-", feed.size), subject, std::move(says));
    feed.entries.push_back(entry_of(statement, {1, feed.size++}));
    return statement;
  }

  std::map<std::string, Feed, std::less<>> feeds_;
};

}  // namespace vcnode::statement::test
