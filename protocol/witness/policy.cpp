#include "protocol/witness/policy.h"

#include <algorithm>
#include <numeric>
#include <span>

#include "crypto/base/assert.h"
#include "crypto/base/encoding.h"
#include "protocol/feed/decimal.h"
#include "protocol/witness/codes.h"

namespace vcnode::witness {
namespace {

constexpr std::string_view kNone = "none";

bool is_allowed(char c) {
  const auto octet = static_cast<unsigned char>(c);
  return c == '\t' || c == '\n' || (octet >= 0x20 && octet != 0x7F);
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  std::size_t at = 0;
  while ((at = line.find_first_not_of(" \t", at)) != std::string_view::npos) {
    const std::size_t end = std::min(line.find_first_of(" \t", at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end;
  }
  return words;
}

// Sum of the `count` smallest of `values`.
std::size_t sum_of_smallest(std::vector<std::size_t> values, std::size_t count) {
  std::sort(values.begin(), values.end());
  const auto end = values.begin() + static_cast<std::ptrdiff_t>(count);
  return std::accumulate(values.begin(), end, std::size_t{0});
}

}  // namespace

// Reads a policy line by line; every refusal names the line.
struct WitnessPolicy::Reader {
  WitnessPolicy policy;
  std::size_t line_number = 0;
  bool quorum_seen = false;

  using Words = std::span<const std::string_view>;

  template <class... Parts>
  Failure refuse(const Parts&... parts) const {
    return fail(codes::WITNESS_POLICY_MALFORMED, "line ", line_number, " of the witness policy: ", parts...);
  }

  Result<void> read_line(std::string_view line);
  Result<void> read_log(Words words);
  Result<void> read_witness(Words words);
  Result<void> read_group(Words words);
  Result<void> read_quorum(Words words);
  Result<feed::NoteKey> read_key(std::string_view vkey, feed::NoteKeyType type, std::string_view what) const;
  Result<void> check_new_name(std::string_view name) const;
  std::optional<std::size_t> find(std::string_view name) const;
};

Result<WitnessPolicy> WitnessPolicy::parse(std::string_view text) {
  if (text.size() > kPolicyBytesMax)
    return fail(codes::WITNESS_POLICY_MALFORMED, "the witness policy has ", text.size(),
                " bytes, over the limit of ", kPolicyBytesMax);
  Reader reader;
  while (!text.empty()) {
    ++reader.line_number;
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return reader.refuse("does not end with a newline");
    VCNODE_CHECK(reader.read_line(text.substr(0, end)));
    text.remove_prefix(end + 1);
  }
  if (!reader.quorum_seen)
    return fail(codes::WITNESS_POLICY_MALFORMED,
                "the witness policy has no quorum line; \"quorum none\" asks for no witness");
  return std::move(reader.policy);
}

Result<void> WitnessPolicy::Reader::read_line(std::string_view line) {
  if (!std::all_of(line.begin(), line.end(), is_allowed))
    return refuse("holds a control character other than tab");
  const auto words = words_of(line);
  if (words.empty() || words.front().starts_with('#')) return {};
  const std::string_view keyword = words.front();
  const Words rest = Words(words).subspan(1);
  if (keyword == "log") return read_log(rest);
  if (keyword == "witness") return read_witness(rest);
  if (keyword == "group") return read_group(rest);
  if (keyword == "quorum") return read_quorum(rest);
  return refuse("begins with \"", excerpt(keyword), "\"; log, witness, group and quorum are known");
}

Result<feed::NoteKey> WitnessPolicy::Reader::read_key(std::string_view vkey, feed::NoteKeyType type,
                                                      std::string_view what) const {
  auto key = feed::NoteKey::parse(vkey);
  if (!key) return refuse(key.error().message);
  if (key->type != type)
    return refuse("the key of a ", what, " is of type ", static_cast<unsigned>(type), ", this one of type ",
                  static_cast<unsigned>(key->type));
  const auto is_same = [&](const auto& named) { return named.key.key == key->key; };
  if (std::any_of(policy.logs_.begin(), policy.logs_.end(), is_same) ||
      std::any_of(policy.witnesses_.begin(), policy.witnesses_.end(), is_same))
    return refuse("the key of \"", excerpt(key->name), "\" stands on an earlier line");
  return key;
}

Result<void> WitnessPolicy::Reader::read_log(Words words) {
  if (words.empty() || words.size() > 2) return refuse("is not \"log <vkey> [<url>]\"");
  if (policy.logs_.size() == kPolicyLogsMax)
    return refuse("is one log more than the limit of ", kPolicyLogsMax);
  VCNODE_TRY(auto key, read_key(words[0], feed::NoteKeyType::ed25519, "log"));
  policy.logs_.push_back({std::move(key), words.size() == 2 ? std::string(words[1]) : std::string()});
  return {};
}

std::optional<std::size_t> WitnessPolicy::Reader::find(std::string_view name) const {
  const auto& members = policy.members_;
  const auto found =
      std::find_if(members.begin(), members.end(), [&](const Member& member) { return member.name == name; });
  if (found == members.end()) return std::nullopt;
  return static_cast<std::size_t>(found - members.begin());
}

Result<void> WitnessPolicy::Reader::check_new_name(std::string_view name) const {
  if (policy.members_.size() == kPolicyNamesMax)
    return refuse("is one witness or group more than the limit of ", kPolicyNamesMax);
  if (name == kNone) return refuse("the name \"none\" has a meaning of its own");
  if (find(name)) return refuse("the name \"", excerpt(name), "\" stands on an earlier line");
  return {};
}

Result<void> WitnessPolicy::Reader::read_witness(Words words) {
  if (words.size() < 2 || words.size() > 3) return refuse("is not \"witness <name> <vkey> [<url>]\"");
  VCNODE_CHECK(check_new_name(words[0]));
  VCNODE_TRY(auto key, read_key(words[1], feed::NoteKeyType::cosignature_v1, "witness"));
  Member member{std::string(words[0]), policy.witnesses_.size(), 1, {}};
  policy.members_.push_back(std::move(member));
  policy.witnesses_.push_back(
      {std::string(words[0]), std::move(key), words.size() == 3 ? std::string(words[2]) : std::string()});
  return {};
}

Result<void> WitnessPolicy::Reader::read_group(Words words) {
  if (words.size() < 3) return refuse("is not \"group <name> all|any|<k> <name>...\"");
  VCNODE_CHECK(check_new_name(words[0]));
  Member group{std::string(words[0]), std::nullopt, 1, {}};
  const Words names = words.subspan(2);
  for (const std::string_view name : names) {
    const auto index = find(name);
    if (!index) return refuse("the member \"", excerpt(name), "\" is not defined on an earlier line");
    Member& member = policy.members_[*index];
    if (member.in_group) return refuse("\"", excerpt(name), "\" is a member already");
    member.in_group = true;
    group.members.push_back(*index);
  }
  if (words[1] == "all") {
    group.threshold = names.size();
  } else if (words[1] != "any") {
    const auto threshold = feed::parse_decimal(words[1]);
    if (!threshold || *threshold == 0 || *threshold > names.size())
      return refuse("the threshold \"", excerpt(words[1]), "\" is not all, any or a number from 1 to ",
                    names.size());
    group.threshold = static_cast<std::size_t>(*threshold);
  }
  policy.members_.push_back(std::move(group));
  return {};
}

Result<void> WitnessPolicy::Reader::read_quorum(Words words) {
  if (words.size() != 1) return refuse("is not \"quorum <name>\"");
  if (quorum_seen) return refuse("is a second quorum line");
  quorum_seen = true;
  if (words[0] == kNone) return {};
  policy.quorum_ = find(words[0]);
  if (!policy.quorum_)
    return refuse("the quorum \"", excerpt(words[0]), "\" is not defined on an earlier line");
  return {};
}

Witnessed WitnessPolicy::judge(const feed::Note& note) const {
  Witnessed out;
  std::vector<std::optional<Timestamp>> since(members_.size());  // when each member had cosigned
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const Member& member = members_[i];
    if (member.witness) {
      const PolicyWitness& witness = witnesses_[*member.witness];
      const auto cosignature = feed::verify_cosignature(note, witness.key);
      if (cosignature) {
        since[i] = cosignature->first;
        out.cosignatures.push_back({witness.name, cosignature->first, cosignature->time});
      } else if (cosignature.error().code != codes::NOTE_UNSIGNED) {
        out.bad.push_back(witness.name);
      }
      continue;
    }
    std::vector<Timestamp> times;
    for (const std::size_t index : member.members)
      if (since[index]) times.push_back(*since[index]);
    if (times.size() < member.threshold) continue;
    std::sort(times.begin(), times.end());
    since[i] = times[member.threshold - 1];
  }
  if (quorum_) out.by = since[*quorum_];
  out.quorum = !quorum_ || out.by.has_value();
  return out;
}

Result<feed::Checkpoint> WitnessPolicy::verify_log(const feed::Note& note) const {
  VCNODE_TRY(auto checkpoint, feed::Checkpoint::parse(note.text));
  Result<void> refused = {};
  for (const PolicyLog& log : logs_) {
    if (log.key.name != checkpoint.origin) continue;
    refused = feed::verify_signature(note, log.key);
    if (refused) return checkpoint;
  }
  if (!refused) return refused.failure();
  return fail(codes::LOG_NOT_IN_POLICY, "the checkpoint is of the log \"", excerpt(checkpoint.origin),
              "\", which is none of the ", logs_.size(), " of the policy");
}

std::size_t WitnessPolicy::liars_for_two_branches() const {
  if (!quorum_) return 0;
  // Two branches that each take k of n members share at least 2k − n; at best those that need fewest liars.
  std::vector<std::size_t> liars;
  for (const Member& member : members_) {
    if (member.witness) {
      liars.push_back(1);
      continue;
    }
    const std::size_t n = member.members.size();
    const std::size_t shared = 2 * member.threshold > n ? 2 * member.threshold - n : 0;
    std::vector<std::size_t> needs;
    for (const std::size_t index : member.members) needs.push_back(liars[index]);
    liars.push_back(sum_of_smallest(std::move(needs), shared));
  }
  return liars[*quorum_];
}

std::size_t WitnessPolicy::absent_max() const {
  if (!quorum_) return witnesses_.size();
  // A group fails once n − k + 1 members fail; at worst those that fail soonest.
  std::vector<std::size_t> fails_with;
  for (const Member& member : members_) {
    if (member.witness) {
      fails_with.push_back(1);
      continue;
    }
    std::vector<std::size_t> needs;
    for (const std::size_t index : member.members) needs.push_back(fails_with[index]);
    fails_with.push_back(sum_of_smallest(std::move(needs), member.members.size() - member.threshold + 1));
  }
  return fails_with[*quorum_] - 1;
}

}  // namespace vcnode::witness
