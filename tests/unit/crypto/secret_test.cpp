#include "crypto/secret.h"

#include <algorithm>
#include <cstdlib>
#include <type_traits>

#include "tests/support/child.h"
#include "tests/support/doctest.h"

using vcnode::SecretBytes;

TEST_CASE("a new secret is zero and a copy has the bytes") {
  const SecretBytes zero(40);
  CHECK(zero.size() == 40);
  CHECK(std::all_of(zero.view().begin(), zero.view().end(), [](auto b) { return b == 0; }));
  const SecretBytes copy = SecretBytes::copy_of(vcnode::as_bytes("pass"));
  CHECK(vcnode::as_text(copy.view()) == "pass");
  CHECK(SecretBytes().size() == 0);
  CHECK(SecretBytes::copy_of({}).size() == 0);
}

TEST_CASE("moving leaves nothing behind") {
  SecretBytes first = SecretBytes::copy_of(vcnode::as_bytes("first"));
  SecretBytes second = std::move(first);
  CHECK(vcnode::as_text(second.view()) == "first");
  CHECK(first.size() == 0);
  SecretBytes third(3);
  third = std::move(second);
  CHECK(vcnode::as_text(third.view()) == "first");
  CHECK(second.size() == 0);
  static_assert(!std::is_copy_constructible_v<SecretBytes> && !std::is_copy_assignable_v<SecretBytes>);
}

TEST_CASE("a destroyed secret can no longer be read") {
  const auto end = vcnode::test::run_in_child([] {
    const std::uint8_t* address = nullptr;
    {
      const SecretBytes secret = SecretBytes::copy_of(vcnode::as_bytes("gone"));
      address = secret.view().data();
    }
    if (*static_cast<const volatile std::uint8_t*>(address) == 0) ::abort();
  });
  CHECK(end.died);
}

TEST_CASE("reading past a secret dies at once") {
  const auto end = vcnode::test::run_in_child([] {
    const SecretBytes secret(4096);
    (void)*static_cast<const volatile std::uint8_t*>(secret.view().data() + 4096);
  });
  CHECK(end.died);
}
