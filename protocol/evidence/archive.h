// What a rebuilding reads in place of a store: chosen leaves and the bodies of a bundle. Private to
// protocol/evidence.
#pragma once

#include <map>
#include <set>
#include <span>

#include "protocol/evidence/bundle.h"
#include "protocol/ports.h"

namespace vcnode::evidence {

class BundleArchive final : public FeedArchive {
 public:
  // `hidden`: bodies that count as not there. `bundle` outlives it.
  BundleArchive(const Bundle& bundle, std::set<Sha256Digest> hidden)
      : bundle_(bundle), hidden_(std::move(hidden)) {}
  // `leaves` outlive it.
  void put(const feed::OriginHash& origin, std::span<const Bytes> leaves, std::optional<std::string> note) {
    logs_.insert_or_assign(origin, Log{leaves, std::move(note)});
  }

  [[nodiscard]] Result<std::optional<std::string>> note(const feed::OriginHash& origin) const override;
  [[nodiscard]] Result<std::uint64_t> leaf_count(const feed::OriginHash& origin) const override;
  [[nodiscard]] Result<std::vector<Bytes>> leaves(const feed::OriginHash& origin, std::uint64_t first,
                                                  std::uint64_t count_max) const override;
  [[nodiscard]] Result<std::optional<Bytes>> body(const Sha256Digest& digest) const override;
  [[nodiscard]] Result<std::vector<Sha256Digest>> body_digests() const override;
  // Log entries are handed over by themselves: none.
  [[nodiscard]] Result<std::vector<StoredEntry>> entries(std::string_view scid) const override;

 private:
  struct Log {
    std::span<const Bytes> leaves;
    std::optional<std::string> note;
  };
  const Bundle& bundle_;
  std::set<Sha256Digest> hidden_;
  std::map<feed::OriginHash, Log> logs_;
};

}  // namespace vcnode::evidence
