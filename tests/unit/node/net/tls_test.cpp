#include "node/net/tls.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <fstream>
#include <memory>

#include "node/net/codes.h"
#include "tests/support/doctest.h"
#include "tests/support/shared_data.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/node/net/fixture.h"
#include "tests/unit/node/net/raw_connection.h"

using namespace vcnode;
using node::TlsServerContext;
using node::write_self_signed;

namespace {

struct Files {
  test::TemporaryDirectory folder;
  std::filesystem::path certificate = folder.path() / "certificate.pem";
  std::filesystem::path key = folder.path() / "key.pem";

  [[nodiscard]] std::size_t count() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder.path()), {}));
  }
};

void write_text(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path) << text;
}

using CertificatePtr = std::unique_ptr<X509, decltype(&X509_free)>;
using KeyPtr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

CertificatePtr read_certificate(const std::filesystem::path& path) {
  BIO* bio = BIO_new_file(path.c_str(), "r");
  REQUIRE(bio != nullptr);
  CertificatePtr out(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr), X509_free);
  BIO_free(bio);
  REQUIRE(out != nullptr);
  return out;
}

KeyPtr read_key(const std::filesystem::path& path) {
  BIO* bio = BIO_new_file(path.c_str(), "r");
  KeyPtr out(PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr), EVP_PKEY_free);
  BIO_free(bio);
  REQUIRE(out != nullptr);
  return out;
}

// The certificate of `files` with other dates, signed again by its own key.
void set_dates(const Files& files, long from_seconds, long until_seconds) {
  const auto certificate = read_certificate(files.certificate);
  const auto key = read_key(files.key);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), from_seconds);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), until_seconds);
  REQUIRE(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0);
  BIO* bio = BIO_new_file(files.certificate.c_str(), "w");
  REQUIRE(PEM_write_bio_X509(bio, certificate.get()) == 1);
  BIO_free(bio);
}

}  // namespace

TEST_SUITE("node/net tls") {
  TEST_CASE("a self-signed certificate names its hosts, lasts ten years and fits its private key") {
    const Files files;
    REQUIRE_OK(write_self_signed(files.certificate, files.key, {"node.example", "127.0.0.1", "::1"}));
    const auto certificate = read_certificate(files.certificate);
    const auto key = read_key(files.key);
    CHECK(X509_check_private_key(certificate.get(), key.get()) == 1);
    CHECK(X509_check_host(certificate.get(), "node.example", 0, 0, nullptr) == 1);
    CHECK(X509_check_host(certificate.get(), "other.example", 0, 0, nullptr) == 0);
    CHECK(X509_check_ip_asc(certificate.get(), "127.0.0.1", 0) == 1);
    CHECK(X509_check_ip_asc(certificate.get(), "::1", 0) == 1);
    CHECK(X509_verify(certificate.get(), key.get()) == 1);
    int days = 0;
    int seconds = 0;
    ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(certificate.get()));
    CHECK(days >= 3649);
    struct stat status {};
    REQUIRE(::stat(files.key.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    CHECK(files.count() == 2);
    REQUIRE_OK(TlsServerContext::load(files.certificate, files.key));
  }

  TEST_CASE("an existing file is never overwritten, and nothing half-made stays behind") {
    const Files files;
    write_text(files.key, "mine");
    CHECK_CODE_NAMES(write_self_signed(files.certificate, files.key, {"a"}), codes::FILE_UNREADABLE,
                     "key.pem");
    std::filesystem::remove(files.key);
    write_text(files.certificate, "mine");
    CHECK_CODE_NAMES(write_self_signed(files.certificate, files.key, {"a"}), codes::FILE_UNREADABLE,
                     "certificate.pem");
    CHECK(test::read_file(files.certificate) == "mine");
    CHECK(files.count() == 1);
    CHECK_CODE_NAMES(write_self_signed(files.folder.path() / "no" / "c", files.folder.path() / "k", {"a"}),
                     codes::FILE_UNREADABLE, "no/c");
    CHECK(files.count() == 1);
  }

  TEST_CASE("what is no host is refused by name") {
    const Files files;
    CHECK_CODE_NAMES(write_self_signed(files.certificate, files.key, {}), codes::TLS_CERTIFICATE,
                     "at least one");
    CHECK_CODE_NAMES(write_self_signed(files.certificate, files.key, {"ok", "a b"}), codes::TLS_CERTIFICATE,
                     "a b");
    CHECK_CODE_NAMES(write_self_signed(files.certificate, files.key, {"x,DNS:y"}), codes::TLS_CERTIFICATE,
                     "x,DNS:y");
    CHECK(files.count() == 0);
  }

  TEST_CASE("a long host name still gets a certificate") {
    const Files files;
    const std::string host = std::string(60, 'a') + "." + std::string(60, 'b') + ".example";
    REQUIRE_OK(write_self_signed(files.certificate, files.key, {host}));
    CHECK(X509_check_host(read_certificate(files.certificate).get(), host.c_str(), 0, 0, nullptr) == 1);
  }

  TEST_CASE("loading names the file that is missing, malformed, mismatched or out of date") {
    const Files files;
    REQUIRE_OK(write_self_signed(files.certificate, files.key, {"a"}));
    const Files other;
    REQUIRE_OK(write_self_signed(other.certificate, other.key, {"a"}));
    const auto missing = files.folder.path() / "missing.pem";
    CHECK_CODE_NAMES(TlsServerContext::load(missing, files.key), codes::FILE_UNREADABLE, "missing.pem");
    CHECK_CODE_NAMES(TlsServerContext::load(files.certificate, missing), codes::FILE_UNREADABLE,
                     "missing.pem");
    CHECK_CODE_NAMES(TlsServerContext::load(files.key, files.key), codes::TLS_CERTIFICATE,
                     "no certificate chain");
    CHECK_CODE_NAMES(TlsServerContext::load(files.certificate, files.certificate), codes::TLS_CERTIFICATE,
                     "private key");
    CHECK_CODE_NAMES(TlsServerContext::load(files.certificate, other.key), codes::TLS_CERTIFICATE,
                     "is not the key of");
    set_dates(files, -2 * 24 * 3600, -24 * 3600);
    CHECK_CODE_NAMES(TlsServerContext::load(files.certificate, files.key), codes::TLS_CERTIFICATE,
                     "expired at 20");
    set_dates(files, 24 * 3600, 2 * 24 * 3600);
    CHECK_CODE_NAMES(TlsServerContext::load(files.certificate, files.key), codes::TLS_CERTIFICATE,
                     "valid only from 20");
    write_text(missing, std::string(300 * 1024, 'x'));
    CHECK_CODE_NAMES(TlsServerContext::load(missing, files.key), codes::TLS_CERTIFICATE, "262144 bytes");
  }

  TEST_CASE("a key of another type than the certificate's is a mismatch") {
    const Files files;
    REQUIRE_OK(write_self_signed(files.certificate, files.key, {"a"}));
    const KeyPtr key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free);
    BIO* bio = BIO_new_file(files.key.c_str(), "w");
    REQUIRE(PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
    BIO_free(bio);
    CHECK_CODE_NAMES(TlsServerContext::load(files.certificate, files.key), codes::TLS_CERTIFICATE,
                     "is not the key of");
  }

  TEST_CASE("an encrypted key is refused without asking for a passphrase") {
    const Files files;
    REQUIRE_OK(write_self_signed(files.certificate, files.key, {"a"}));
    const auto key = read_key(files.key);
    BIO* bio = BIO_new_file(files.key.c_str(), "w");
    REQUIRE(PEM_write_bio_PKCS8PrivateKey(bio, key.get(), EVP_aes_256_cbc(), "secret", 6, nullptr, nullptr) ==
            1);
    BIO_free(bio);
    CHECK_CODE_NAMES(TlsServerContext::load(files.certificate, files.key), codes::TLS_CERTIFICATE,
                     "unencrypted");
  }

  TEST_CASE("the server speaks TLS 1.3 and nothing older") {
    test::TestServer server;
    auto old = test::RawConnection::to_port(server.port());
    CHECK_FALSE(old.start_tls_as_client(TLS1_2_VERSION));
    auto current = test::RawConnection::to_port(server.port());
    CHECK(current.start_tls_as_client());
  }
}
