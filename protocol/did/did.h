// DIDs and URLs as types: W3C DID Core 1.0 §3, RFC 3986.
//
// Parse, don't validate: an object of these types is well-formed and at most limits::kUrlBytesMax long.
// Errors: DID_INVALID, URL_INVALID. Threading: plain values.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "crypto/base/result.h"

namespace vcnode {

// `did:<method>:<method-specific-id>`; no path, query or fragment.
class Did {
 public:
  [[nodiscard]] static Result<Did> parse(std::string_view text);
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] std::string_view method() const noexcept;
  [[nodiscard]] std::string_view method_specific_id() const noexcept;
  friend auto operator<=>(const Did&, const Did&) = default;

 private:
  explicit Did(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// A DID with an optional path, query and fragment.
class DidUrl {
 public:
  [[nodiscard]] static Result<DidUrl> parse(std::string_view text);
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] const Did& did() const noexcept { return did_; }
  [[nodiscard]] std::string_view path() const noexcept;      // with its leading '/', or empty
  [[nodiscard]] std::string_view query() const noexcept;     // without '?'
  [[nodiscard]] std::string_view fragment() const noexcept;  // without '#'
  friend bool operator==(const DidUrl&, const DidUrl&) = default;

 private:
  DidUrl(std::string text, Did did) : text_(std::move(text)), did_(std::move(did)) {}
  std::string text_;
  Did did_;
};

// An absolute URL: scheme, ':' and something after it; no whitespace or control characters.
class Url {
 public:
  [[nodiscard]] static Result<Url> parse(std::string_view text);
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] std::string_view scheme() const noexcept;
  friend auto operator<=>(const Url&, const Url&) = default;

 private:
  explicit Url(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// True where the VCDM asks for a URL (a DID is one).
[[nodiscard]] bool is_url(std::string_view text) noexcept;

}  // namespace vcnode
