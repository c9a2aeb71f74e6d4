#include "node/app/kept_objects.h"

#include <utility>

namespace vcnode::node {

KeptObjects::Text KeptObjects::find(std::string_view address) {
  const std::lock_guard lock(mutex_);
  const auto found = by_address_.find(address);
  if (found == by_address_.end()) return nullptr;
  order_.splice(order_.begin(), order_, found->second);
  return found->second->object;
}

void KeptObjects::keep(std::string address, Text object) {
  if (object->size() > kKeptObjectBytesMax) return;
  const std::lock_guard lock(mutex_);
  if (by_address_.contains(address)) return;
  bytes_ += object->size();
  order_.push_front({std::move(address), std::move(object)});
  by_address_.emplace(order_.front().address, order_.begin());
  while (bytes_ > bytes_max_) {
    bytes_ -= order_.back().object->size();
    by_address_.erase(order_.back().address);
    order_.pop_back();
  }
}

std::size_t KeptObjects::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace vcnode::node
