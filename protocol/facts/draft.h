// Facts while they are being read: what was found of each element, and what could not be read.
#pragma once

#include <array>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/facts/facts.h"
#include "protocol/facts/place.h"

namespace vcnode::facts {

class Draft {
 public:
  explicit Draft(Profile profile) { facts.profile = profile; }

  Facts facts;

  // One more value of an element that is a list; a value that it has already is not repeated.
  // Answers whether it is a new one.
  bool add(int element, const Place& place, const nlohmann::json& value);
  // A member of an element that is an object; the first value stays.
  void set(int element, const Place& place, const std::string& member, const nlohmann::json& value);
  // The same, where several are kept: one by itself, more in an array.
  void also(int element, const Place& place, const std::string& member, const nlohmann::json& value);
  // Something there cannot be read; the element (0: none) is malformed.
  void cannot_read(int element, const Place& place, std::string_view why);
  void assume_utc(int element, const Place& place);
  void note(Code code, const Place& place, std::string_view why);
  void not_applicable(int element) { slot(element).not_applicable = true; }

  // Nothing was found so far.
  [[nodiscard]] bool is_empty(int element) const;
  // False once an element has more values than are read.
  [[nodiscard]] bool has_room(int element) const;

  [[nodiscard]] Facts finish() &&;

 private:
  struct Slot {
    std::string path;
    std::vector<std::string> values;             // JCS, in the order found
    std::set<std::string> known;                 // the same, for finding
    std::map<std::string, std::string> members;  // JCS by name
    bool malformed = false;
    bool not_applicable = false;
  };
  [[nodiscard]] Slot& slot(int element) { return slots_.at(static_cast<std::size_t>(element)); }
  [[nodiscard]] const Slot& slot(int element) const { return slots_.at(static_cast<std::size_t>(element)); }
  void trouble(Code code, int element, const Place& place, std::string_view why);
  void finish_element(int number);

  std::array<Slot, kElementCount + 1> slots_;  // [0]: facts that belong to no element
};

}  // namespace vcnode::facts
