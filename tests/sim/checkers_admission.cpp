// Who is admitted, and by whom: nobody without a Sponsorship, and in the end everybody who has one.
#include <algorithm>

#include "tests/sim/node.h"

namespace vcnode::sim {
namespace {

class Admitted final : public Checker {
 public:
  explicit Admitted(const CheckerContext& context) : Checker(context.world), issuers_(context.issuers) {}
  [[nodiscard]] std::string_view name() const override { return "admitted"; }

  void on_event(const Node& node, const gossip::Event& event) override {
    const auto* changed = std::get_if<gossip::AdmissionChanged>(&event);
    if (changed == nullptr) return;
    for (const std::string& did : changed->admitted) {
      const auto issuer = std::find_if(issuers_.begin(), issuers_.end(),
                                       [&](const Issuer& one) { return one.did.text() == did; });
      if (issuer == issuers_.end() || !issuer->sponsorship_made)
        object("node ", node.number(), " admits ", did, ", whom nobody sponsored");
    }
  }
  void on_quiet(const std::vector<std::unique_ptr<Node>>& nodes) override {
    for (const auto& node : nodes) {
      for (const Issuer& issuer : issuers_)
        if (!node->engine().reconciles(issuer.did.text()))
          object("node ", node->number(), " does not admit issuer ", issuer.number);
      if (const auto count = node->engine().admission().reconciled; count != issuers_.size())
        object("node ", node->number(), " admits ", count, " issuers of ", issuers_.size());
    }
  }

 private:
  const std::vector<Issuer>& issuers_;
};

}  // namespace

std::unique_ptr<Checker> make_admitted_checker(const CheckerContext& context) {
  return std::make_unique<Admitted>(context);
}

}  // namespace vcnode::sim
