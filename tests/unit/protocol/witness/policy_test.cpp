#include "protocol/witness/policy.h"

#include "protocol/witness/codes.h"
#include "tests/unit/protocol/witness/fixtures.h"

using namespace vcnode;
using namespace vcnode::test;
using witness::WitnessPolicy;

namespace {

struct PolicyWorld {
  TestLog log{4};
  std::vector<NamedKey> keys = witnesses(6);

  [[nodiscard]] std::string lines(std::size_t count) const {
    std::string out = concat("log ", log.key.log_key().vkey(), " https://log.example/\n");
    for (std::size_t i = 0; i < count; ++i) out += witness_line(keys[i]);
    return out;
  }
  [[nodiscard]] WitnessPolicy policy(std::size_t count, const std::string& rest) const {
    const auto policy = WitnessPolicy::parse(lines(count) + rest);
    REQUIRE_OK(policy);
    return *policy;
  }
  // Cosigned at those times; a time of 0 is no cosignature.
  [[nodiscard]] feed::Note note(const std::vector<std::int64_t>& times) {
    std::string text = log.checkpoint(4);
    for (std::size_t i = 0; i < times.size(); ++i)
      if (times[i] != 0) text += log.cosigned(4, keys[i], times[i]);
    return feed::Note::parse(text).value();
  }
};

void no_policy(const std::string& text, std::string_view why) {
  CAPTURE(text);
  CHECK_CODE_NAMES(WitnessPolicy::parse(text), codes::WITNESS_POLICY_MALFORMED, why);
}

}  // namespace

TEST_CASE("the example of tlog-policy: two of three here and one of three there") {
  PolicyWorld world;
  const auto policy = world.policy(6,
                                   "group X 2 w1 w2 w3\n\n# others\n\t group  Y any\tw4 w5 w6 \n"
                                   "group both all X Y\nquorum both\n");
  CHECK(policy.asks_for_witnesses());
  REQUIRE(policy.logs().size() == 1);
  CHECK(policy.logs()[0].url == "https://log.example/");
  CHECK(policy.witnesses().size() == 6);

  const auto reached = policy.judge(world.note({50, 10, 30, 0, 40, 0}));
  CHECK(reached.quorum);
  CHECK(reached.by == Timestamp(40));  // X at 30, Y at 40
  CHECK(reached.cosignatures.size() == 4);
  CHECK(reached.bad.empty());

  CHECK_FALSE(policy.judge(world.note({50, 10, 30, 0, 0, 0})).quorum);
  const auto missed = policy.judge(world.note({50, 0, 0, 10, 20, 30}));
  CHECK_FALSE(missed.quorum);
  CHECK_FALSE(missed.by.has_value());
  CHECK(missed.cosignatures.size() == 4);
}

TEST_CASE("a quorum may be one witness, or none") {
  PolicyWorld world;
  const auto one = world.policy(2, "quorum w2\n");
  CHECK(one.judge(world.note({0, 7})).by == Timestamp(7));
  CHECK_FALSE(one.judge(world.note({7})).quorum);

  const auto none = world.policy(2, "quorum none\n");
  CHECK_FALSE(none.asks_for_witnesses());
  const auto judged = none.judge(world.note({7}));
  CHECK(judged.quorum);
  CHECK_FALSE(judged.by.has_value());  // nobody's word is asked for, so nothing bounds the time
  CHECK(judged.cosignatures.size() == 1);
}

TEST_CASE("of several cosignatures of a witness the first bounds the time, the last shows how fresh it is") {
  PolicyWorld world;
  std::string text = world.log.checkpoint(4);
  for (const std::int64_t time : {30, 10, 20}) text += world.log.cosigned(4, world.keys[0], time);
  const auto judged = world.policy(1, "quorum w1\n").judge(feed::Note::parse(text).value());
  CHECK(judged.by == Timestamp(10));
  REQUIRE(judged.cosignatures.size() == 1);
  CHECK(judged.cosignatures[0].time == Timestamp(30));
}

TEST_CASE("a cosignature that does not verify counts as absent and is named") {
  PolicyWorld world;
  TestLog other(3);
  const std::string foreign = other.cosigned(3, world.keys[0], 10);
  const auto note = feed::Note::parse(world.log.checkpoint(4) + foreign).value();
  const auto judged = world.policy(1, "quorum w1\n").judge(note);
  CHECK_FALSE(judged.quorum);
  CHECK(judged.bad == std::vector<std::string>{"w1"});
}

TEST_CASE("the policy's name of a witness is not the name in its key") {
  PolicyWorld world;
  const auto policy = WitnessPolicy::parse(
      concat("witness ministry ", world.keys[0].witness_key().vkey(), "\nquorum ministry\n"));
  REQUIRE_OK(policy);
  const auto judged = policy->judge(world.note({5}));
  CHECK(judged.quorum);
  CHECK(judged.cosignatures.at(0).name == "ministry");
}

TEST_CASE("a checkpoint is of a log of the policy, by name and key") {
  PolicyWorld world;
  const auto policy = world.policy(0, "quorum none\n");
  const auto checkpoint = policy.verify_log(world.note({}));
  REQUIRE_OK(checkpoint);
  CHECK(checkpoint->tree == world.log.tree(4));

  TestLog stranger(2, "example.com/other");
  CHECK_CODE_NAMES(policy.verify_log(feed::Note::parse(stranger.checkpoint(2)).value()),
                   codes::LOG_NOT_IN_POLICY, "example.com/other");

  // Its name with another's key.
  NamedKey thief(9, kLogName);
  const std::string text = world.log.text(4);
  const std::string stolen = feed::signature_line(text, thief.log_key(), thief.signer).value();
  CHECK_CODE(policy.verify_log(feed::Note::parse(text + "\n" + stolen).value()), codes::NOTE_UNSIGNED);

  // A log with two keys: one of them is enough.
  const auto two = world.policy(0, concat("log ", thief.log_key().vkey(), "\nquorum none\n"));
  REQUIRE_OK(two.verify_log(feed::Note::parse(text + "\n" + stolen).value()));
  REQUIRE_OK(two.verify_log(world.note({})));
}

TEST_CASE("how many liars make two branches, and how many may be away") {
  PolicyWorld world;
  struct Row {
    std::string rest;
    std::size_t liars, absent;
  };
  for (const Row& row :
       std::vector<Row>{{"quorum w1\n", 1, 0},
                        {"group g 4 w1 w2 w3 w4 w5 w6\nquorum g\n", 2, 2},
                        {"group g 3 w1 w2 w3 w4 w5 w6\nquorum g\n", 0, 3},
                        {"group g all w1 w2 w3 w4 w5 w6\nquorum g\n", 6, 0},
                        {"group a 2 w1 w2 w3\ngroup b all w4 w5\ngroup g any a b\nquorum g\n", 0, 2},
                        {"group a 2 w1 w2 w3\ngroup b all w4 w5\ngroup g all a b\nquorum g\n", 3, 0},
                        {"group a any w1 w2 w3\ngroup g all a w4\nquorum g\n", 1, 0}}) {
    CAPTURE(row.rest);
    const auto policy = world.policy(6, row.rest);
    CHECK(policy.liars_for_two_branches() == row.liars);
    CHECK(policy.absent_max() == row.absent);
  }
  const auto none = world.policy(6, "quorum none\n");
  CHECK(none.liars_for_two_branches() == 0);
  CHECK(none.absent_max() == 6);
}

TEST_CASE("a malformed policy names its line and what is wrong") {
  PolicyWorld world;
  const std::string w1 = witness_line(world.keys[0]);
  const std::string vkey = world.keys[0].witness_key().vkey();
  const std::string log_vkey = world.log.key.log_key().vkey();
  no_policy("", "no quorum line");
  no_policy("# only a comment\n", "no quorum line");
  no_policy("quorum none", "line 1 of the witness policy: does not end with a newline");
  no_policy("quorum none\nquorum none\n", "line 2 of the witness policy: is a second quorum line");
  no_policy("quorum\n", "is not \"quorum <name>\"");
  no_policy("quorum w1\n" + w1, "\"w1\" is not defined on an earlier line");
  no_policy("quroum none\n", "begins with \"quroum\"");
  no_policy("quorum none\r\n", "control character");
  no_policy(concat("quorum none", std::string(1, '\0'), "\n"), "control character");
  no_policy("quorum none\x7F\n", "control character");
  no_policy("log\n", "is not \"log <vkey> [<url>]\"");
  no_policy(concat("log ", log_vkey, " a b\n"), "is not \"log <vkey> [<url>]\"");
  no_policy(concat("log ", log_vkey, "\nlog ", log_vkey, "\n"), "line 2 of the witness policy: the key of");
  no_policy(concat("log ", vkey, "\n"), "the key of a log is of type 1, this one of type 4");
  no_policy(concat("witness a ", log_vkey, "\n"), "the key of a witness is of type 4, this one of type 1");
  no_policy("witness a nonsense\n", "is not <name>+<hash>+<base64>");
  no_policy("witness a\n", "is not \"witness <name> <vkey> [<url>]\"");
  no_policy(concat("witness none ", vkey, "\n"), "\"none\" has a meaning of its own");
  no_policy(concat(w1, "witness w1 ", world.keys[1].witness_key().vkey(), "\n"),
            "\"w1\" stands on an earlier");
  no_policy(concat(w1, "witness again ", vkey, "\n"), "the key of \"w1\" stands on an earlier line");
  // The same key under another name is the same witness.
  no_policy(concat(w1, "witness again ", NamedKey(1, "renamed").witness_key().vkey(), "\n"),
            "the key of \"renamed\" stands on an earlier line");
  no_policy(concat("log ", NamedKey(1, kLogName).log_key().vkey(), "\n", w1), "stands on an earlier line");
  no_policy(w1 + "group g all\n", "is not \"group <name> all|any|<k> <name>...\"");
  no_policy(w1 + "group g any w2\n", "\"w2\" is not defined on an earlier line");
  no_policy(w1 + "group g any g\n", "\"g\" is not defined on an earlier line");
  no_policy(w1 + "group g any none\n", "\"none\" is not defined on an earlier line");
  no_policy(w1 + "group none any w1\n", "\"none\" has a meaning of its own");
  no_policy(w1 + "group w1 any w1\n", "\"w1\" stands on an earlier line");
  no_policy(w1 + "group g any w1 w1\n", "\"w1\" is a member already");
  no_policy(w1 + "group g any w1\ngroup h any w1\n",
            "line 3 of the witness policy: \"w1\" is a member already");
  for (const std::string threshold : {"0", "2", "01", "+1", "-1", "1.0", "most", "99999999999999999999"})
    no_policy(concat(w1, "group g ", threshold, " w1\n"), concat("the threshold \"", threshold, "\""));
}

TEST_CASE("names are octets, and comments may hold any text") {
  PolicyWorld world;
  const std::string vkey = world.keys[0].witness_key().vkey();
  REQUIRE_OK(
      WitnessPolicy::parse(concat("# \xFF\xC3\xA9\nwitness \xE2\x84\xAA ", vkey, "\nquorum \xE2\x84\xAA\n")));
  no_policy(concat("witness \xE2\x84\xAA ", vkey, "\nquorum K\n"), "the quorum \"K\"");
}

TEST_CASE("a policy's size, logs and names have limits") {
  no_policy(std::string(witness::kPolicyBytesMax, '\n') + "\n", "over the limit of 262144");

  const auto key_of = [](std::uint32_t number) {
    Bytes seed(32, 0);
    for (std::size_t i = 0; i < 4; ++i) seed[i] = static_cast<std::uint8_t>(number >> (8 * i));
    return Ed25519KeyPair::from_seed(seed).value().public_key();
  };
  std::string logs, names;
  for (std::uint32_t i = 0; i < 513; ++i) {
    logs += concat("log ", feed::NoteKey{"l", feed::NoteKeyType::ed25519, key_of(i)}.vkey(), "\n");
    names += concat("witness n", i, " ",
                    feed::NoteKey{"n", feed::NoteKeyType::cosignature_v1, key_of(i)}.vkey(), "\n");
  }
  no_policy(logs + "quorum none\n", "line 513 of the witness policy: is one log more than the limit of 512");
  no_policy(names + "quorum none\n",
            "line 513 of the witness policy: is one witness or group more than the limit of 512");
}
