#include "node/config/private_file.h"

#include <sys/stat.h>

#include "node/config/codes.h"

namespace vcnode::node {

Result<void> check_private(const std::filesystem::path& path, std::string_view what) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) == 0) return {};
  const unsigned mode = status.st_mode & 0777u;
  return fail(codes::SECRET_FILE_PERMISSIONS, what, " ", path.string(), " has mode 0", mode >> 6,
              mode >> 3 & 7u, mode & 7u, ", group and others must have no rights (0600)");
}

Result<SecretBytes> read_private_passphrase(const PassphraseSource& source) {
  if (source.kind == PassphraseSource::Kind::file)
    VCNODE_CHECK(check_private(source.value, "the passphrase file"));
  return read_passphrase(source);
}

Result<std::shared_ptr<TlsServerContext>> load_private_tls(const std::filesystem::path& certificate,
                                                           const std::filesystem::path& key) {
  VCNODE_CHECK(check_private(key, "the TLS private key"));
  return TlsServerContext::load(certificate, key);
}

}  // namespace vcnode::node
