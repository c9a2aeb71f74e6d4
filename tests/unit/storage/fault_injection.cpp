#include "tests/unit/storage/fault_injection.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "tests/support/doctest.h"

namespace {

std::atomic<std::uint64_t> syncs{0};
std::atomic<std::uint64_t> failing_first{UINT64_MAX};
std::atomic<std::uint64_t> failing_last{UINT64_MAX};

int sync_or_fail(long call, int descriptor) {
  const auto number = syncs++;
  if (number >= failing_first && number <= failing_last) {
    errno = EIO;
    return -1;
  }
  return static_cast<int>(::syscall(call, descriptor));
}

}  // namespace

extern "C" int fsync(int descriptor) {
  return sync_or_fail(SYS_fsync, descriptor);
}
extern "C" int fdatasync(int descriptor) {
  return sync_or_fail(SYS_fdatasync, descriptor);
}

namespace vcnode::test {

FailingSyncs::FailingSyncs(std::uint64_t first, std::uint64_t last) {
  const auto now = syncs.load();
  failing_last = last > UINT64_MAX - now ? UINT64_MAX : now + last;
  failing_first = now + first;
}

FailingSyncs::~FailingSyncs() {
  failing_first = UINT64_MAX;
}

std::uint64_t sync_count() {
  return syncs;
}

FullDisk::FullDisk(std::uint64_t bytes) {
  ::signal(SIGXFSZ, SIG_IGN);
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
  const rlimit limit{bytes, before_.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

FullDisk::~FullDisk() {
  ::setrlimit(RLIMIT_FSIZE, &before_);
}

}  // namespace vcnode::test
