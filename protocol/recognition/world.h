// World: what is held of every body, as judging sees it.
//
// A port. Bodies are named by their lookup name (protocol/did/lookup_name.h). One judgement and the closure
// it uses must see one state: an implementation gives the same answer to the same question as long as it
// lives. Threading: read-only; may be asked by several threads at once.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/base/time.h"
#include "protocol/statement/log.h"

namespace vcnode::recognition {

// What is held of one body.
struct Holding {
  std::shared_ptr<const statement::StatementLog> statements;  // never null
  bool contradicted = false;  // it told two histories: none of its statements can be relied on
  bool newer_known = false;   // a newer head is known whose leaves are not held
  // Of the newest head; none: the last word, which does not age (a closed feed).
  std::optional<Timestamp> head_time = std::nullopt;
};

class World {
 public:
  virtual ~World() = default;
  // nullptr: nothing is held of it. The pointer is good as long as the World.
  [[nodiscard]] virtual const Holding* of(std::string_view lookup_name) const = 0;
};

// A world made of what is at hand.
class MapWorld final : public World {
 public:
  void put(std::string lookup_name, Holding holding) {
    bodies_.insert_or_assign(std::move(lookup_name), std::move(holding));
  }
  [[nodiscard]] const Holding* of(std::string_view lookup_name) const override {
    const auto found = bodies_.find(lookup_name);
    return found == bodies_.end() ? nullptr : &found->second;
  }

 private:
  std::map<std::string, Holding, std::less<>> bodies_;
};

}  // namespace vcnode::recognition
