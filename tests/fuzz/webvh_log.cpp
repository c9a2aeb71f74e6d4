// DID logs. First byte 0: a log and, after a NUL, its witness file, as they are. 1: one of our named logs,
// its text edited; whatever still counts is what was signed. 2: a DID, where it leads, and paths below it. 3:
// a witness file.
#include "protocol/webvh/log.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "crypto/jcs.h"
#include "protocol/webvh/did_web.h"
#include "protocol/webvh/fork.h"
#include "protocol/webvh/resolution.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/webvh_cases.h"

using namespace vcnode;
using test::webvh::LogCase;
using webvh::Log;

namespace {

const std::vector<LogCase>& named_logs() {
  static const std::vector<LogCase> logs = test::webvh::log_cases();
  return logs;
}

std::string signed_part(const webvh::State& version) {
  std::string out;
  jcs::append_object_without(out, version.entry().root(), "proof");
  return out;
}

// Whatever was read hangs together, and can be asked for, in every way.
void check_log(const Log& log) {
  const auto versions = log.versions();
  if (log.fault()) {
    fuzz::check_error(log.fault()->error);
    VCNODE_ASSERT(log.fault()->index == versions.size());
  }
  for (std::size_t i = 0; i < versions.size(); ++i) {
    const auto& version = versions[i];
    VCNODE_ASSERT(version.version_id().number() == i + 1);
    VCNODE_ASSERT(version.parent() == (i == 0 ? "" : versions[i - 1].version_id().text()));
    VCNODE_ASSERT(i == 0 || versions[i - 1].version_time() < version.version_time());
    VCNODE_ASSERT(!version.signers().empty());
    const auto by_time = webvh::resolve(log, version.did(), {.version_time = version.version_time()});
    const bool hidden = log.fault() && i + 1 == versions.size();
    VCNODE_ASSERT(by_time.has_value() != hidden);
    const auto by_number = webvh::resolve(log, version.did(), {.version_number = i + 1});
    VCNODE_ASSERT(by_number.value().version.version_id() == version.version_id());
    VCNODE_ASSERT(webvh::resolution_result(by_number)["didDocumentMetadata"]["versionId"] ==
                  version.version_id().text());
    fuzz::check(webvh::did_web_document(version));
  }
  VCNODE_ASSERT(webvh::compare(versions, versions).relation == webvh::Relation::same);
  const Log again = Log::read(log.text(), std::nullopt, test::webvh::rules());
  if (!versions.empty() && !webvh::first_unwitnessed(versions, {}))
    VCNODE_ASSERT(again.versions().size() == versions.size());
}

void check_raw(std::string_view text) {
  const auto end = text.find('\0');
  std::optional<std::string_view> witness_file;
  if (end != std::string_view::npos) witness_file = text.substr(end + 1);
  check_log(Log::read(text.substr(0, end), witness_file, test::webvh::rules()));
}

void check_edited(fuzz::Recipe& recipe) {
  const LogCase& original = named_logs()[recipe.byte() % named_logs().size()];
  const Log before = original.log.read();
  const std::string text = fuzz::edited(recipe, original.log.text());
  const Log after = Log::read(text, webvh::write_witness_file(original.log.proofs()), test::webvh::rules());
  check_log(after);
  const auto was = before.versions();
  const auto is = after.versions();
  // An edit cannot make an entry that nobody signed; at most it removes a bad end of the log.
  for (std::size_t i = 0; i < std::min(was.size(), is.size()); ++i)
    VCNODE_ASSERT(signed_part(was[i]) == signed_part(is[i]));
  VCNODE_ASSERT(is.size() <= original.log.lines().size());
}

void check_did(std::string_view text) {
  const auto end = text.find('\0');
  const auto did = webvh::DidWebvh::parse(text.substr(0, end));
  fuzz::check(did);
  if (!did) return;
  VCNODE_ASSERT(did->text() == text.substr(0, end));
  const std::string folder = webvh::files_url(*did);
  VCNODE_ASSERT(folder.starts_with("https://" + did->host()) && folder.ends_with('/'));
  VCNODE_ASSERT(std::count(folder.begin(), folder.end(), '/') ==
                3 + static_cast<std::ptrdiff_t>(did->path().size()));
  VCNODE_ASSERT(is_url(folder) && folder.find("/../") == std::string::npos &&
                folder.find('\\') == std::string::npos);
  VCNODE_ASSERT(webvh::https_url(*did, webvh::File::log).ends_with("/did.jsonl"));
  if (end == std::string_view::npos) return;
  const auto url = webvh::resource_url(*did, text.substr(end + 1));
  fuzz::check(url);
  if (url) VCNODE_ASSERT(url->starts_with(folder) && is_url(*url) && url->find("/../") == std::string::npos);
}

void check_witness_file(std::string_view text) {
  const auto file = webvh::read_witness_file(text);
  fuzz::check(file);
  if (!file) return;
  const std::string written = webvh::write_witness_file(file->proofs);
  const auto again = webvh::read_witness_file(written);
  if (!again) return;  // longer than the limit, or too deep by the list around it
  VCNODE_ASSERT(again->discarded == 0 && again->proofs.size() == file->proofs.size());
  VCNODE_ASSERT(webvh::write_witness_file(again->proofs) == written);
  for (const auto& proof : file->proofs) fuzz::check(webvh::check_witness_proof(proof));
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Recipe recipe(data, size);
  switch (recipe.byte() % 4) {
    case 0:
      check_raw(recipe.rest());
      break;
    case 1:
      check_edited(recipe);
      break;
    case 2:
      check_did(recipe.rest());
      break;
    default:
      check_witness_file(recipe.rest());
      break;
  }
  return 0;
}
