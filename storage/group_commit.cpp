#include "storage/group_commit.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "crypto/base/assert.h"

namespace vcnode::storage {

Result<void> GroupStore::commit(const StoreBatch& batch) {
  const auto outcomes = commit_group({&batch});
  VCNODE_ASSERT(outcomes.size() == 1);
  return outcomes.front();
}

struct GroupCommit::State {
  struct Item {
    StoreBatch batch;
    Done done;
  };

  explicit State(GroupStore& target) : store(target), writer([this] { run(); }) {}

  void run() {
    for (auto group = next_group(); !group.empty(); group = next_group()) commit(group);
  }

  // Waits for work; empty when there will be none.
  std::vector<Item> next_group() {
    std::unique_lock lock(mutex);
    work.wait(lock, [this] { return stopping || !queue.empty(); });
    const auto count = std::min(queue.size(), kBatchesPerGroupMax);
    const auto last = queue.begin() + static_cast<std::ptrdiff_t>(count);
    std::vector<Item> group(std::make_move_iterator(queue.begin()), std::make_move_iterator(last));
    queue.erase(queue.begin(), last);
    return group;
  }

  void commit(std::vector<Item>& group) {
    std::vector<const StoreBatch*> batches;
    batches.reserve(group.size());
    for (const Item& item : group) batches.push_back(&item.batch);
    auto outcomes = store.commit_group(batches);
    VCNODE_ASSERT(outcomes.size() == group.size());
    for (std::size_t i = 0; i < group.size(); ++i) group[i].done(std::move(outcomes[i]));
  }

  GroupStore& store;
  std::mutex mutex;
  std::condition_variable work;
  std::deque<Item> queue;
  bool stopping = false;
  std::thread writer;  // last: it starts when everything above is there
};

GroupCommit::GroupCommit(GroupStore& store) : state_(std::make_unique<State>(store)) {}

GroupCommit::~GroupCommit() {
  VCNODE_ASSERT(std::this_thread::get_id() != state_->writer.get_id());
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->work.notify_one();
  state_->writer.join();
}

void GroupCommit::submit(StoreBatch batch, Done done) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->queue.push_back({std::move(batch), std::move(done)});
  }
  state_->work.notify_one();
}

}  // namespace vcnode::storage
