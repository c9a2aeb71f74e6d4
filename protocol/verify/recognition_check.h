// The recognition check: what the verifier's policy makes of a credential that is authentic. Here a View is
// turned into the world that judging reads (protocol/recognition), and closures are kept between questions.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/issuer/history.h"
#include "protocol/recognition/judge.h"
#include "protocol/verify/verify.h"

namespace vcnode::verify {

// One state of a view: what was looked at once stays as it was, whatever arrives meanwhile.
// Threading: one thread.
class ViewWorld final : public recognition::World {
 public:
  // What a holding was made of; equal pointers, equal holdings.
  struct Source {
    std::shared_ptr<const feed::FeedSnapshot> feed;
    std::shared_ptr<const issuer::History> history;
    friend bool operator==(const Source&, const Source&) = default;
  };
  using Sources = std::map<std::string, Source, std::less<>>;

  explicit ViewWorld(const View& view) : view_(view) {}
  [[nodiscard]] const recognition::Holding* of(std::string_view lookup_name) const override;
  // Everything that was asked for, held or not.
  [[nodiscard]] Sources sources() const;
  // Looks at all of these; false if the view has gone on from one of them.
  [[nodiscard]] bool still_shows(const Sources& sources) const;
  [[nodiscard]] const Source* source_of(std::string_view lookup_name) const;

 private:
  struct Looked {
    Source source;
    std::optional<recognition::Holding> holding;
  };
  const Looked& look(std::string_view lookup_name) const;

  const View& view_;
  mutable std::map<std::string, Looked, std::less<>> looked_;
};

// What is held of one body, as judging sees it. REQUIRES: source.feed.
[[nodiscard]] recognition::Holding holding_of(const ViewWorld::Source& source);

// What judging by a policy needs of a world, and what of the world it rests on.
struct Prepared {
  std::shared_ptr<const recognition::Closure> closure;
  std::shared_ptr<const recognition::Levels> levels;
  ViewWorld::Sources read;
};

// Where these are kept between questions, by the digest of the policy. A port: the node's may be asked from
// any thread.
class ClosureCache {
 public:
  virtual ~ClosureCache() = default;
  [[nodiscard]] virtual std::shared_ptr<const Prepared> get(const Sha256Digest& policy) = 0;
  virtual void put(const Sha256Digest& policy, std::shared_ptr<const Prepared> prepared) = 0;
};

// What is kept, if it holds at `at` and nothing it rests on has changed; else it is made anew, and kept.
// `cache` may be nullptr. REQUIRES: policy.values().recognition.
[[nodiscard]] std::shared_ptr<const Prepared> prepare(const Policy& policy, const ViewWorld& world,
                                                      Timestamp at, ClosureCache* cache);

}  // namespace vcnode::verify
