// JSON Canonicalization Scheme, RFC 8785.
//
// Two writers with one number and string formatter: from a strict Document value (members already in UTF-16
// order) and from a builder's nlohmann tree (sorted here). For a nlohmann tree that holds what JCS forbids
// (non-finite numbers, numbers that are written as integers beyond ±(2^53−1), invalid UTF-8, duplicate names
// cannot occur) the writer fails with JSON_NUMBER_RANGE or JSON_UTF8; from a Document it cannot fail.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "crypto/base/json.h"
#include "crypto/base/result.h"

namespace vcnode::jcs {

[[nodiscard]] std::string canonicalize(const json::Value& value);
[[nodiscard]] Result<std::string> canonicalize(const nlohmann::json& value);

// Streaming pieces, for callers that leave members out or replace them without building a new tree (proof
// verification: the document without `proof`, the proof without `proofValue`).
void append_value(std::string& out, const json::Value& value);
void append_string(std::string& out, std::string_view text);
// The object's members except those named `omit` (empty: none), in order.
void append_object_without(std::string& out, const json::Value& object, std::string_view omit);
// ECMAScript Number::toString. REQUIRES: finite.
void append_number(std::string& out, double number);

// Appends many pieces to one string without its bookkeeping per piece. Between construction and destruction
// the string belongs to the Writer. Not thread-safe.
class Writer {
 public:
  explicit Writer(std::string& out) noexcept : out_(out), used_(out.size()) {}
  ~Writer() { out_.resize(used_); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void raw(char c) {
    *room(1) = c;
    ++used_;
  }
  void raw(std::string_view canonical);
  void string(std::string_view text);
  void value(const json::Value& value);
  void object_without(const json::Value& object, std::string_view omit);

 private:
  // Where the next `bytes` characters go.
  [[nodiscard]] char* room(std::size_t bytes) {
    if (out_.size() - used_ < bytes) grow(bytes);
    return out_.data() + used_;
  }
  void grow(std::size_t bytes);

  std::string& out_;  // longer than what is written by some characters to come
  std::size_t used_;
};

// UTF-16 code unit order of two UTF-8 strings.
[[nodiscard]] bool utf16_less(std::string_view a, std::string_view b) noexcept;

}  // namespace vcnode::jcs
