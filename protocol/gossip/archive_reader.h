// Feeds out of an archive, whole; private to protocol/gossip.
#pragma once

#include <optional>
#include <vector>

#include "protocol/feed/replica.h"
#include "protocol/ports.h"

namespace vcnode::gossip {

// All leaves that can be read.
[[nodiscard]] Result<std::vector<Bytes>> read_leaves(const FeedArchive& archive,
                                                     const feed::OriginHash& origin);

class ArchiveReader {
 public:
  // Asks once which bodies there are: most lists of a long feed were superseded and are not held, and a
  // question for each of a million cost a second. Errors: the archive's.
  [[nodiscard]] static Result<ArchiveReader> open(const FeedArchive& archive);

  [[nodiscard]] const FeedArchive& archive() const noexcept { return archive_; }
  // Keeps the first error for unreadable(). Lives no longer than the reader.
  [[nodiscard]] feed::BodyReader bodies();
  [[nodiscard]] const std::optional<Error>& unreadable() const noexcept { return unreadable_; }

 private:
  ArchiveReader(const FeedArchive& archive, std::vector<Sha256Digest> held)
      : archive_(archive), held_(std::move(held)) {}
  const FeedArchive& archive_;
  std::vector<Sha256Digest> held_;
  std::optional<Error> unreadable_;
};

}  // namespace vcnode::gossip
