// The passphrase half of crypto/key_file.h.
#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "crypto/base/encoding.h"
#include "crypto/codes.h"
#include "crypto/descriptor.h"
#include "crypto/key_file.h"

namespace vcnode {
namespace {

constexpr std::size_t kPassphraseBytesMax = 1024;

Result<int> descriptor_number(std::string_view text) {
  int number = -1;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size() || number < 0)
    return fail(codes::PASSPHRASE_UNAVAILABLE,
                "what follows \"fd:\" does not name a descriptor; it must be like fd:3");
  return number;
}

Result<std::filesystem::path> credential_path(std::string_view name) {
  if (name.empty() || name == "." || name == ".." || name.find('/') != std::string_view::npos)
    return fail(codes::PASSPHRASE_UNAVAILABLE,
                "what follows \"credential:\" does not name a systemd credential: it must be one file name");
  const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
  if (directory == nullptr || *directory == '\0')
    return fail(codes::PASSPHRASE_UNAVAILABLE, "credential:", excerpt(name),
                " needs $CREDENTIALS_DIRECTORY, which systemd sets for a unit with LoadCredential=");
  return std::filesystem::path(directory) / name;
}

Result<Descriptor> open_source(const PassphraseSource& source) {
  switch (source.kind) {
    case PassphraseSource::Kind::descriptor: {
      VCNODE_TRY(const int number, descriptor_number(source.value));
      return Descriptor::borrow(number, "descriptor " + source.value);
    }
    case PassphraseSource::Kind::credential: {
      VCNODE_TRY(const auto path, credential_path(source.value));
      return Descriptor::open_regular(path);
    }
    case PassphraseSource::Kind::file:
      break;
  }
  return Descriptor::open_regular(source.value);
}

}  // namespace

Result<PassphraseSource> PassphraseSource::parse(std::string_view text) {
  const auto colon = text.find(':');
  const std::string_view scheme = text.substr(0, colon);
  const std::string_view value =
      colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
  PassphraseSource source{Kind::file, std::string(value)};
  if (value.empty() || (scheme != "file" && scheme != "fd" && scheme != "credential"))
    return fail(codes::PASSPHRASE_UNAVAILABLE,
                "what is given is not a source of a passphrase (and not shown, it may be one): use "
                "file:PATH, fd:NUMBER or credential:NAME");
  if (scheme == "fd") {
    VCNODE_CHECK(descriptor_number(value));
    source.kind = Kind::descriptor;
  }
  if (scheme == "credential") source.kind = Kind::credential;
  return source;
}

Result<SecretBytes> read_passphrase(const PassphraseSource& source) {
  const auto opened = open_source(source);
  if (!opened) return fail(codes::PASSPHRASE_UNAVAILABLE, "no passphrase: ", opened.error().message);
  SecretBytes buffer(kPassphraseBytesMax + 2);  // one byte for the newline, one to see that there is more
  const auto read = opened->read_up_to(buffer.span());
  if (!read) return fail(codes::PASSPHRASE_UNAVAILABLE, "no passphrase: ", read.error().message);
  BytesView passphrase = buffer.view().first(*read);
  if (!passphrase.empty() && passphrase.back() == '\n') passphrase = passphrase.first(passphrase.size() - 1);
  if (passphrase.empty() || passphrase.size() > kPassphraseBytesMax)
    return fail(codes::PASSPHRASE_UNAVAILABLE, "the passphrase is ",
                passphrase.empty() ? "empty" : "longer than the limit", ", allowed are 1 to ",
                kPassphraseBytesMax, " bytes");
  return SecretBytes::copy_of(passphrase);
}

}  // namespace vcnode
