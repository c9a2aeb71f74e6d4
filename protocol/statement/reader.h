// Members of a statement, read one by one. Internal. Errors: STATEMENT_MALFORMED, naming member, value and
// limit.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "crypto/base/bytes.h"
#include "crypto/base/encoding.h"
#include "protocol/statement/codes.h"
#include "protocol/statement/scope.h"

namespace vcnode::statement {

template <class... Parts>
[[nodiscard]] Failure malformed(const Parts&... parts) {
  return fail(codes::STATEMENT_MALFORMED, parts...);
}

// A value for a message; nullptr: missing.
[[nodiscard]] std::string shown(const json::Value* value);

// Printable text of 1 to `bytes_max` bytes.
[[nodiscard]] bool is_line(const json::Value& value, std::size_t bytes_max);
// 1 to kTokenBytesMax of a-z, 0-9, "-".
[[nodiscard]] bool is_token(std::string_view text);
[[nodiscard]] bool is_iri(std::string_view text);
// did:webvh, did:key or did:web.
[[nodiscard]] bool is_body_did(std::string_view text);
[[nodiscard]] bool is_host(std::string_view text);

// One object and where it stands.
class Members {
 public:
  // Errors: not an object.
  [[nodiscard]] static Result<Members> of(const json::Value& value, std::string path);
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] const json::Value* find(std::string_view name) const { return object_->find(name); }
  [[nodiscard]] std::string path_of(std::string_view name) const { return concat(path_, "/", name); }
  // No other members.
  [[nodiscard]] Result<void> only(std::span<const std::string_view> names) const;

  // What a value must be, in words, and how to tell. One line of text if nothing else is said.
  struct Form {
    bool (*check)(std::string_view) = nullptr;
    std::string_view words = "text";
    std::size_t bytes_max = 0;  // 0: limits::kUrlBytesMax
  };
  [[nodiscard]] Result<std::string> text(std::string_view name, const Form& form) const;
  [[nodiscard]] Result<std::string> text_or_none(std::string_view name, const Form& form) const;  // ""
  // Absent: nullopt. An array of 1 to count_max different strings; sorted.
  [[nodiscard]] Result<std::optional<Names>> names(std::string_view name, std::size_t count_max,
                                                   const Form& form) const;
  // Absent: empty. An array of 1 to count_max values; no span of the empty array.
  [[nodiscard]] Result<std::span<const json::Value>> list(std::string_view name, std::size_t count_max) const;

  struct Range {
    std::int64_t low = 0;
    std::int64_t high = 0;
  };
  [[nodiscard]] Result<std::int64_t> integer(std::string_view name, Range range) const;
  [[nodiscard]] Result<std::optional<std::int64_t>> integer_or_none(std::string_view name, Range range) const;
  // More than 0, at most kEctsMax.
  [[nodiscard]] Result<double> ects(std::string_view name) const;
  [[nodiscard]] Result<std::optional<double>> ects_or_none(std::string_view name) const;
  [[nodiscard]] Result<bool> flag(std::string_view name, bool absent) const;
  [[nodiscard]] Result<std::optional<Timestamp>> time_or_none(std::string_view name) const;
  [[nodiscard]] Result<std::optional<std::string>> country_or_none(std::string_view name) const;
  [[nodiscard]] Result<Sha256Digest> digest(std::string_view name) const;
  [[nodiscard]] Result<Interval> eqf(std::string_view name) const;

 private:
  Members(const json::Value& object, std::string path) : object_(&object), path_(std::move(path)) {}
  const json::Value* object_;
  std::string path_;
};

inline constexpr Members::Form kToken{is_token, "a word of at most 64 small letters, digits and \"-\""};
inline constexpr Members::Form kIri{is_iri, "an absolute IRI of at most 1024 bytes"};
inline constexpr Members::Form kBodyDid{is_body_did, "a did:webvh, did:key or did:web"};
inline constexpr Members::Form kHost{is_host, "a host name in small letters"};

}  // namespace vcnode::statement
