// Result<T>: a value or an Error, with std::expected's names (C++23), which g++ 12 lacks.
//
// Errors are values: a stable Code plus one sentence that names the thing, the value and the limit.
// `fail(code, parts...)` joins strings and integers into that sentence; `VCNODE_TRY(auto x, expr)` unwraps or
// returns the error. Reading the wrong side is a programming error and aborts, in release builds too.
//
// Threading: a plain value.
#pragma once

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "crypto/base/assert.h"
#include "crypto/base/code.h"

namespace vcnode {

struct Error {
  Code code;
  std::string message;
};

struct Failure {  // what fail() returns; converts to any Result
  Error error;
};

namespace detail {
inline void append_part(std::string& out, std::string_view part) {
  out.append(part);
}
template <std::integral I>
requires(!std::same_as<I, bool> && !std::same_as<I, char>) void append_part(std::string& out, I value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}
}  // namespace detail

template <class... Parts>
[[nodiscard]] std::string concat(const Parts&... parts) {
  std::string out;
  (detail::append_part(out, parts), ...);
  return out;
}

template <class... Parts>
[[nodiscard]] Failure fail(Code code, const Parts&... parts) {
  return Failure{Error{code, concat(parts...)}};
}

template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // implicit, as std::expected
  Result(Failure failure) : state_(std::in_place_index<1>, std::move(failure.error)) {}
  template <class U>
  requires(std::convertible_to<U, T> && !std::same_as<std::remove_cvref_t<U>, T> &&
           !std::same_as<std::remove_cvref_t<U>, Failure> && !std::same_as<std::remove_cvref_t<U>, Result>)
      Result(U&& value)
      : state_(std::in_place_index<0>, T(std::forward<U>(value))) {}

  [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  [[nodiscard]] T& value() & { return checked_value(*this); }
  [[nodiscard]] const T& value() const& { return checked_value(*this); }
  [[nodiscard]] T&& value() && { return std::move(checked_value(*this)); }
  [[nodiscard]] T& operator*() & { return checked_value(*this); }
  [[nodiscard]] const T& operator*() const& { return checked_value(*this); }
  [[nodiscard]] T&& operator*() && { return std::move(checked_value(*this)); }
  [[nodiscard]] T* operator->() { return &checked_value(*this); }
  [[nodiscard]] const T* operator->() const { return &checked_value(*this); }

  [[nodiscard]] const Error& error() const& {
    VCNODE_ASSERT(!has_value());
    return *std::get_if<1>(&state_);
  }
  [[nodiscard]] Error&& error() && {
    VCNODE_ASSERT(!has_value());
    return std::move(*std::get_if<1>(&state_));
  }
  [[nodiscard]] Failure failure() && { return Failure{std::move(*this).error()}; }
  [[nodiscard]] Failure failure() const& { return Failure{error()}; }

  template <class U>
  [[nodiscard]] T value_or(U&& fallback) const& {
    return has_value() ? value() : static_cast<T>(std::forward<U>(fallback));
  }
  template <class F>
  [[nodiscard]] auto and_then(F&& next) && -> std::invoke_result_t<F, T> {
    if (!has_value()) return std::move(*this).failure();
    return std::forward<F>(next)(std::move(*this).value());
  }
  template <class F>
  [[nodiscard]] auto transform(F&& next) && -> Result<std::invoke_result_t<F, T>> {
    if (!has_value()) return std::move(*this).failure();
    return std::forward<F>(next)(std::move(*this).value());
  }

 private:
  template <class Self>
  static auto& checked_value(Self& self) {
    VCNODE_ASSERT(self.has_value());
    return *std::get_if<0>(&self.state_);
  }
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;
  Result() = default;
  Result(Failure failure) : error_(std::in_place_index<1>, std::move(failure.error)) {}
  [[nodiscard]] bool has_value() const noexcept { return error_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }
  void value() const { VCNODE_ASSERT(has_value()); }
  [[nodiscard]] const Error& error() const& {
    VCNODE_ASSERT(!has_value());
    return *std::get_if<1>(&error_);
  }
  [[nodiscard]] Failure failure() const& { return Failure{error()}; }

 private:
  std::variant<std::monostate, Error> error_;
};

}  // namespace vcnode

#define VCNODE_CONCAT_INNER(a, b) a##b
#define VCNODE_CONCAT(a, b) VCNODE_CONCAT_INNER(a, b)
// VCNODE_TRY(auto name, expression): bind the value or return the error. Not inside co_await expressions.
#define VCNODE_TRY(declaration, ...) \
  VCNODE_TRY_INNER(VCNODE_CONCAT(vcnode_try_, __LINE__), declaration, __VA_ARGS__)
#define VCNODE_TRY_INNER(temporary, declaration, ...)                \
  auto temporary = (__VA_ARGS__);                                    \
  if (!temporary.has_value()) return std::move(temporary).failure(); \
  declaration = *std::move(temporary)
// VCNODE_CHECK(expression): return the error of a Result<void> (or of any Result whose value is not needed).
#define VCNODE_CHECK(...)                                                                                  \
  do {                                                                                                     \
    if (auto vcnode_checked = (__VA_ARGS__); !vcnode_checked.has_value()) return vcnode_checked.failure(); \
  } while (false)
