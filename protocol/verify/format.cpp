#include "protocol/verify/format.h"

#include <algorithm>

#include "crypto/base/json.h"
#include "crypto/base/limits.h"

namespace vcnode::verify {
namespace {

constexpr std::string_view kContextV1 = "https://www.w3.org/2018/credentials/v1";

bool is_token_char(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.' || c == '~';
}

// A JWS header is a JSON object, so its base64url starts with "eyJ" (`{"`), and two dots follow.
std::optional<std::string_view> token_format(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
    text.remove_suffix(1);
  if (!text.starts_with("eyJ") || !std::all_of(text.begin(), text.end(), is_token_char)) return std::nullopt;
  if (std::count(text.begin(), text.end(), '.') < 2) return std::nullopt;
  return text.find('~') == std::string_view::npos ? "a JWT" : "an SD-JWT";
}

bool any_is(const json::Value* value, std::string_view wanted) {
  if (value == nullptr) return false;
  const auto elements = value->one_or_many();
  return std::any_of(elements.begin(), elements.end(), [&](const json::Value& element) {
    return element.is_string() && element.string() == wanted;
  });
}

}  // namespace

std::optional<std::string_view> unsupported_format(std::string_view text) {
  if (const auto token = token_format(text)) return token;
  const auto document = json::Document::parse(text, {.size_max = limits::kCredentialBytesMax});
  if (!document) return std::nullopt;
  const json::Value& root = document->root();
  if (root.is_string()) return token_format(root.string());
  if (root.find_string("payload") && (root.find("signatures") != nullptr || root.find_string("signature")))
    return "a JWS in JSON serialisation (JAdES seal)";
  if (any_is(root.find("type"), "EnvelopedVerifiableCredential")) return "an enveloped credential";
  if (any_is(root.find("@context"), kContextV1)) return "a credential of data model 1.1";
  return std::nullopt;
}

}  // namespace vcnode::verify
