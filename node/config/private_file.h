// Files that must be secret besides key files, which crypto/key_file.h guards itself: whoever can read one of
// these can open the key files, pose as the node, or learn who may write to it. Like a key file, one that
// group or others have any right to is refused, so that nobody finds out later who has read it.
//
// Only regular files are judged: descriptors and what a service manager hands over have guards of their own.
// Errors: SECRET_FILE_PERMISSIONS, naming file, mode and what it must be; besides, those of what is read.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "crypto/base/result.h"
#include "crypto/key_file.h"
#include "crypto/secret.h"
#include "node/net/tls.h"

namespace vcnode::node {

// `what` names the file in the sentence: "the passphrase file". A file that is not there is for its reader to
// miss.
[[nodiscard]] Result<void> check_private(const std::filesystem::path& path, std::string_view what);

// Errors: also PASSPHRASE_UNAVAILABLE.
[[nodiscard]] Result<SecretBytes> read_private_passphrase(const PassphraseSource& source);

// Errors: also TLS_CERTIFICATE, FILE_UNREADABLE.
[[nodiscard]] Result<std::shared_ptr<TlsServerContext>> load_private_tls(
    const std::filesystem::path& certificate, const std::filesystem::path& key);

}  // namespace vcnode::node
