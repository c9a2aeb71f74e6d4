#include "node/net/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <ctime>
#include <string_view>

#include "crypto/base/codes.h"
#include "crypto/descriptor.h"
#include "crypto/secret.h"
#include "node/net/codes.h"
#include "node/net/native.h"

namespace vcnode::node {
namespace {

// A chain of a few certificates is about 10 KB.
constexpr std::size_t kPemBytesMax = 256 * 1024;

Failure unusable(const std::filesystem::path& path, std::string_view why) {
  return fail(codes::TLS_CERTIFICATE, path.string(), " ", why);
}

Result<SecretBytes> read_pem(const std::filesystem::path& path) {
  VCNODE_TRY(const Descriptor file, Descriptor::open_regular(path));
  SecretBytes space(kPemBytesMax + 1);
  VCNODE_TRY(const std::size_t size, file.read_up_to(space.span()));
  if (size > kPemBytesMax)
    return unusable(path, concat("is longer than the limit of ", kPemBytesMax, " bytes"));
  return SecretBytes::copy_of(space.view().first(size));
}

std::string date_of(const ASN1_TIME* time) {
  tm fields{};
  char text[32] = "an unreadable date";
  if (ASN1_TIME_to_tm(time, &fields) == 1) std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &fields);
  return text;
}

Result<void> check_in_force(SSL_CTX* context, const std::filesystem::path& path) {
  const X509* certificate = SSL_CTX_get0_certificate(context);
  const ASN1_TIME* from = X509_get0_notBefore(certificate);
  const ASN1_TIME* until = X509_get0_notAfter(certificate);
  if (X509_cmp_current_time(until) <= 0) return unusable(path, concat("expired at ", date_of(until)));
  if (X509_cmp_current_time(from) > 0) return unusable(path, concat("is valid only from ", date_of(from)));
  return {};
}

}  // namespace

void restrict_to_tls13(asio::ssl::context& context) {
  SSL_CTX* native = context.native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_3_VERSION);
  SSL_CTX_set_num_tickets(native, 0);
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);  // idle links keep no record buffers
}

TlsServerContext::TlsServerContext() : native_(std::make_unique<Native>()) {}
TlsServerContext::~TlsServerContext() = default;

Result<std::shared_ptr<TlsServerContext>> TlsServerContext::load(const std::filesystem::path& certificate,
                                                                 const std::filesystem::path& key) {
  VCNODE_TRY(const SecretBytes chain_pem, read_pem(certificate));
  VCNODE_TRY(const SecretBytes key_pem, read_pem(key));
  std::shared_ptr<TlsServerContext> out(new TlsServerContext);
  asio::ssl::context& context = out->native_->context;
  restrict_to_tls13(context);
  ErrorCode error;
  // Without a callback OpenSSL would ask for the passphrase of an encrypted key on the terminal.
  context.set_password_callback(
      [](std::size_t, asio::ssl::context::password_purpose) { return std::string(); }, error);

  context.use_certificate_chain(asio::buffer(chain_pem.view().data(), chain_pem.size()), error);
  if (error)
    return unusable(certificate, concat("holds no certificate chain in PEM form: ", error.message()));
  context.use_private_key(asio::buffer(key_pem.view().data(), key_pem.size()), asio::ssl::context::pem,
                          error);
  const bool values_differ =
      ERR_GET_REASON(static_cast<unsigned long>(error.value())) == X509_R_KEY_VALUES_MISMATCH;
  if (error && !values_differ) {
    return unusable(key, concat("holds no unencrypted private key in PEM form: ", error.message()));
  }
  // A key of another type passes the step above and fails here.
  if (error || SSL_CTX_check_private_key(context.native_handle()) != 1) {
    return unusable(key, concat("is not the key of the certificate in ", certificate.string()));
  }
  VCNODE_CHECK(check_in_force(context.native_handle(), certificate));
  return out;
}

}  // namespace vcnode::node
