// Makes tests/vectors/did-webvh: logs that are good, and logs that break the one rule they are named after.
//
//   make_webvh_vectors DIR           writes the files
//   make_webvh_vectors --check DIR   compares
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/support/webvh_maker.h"

namespace {

using namespace vcnode::test::webvh;
using nlohmann::json;

std::map<std::string, std::string> files;
json manifest = json::array();

// `code`: of the fault; empty for a good log.
void put(const std::string& name, const LogMaker& log, const std::string& code) {
  files[name + ".jsonl"] = log.text();
  json row = {{"name", name}, {"did", log.did()}, {"versions", log.read().versions().size()}, {"code", code}};
  if (!log.proofs().empty()) {
    files[name + ".witness.json"] = vcnode::webvh::write_witness_file(log.proofs()) + "\n";
    row["witnesses"] = true;
  }
  manifest.push_back(std::move(row));
}

Making with(json parameters, std::vector<std::uint8_t> signers = {1}) {
  Making making;
  making.parameters = std::move(parameters);
  making.signers = std::move(signers);
  return making;
}
Making bent(Bend Making::*stage, Bend change) {
  Making making;
  making.*stage = std::move(change);
  return making;
}
json next(std::vector<std::uint8_t> keys, std::vector<std::uint8_t> committed) {
  return {{"updateKeys", multikeys(keys)}, {"nextKeyHashes", hashes(committed)}};
}
json renamed(const LogMaker& log, const std::string& did, bool also_known_as) {
  std::string text = log.document().dump();
  for (auto at = text.find(log.did()); at != std::string::npos; at = text.find(log.did(), at + did.size()))
    text.replace(at, log.did().size(), did);
  json document = json::parse(text);
  if (also_known_as) document["alsoKnownAs"] = nlohmann::json::array({log.did()});
  return document;
}

void make_good() {
  put("ok-one-version", LogMaker().add(), "");
  put("ok-three-versions", LogMaker().add().add().add(), "");
  put("ok-rotated",
      LogMaker().add().add(with({{"updateKeys", multikeys({2})}})).add(with(json::object(), {2})), "");
  put("ok-pre-rotation",
      LogMaker().add(with({{"nextKeyHashes", hashes({2})}})).add(with(next({2}, {3}), {2})), "");
  put("ok-pre-rotation-ends",
      LogMaker()
          .add(with({{"nextKeyHashes", hashes({2})}}))
          .add(with(next({2}, {}), {2}))
          .add(with(json::object(), {2})),
      "");
  put("ok-two-update-keys",
      LogMaker().add(with({{"updateKeys", multikeys({1, 2})}}, {2})).add(with(json::object(), {2})), "");
  put("ok-witnesses",
      LogMaker().add(with({{"witness", witness_rule(2, {20, 21, 22})}})).witness(20).witness(22), "");
  put("ok-witness-of-later-version",
      LogMaker().add(with({{"witness", witness_rule(1, {20})}})).add().witness(20), "");
  put("ok-witnesses-end",
      LogMaker()
          .add(with({{"witness", witness_rule(1, {20})}}))
          .add(with({{"witness", json::object()}}))
          .witness(20),
      "");
  put("ok-deactivated", LogMaker().add().add(with({{"deactivated", true}, {"updateKeys", json::array()}})),
      "");
  put("ok-ttl-and-watchers", LogMaker().add(with({{"ttl", 60}, {"watchers", {"https://watcher.example"}}})),
      "");
  put("ok-path-and-port", LogMaker("uni.example%3A8443:issuers:one").add(), "");
  LogMaker moved;
  moved.add(with({{"portable", true}}));
  const std::string there = "did:webvh:" + moved.scid() + ":new.example";
  Making move;
  move.document = renamed(moved, there, true);
  put("ok-moved", moved.add(move), "");
}

void make_bad_proofs() {
  put("bad-proof-none",
      LogMaker().add().add(bent(&Making::after_sign, [](json& e) { e["proof"] = json::array(); })),
      "WEBVH_PROOF");
  put("bad-proof-altered",
      LogMaker().add().add(
          bent(&Making::after_sign, [](json& e) { e["proof"][0]["created"] = "2025-01-09T00:00:00Z"; })),
      "WEBVH_PROOF");
  put("bad-key-spent",
      LogMaker()
          .add()
          .add(with({{"updateKeys", multikeys({2})}}))
          .add(with({{"updateKeys", multikeys({1})}}, {1})),
      "WEBVH_KEY_NOT_AUTHORISED");
  put("bad-key-stranger", LogMaker().add().add(with(json::object(), {9})), "WEBVH_KEY_NOT_AUTHORISED");
  put("bad-key-one-of-two", LogMaker().add().add(with(json::object(), {1, 9})), "WEBVH_KEY_NOT_AUTHORISED");
  put("bad-pre-rotation-uncommitted-key",
      LogMaker().add(with({{"nextKeyHashes", hashes({2})}})).add(with(next({3}, {4}), {3})),
      "WEBVH_PRE_ROTATION");
  put("bad-pre-rotation-keys-inherited", LogMaker().add(with({{"nextKeyHashes", hashes({2})}})).add(),
      "WEBVH_PRE_ROTATION");
}

void make_bad_entries() {
  put("bad-hash",
      LogMaker().add().add(bent(&Making::before_sign, [](json& e) { e["state"]["note"] = "later"; })),
      "WEBVH_ENTRY_HASH");
  put("bad-scid", LogMaker().add(bent(&Making::before_hash, [](json& e) { e["state"]["note"] = "later"; })),
      "WEBVH_SCID");
  put("bad-number-skipped",
      LogMaker().add().add(bent(&Making::before_sign,
                                [](json& e) {
                                  const std::string id = e["versionId"];
                                  e["versionId"] = "3" + id.substr(1);
                                })),
      "WEBVH_VERSION_ID");
  put("bad-number-leading-zero",
      LogMaker().add().add(bent(&Making::before_sign,
                                [](json& e) { e["versionId"] = "0" + e["versionId"].get<std::string>(); })),
      "WEBVH_VERSION_ID");
  put("bad-time-not-later",
      LogMaker().add().add(
          bent(&Making::before_hash, [](json& e) { e["versionTime"] = kFirstTime.to_string(); })),
      "WEBVH_VERSION_TIME");
  put("bad-time-offset",
      LogMaker().add().add(
          bent(&Making::before_hash, [](json& e) { e["versionTime"] = "2025-01-02T01:00:00+01:00"; })),
      "WEBVH_VERSION_TIME");
  put("bad-time-future",
      LogMaker().add().add(
          bent(&Making::before_hash, [](json& e) { e["versionTime"] = "2999-01-01T00:00:00Z"; })),
      "WEBVH_TIME_FUTURE");
  put("bad-member-unknown", LogMaker().add().add(bent(&Making::before_hash, [](json& e) { e["note"] = 1; })),
      "WEBVH_ENTRY");
  LogMaker twice;
  twice.add().add();
  LogMaker doubled;
  doubled.add();
  std::string line = twice.lines()[1];
  doubled.line(line.insert(1, "\"versionTime\":\"2025-01-02T00:00:00Z\","));
  put("bad-member-twice", doubled, "JSON_DUPLICATE_MEMBER");
  put("bad-after-deactivated", LogMaker().add().add(with({{"deactivated", true}})).add(),
      "WEBVH_DEACTIVATED");
}

void make_bad_parameters() {
  put("bad-method-newer", LogMaker().add(with({{"method", "did:webvh:2.0"}})), "WEBVH_METHOD");
  for (const auto& [name, parameters] : std::map<std::string, json>{
           {"unknown", {{"updateKey", "z"}}},
           {"scid-again", {{"scid", "QmZH16swpoY3FsTt6wZBL2X2AbgnQCwMXzvqHmVqzt526k"}}},
           {"ttl-negative", {{"ttl", -1}}},
           {"ttl-text", {{"ttl", "60"}}},
           {"portable-later", {{"portable", true}}},
           {"witness-threshold-fraction",
            {{"witness", {{"threshold", 1.5}, {"witnesses", {{{"id", key(20).did}}}}}}}},
           {"witness-threshold-too-high", {{"witness", witness_rule(2, {20})}}},
           {"witness-twice", {{"witness", witness_rule(1, {20, 20})}}}})
    put("bad-parameter-" + name, LogMaker().add().add(with(parameters)), "WEBVH_PARAMETER");
}

void make_bad_places() {
  LogMaker fixed;
  fixed.add();
  Making move;
  move.document = renamed(fixed, "did:webvh:" + fixed.scid() + ":new.example", true);
  put("bad-move-not-portable", fixed.add(move), "WEBVH_NOT_PORTABLE");
  LogMaker silent;
  silent.add(with({{"portable", true}}));
  move.document = renamed(silent, "did:webvh:" + silent.scid() + ":new.example", false);
  put("bad-move-without-old-name", silent.add(move), "WEBVH_NOT_PORTABLE");
  for (const auto& [name, location] :
       std::map<std::string, std::string>{{"address", "192.0.2.1"},
                                          {"address-hexadecimal", "0x7f000001"},
                                          {"localhost", "localhost"},
                                          {"one-label", "uni"}})
    put("bad-host-" + name, LogMaker(location).add(), "WEBVH_HOST");
  put("bad-path-leaves-folder", LogMaker("uni.example:..").add(), "WEBVH_DID");
}

void make_bad_witnesses() {
  const json rule = {{"witness", witness_rule(2, {20, 21})}};
  put("bad-witness-missing", LogMaker().add(with(rule)).witness(20), "WEBVH_WITNESS_THRESHOLD");
  put("bad-witness-stranger", LogMaker().add(with(rule)).witness(20).witness(22), "WEBVH_WITNESS_THRESHOLD");
  put("bad-witness-twice-the-same", LogMaker().add(with(rule)).witness(20).witness(20),
      "WEBVH_WITNESS_THRESHOLD");
  // The old list governs the entry that replaces it.
  put("bad-witness-of-new-list",
      LogMaker()
          .add(with({{"witness", witness_rule(1, {20})}}))
          .witness(20)
          .add(with({{"witness", witness_rule(1, {21})}}))
          .witness(21),
      "WEBVH_WITNESS_THRESHOLD");
}

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

int check(const std::filesystem::path& folder) {
  std::size_t found = 0, wrong = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto file = files.find(entry.path().filename().string());
    ++found;
    if (file != files.end() && read(entry.path()) == file->second) continue;
    std::cerr << entry.path().filename() << (file == files.end() ? " is not made here\n" : " differs\n");
    ++wrong;
  }
  std::cout << found << " of " << files.size() << " files compared\n";
  return wrong == 0 && found == files.size() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  make_good();
  make_bad_proofs();
  make_bad_entries();
  make_bad_parameters();
  make_bad_places();
  make_bad_witnesses();
  files["manifest.json"] = json{{"at", kNow.to_string()}, {"logs", manifest}}.dump(1) + "\n";
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() == 2 && arguments[0] == "--check") return check(arguments[1]);
  if (arguments.size() != 1) {
    std::cerr << "usage: make_webvh_vectors [--check] DIR\n";
    return 64;
  }
  for (const auto& [name, text] : files)
    std::ofstream(std::filesystem::path(arguments[0]) / name, std::ios::binary) << text;
  std::cout << files.size() << " files written\n";
  return 0;
}
