#include "tests/support/webvh_cases.h"

#include "protocol/webvh/resolution.h"

namespace vcnode::test::webvh {
namespace {

using Json = nlohmann::json;

Bend set(const char* object, const char* member, Json value) {
  return [=](Json& entry) { entry[object][member] = value; };
}
Bend set_proof(const char* member, Json value) {
  return [=](Json& entry) { entry["proof"][0][member] = value; };
}
Making parameters(Json value, std::vector<std::uint8_t> signers = {1}) {
  return {.parameters = std::move(value), .signers = std::move(signers)};
}
Making bent(Bend after_sign) {
  return {.after_sign = std::move(after_sign)};
}
Making moved_to(std::string location, bool also_known_as) {
  return {.before_hash = [=](Json& entry) {
    const std::string old = entry["state"]["id"];
    entry["state"]["id"] = old.substr(0, old.rfind(':') + 1) + location;
    if (also_known_as) entry["state"]["alsoKnownAs"] = Json::array({old});
  }};
}
LogMaker first(const Json& given = Json::object()) {
  return LogMaker().add(parameters(given));
}

void add_good(std::vector<LogCase>& out) {
  const auto good = [&out](const char* name, LogMaker log) { out.push_back({name, std::move(log), "ok"}); };
  const Json none = Json::array();
  good("create", first());
  good("update", first().add().add());
  good("rotate",
       first().add(parameters({{"updateKeys", multikeys({2})}})).add(parameters(Json::object(), {2})));
  good("pre-rotate",
       first({{"nextKeyHashes", hashes({2, 9})}})
           .add(parameters({{"updateKeys", multikeys({2})}, {"nextKeyHashes", hashes({3})}}, {2}))
           .add(parameters({{"updateKeys", multikeys({3})}, {"nextKeyHashes", none}}, {3}))
           .add(parameters(Json::object(), {3})));
  good("path-and-port", LogMaker("uni.example%3A8443:vet:issuer").add());
  good("parameters", first({{"ttl", 0}, {"watchers", {"https://w.example"}}, {"portable", false}}));
  good("fraction-of-a-second", first().add({.time = "2025-01-01T00:00:00.25Z"}));
  good("proof-without-list",
       first().add(bent([](Json& entry) { entry["proof"] = Json(entry["proof"][0]); })));
  good("frozen", first().add(parameters({{"updateKeys", none}})));
  good("deactivated", first().add(parameters({{"deactivated", true}, {"updateKeys", none}})));
  good("portable", first({{"portable", true}}).add());
  good("witnessed", first({{"witness", witness_rule(2, {11, 12, 13})}}).add().witness(11).witness(13));
  good("witnesses-replaced", first({{"witness", witness_rule(1, {11})}})
                                 .add(parameters({{"witness", witness_rule(1, {12})}}))
                                 .witness(11)
                                 .add()
                                 .witness(12));
  good("witnesses-off", first({{"witness", witness_rule(1, {11})}})
                            .add(parameters({{"witness", Json::object()}}))
                            .witness(11)
                            .add());
}

void add_bad_parameters(std::vector<LogCase>& out) {
  const auto bad = [&out](const char* name, LogMaker log, const char* code) {
    out.push_back({name, std::move(log), code});
  };
  bad("unknown-parameter", first({{"prerotation", true}}), "WEBVH_PARAMETER");
  bad("other-method-version", first({{"method", "did:webvh:1.1"}}), "WEBVH_METHOD");
  bad("ttl-negative", first({{"ttl", -1}}), "WEBVH_PARAMETER");
  bad("ttl-text", first({{"ttl", "60"}}), "WEBVH_PARAMETER");
  bad("scid-in-later-entry", first().add(parameters({{"scid", key(1).hash}})), "WEBVH_PARAMETER");
  bad("portable-switched-on", first().add(parameters({{"portable", true}})), "WEBVH_PARAMETER");
  bad("witness-threshold-zero", first({{"witness", witness_rule(0, {11})}}).witness(11), "WEBVH_PARAMETER");
  bad("witness-threshold-beyond", first({{"witness", witness_rule(2, {11})}}).witness(11), "WEBVH_PARAMETER");
  bad("witness-twice", first({{"witness", witness_rule(1, {11, 11})}}).witness(11), "WEBVH_PARAMETER");
  bad("pre-rotation-omits-keys", first({{"nextKeyHashes", hashes({2})}}).add(), "WEBVH_PRE_ROTATION");
  bad("pre-rotation-omits-hashes",
      first({{"nextKeyHashes", hashes({2})}}).add(parameters({{"updateKeys", multikeys({2})}}, {2})),
      "WEBVH_PRE_ROTATION");
  bad("pre-rotation-other-key",
      first({{"nextKeyHashes", hashes({2})}})
          .add(parameters({{"updateKeys", multikeys({2, 3})}, {"nextKeyHashes", hashes({4})}}, {2})),
      "WEBVH_PRE_ROTATION");
  bad("pre-rotation-old-key-signs",
      first({{"nextKeyHashes", hashes({2})}})
          .add(parameters({{"updateKeys", multikeys({2})}, {"nextKeyHashes", hashes({4})}})),
      "WEBVH_KEY_NOT_AUTHORISED");
}

void add_bad_entries(std::vector<LogCase>& out) {
  const auto bad = [&out](const char* name, LogMaker log, const char* code) {
    out.push_back({name, std::move(log), code});
  };
  const Json none = Json::array();
  bad("stranger-signs", first().add({.signers = {2}}), "WEBVH_KEY_NOT_AUTHORISED");
  bad("rotated-out-key-signs", first().add(parameters({{"updateKeys", multikeys({2})}})).add(),
      "WEBVH_KEY_NOT_AUTHORISED");
  bad("entry-without-proofs", first().add({.signers = {}}), "WEBVH_PROOF");
  bad("first-entry-without-proofs", LogMaker().add({.signers = {}}), "WEBVH_PROOF");
  bad("takeover-without-proofs",
      first().add({.parameters = {{"updateKeys", multikeys({2})}}, .signers = {}}).add({.signers = {2}}),
      "WEBVH_PROOF");
  bad("created-changed", first().add(bent(set_proof("created", "2025-01-09T00:00:00Z"))), "WEBVH_PROOF");
  bad("other-cryptosuite", first().add(bent(set_proof("cryptosuite", "eddsa-rdfc-2022"))), "WEBVH_PROOF");
  bad("other-purpose", first().add(bent(set_proof("proofPurpose", "authentication"))), "WEBVH_PROOF");
  bad("fragment-of-other-key",
      first().add(bent(set_proof("verificationMethod", key(2).did + "#" + key(1).multikey))), "WEBVH_PROOF");
  bad("state-changed", first().add({.before_sign = set("state", "note", 1)}), "WEBVH_ENTRY_HASH");
  bad("unknown-member", first().add({.before_hash = [](Json& entry) { entry["note"] = 1; }}), "WEBVH_ENTRY");
  bad("number-skipped",
      first().add({.before_sign =
                       [](Json& entry) {
                         entry["versionId"] = "3" + entry["versionId"].get<std::string>().substr(1);
                       }}),
      "WEBVH_VERSION_ID");
  bad("leading-zero",
      first().add(
          {.before_sign =
               [](Json& entry) { entry["versionId"] = "0" + entry["versionId"].get<std::string>(); }}),
      "WEBVH_VERSION_ID");
  bad("time-equal", first().add({.time = "2025-01-01T00:00:00Z"}), "WEBVH_VERSION_TIME");
  bad("time-with-offset", first().add({.time = "2025-01-02T01:00:00+01:00"}), "WEBVH_VERSION_TIME");
  bad("time-in-the-future", first().add({.time = "2999-01-01T00:00:00Z"}), "WEBVH_TIME_FUTURE");
  bad("placeholder-left", LogMaker().add({.before_hash = set("state", "note", "{SCID}")}), "WEBVH_SCID");
  bad("first-entry-changed", LogMaker().add({.before_hash = set("state", "note", "added")}), "WEBVH_SCID");
  bad("id-of-other-scid",
      first().add({.before_hash = set("state", "id", "did:webvh:" + key(1).hash + ":uni.example")}),
      "WEBVH_STATE");
  bad("moved-not-portable", first().add(moved_to("new.example", true)), "WEBVH_NOT_PORTABLE");
  bad("moved-without-old-name", first({{"portable", true}}).add(moved_to("new.example", false)),
      "WEBVH_NOT_PORTABLE");
  bad("after-deactivation", first().add(parameters({{"deactivated", true}})).add(), "WEBVH_DEACTIVATED");
  bad("after-freezing", first().add(parameters({{"updateKeys", none}})).add(), "WEBVH_KEY_NOT_AUTHORISED");
  bad("host-is-an-address", LogMaker("127.0.0.1").add(), "WEBVH_HOST");
  bad("host-is-a-number", LogMaker("0x7f000001").add(), "WEBVH_HOST");
  bad("host-is-localhost", LogMaker("localhost").add(), "WEBVH_HOST");
  bad("path-leads-up", LogMaker("uni.example:%2E%2E").add(), "WEBVH_DID");
  bad("path-segment-empty", LogMaker("uni.example::vet").add(), "WEBVH_DID");
}

void add_bad_texts(std::vector<LogCase>& out) {
  auto twice = first();
  std::string line = first().add().lines()[1];
  line.insert(1, R"("versionTime":"2025-01-01T12:00:00Z",)");
  out.push_back({"member-twice", twice.line(line), "JSON_DUPLICATE_MEMBER"});
  out.push_back({"cut-line", first().line("{\"versionId"), "JSON_SYNTAX"});
  out.push_back({"witness-missing", first({{"witness", witness_rule(1, {11})}}), "WEBVH_WITNESS_THRESHOLD"});
  out.push_back({"witness-below-threshold",
                 first({{"witness", witness_rule(2, {11, 12})}}).witness(11).witness(11),
                 "WEBVH_WITNESS_THRESHOLD"});
  out.push_back({"witness-is-a-stranger", first({{"witness", witness_rule(1, {11})}}).witness(12),
                 "WEBVH_WITNESS_THRESHOLD"});
  out.push_back({"witness-of-older-version", first({{"witness", witness_rule(1, {11})}}).witness(11).add(),
                 "WEBVH_WITNESS_THRESHOLD"});
  out.push_back({"replaced-list-approves-itself",
                 first({{"witness", witness_rule(1, {11})}})
                     .witness(11)
                     .add(parameters({{"witness", witness_rule(1, {12})}}))
                     .witness(12),
                 "WEBVH_WITNESS_THRESHOLD"});
}

}  // namespace

std::vector<LogCase> log_cases() {
  std::vector<LogCase> out;
  add_good(out);
  add_bad_parameters(out);
  add_bad_entries(out);
  add_bad_texts(out);
  return out;
}

std::string verdict_of(const LogMaker& log) {
  const auto did = vcnode::webvh::DidWebvh::parse(log.did());
  if (!did) return std::string(did.error().code.slug());
  const auto resolution = vcnode::webvh::resolve(log.read(), *did);
  return std::string(resolution ? "ok" : resolution.error().code.slug());
}

}  // namespace vcnode::test::webvh
