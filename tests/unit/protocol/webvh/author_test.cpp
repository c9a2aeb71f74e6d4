#include "protocol/webvh/author.h"

#include <nlohmann/json.hpp>

#include "protocol/webvh/codes.h"
#include "protocol/webvh/log.h"
#include "tests/support/doctest.h"
#include "tests/support/webvh_maker.h"

using namespace vcnode;
using namespace vcnode::test::webvh;
using Json = nlohmann::json;
using webvh::Authored;
using webvh::Changes;
using webvh::Pen;

namespace {

Pen pen(std::uint8_t number, int day) {
  return {key(number).signer, kFirstTime.plus_seconds((day - 1) * 86'400), {}};
}
Json document() {
  return document_with("did:webvh:{SCID}:uni.example", 101);
}
Authored created(Changes changes = {}) {
  if (!changes.update_keys) changes.update_keys = multikeys({1});
  return webvh::create(document(), changes, pen(1, 1)).value();
}
webvh::Log read(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  return webvh::Log::read(text, std::nullopt, rules());
}

}  // namespace

TEST_CASE("a DID is created with its SCID in every place") {
  const auto first = created();
  const auto log = read({first.line});
  REQUIRE_FALSE(log.fault());
  CHECK(first.state.did().host() == "uni.example");
  CHECK(first.line.find("{SCID}") == std::string::npos);
  CHECK(Json::parse(first.line)["proof"].is_array());
  CHECK(first.line.find('\n') == std::string::npos);
}

TEST_CASE("the same draft gives the same line") {
  CHECK(created().line == created().line);
}

TEST_CASE("a DID is not created by a stranger, without keys or for another DID") {
  Changes changes;
  CHECK_CODE(webvh::create(document(), changes, pen(1, 1)), codes::WEBVH_PARAMETER);
  changes.update_keys = multikeys({2});
  CHECK_CODE(webvh::create(document(), changes, pen(1, 1)), codes::WEBVH_KEY_NOT_AUTHORISED);
  changes.update_keys = multikeys({1});
  CHECK_CODE(
      webvh::create(document_with("did:webvh:" + key(1).hash + ":uni.example", 101), changes, pen(1, 1)),
      codes::WEBVH_STATE);
  CHECK_CODE(webvh::create(document_with("did:webvh:{SCID}:10.0.0.1", 101), changes, pen(1, 1)),
             codes::WEBVH_HOST);
}

TEST_CASE("an update keeps the document or replaces it") {
  const auto first = created();
  Changes changes;
  changes.ttl_seconds = 60;
  changes.watchers = {"https://w.example"};
  const auto second = webvh::update(first.state, nullptr, changes, pen(1, 2));
  REQUIRE_OK(second);
  CHECK(second->state.parameters().ttl_seconds == 60);
  const auto rotated = document_with(first.state.did().text(), 102);
  const auto third = webvh::update(second->state, &rotated, {}, pen(1, 3));
  REQUIRE_OK(third);
  const auto log = read({first.line, second->line, third->line});
  CHECK_FALSE(log.fault());
  CHECK(Json::parse(third->line)["parameters"] == Json::object());
  CHECK(Json::parse(third->line)["state"] == rotated);
}

TEST_CASE("an update that would not be valid is not made") {
  const auto first = created();
  CHECK_CODE(webvh::update(first.state, nullptr, {}, pen(2, 2)), codes::WEBVH_KEY_NOT_AUTHORISED);
  CHECK_CODE(webvh::update(first.state, nullptr, {}, pen(1, 1)), codes::WEBVH_VERSION_TIME);
  Changes again;
  again.portable = true;
  CHECK_CODE(webvh::update(first.state, nullptr, again, pen(1, 2)), codes::WEBVH_PARAMETER);
}

TEST_CASE("update keys rotate with pre-rotation, one committed key after the other") {
  Changes first_changes;
  first_changes.next_key_hashes = hashes({2});
  const auto first = created(first_changes);
  Changes changes;
  changes.update_keys = multikeys({2});
  changes.next_key_hashes = hashes({3});
  const auto second = webvh::update(first.state, nullptr, changes, pen(2, 2));
  REQUIRE_OK(second);
  changes.update_keys = multikeys({4});
  CHECK_CODE(webvh::update(second->state, nullptr, changes, pen(4, 3)), codes::WEBVH_PRE_ROTATION);
  changes.update_keys = multikeys({3});
  CHECK_CODE(webvh::update(second->state, nullptr, changes, pen(2, 3)), codes::WEBVH_KEY_NOT_AUTHORISED);
  const auto third = webvh::update(second->state, nullptr, changes, pen(3, 3));
  REQUIRE_OK(third);
  CHECK_FALSE(read({first.line, second->line, third->line}).fault());
}

TEST_CASE("witnesses are named and approve what they are shown") {
  Changes changes;
  changes.witness = webvh::WitnessRule{1, {key(11).did}};
  const auto first = created(changes);
  CHECK(first.state.governing_witnesses().threshold == 1);
  const auto proof = webvh::approve(first.state.version_id(), key(11).signer, kFirstTime);
  REQUIRE_OK(proof);
  REQUIRE_OK(check_witness_proof(*proof));
  webvh::Log log;
  REQUIRE_OK(log.append(first.line, std::span(&*proof, 1), rules()));
  Changes off;
  off.witness.emplace();
  const auto second = webvh::update(first.state, nullptr, off, pen(1, 2));
  REQUIRE_OK(second);
  CHECK_CODE(log.append(second->line, {}, rules()), codes::WEBVH_WITNESS_THRESHOLD);
}

TEST_CASE("a portable DID moves with its document and names where it was") {
  Changes changes;
  changes.portable = true;
  const auto first = created(changes);
  const auto moved = webvh::relocate(first.state, "new.example:vet", {}, pen(1, 2));
  REQUIRE_OK(moved);
  const std::string old_did = first.state.did().text();
  const std::string new_did = moved->state.did().text();
  CHECK(new_did == "did:webvh:" + std::string(first.state.did().scid()) + ":new.example:vet");
  const auto state = Json::parse(moved->line)["state"];
  CHECK(state["alsoKnownAs"] == Json({old_did}));
  CHECK(state["verificationMethod"][0]["id"] == new_did + "#sig1");
  CHECK(state["verificationMethod"][0]["controller"] == new_did);
  const auto again = webvh::relocate(moved->state, "third.example", {}, pen(1, 3));
  REQUIRE_OK(again);
  CHECK(Json::parse(again->line)["state"]["alsoKnownAs"] == Json({old_did, new_did}));
  CHECK_FALSE(read({first.line, moved->line, again->line}).fault());
  CHECK_CODE(webvh::relocate(created().state, "new.example", {}, pen(1, 2)), codes::WEBVH_NOT_PORTABLE);
}

TEST_CASE("a longer DID that starts like the moved one keeps its name") {
  Changes changes;
  changes.portable = true;
  changes.update_keys = multikeys({1});
  auto draft = document();
  draft["related"] = {{"did:webvh:{SCID}:uni.example:vet#k", "did:webvh:{SCID}:uni.example#k"}};
  const auto first = webvh::create(draft, changes, pen(1, 1)).value();
  const auto moved = webvh::relocate(first.state, "new.example", {}, pen(1, 2)).value();
  const auto related = Json::parse(moved.line)["state"]["related"];
  const std::string prefix = "did:webvh:" + std::string(first.state.did().scid());
  CHECK(related == Json({{prefix + ":uni.example:vet#k", prefix + ":new.example#k"}}));
}

TEST_CASE("deactivation takes one entry, and two under pre-rotation") {
  const auto plain = created();
  const auto one = webvh::deactivate(plain.state, {}, pen(1, 2));
  REQUIRE_OK(one);
  REQUIRE(one->size() == 1);
  CHECK(one->back().state.deactivated());
  CHECK(one->back().state.parameters().update_keys.empty());
  Changes changes;
  changes.next_key_hashes = hashes({2});
  const auto committed = created(changes);
  CHECK_CODE(webvh::deactivate(committed.state, multikeys({1}), pen(1, 2)), codes::WEBVH_PRE_ROTATION);
  const auto two = webvh::deactivate(committed.state, multikeys({2}), pen(2, 2));
  REQUIRE_OK(two);
  REQUIRE(two->size() == 2);
  CHECK_FALSE(two->front().state.deactivated());
  CHECK(two->back().state.deactivated());
  CHECK_FALSE(read({committed.line, two->front().line, two->back().line}).fault());
  CHECK_CODE(webvh::update(two->back().state, nullptr, {}, pen(2, 9)), codes::WEBVH_DEACTIVATED);
}
