#include "node/app/request_body.h"

#include <algorithm>

#include "crypto/base/encoding.h"
#include "node/app/codes.h"

namespace vcnode::node {

Result<json::Document> parse_body(std::string_view body) {
  return json::Document::parse(body, {.size_max = body.size(), .depth_max = json::Limits{}.depth_max});
}

Result<const json::Value*> required_member(const json::Value& object, std::string_view name) {
  if (!object.is_object()) {
    return fail(codes::REQUEST_MALFORMED, "the request must be a JSON object, not ",
                json::kind_name(object.kind()));
  }
  const json::Value* member = object.find(name);
  if (member == nullptr) return fail(codes::REQUEST_MALFORMED, "the request lacks the member \"", name, "\"");
  return member;
}

Result<void> only_members(const json::Value& object, std::initializer_list<std::string_view> known) {
  if (!object.is_object()) {
    return fail(codes::REQUEST_MALFORMED, "the request must be a JSON object, not ",
                json::kind_name(object.kind()));
  }
  for (const json::Member& member : object.members()) {
    if (std::find(known.begin(), known.end(), member.name) == known.end()) {
      return fail(codes::REQUEST_UNKNOWN_MEMBER, "the request's member \"", excerpt(member.name),
                  "\" is not known here");
    }
  }
  return {};
}

}  // namespace vcnode::node
