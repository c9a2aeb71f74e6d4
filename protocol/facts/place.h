// A value of a document and how it was reached, for walking along member names and for JSON Pointers.
//
// Places live on the stack of the walk that made them: a Place refers to the Place it was reached from.
// JSON-LD writes one value where it could write an array of one, so a walk goes into arrays by itself.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/base/json.h"

namespace vcnode::facts {

class Place {
 public:
  explicit Place(const json::Value& root) noexcept : value_(&root) {}
  // `value` is the member `name` of `parent`, or with an index an element of it.
  Place(const Place& parent, std::string_view name, std::optional<std::size_t> index,
        const json::Value& value) noexcept
      : value_(&value), parent_(&parent), name_(name), index_(index) {}

  [[nodiscard]] const json::Value& value() const noexcept { return *value_; }
  [[nodiscard]] std::string pointer() const;  // RFC 6901
  // Of the member as a whole, also where this is an element of its array.
  [[nodiscard]] std::string member_pointer() const;

 private:
  const json::Value* value_;
  const Place* parent_ = nullptr;
  std::string_view name_;
  std::optional<std::size_t> index_;
};

// True for what says nothing: null, white space, an empty array or object.
[[nodiscard]] bool is_blank(const json::Value& value);

// The first value of a member that says something, in an array or by itself; nullptr if there is none.
[[nodiscard]] const json::Value* first_of(const json::Value& object, std::string_view name);
// The same if it is a string.
[[nodiscard]] std::optional<std::string_view> string_of(const json::Value& object, std::string_view name);

// Calls `visit` with the Place of every value at `path` below `from`, member names separated by '/'; blank
// ones are passed over. `visit` answers whether to go on; so does each().
template <class Visit>
bool each(const Place& from, std::string_view path, Visit&& visit) {
  if (path.empty()) return visit(from);
  const auto slash = path.find('/');
  const std::string_view name = path.substr(0, slash);
  const std::string_view rest = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  const json::Value* member = from.value().find(name);
  if (member == nullptr) return true;
  const auto values = member->one_or_many();
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (is_blank(values[i])) continue;
    const auto index = member->is_array() ? std::optional(i) : std::nullopt;
    if (!each(Place(from, name, index, values[i]), rest, visit)) return false;
  }
  return true;
}

// Whether anything but blanks stands at `path`.
[[nodiscard]] bool has(const Place& from, std::string_view path);

}  // namespace vcnode::facts
