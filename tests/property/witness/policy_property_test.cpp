// Random policies against definitions that go through every set of witnesses.
#include <algorithm>
#include <bit>

#include "protocol/witness/policy.h"
#include "tests/support/property.h"
#include "tests/unit/protocol/witness/fixtures.h"

using namespace vcnode;
using namespace vcnode::test;
using witness::WitnessPolicy;

namespace {

constexpr std::size_t kWitnessesMax = 6;
using Set = unsigned;  // bit i: witness i

// A policy as the test thinks of it.
struct Group {
  std::size_t threshold = 1;
  std::vector<std::size_t> members;  // below `witnesses`: a witness; else groups[member - witnesses]
};
struct Model {
  std::size_t witnesses = 0;
  std::vector<Group> groups;

  [[nodiscard]] bool reached(std::size_t member, Set cosigned) const {
    if (member < witnesses) return (cosigned >> member & 1U) != 0;
    const Group& group = groups[member - witnesses];
    std::size_t count = 0;
    for (const std::size_t inner : group.members) count += reached(inner, cosigned) ? 1 : 0;
    return count >= group.threshold;
  }
  [[nodiscard]] bool quorum(Set cosigned) const { return reached(witnesses + groups.size() - 1, cosigned); }
  [[nodiscard]] Set all() const { return (1U << witnesses) - 1; }
};

Model random_model() {
  Model model;
  model.witnesses = *rc::gen::inRange<std::size_t>(1, kWitnessesMax + 1);
  std::vector<std::size_t> free;
  for (std::size_t i = 0; i < model.witnesses; ++i) free.push_back(i);
  const auto groups = *rc::gen::inRange<std::size_t>(1, 4);
  for (std::size_t i = 0; i < groups && !free.empty(); ++i) {
    Group group;
    const auto count = *rc::gen::inRange<std::size_t>(1, free.size() + 1);
    for (std::size_t j = 0; j < count; ++j) {
      const auto at = static_cast<std::ptrdiff_t>(*rc::gen::inRange<std::size_t>(0, free.size()));
      group.members.push_back(free[static_cast<std::size_t>(at)]);
      free.erase(free.begin() + at);
    }
    group.threshold = *rc::gen::inRange<std::size_t>(1, count + 1);
    free.push_back(model.witnesses + i);
    model.groups.push_back(std::move(group));
  }
  return model;
}

std::string name_of(const Model& model, std::size_t member) {
  return member < model.witnesses ? concat("w", member + 1) : concat("g", member - model.witnesses);
}

WitnessPolicy policy_of(const Model& model, const std::vector<NamedKey>& keys) {
  std::string text;
  for (std::size_t i = 0; i < model.witnesses; ++i) text += witness_line(keys[i]);
  for (std::size_t i = 0; i < model.groups.size(); ++i) {
    text += concat("group g", i, " ", model.groups[i].threshold);
    for (const std::size_t member : model.groups[i].members) text += " " + name_of(model, member);
    text += "\n";
  }
  return WitnessPolicy::parse(concat(text, "quorum g", model.groups.size() - 1, "\n")).value();
}

std::size_t count(Set set) {
  return static_cast<std::size_t>(std::popcount(set));
}

}  // namespace

TEST_CASE("the quorum, and when it was reached, are those of the definition") {
  TestLog log(3);
  auto keys = witnesses(kWitnessesMax);
  CHECK_PROPERTY("judge", [&] {
    const Model model = random_model();
    std::vector<std::int64_t> times;  // 0: absent
    std::string note = log.checkpoint(3);
    for (std::size_t i = 0; i < model.witnesses; ++i) {
      times.push_back(*rc::gen::inRange<std::int64_t>(0, 8));
      if (times[i] > 0) note += log.cosigned(3, keys[i], times[i]);
    }
    const auto cosigned_by = [&](std::int64_t time) {
      Set set = 0;
      for (std::size_t i = 0; i < model.witnesses; ++i)
        if (times[i] > 0 && times[i] <= time) set |= 1U << i;
      return set;
    };
    const auto judged = policy_of(model, keys).judge(feed::Note::parse(note).value());
    RC_ASSERT(judged.quorum == model.quorum(cosigned_by(8)));
    RC_ASSERT(judged.quorum == judged.by.has_value());
    if (!judged.quorum) return;
    RC_ASSERT(model.quorum(cosigned_by(judged.by->seconds())));
    RC_ASSERT(!model.quorum(cosigned_by(judged.by->seconds() - 1)));
  });
}

TEST_CASE("liars and absences are those of a search through all sets") {
  const auto keys = witnesses(kWitnessesMax);
  CHECK_PROPERTY("numbers", [&] {
    const Model model = random_model();
    std::size_t liars = model.witnesses;
    std::size_t absent = model.witnesses;  // the fewest whose absence ends the quorum
    for (Set one = 0; one <= model.all(); ++one) {
      if (!model.quorum(model.all() & ~one)) absent = std::min(absent, count(one));
      if (!model.quorum(one)) continue;
      for (Set other = 0; other <= model.all(); ++other)
        if (model.quorum(other)) liars = std::min(liars, count(one & other));
    }
    const WitnessPolicy policy = policy_of(model, keys);
    RC_ASSERT(policy.liars_for_two_branches() == liars);
    RC_ASSERT(policy.absent_max() == absent - 1);
  });
}
