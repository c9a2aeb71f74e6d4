// GroupCommit: many small batches, one fsync.
//
// Batches handed in while a commit runs are committed together by one writer thread. Each keeps its own fate:
// one that fails its precondition does not take the others down. The callback runs on the writer thread after
// the batch is durable (or refused) and must be short; posting to an executor is the normal use. It may
// submit. The destructor finishes what was handed in and must not run on the writer thread.
//
// submit() never blocks and never refuses, so the queue is as long as what callers have in flight; each of
// them (requests being answered, the gossip engine) has its own limit on that. Threading: submit() from any
// thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "protocol/ports.h"

namespace vcnode::storage {

// The gain of sharing one sync is nearly all there at 100 batches (reference/performance.md, section 5); more
// only makes the first of the group wait longer for its answer.
inline constexpr std::size_t kBatchesPerGroupMax = 256;

// A store that can make several batches durable with one sync.
class GroupStore : public Store {
 public:
  // One outcome per batch, in order; all accepted batches are durable on return. A later batch sees what the
  // earlier accepted ones of the group did. If the group cannot be made durable every batch of it fails.
  [[nodiscard]] virtual std::vector<Result<void>> commit_group(
      const std::vector<const StoreBatch*>& batches) = 0;
  // A group of one.
  [[nodiscard]] Result<void> commit(const StoreBatch& batch) override;
};

class GroupCommit {
 public:
  using Done = std::function<void(Result<void>)>;
  explicit GroupCommit(GroupStore& store);  // `store` outlives this
  ~GroupCommit();
  GroupCommit(const GroupCommit&) = delete;
  GroupCommit& operator=(const GroupCommit&) = delete;
  void submit(StoreBatch batch, Done done);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vcnode::storage
