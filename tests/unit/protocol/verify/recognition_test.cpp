// What a policy file makes of an authentic credential: elements, confirmation, recognition; and what is kept
// between questions.
#include "crypto/hash.h"
#include "protocol/facts/codes.h"
#include "protocol/recognition/codes.h"
#include "protocol/verify/codes.h"
#include "protocol/verify/recognition_check.h"
#include "tests/unit/protocol/verify/assertions.h"

namespace vcnode::verify {
namespace {

using namespace world;

const Issuer& authority() {
  static const Issuer one(7);
  return one;
}

std::shared_ptr<const statement::StatementLog> log_of(statement::Says says, std::uint64_t missing = 0) {
  auto made = std::make_shared<statement::Statement>();
  made->id = "urn:uuid:5b1c0e6c-5f0a-4a0f-9a51-1f4a2d7b9c12";
  made->digest = sha256(as_bytes(made->id));
  made->issuer_did = authority().did().text();
  made->subject_id = one_issuer().did().text();
  made->from = kIssuedAt.plus_seconds(-86'400);
  made->says = std::move(says);
  statement::Gaps gaps;
  gaps.missing_count = missing;
  return std::make_shared<const statement::StatementLog>(
      statement::StatementLog().with({{std::move(made), {1, 2}}}).with(gaps));
}

std::shared_ptr<feed::FeedSnapshot> accrediting(std::uint64_t missing = 0) {
  auto feed = feed_of(authority());
  feed->statements = log_of(statement::Accreditation{}, missing);
  return feed;
}

Policy anchored(std::string_view more = "") {
  const std::string text = concat(R"({"anchors":[{"id":")", authority().did().text(), R"("}])", more, "}");
  Policy::Values values;
  REQUIRE_OK(
      values.follow(std::make_shared<const recognition::Policy>(recognition::Policy::parse(text).value())));
  return Policy(std::move(values));
}

Verdict asked(const View& view, const Policy& policy) {
  return verify_credential(sign(one_issuer(), badge(one_issuer())), view, policy, kNow).value();
}

TEST_CASE("whom the policy's anchor accredited is confirmed, and the verdict carries the chain") {
  SnapshotView view = view_of(feed_of(one_issuer()));
  view.put(accrediting());
  const Verdict verdict = asked(view, anchored());
  CHECK(verdict.outcome == Outcome::valid);
  CHECK_STEP(verdict, CheckName::elements, CheckResult::pass, codes::ELEMENTS_PRESENT);
  CHECK_STEP(verdict, CheckName::confirmation, CheckResult::pass, codes::ISSUER_CONFIRMED);
  CHECK_STEP(verdict, CheckName::recognition, CheckResult::pass, codes::RECOGNISED);
  REQUIRE(verdict.recognition.chain.size() == 1);
  const std::string text = verdict.to_jcs();
  CHECK(text.find(R"("recognition":{"chain":[{"from":")" + authority().did().text()) != std::string::npos);
  CHECK(text.find(R"("outcome":"recognised"})") != std::string::npos);
  CHECK(verdict.view_heads.size() == 2);
}

TEST_CASE("nobody standing behind the issuer is no fault of the credential") {
  SnapshotView view = view_of(feed_of(one_issuer()));
  view.put(feed_of(authority()));
  const Verdict verdict = asked(view, anchored());
  CHECK_DECIDED(verdict, Outcome::issuer_not_confirmed, Class::none, codes::ISSUER_NOT_CONFIRMED);
  CHECK(find(verdict, CheckName::recognition)->result == CheckResult::fail);
  CHECK_DETAIL(verdict, CheckName::confirmation, "no body that the verifier's policy names is known");
  CHECK(headline(verdict) == "Genuine, but no body you trust is known to stand behind it");
  CHECK(verdict.recognition.outcome == recognition::Outcome::not_established);

  Policy::Values values = anchored().values();
  values.trust.insert(one_issuer().did());
  CHECK(asked(view, Policy(std::move(values))).outcome == Outcome::valid);
}

TEST_CASE("what cannot be told about recognition is cannot-tell, unless the verifier knows the issuer") {
  const SnapshotView view = view_of(feed_of(one_issuer()));  // nothing of the authority
  const Verdict verdict = asked(view, anchored());
  CHECK_DECIDED(verdict, Outcome::cannot_tell, Class::none, codes::AUTHORITY_NOT_HELD);
  CHECK(headline(verdict).find("whether bodies you trust") != std::string::npos);
  CHECK_DETAIL(verdict, CheckName::confirmation,
               "cannot be told whether a body that the verifier's policy names");
  Policy::Values values = anchored().values();
  values.trust.insert(one_issuer().did());
  CHECK(asked(view, Policy(std::move(values))).outcome == Outcome::valid);
}

TEST_CASE("a statement of the authority that is not here could take back another one") {
  SnapshotView view = view_of(feed_of(one_issuer()));
  view.put(accrediting(1));
  const Verdict verdict = asked(view, anchored());
  CHECK_DECIDED(verdict, Outcome::cannot_tell, Class::none, codes::STATEMENTS_MISSING);
}

TEST_CASE("an authority that told two stories is not relied on") {
  SnapshotView view = view_of(feed_of(one_issuer()));
  auto feed = accrediting();
  feed->contradicted = true;
  view.put(feed);
  CHECK_DECIDED(asked(view, anchored()), Outcome::cannot_tell, Class::none, codes::EQUIVOCATION_SEEN);
}

TEST_CASE("elements that the policy asks for and the credential lacks are named") {
  SnapshotView view = view_of(feed_of(one_issuer()));
  view.put(accrediting());
  const Verdict verdict = asked(view, anchored(R"(,"needElements":"mandatory")"));
  CHECK_STEP(verdict, CheckName::elements, CheckResult::warn, codes::ELEMENT_MISSING);
  CHECK_DETAIL(verdict, CheckName::elements, "11 (");
}

TEST_CASE("a badge for two achievements is not one for the first of them") {
  SnapshotView view = view_of(feed_of(one_issuer()));
  view.put(accrediting());
  nlohmann::json two = badge(one_issuer());
  auto& achievement = two["credentialSubject"]["achievement"];
  achievement =
      nlohmann::json::array({achievement, {{"type", "Achievement"}, {"name", "Doctor of Medicine"}}});
  const auto ask = [&](std::string_view more) {
    return verify_credential(sign(one_issuer(), two), view, anchored(more), kNow).value();
  };
  const Verdict verdict = ask(R"(,"needElements":[2])");
  CHECK_DECIDED(verdict, Outcome::cannot_tell, Class::none, codes::SEVERAL_ACHIEVEMENTS);
  CHECK_STEP(verdict, CheckName::elements, CheckResult::warn, codes::SEVERAL_ACHIEVEMENTS);
  CHECK_STEP(ask(""), CheckName::elements, CheckResult::pass, codes::ELEMENTS_PRESENT);
}

TEST_CASE("a bad proof, a revoked credential: recognition changes nothing about them") {
  SnapshotView view = view_of(feed_of(one_issuer(), {.revoked = {kIndex}, .suspended = {}}));
  view.put(accrediting());
  CHECK_DECIDED(asked(view, anchored()), Outcome::not_valid, Class::revoked, codes::STATUS_REVOKED);
}

TEST_CASE("the policy file is part of the digest") {
  CHECK(anchored().digest() != Policy().digest());
  CHECK(anchored().digest() != anchored(R"(,"oneSidedAgreements":true)").digest());
}

class KeptHere final : public ClosureCache {
 public:
  [[nodiscard]] std::shared_ptr<const Prepared> get(const Sha256Digest& policy) override {
    return kept_[policy];
  }
  void put(const Sha256Digest& policy, std::shared_ptr<const Prepared> prepared) override {
    kept_[policy] = std::move(prepared);
  }

 private:
  std::map<Sha256Digest, std::shared_ptr<const Prepared>> kept_;
};

// A view that keeps closures, as the node's does.
class KeepingView final : public View {
 public:
  explicit KeepingView(SnapshotView view) : view_(std::move(view)) {}
  void put(std::shared_ptr<const feed::FeedSnapshot> feed) { view_.put(std::move(feed)); }
  [[nodiscard]] std::shared_ptr<const feed::FeedSnapshot> feed_of(std::string_view did) const override {
    return view_.feed_of(did);
  }
  [[nodiscard]] std::shared_ptr<const issuer::History> history_of(std::string_view did) const override {
    return view_.history_of(did);
  }
  [[nodiscard]] ClosureCache* closures() const override { return &closures_; }

 private:
  SnapshotView view_;
  mutable KeptHere closures_;
};

TEST_CASE("a closure is kept until something it read changes") {
  KeepingView view(view_of(feed_of(one_issuer())));
  view.put(accrediting());
  const Policy policy = anchored();
  const auto get = [&] {
    const ViewWorld world(view);
    return prepare(policy, world, kNow, view.closures());
  };
  const auto first = get();
  CHECK(get() == first);
  CHECK(asked(view, policy).outcome == Outcome::valid);
  CHECK(get() == first);
  view.put(feed_of(one_issuer()));  // nothing that the anchors lead to
  CHECK(get() == first);
  view.put(feed_of(authority()));
  CHECK(get() != first);
  CHECK(asked(view, policy).outcome == Outcome::issuer_not_confirmed);
}

TEST_CASE("with and without kept closures the verdict has the same bytes") {
  SnapshotView plain = view_of(feed_of(one_issuer()));
  plain.put(accrediting());
  KeepingView keeping(plain);
  const std::string text = asked(plain, anchored()).to_jcs();
  CHECK(asked(keeping, anchored()).to_jcs() == text);
  CHECK(asked(keeping, anchored()).to_jcs() == text);
}

}  // namespace
}  // namespace vcnode::verify
