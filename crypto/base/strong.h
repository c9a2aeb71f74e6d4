// Strong<Tag, T>: an integer with a meaning. Two of different Tag neither compare nor convert.
#pragma once

#include <compare>

namespace vcnode {

template <class Tag, class T>
class Strong {
 public:
  using value_type = T;
  constexpr Strong() noexcept : value_{} {}
  constexpr explicit Strong(T value) noexcept : value_(value) {}
  [[nodiscard]] constexpr T value() const noexcept { return value_; }
  friend constexpr auto operator<=>(const Strong&, const Strong&) noexcept = default;

 private:
  T value_;
};

}  // namespace vcnode
