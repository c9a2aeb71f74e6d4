// The state of a DID after an entry, and the one function that makes it.
//
// apply() is pure: the same parent, entry and rules always give the same answer, and the parent is not
// touched. So entries form a tree: siblings on one parent are each validated from its State, whatever came
// first, and a chain (log.h) is the special case. Everything the specification asks of a single entry is
// checked here except its witnesses, whose proofs lie elsewhere and may come later (witness.h).
//
// Errors of apply: WEBVH_* of an entry (codes.def), from cheap checks to the signature.
// Threading: a State is immutable; copies share memory, and so do parent and child what did not change.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "crypto/base/result.h"
#include "crypto/base/time.h"
#include "protocol/webvh/did_webvh.h"
#include "protocol/webvh/entry.h"
#include "protocol/webvh/parameters.h"

namespace vcnode::webvh {

struct Rules {
  Timestamp now;  // entries later than this plus limits::kClockSkewSecondsMax are refused
  DidOptions did;
};

class State {
 public:
  [[nodiscard]] const Entry& entry() const noexcept { return data_->entry; }
  [[nodiscard]] const VersionId& version_id() const noexcept { return entry().version_id(); }
  [[nodiscard]] Instant version_time() const noexcept { return entry().version_time(); }
  [[nodiscard]] const json::Value& document() const noexcept { return entry().document(); }
  [[nodiscard]] const DidWebvh& did() const noexcept { return data_->did; }  // the document's id
  [[nodiscard]] const Parameters& parameters() const noexcept { return *data_->parameters; }
  [[nodiscard]] bool deactivated() const noexcept { return parameters().deactivated; }
  // versionId of the entry before, "" for the first.
  [[nodiscard]] const std::string& parent() const noexcept { return data_->parent; }
  // Multikeys that signed this entry, in the order of its proofs.
  [[nodiscard]] const std::vector<std::string>& signers() const noexcept { return data_->signers; }
  // Who has to approve this very entry: the list in force before it, or its own if there was none before.
  [[nodiscard]] const WitnessRule& governing_witnesses() const noexcept { return data_->governing->witness; }

 private:
  friend Result<State> apply(const State* parent, const Entry& entry, const Rules& rules);
  struct Data {
    Entry entry;
    DidWebvh did;
    std::shared_ptr<const Parameters> parameters;
    std::shared_ptr<const Parameters> governing;
    std::string parent;
    std::vector<std::string> signers;
  };
  explicit State(std::shared_ptr<const Data> data) : data_(std::move(data)) {}
  std::shared_ptr<const Data> data_;
};

// `parent`: nullptr for a first entry.
[[nodiscard]] Result<State> apply(const State* parent, const Entry& entry, const Rules& rules);

}  // namespace vcnode::webvh
