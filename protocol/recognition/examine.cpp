#include "protocol/recognition/examine.h"

#include <algorithm>

#include "crypto/base/encoding.h"
#include "protocol/recognition/codes.h"
#include "protocol/witness/policy.h"

namespace vcnode::recognition {
namespace {

// Feeds are of these; of whoever has none no statement can be held.
bool can_have_feed(const Did& did) {
  return did.method() == "webvh" || did.method() == "key";
}

// Two DIDs of one SCID are one body.
std::size_t bodies_in(const std::set<Did>& dids) {
  std::set<std::string_view> names;
  for (const Did& did : dids) names.insert(lookup_name_of(did.text()));
  return names.size();
}

class PolicyExamination {
 public:
  explicit PolicyExamination(const Policy& policy) : policy_(policy) {}

  std::vector<Note> run() {
    look_at_anchors();
    look_for_feeds("referencingFrom", policy_.referencing_from);
    look_at_time();
    look_at_endorsements();
    look_at_witnesses();
    look_at_observers();
    return std::move(notes_);
  }

 private:
  void add(Code code, std::string sentence) { notes_.push_back({code, std::move(sentence)}); }

  void look_for_feed(std::string_view member, const Did& did) {
    if (!can_have_feed(did))
      add(codes::POLICY_NEVER_MET,
          concat(member, ": ", excerpt(did.text()), " is a did:", excerpt(did.method()),
                 ", which has no feed: nothing that it says can be held here; only a "
                 "did:webvh or did:key counts"));
  }

  void look_for_feeds(std::string_view member, const std::set<Did>& dids) {
    for (const Did& did : dids) look_for_feed(member, did);
  }

  void look_at_anchors() {
    std::set<Did> dids;
    bool limits_levels = false;
    for (const statement::Anchor& anchor : policy_.anchors) {
      dids.insert(Did::parse(anchor.did).value());  // parse() has read it
      limits_levels = limits_levels || anchor.scope.eqf.has_value();
    }
    look_for_feeds("anchors", dids);
    if (limits_levels && policy_.referencing_from.empty())
      add(codes::POLICY_LEVELS_UNTRANSLATED,
          "anchors: a level limits what an anchor is believed for, and referencingFrom names nobody: a "
          "credential that states only a national level stays unknown");
  }

  bool asks_witnesses() const {
    const auto witnesses = witness::WitnessPolicy::parse(policy_.witnesses);
    return !policy_.witnesses.empty() && witnesses && witnesses->asks_for_witnesses();
  }

  void look_at_time() {
    if (policy_.issue_time_proven && !asks_witnesses())
      add(codes::POLICY_NEVER_MET,
          "time.issueTime: asks for a proven time, and witnesses names no quorum that could prove one");
  }

  void look_at_endorsements() {
    const std::int64_t least = policy_.endorsements_at_least;
    const std::set<Did>& from = policy_.endorsements_from;
    look_for_feeds("endorsement.from", from);
    if (least > static_cast<std::int64_t>(bodies_in(from)))
      add(codes::POLICY_NEVER_MET, concat("endorsement: atLeast is ", least, ", and the ", from.size(),
                                          " DIDs in from are ", bodies_in(from), " bodies"));
    if (least == 0 && !from.empty())
      add(codes::POLICY_NO_EFFECT, concat("endorsement: from names ", from.size(), ", and atLeast is 0"));
  }

  void look_at_witnesses() {
    if (policy_.witnesses.empty()) return;
    const auto witnesses = witness::WitnessPolicy::parse(policy_.witnesses).value();  // parse() has read it
    if (!witnesses.asks_for_witnesses())
      add(codes::POLICY_NO_EFFECT, "witnesses: \"quorum none\" asks nobody, so no time is ever proven");
    else if (witnesses.liars_for_two_branches() == 0)
      add(codes::POLICY_QUORUM_SPLITS, concat("witnesses: so few of the ", witnesses.witnesses().size(),
                                              " are asked for that two histories which contradict each other "
                                              "can both reach the quorum, and no "
                                              "witness has lied"));
  }

  void look_at_observers() {
    look_for_feeds("observers", policy_.observers);
    const std::size_t bodies = bodies_in(policy_.observers);
    if (bodies == 0 && policy_.observer_quorum > 1)
      add(codes::POLICY_NO_EFFECT,
          concat("observerQuorum: is ", policy_.observer_quorum, ", and observers is empty"));
    if (bodies > 0 && policy_.observer_quorum > bodies)
      add(codes::POLICY_NEVER_MET,
          concat("observerQuorum: is ", policy_.observer_quorum, ", and observers are ", bodies, " bodies"));
  }

  const Policy& policy_;
  std::vector<Note> notes_;
};

}  // namespace

std::vector<Note> examine(const Policy& policy) {
  return PolicyExamination(policy).run();
}

}  // namespace vcnode::recognition
