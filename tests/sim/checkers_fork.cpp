// Checker of feeds whose issuer tells two histories.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "crypto/base/encoding.h"
#include "tests/sim/node.h"

namespace vcnode::sim {
namespace {

using feed::OriginHash;

// Who has seen both histories relies on neither: the feed neither grows nor thaws, over restarts too: once
// nothing is on its way to the disk, the disk holds the mark, and a start finds it. Nobody else's feed is
// taken for forked (that is one_log's).
class Forked final : public Checker {
 public:
  explicit Forked(const CheckerContext& context) : Checker(context.world), issuers_(context.issuers) {}
  [[nodiscard]] std::string_view name() const override { return "forked"; }

  void on_start(const Node& node) override {
    for (const Issuer& issuer : issuers_) {
      if (!issuer.forks) continue;
      frozen_.erase({node.number(), issuer.hash()});
      marked_.erase({node.number(), issuer.hash()});
      const feed::FeedReplica& replica = *node.replica(issuer.hash());
      if (replica.contradicted()) {
        frozen_.emplace(std::make_pair(node.number(), issuer.hash()), Frozen{replica.size(), true});
      } else if (*node.disk().note(feed::contradiction_mark(issuer.hash()))) {
        object("node ", node.number(), " has forgotten that issuer ", issuer.number,
               " told two histories, and its disk has not");
      }
    }
  }
  void on_step(const Node& node) override {
    if (node.stores_under_way() > 0 || node.store_failed()) return;
    for (const Issuer& issuer : issuers_) {
      if (!issuer.forks || !node.replica(issuer.hash())->contradicted()) continue;
      if (!marked_.insert({node.number(), issuer.hash()}).second) continue;
      if (!*node.disk().note(feed::contradiction_mark(issuer.hash())))
        object("node ", node.number(), " knows that issuer ", issuer.number,
               " told two histories, and would not after a restart: its disk holds no mark");
    }
  }
  void on_accepted(const Node& node, const feed::FeedSnapshot& snapshot) override {
    const OriginHash& origin = snapshot.origin.hash();
    const auto issuer = std::find_if(issuers_.begin(), issuers_.end(),
                                     [&](const Issuer& one) { return one.hash() == origin; });
    if (issuer == issuers_.end() || !issuer->forks) return;
    const auto frozen = frozen_.find({node.number(), origin});
    if (frozen == frozen_.end()) {
      if (snapshot.contradicted)
        frozen_.emplace(std::make_pair(node.number(), origin), Frozen{snapshot.head.tree.size, false});
      return;
    }
    if (!snapshot.contradicted)
      object("node ", node.number(), " relies again on issuer ", issuer->number,
             ", which told two histories");
    if (snapshot.head.tree.size == frozen->second.size) return;
    if (std::exchange(frozen->second.grown, true))
      object("node ", node.number(), " lets the feed of issuer ", issuer->number, " grow from ",
             frozen->second.size, " to ", snapshot.head.tree.size,
             " after it was found to have two histories");
    frozen->second.size = snapshot.head.tree.size;
  }

 private:
  struct Frozen {
    std::uint64_t size = 0;
    bool grown = false;  // by what was being stored when the second history came
  };
  const std::vector<Issuer>& issuers_;
  std::set<std::pair<std::size_t, OriginHash>> marked_;  // of this life
  std::map<std::pair<std::size_t, OriginHash>, Frozen> frozen_;
};

}  // namespace

std::unique_ptr<Checker> make_forked_checker(const CheckerContext& context) {
  return std::make_unique<Forked>(context);
}

}  // namespace vcnode::sim
