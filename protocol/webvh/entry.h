// One line of did.jsonl, read strictly ("The DID Log File").
//
// An Entry is an object with exactly versionId, versionTime, parameters, state and proof, in JSON that the
// strict reader accepts; whether it is a good successor of another entry is for state.h. It keeps its exact
// bytes, because they are what is stored, served and relayed; what is hashed and signed is its canonical
// form.
//
// Errors: JSON_*, WEBVH_ENTRY, WEBVH_VERSION_ID, WEBVH_VERSION_TIME. Threading: immutable; copies share
// memory.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "crypto/base/json.h"
#include "crypto/base/result.h"
#include "protocol/webvh/instant.h"
#include "protocol/webvh/version_id.h"

namespace vcnode::webvh {

// A DID document with dozens of keys and services stays below; a line beyond is an attack.
inline constexpr std::size_t kEntryBytesMax = 64 * 1024;
// What the security section of the specification suggests for a fetched log.
inline constexpr std::size_t kLogBytesMax = 5 * 1024 * 1024;
// DID documents nest four deep.
inline constexpr std::size_t kEntryDepthMax = 32;
// The text that stands for the SCID while it is computed.
inline constexpr std::string_view kScidPlaceholder = "{SCID}";

class Entry {
 public:
  // `line` without its line end.
  [[nodiscard]] static Result<Entry> parse(std::string_view line);

  [[nodiscard]] const std::string& line() const noexcept { return data_->line; }
  [[nodiscard]] const VersionId& version_id() const noexcept { return data_->version_id; }
  [[nodiscard]] Instant version_time() const noexcept { return data_->version_time; }
  [[nodiscard]] std::string_view version_time_text() const noexcept { return data_->version_time_text; }
  [[nodiscard]] const json::Value& root() const noexcept { return data_->document.root(); }
  [[nodiscard]] const json::Value& parameters() const noexcept { return *root().find("parameters"); }
  [[nodiscard]] const json::Value& document() const noexcept { return *root().find("state"); }

  // "Generate Entry Hash": over the entry without proof, with its predecessor's versionId (the SCID for the
  // first entry) in place of its own.
  [[nodiscard]] std::string hash_after(std::string_view predecessor) const;
  // "Verify SCID", steps 4 to 7: what the SCID of this entry is if `scid` is what it claims.
  // Errors: WEBVH_SCID if the text that is hashed would not be JSON, or holds the placeholder already.
  [[nodiscard]] Result<std::string> scid_of(std::string_view scid) const;

 private:
  struct Data {
    std::string line;
    json::Document document;
    VersionId version_id;
    std::string_view version_time_text;  // in document
    Instant version_time;
  };
  explicit Entry(std::shared_ptr<const Data> data) : data_(std::move(data)) {}
  [[nodiscard]] std::string canonical_with(std::string_view version_id) const;
  std::shared_ptr<const Data> data_;
};

}  // namespace vcnode::webvh
