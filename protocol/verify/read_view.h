// ReadView: one state of a view, and what of it a verification has read: the rows of its verdict.
//
// Whoever replays a verdict has its rows and nothing else, so a feed or a history that was read and held is a
// row whatever became of the verification, and what was looked for in vain is not there for the replay
// either. What was read once stays as it was, whatever arrives meanwhile.
//
// Threading: belongs to one verification.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocol/verify/verdict.h"
#include "protocol/verify/verify.h"

namespace vcnode::verify {

class ReadView final : public View {
 public:
  explicit ReadView(const View& view) : view_(view) {}
  [[nodiscard]] std::shared_ptr<const feed::FeedSnapshot> feed_of(std::string_view issuer_did) const override;
  [[nodiscard]] std::shared_ptr<const issuer::History> history_of(std::string_view did) const override;
  [[nodiscard]] ClosureCache* closures() const override { return view_.closures(); }
  [[nodiscard]] bool is_stapled(std::string_view issuer_did) const override {
    return view_.is_stapled(issuer_did);
  }
  [[nodiscard]] std::vector<ViewHead> rows() const;

 private:
  struct Read {
    std::optional<std::shared_ptr<const feed::FeedSnapshot>> feed;  // none: not looked at
    std::optional<std::shared_ptr<const issuer::History>> history;  // as above
  };
  [[nodiscard]] Read& read(std::string_view did) const;

  const View& view_;
  mutable std::map<std::string, Read, std::less<>> read_;  // by lookup name
};

}  // namespace vcnode::verify
