// Checkers: what must hold, each its own small class that shares no code with what it checks.
//
// They watch from outside: what nodes accept, release, acknowledge and say about each other. None of them
// changes the run; one that objects ends it. What a checker is called here is what a report and a planted
// bug's file call it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/feed/publisher.h"
#include "protocol/gossip/engine.h"
#include "tests/sim/issuer.h"
#include "tests/sim/network.h"
#include "tests/sim/world.h"

namespace vcnode::sim {

class Node;

// A change of one status bit that somebody was told is done.
struct StatusOperation {
  std::size_t issuer = 0;
  std::size_t pair = 1;  // of lists
  status::Purpose purpose = status::Purpose::revocation;
  std::uint64_t index = 0;
  bool value = false;
};
struct IssuedCredential {
  std::size_t issuer = 0;
  std::string list;
  std::uint64_t index = 0;
  std::string id;
};

class Checker {
 public:
  virtual ~Checker() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;

  virtual void on_start(const Node&) {}     // it runs, from what its disk holds
  virtual void on_restored(const Node&) {}  // its disk is an old copy
  virtual void on_accepted(const Node&, const feed::FeedSnapshot&) {}
  virtual void on_released(const Node&, const Issuer&, const feed::Publication&) {}
  virtual void on_frame(const Node&, gossip::PeerId, BytesView) {}  // it came in; the step is next
  virtual void on_sent(const Node&, gossip::PeerId, BytesView) {}
  virtual void on_event(const Node&, const gossip::Event&) {}
  virtual void on_step(const Node&) {}
  virtual void on_status_acknowledged(const StatusOperation&) {}
  virtual void on_status_unknown(const StatusOperation&) {}  // asked for, and nobody said how it ended
  virtual void on_issued(const IssuedCredential&) {}
  virtual void on_forgotten(const IssuedCredential&) {}  // its disk was an older one
  // All nodes run and are equal: what must have survived is there, everywhere.
  virtual void on_quiet(const std::vector<std::unique_ptr<Node>>&) {}

 protected:
  explicit Checker(World& world) : world_(world) {}
  template <class... Parts>
  void object(const Parts&... parts) const {
    world_.violate(name(), concat(parts...));
  }
  World& world_;
};

struct CheckerContext {
  World& world;
  const Network& network;
  const std::vector<Issuer>& issuers;
  std::size_t honest = 0;  // the first so many places
};
[[nodiscard]] std::unique_ptr<Checker> make_heads_checker(const CheckerContext&);
[[nodiscard]] std::unique_ptr<Checker> make_chain_checker(const CheckerContext&);
[[nodiscard]] std::unique_ptr<Checker> make_lists_checker(const CheckerContext&);
[[nodiscard]] std::unique_ptr<Checker> make_one_log_checker(const CheckerContext&);
[[nodiscard]] std::unique_ptr<Checker> make_forked_checker(const CheckerContext&);
[[nodiscard]] std::unique_ptr<Checker> make_future_checker(const CheckerContext&);
[[nodiscard]] std::unique_ptr<Checker> make_shown_checker(const CheckerContext&);
[[nodiscard]] std::unique_ptr<Checker> make_honest_checker(const CheckerContext&);
[[nodiscard]] std::unique_ptr<Checker> make_acknowledged_checker(const CheckerContext&);
[[nodiscard]] std::unique_ptr<Checker> make_indexes_checker(const CheckerContext&);
[[nodiscard]] std::unique_ptr<Checker> make_queues_checker(const CheckerContext&);
[[nodiscard]] std::unique_ptr<Checker> make_traffic_checker(const CheckerContext&);
[[nodiscard]] std::unique_ptr<Checker> make_rot_checker(const CheckerContext&);
[[nodiscard]] std::unique_ptr<Checker> make_credit_checker(const CheckerContext&);
[[nodiscard]] std::unique_ptr<Checker> make_standing_checker(const CheckerContext&);
[[nodiscard]] std::unique_ptr<Checker> make_may_sign_checker(const CheckerContext&);
[[nodiscard]] std::unique_ptr<Checker> make_admitted_checker(const CheckerContext&);
[[nodiscard]] std::vector<std::unique_ptr<Checker>> make_checkers(const CheckerContext&);

// Everybody who watches.
class Watch {
 public:
  void add(std::vector<std::unique_ptr<Checker>> checkers) { checkers_ = std::move(checkers); }
  template <class Call>
  void each(Call&& call) {
    for (const auto& checker : checkers_) call(*checker);
  }

 private:
  std::vector<std::unique_ptr<Checker>> checkers_;
};

}  // namespace vcnode::sim
