// Policies: what is read has one canonical text, which reads back as the same.
#include "protocol/recognition/policy.h"

#include "tests/fuzz/fuzz.h"

using namespace vcnode;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto policy = recognition::Policy::parse(as_text({data, size}));
  fuzz::check(policy);
  if (!policy) return 0;
  const std::string canonical = policy->canonical();
  const auto again = recognition::Policy::parse(canonical);
  VCNODE_ASSERT(again.has_value() && again->canonical() == canonical && again->digest() == policy->digest());
  VCNODE_ASSERT(again->asks() == policy->asks());
  return 0;
}
