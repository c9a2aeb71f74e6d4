#include "protocol/feed/head.h"

#include "protocol/feed/codes.h"
#include "tests/unit/protocol/feed/fixtures.h"

using namespace vcnode;
using feed::Head;
using feed::NoteKey;
using feed::NoteKeyType;
using feed::test::Issuer;
using feed::test::kStart;

namespace {

struct Signed {
  explicit Signed(Issuer& issuer) : issuer_(issuer), head(issuer.head({to_bytes("leaf")})) {
    text = head.note.substr(0, head.note.find("\n\n") + 1);
  }
  [[nodiscard]] std::string signature(NoteKeyType type = NoteKeyType::ed25519,
                                      std::int64_t seconds = 0) const {
    const NoteKey key{issuer_.origin.text(), type, issuer_.key()};
    if (type == NoteKeyType::ed25519) return feed::signature_line(text, key, issuer_.signer).value();
    return feed::cosignature_line(text, key, kStart.plus_seconds(seconds), issuer_.signer).value();
  }
  [[nodiscard]] std::string cosignature(std::int64_t seconds = 0) const {
    return signature(NoteKeyType::cosignature_v1, seconds);
  }
  [[nodiscard]] Result<Head> verify(const std::string& lines) const {
    return feed::verify_head(text + "\n" + lines, issuer_.origin, issuer_.key());
  }
  Issuer& issuer_;
  Head head;
  std::string text;
};

}  // namespace

TEST_CASE("a signed head verifies and says size, root and time") {
  Issuer issuer;
  const Signed made(issuer);
  const auto head = feed::verify_head(made.head.note, issuer.origin, issuer.key());
  REQUIRE_OK(head);
  CHECK(head->tree.size == 1);
  CHECK(head->tree.root == merkle::leaf_hash(to_bytes("leaf")));
  CHECK(head->time == kStart);
  CHECK(head->note == made.head.note);
}

TEST_CASE("a head has one form: lines of others are dropped, order is fixed") {
  Issuer issuer, witness(9);
  const Signed made(issuer);
  const NoteKey key{"w.example", NoteKeyType::cosignature_v1, witness.key()};
  const std::string other = feed::cosignature_line(made.text, key, kStart, witness.signer).value();
  const auto head = made.verify(other + made.cosignature() + other + made.signature());
  REQUIRE_OK(head);
  CHECK(head->note == made.head.note);
}

TEST_CASE("a head has exactly one signature and one cosignature by the feed key") {
  Issuer issuer;
  const Signed made(issuer);
  CHECK_CODE_NAMES(made.verify(made.signature()), codes::HEAD_INVALID, "no cosignature");
  CHECK_CODE_NAMES(made.verify(made.cosignature()), codes::HEAD_INVALID, "no signature");
  CHECK_CODE_NAMES(made.verify(made.signature() + made.signature() + made.cosignature()), codes::HEAD_INVALID,
                   "more than one signature");
  CHECK_CODE_NAMES(made.verify(made.signature() + made.cosignature() + made.cosignature(1)),
                   codes::HEAD_INVALID, "more than one cosignature");
}

TEST_CASE("a head of another feed, by another key or over another text is refused") {
  Issuer issuer, other(2);
  const Signed made(issuer);
  CHECK_CODE_NAMES(feed::verify_head(made.head.note, other.origin, issuer.key()), codes::HEAD_INVALID,
                   other.origin.text());
  CHECK_CODE_NAMES(feed::verify_head(made.head.note, issuer.origin, other.key()), codes::HEAD_INVALID,
                   "no signature");
  std::string altered = made.head.note;
  altered.replace(altered.find("\n1\n"), 3, "\n2\n");
  CHECK_CODE_NAMES(feed::verify_head(altered, issuer.origin, issuer.key()), codes::HEAD_INVALID,
                   "does not verify");
}

TEST_CASE("each of the two signatures is checked") {
  Issuer issuer;
  const Signed made(issuer);
  const auto spoil = [&](const std::string& line) {
    auto note = feed::Note::parse(made.text + "\n" + line).value();
    note.signatures[0].signature.back() ^= 1;
    return note.signatures[0].line();
  };
  CHECK_CODE_NAMES(made.verify(spoil(made.signature()) + made.cosignature()), codes::HEAD_INVALID,
                   "the signature");
  CHECK_CODE_NAMES(made.verify(made.signature() + spoil(made.cosignature())), codes::HEAD_INVALID,
                   "the cosignature");
}

TEST_CASE("what is not a note or not a checkpoint is not a head") {
  Issuer issuer;
  CHECK_CODE(feed::verify_head("", issuer.origin, issuer.key()), codes::NOTE_MALFORMED);
  CHECK_CODE(feed::verify_head("a\n\n\xE2\x80\x94 w AAAAAGE=\n", issuer.origin, issuer.key()),
             codes::NOTE_MALFORMED);
}

TEST_CASE("a head's time can be written as a date") {
  Issuer issuer;
  const merkle::TreeHead empty{0, merkle::empty_root()};
  REQUIRE_OK(feed::sign_head(issuer.origin, empty, Timestamp(253'402'300'799), issuer.signer));
  CHECK_CODE_NAMES(feed::sign_head(issuer.origin, empty, Timestamp(253'402'300'800), issuer.signer),
                   codes::HEAD_INVALID, "253402300799");
  CHECK_CODE(feed::sign_head(issuer.origin, empty, Timestamp(-1), issuer.signer), codes::HEAD_INVALID);
  const Signed made(issuer);
  CHECK_CODE_NAMES(made.verify(made.signature() + made.cosignature(253'402'300'800 - kStart.seconds())),
                   codes::HEAD_INVALID, "253402300799");
}

TEST_CASE("the greatest re-assertion wins, else the smallest time") {
  Issuer issuer;
  const auto& hash = issuer.origin.hash();
  const std::int64_t offset = feed::reassert_offset(hash);
  REQUIRE(offset >= 0);
  REQUIRE(offset < 3600);
  const Timestamp slot(100 * 3600 + offset), next_slot(101 * 3600 + offset);
  const Timestamp early = slot.plus_seconds(1), late = slot.plus_seconds(2);
  CHECK(feed::time_supersedes(next_slot, slot, hash));
  CHECK_FALSE(feed::time_supersedes(slot, next_slot, hash));
  CHECK(feed::time_supersedes(slot, early, hash));
  CHECK_FALSE(feed::time_supersedes(late, slot, hash));
  CHECK(feed::time_supersedes(early, late, hash));
  CHECK_FALSE(feed::time_supersedes(late, early, hash));
  CHECK_FALSE(feed::time_supersedes(slot, slot, hash));
  CHECK_FALSE(feed::time_supersedes(early, early, hash));
}
