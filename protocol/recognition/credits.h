// An amount of ECTS credits, exact: three times 3.3 is 9.9.
//
// Whole millionths of a credit. Credentials and rules state at most two decimals in practice; of what is
// finer than a millionth a component loses the rest and a rule rounds it up, so that it never counts for
// more than was stated.
#pragma once

#include <cmath>
#include <compare>
#include <cstdint>
#include <string>

namespace vcnode::recognition {

class Credits {
 public:
  constexpr Credits() noexcept = default;
  // REQUIRES: 0 <= stated <= facts::kAmountMax, so that every millionth is a number of its own.
  [[nodiscard]] static Credits stated(double stated) noexcept {
    return Credits(stated, std::floor(stated * kUnit));
  }
  [[nodiscard]] static Credits needed(double stated) noexcept {
    return Credits(stated, std::ceil(stated * kUnit));
  }
  // The nearest number of JSON: what was read comes back.
  [[nodiscard]] double number() const noexcept { return static_cast<double>(units_) / kUnit; }
  // "9", "9.9"
  [[nodiscard]] std::string text() const;
  Credits& operator+=(Credits other) noexcept {
    units_ += other.units_;
    return *this;
  }
  friend Credits operator+(Credits a, Credits b) noexcept { return a += b; }
  friend constexpr auto operator<=>(Credits, Credits) noexcept = default;

 private:
  static constexpr double kUnit = 1e6;
  // A decimal of at most six places is what the nearest millionth divides back to.
  Credits(double stated, double otherwise) noexcept {
    const double nearest = std::nearbyint(stated * kUnit);
    units_ = static_cast<std::int64_t>(nearest / kUnit == stated ? nearest : otherwise);
  }
  std::int64_t units_ = 0;
};

}  // namespace vcnode::recognition
