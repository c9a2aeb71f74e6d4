#include "protocol/facts/place.h"

#include "crypto/base/result.h"
#include "protocol/facts/normalise.h"

namespace vcnode::facts {

std::string Place::member_pointer() const {
  if (parent_ == nullptr) return {};
  std::string out = parent_->pointer();
  out.push_back('/');
  for (const char c : name_) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::string Place::pointer() const {
  return index_ ? concat(member_pointer(), "/", *index_) : member_pointer();
}

bool is_blank(const json::Value& value) {
  switch (value.kind()) {
    case json::Kind::null:
      return true;
    case json::Kind::string:
      return trimmed(value.string()).empty();
    case json::Kind::array:
      return value.elements().empty();
    case json::Kind::object:
      return value.members().empty();
    default:
      return false;
  }
}

const json::Value* first_of(const json::Value& object, std::string_view name) {
  const json::Value* member = object.find(name);
  if (member == nullptr) return nullptr;
  for (const json::Value& value : member->one_or_many())
    if (!is_blank(value)) return &value;
  return nullptr;
}

std::optional<std::string_view> string_of(const json::Value& object, std::string_view name) {
  const json::Value* value = first_of(object, name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return value->string();
}

bool has(const Place& from, std::string_view path) {
  return !each(from, path, [](const Place&) { return false; });
}

}  // namespace vcnode::facts
