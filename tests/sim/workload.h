// Workload: what people do at one issuer's counter: issue, revoke, suspend, reinstate, state.
//
// It remembers what it was told, so that the checkers know what was promised. One change of one credential at
// a time: what nobody answered (the process died) may have happened or not.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "tests/sim/desk.h"

namespace vcnode::sim {

class Workload {
 public:
  Workload(World& world, Watch& watch, Node& node, Issuer& issuer, std::int64_t change_ms);
  void start();
  void stop() noexcept { stopped_ = true; }
  void on_crash();     // whatever waited for an answer gets none
  void on_restored();  // the disk is an old copy: some credentials are not in it
  // Whoever waives the start check says nothing before there is news: until the node holds so many leaves, or
  // has verified a head that it does not hold. In that very moment it says something.
  void wait_for_news(std::uint64_t leaves);
  [[nodiscard]] bool waits_for_news() const noexcept { return news_at_.has_value(); }
  // Makes a Sponsorship, tried again until it is acknowledged.
  void sponsor(Issuer& whom, std::uint64_t quota);
  // Liveness: one more statement, tried again until it is acknowledged.
  void say_last_word();
  [[nodiscard]] bool last_word_acknowledged() const noexcept { return last_word_; }
  [[nodiscard]] const std::string& why_not() const noexcept { return why_not_; }
  [[nodiscard]] std::size_t acknowledged() const noexcept { return acknowledged_; }

 private:
  struct Credential {
    Desk::Place place;
    bool revoked = false;
    bool suspended = false;
    bool busy = false;
  };
  void change();
  void act();
  void look_for_news();
  void open_lists(Desk& desk);
  void issue(Desk& desk);
  void set_status(Desk& desk, status::Purpose purpose);
  void state(Desk& desk);

  World& world_;
  Watch& watch_;
  Node& node_;
  Issuer& issuer_;
  const std::int64_t change_ms_;
  SeededRng rng_;
  std::map<std::string, Credential> credentials_;
  std::map<std::string, StatusOperation> unanswered_;  // by credential
  std::uint64_t numbers_ = 0;
  std::optional<std::uint64_t> news_at_;  // leaves
  bool stopped_ = false;
  bool last_word_ = false;
  std::size_t acknowledged_ = 0;
  std::string why_not_;
};

}  // namespace vcnode::sim
