// The strict JSON reader: the only way JSON from outside enters the program.
//
// `Document::parse` reads RFC 8259 text (tokens by simdjson, which saves us a SIMD tokenizer and number
// parser) and then applies I-JSON (RFC 7493) and our own rules in one pass:
//   - nesting at most `depth_max`, text at most `size_max`; no byte order mark, no NUL byte, no U+0000 in
//     strings, valid UTF-8, no lone surrogates;
//   - no object with two members of one name (after unescaping);
//   - integer literals within ±(2^53−1); other numbers must be finite and are rounded to the nearest double
//     (RFC 8785 §3.2.2.3). Those that JCS would write as an integer literal beyond that (1e17) are refused
//     too, so that whatever is accepted has a canonical text that is accepted.
// The result is an immutable tree whose object members are sorted by UTF-16 code units, the order that JCS
// (RFC 8785) writes, so canonicalising is a walk.
//
// `Value` is a cheap, copyable view that lives as long as its Document (or a copy of it: copies share).
// Builders of JSON (what we issue, API answers) use nlohmann::json instead; see crypto/jcs.h.
//
// Errors: JSON_*. Threading: a Document is immutable after parse and may be shared; parse is reentrant.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string_view>

#include "crypto/base/assert.h"
#include "crypto/base/bytes.h"
#include "crypto/base/result.h"

namespace vcnode::json {

// 2^53-1: the largest integer that every JSON reader holds exactly (RFC 7493 §2.2).
inline constexpr std::int64_t kIntegerMax = 9'007'199'254'740'991;
// True for a number that RFC 8785 writes as an integer literal beyond kIntegerMax: from 1e21 on it writes
// exponents.
[[nodiscard]] constexpr bool is_unsafe_integer(double number) noexcept {
  const double magnitude = number < 0 ? -number : number;
  return magnitude > static_cast<double>(kIntegerMax) && magnitude < 1e21;
}

struct Limits {
  std::size_t size_max = 1024 * 1024;  // bytes of text
  std::size_t depth_max = 64;          // nested arrays and objects
};

enum class Kind : std::uint8_t { null, boolean, integer, number, string, array, object };
[[nodiscard]] std::string_view kind_name(Kind kind) noexcept;

struct Member;

class Value {
 public:
  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  [[nodiscard]] bool is_string() const noexcept { return kind_ == Kind::string; }
  [[nodiscard]] bool is_object() const noexcept { return kind_ == Kind::object; }
  [[nodiscard]] bool is_array() const noexcept { return kind_ == Kind::array; }
  [[nodiscard]] bool is_null() const noexcept { return kind_ == Kind::null; }

  // REQUIRES: the matching kind (asserted).
  [[nodiscard]] bool boolean() const;
  [[nodiscard]] std::int64_t integer() const;
  [[nodiscard]] double number() const;  // integer or number
  [[nodiscard]] std::string_view string() const;
  [[nodiscard]] std::span<const Value> elements() const;
  [[nodiscard]] std::span<const Member> members() const;

  // Member of an object; nullptr if absent or if this is not an object.
  [[nodiscard]] const Value* find(std::string_view name) const noexcept;
  // String member; nullopt if absent or not a string.
  [[nodiscard]] std::optional<std::string_view> find_string(std::string_view name) const noexcept;
  // Elements of an array, or this value alone: the "one or many" idiom of JSON-LD.
  [[nodiscard]] std::span<const Value> one_or_many() const noexcept;

 private:
  friend class TreeBuilder;
  // Below this many members a walk is faster than halving.
  static constexpr std::size_t kWalkMembersMax = 16;
  [[nodiscard]] const Value* find_by_halving(std::string_view name) const noexcept;
  union Payload {
    bool boolean;
    std::int64_t integer;
    double number;
    const char* text;
    const Value* elements;
    const Member* members;
  };
  Payload payload_{.integer = 0};
  std::uint32_t count_ = 0;
  Kind kind_ = Kind::null;
};

struct Member {
  std::string_view name;
  Value value;
};

inline const Value kNullValue;

inline bool Value::boolean() const {
  VCNODE_ASSERT(kind_ == Kind::boolean);
  return payload_.boolean;
}
inline std::int64_t Value::integer() const {
  VCNODE_ASSERT(kind_ == Kind::integer);
  return payload_.integer;
}
inline double Value::number() const {
  VCNODE_ASSERT(kind_ == Kind::integer || kind_ == Kind::number);
  return kind_ == Kind::integer ? static_cast<double>(payload_.integer) : payload_.number;
}
inline std::string_view Value::string() const {
  VCNODE_ASSERT(kind_ == Kind::string);
  return {payload_.text, count_};
}
inline std::span<const Value> Value::elements() const {
  VCNODE_ASSERT(kind_ == Kind::array);
  return {payload_.elements, count_};
}
inline std::span<const Member> Value::members() const {
  VCNODE_ASSERT(kind_ == Kind::object);
  return {payload_.members, count_};
}
inline std::span<const Value> Value::one_or_many() const noexcept {
  if (kind_ == Kind::array) return {payload_.elements, count_};
  return {this, 1};
}

inline const Value* Value::find(std::string_view name) const noexcept {
  if (kind_ != Kind::object) return nullptr;
  if (count_ > kWalkMembersMax) return find_by_halving(name);
  for (const Member& member : std::span<const Member>(payload_.members, count_))
    if (member.name.size() == name.size() && member.name.starts_with(name.substr(0, 1)) &&
        member.name == name)
      return &member.value;
  return nullptr;
}
inline std::optional<std::string_view> Value::find_string(std::string_view name) const noexcept {
  const Value* value = find(name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return value->string();
}

class Document {
 public:
  Document() noexcept = default;  // null
  // Errors: JSON_SYNTAX, JSON_UTF8, JSON_BOM, JSON_NUL, JSON_DUPLICATE_MEMBER, JSON_TOO_DEEP, JSON_TOO_LARGE,
  // JSON_NUMBER_RANGE.
  [[nodiscard]] static Result<Document> parse(std::string_view text, Limits limits = {});
  [[nodiscard]] const Value& root() const noexcept { return *root_; }

 private:
  std::shared_ptr<const void> storage_;
  const Value* root_ = &kNullValue;
};

// A builder's tree with the same content. For places where speed does not count.
[[nodiscard]] nlohmann::json to_nlohmann(const Value& value);
// parse() followed by to_nlohmann().
[[nodiscard]] Result<nlohmann::json> read(std::string_view text, Limits limits = {});

}  // namespace vcnode::json
