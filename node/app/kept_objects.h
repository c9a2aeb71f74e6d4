// KeptObjects: public objects that were read from the store lately, so that asking for one again costs
// neither a worker nor the disk.
//
// Only what never changes is kept: a body under the bytes of its digest, a tile under its path below an
// accepted head and the number of the log it is of (WatchedStore::log_number). Bounded in bytes; what was not
// asked for longest goes first. Threading: from any thread.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace vcnode::node {

// The lists and newest tiles of a thousand issuers; a list of 131,072 entries is about 4 KB, a tile 40 KB.
inline constexpr std::size_t kKeptBytesMax = 32 * 1024 * 1024;
// A larger object is copied on the loop's thread for longer than a worker's turn takes.
inline constexpr std::size_t kKeptObjectBytesMax = 128 * 1024;

class KeptObjects {
 public:
  explicit KeptObjects(std::size_t bytes_max = kKeptBytesMax) : bytes_max_(bytes_max) {}

  using Text = std::shared_ptr<const std::string>;
  [[nodiscard]] Text find(std::string_view address);  // nullptr if it is not kept
  void keep(std::string address, Text object);        // unless it is larger than kKeptObjectBytesMax
  [[nodiscard]] std::size_t bytes() const;

 private:
  struct Entry {
    std::string address;
    Text object;
  };
  using Order = std::list<Entry>;  // the one asked for last is first

  mutable std::mutex mutex_;
  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  Order order_;
  std::map<std::string_view, Order::iterator, std::less<>> by_address_;  // views into order_
};

}  // namespace vcnode::node
