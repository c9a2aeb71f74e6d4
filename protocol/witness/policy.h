// WitnessPolicy: whose cosignatures make a checkpoint count (C2SP tlog-policy).
//
// A policy names logs, witnesses and groups of them (at least k of n members), and one quorum. Every name is
// a member of at most one group, so the groups are a tree and no witness counts twice.
//
// Besides yes or no, the policy answers three questions about itself and a note:
//   - when the quorum had cosigned: the smallest time by which enough members had. A checkpoint existed by
//     then, whatever its log says (design/network.md, "Was this key the issuer's at the time?");
//   - how many witnesses must lie before two contradicting checkpoints both reach the quorum;
//   - how many may be away before none does.
//
// Choices where the text is silent: keys of types other than the ones below are refused, since a member that
// can never count would make the quorum harder than it looks; so are a vkey's second use as log and witness,
// and names that are keywords or the predefined "none".
//
// Errors: WITNESS_POLICY_MALFORMED, naming the line. Threading: a plain value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/feed/note.h"

namespace vcnode::witness {

// tlog-policy asks for 32 of each; a national federation has hundreds.
inline constexpr std::size_t kPolicyBytesMax = 256 * 1024;
inline constexpr std::size_t kPolicyNamesMax = 512;  // witnesses and groups together
inline constexpr std::size_t kPolicyLogsMax = 512;

struct PolicyLog {
  feed::NoteKey key;  // of type ed25519; its name is the log's origin
  std::string url;    // empty if none is given
};

struct PolicyWitness {
  std::string name;   // in this file
  feed::NoteKey key;  // of type cosignature_v1
  std::string url;    // of its submission prefix; empty if none is given
};

// What the witnesses of a policy say of one note.
struct Witnessed {
  bool quorum = false;
  // The smallest time by which the quorum had cosigned; none without a quorum, and under "quorum none", which
  // bounds nothing.
  std::optional<Timestamp> by;
  std::vector<feed::Cosignature>
      cosignatures;              // that verify, in the order of the policy, by the policy's names
  std::vector<std::string> bad;  // names whose lines do not verify; they count as absent
};

class WitnessPolicy {
 public:
  [[nodiscard]] static Result<WitnessPolicy> parse(std::string_view text);

  [[nodiscard]] const std::vector<PolicyLog>& logs() const noexcept { return logs_; }
  [[nodiscard]] const std::vector<PolicyWitness>& witnesses() const noexcept { return witnesses_; }
  [[nodiscard]] bool asks_for_witnesses() const noexcept { return quorum_.has_value(); }

  // Checks the cosignatures only; the log's own signature is the caller's, or verify_log's.
  [[nodiscard]] Witnessed judge(const feed::Note& note) const;
  // The checkpoint in `note`, signed by the log of the policy whose name is its origin.
  // Errors: LOG_NOT_IN_POLICY, NOTE_*.
  [[nodiscard]] Result<feed::Checkpoint> verify_log(const feed::Note& note) const;

  // The fewest witnesses that must cosign both of two contradicting checkpoints before each has the quorum.
  // With fewer liars at most one branch wins; 0 says that no liar is needed. For k of n plain witnesses this
  // is 2k − n, or 0.
  [[nodiscard]] std::size_t liars_for_two_branches() const;
  // The most witnesses that may be away, whichever they are, while the others still reach the quorum.
  [[nodiscard]] std::size_t absent_max() const;

 private:
  // A witness or a group, in the order of definition: members stand before their group.
  struct Member {
    std::string name;
    std::optional<std::size_t> witness;  // index into witnesses_
    std::size_t threshold = 1;
    std::vector<std::size_t> members;  // indexes of Members
    bool in_group = false;
  };
  struct Reader;

  std::vector<PolicyLog> logs_;
  std::vector<PolicyWitness> witnesses_;
  std::vector<Member> members_;
  std::optional<std::size_t> quorum_;  // index into members_; none: "quorum none"
};

}  // namespace vcnode::witness
