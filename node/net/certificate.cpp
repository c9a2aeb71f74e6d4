// write_self_signed: a P-256 key and a certificate that signs itself (RFC 5280), through OpenSSL 3.
#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <string_view>
#include <system_error>

#include "crypto/base/assert.h"
#include "crypto/base/codes.h"
#include "crypto/base/encoding.h"
#include "crypto/descriptor.h"
#include "crypto/secret.h"
#include "node/net/codes.h"
#include "node/net/tls.h"

namespace vcnode::node {
namespace {

template <auto release>
struct Release {
  template <class T>
  void operator()(T* object) const {
    release(object);
  }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using CertificatePtr = std::unique_ptr<X509, Release<X509_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, Release<GENERAL_NAMES_free>>;
using BioPtr = std::unique_ptr<BIO, Release<BIO_free>>;

constexpr long kSecondsPerDay = 24 * 3600;
constexpr long kValidDays = 3650;
// RFC 5280 bounds a common name to 64 characters (ub-common-name).
constexpr std::size_t kCommonNameMax = 64;

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
         c == '*';
}

// An address as 4 or 16 bytes; empty for a name.
Bytes address_bytes(const std::string& host) {
  std::array<std::uint8_t, 16> raw{};
  if (::inet_pton(AF_INET, host.c_str(), raw.data()) == 1) return Bytes(raw.begin(), raw.begin() + 4);
  if (::inet_pton(AF_INET6, host.c_str(), raw.data()) == 1) return Bytes(raw.begin(), raw.end());
  return {};
}

// OpenSSL fails here only when memory is exhausted or the library is broken.
void must(bool done) {
  VCNODE_ASSERT(done);
}

void add_name(GENERAL_NAMES* names, const std::string& host) {
  const Bytes address = address_bytes(host);
  GENERAL_NAME* name = GENERAL_NAME_new();
  ASN1_STRING* value = address.empty() ? ASN1_IA5STRING_new() : ASN1_OCTET_STRING_new();
  must(name != nullptr && value != nullptr);
  const void* data = address.empty() ? static_cast<const void*>(host.data()) : address.data();
  must(ASN1_STRING_set(value, data, static_cast<int>(address.empty() ? host.size() : address.size())) == 1);
  GENERAL_NAME_set0_value(name, address.empty() ? GEN_DNS : GEN_IPADD, value);
  must(sk_GENERAL_NAME_push(names, name) > 0);
}

void add_extension(X509* certificate, int nid, const char* value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value);
  must(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

void set_subject(X509* certificate, const std::string& host) {
  const std::string common_name = host.size() <= kCommonNameMax ? host : "vcnode";
  X509_NAME* name = X509_get_subject_name(certificate);
  must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                  reinterpret_cast<const unsigned char*>(common_name.data()),
                                  static_cast<int>(common_name.size()), -1, 0) == 1);
  must(X509_set_issuer_name(certificate, name) == 1);
}

void set_serial(X509* certificate) {
  std::array<std::uint8_t, 16> serial{};
  must(RAND_bytes(serial.data(), static_cast<int>(serial.size())) == 1);
  serial[0] = static_cast<std::uint8_t>((serial[0] & 0x7f) | 0x40);  // positive, of fixed length
  BIGNUM* number = BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr);
  must(number != nullptr && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr);
  BN_free(number);
}

CertificatePtr certify(EVP_PKEY* key, const std::vector<std::string>& hosts) {
  CertificatePtr certificate(X509_new());
  must(certificate != nullptr && X509_set_version(certificate.get(), X509_VERSION_3) == 1);
  set_serial(certificate.get());
  set_subject(certificate.get(), hosts.front());
  // A day early, for clients whose clocks are behind.
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kSecondsPerDay);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kValidDays * kSecondsPerDay);
  must(X509_set_pubkey(certificate.get(), key) == 1);

  const NamesPtr names(sk_GENERAL_NAME_new_null());
  for (const auto& host : hosts) add_name(names.get(), host);
  must(X509_add1_ext_i2d(certificate.get(), NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT) == 1);
  add_extension(certificate.get(), NID_basic_constraints, "critical,CA:FALSE");
  add_extension(certificate.get(), NID_key_usage, "critical,digitalSignature");
  add_extension(certificate.get(), NID_ext_key_usage, "serverAuth");
  must(X509_sign(certificate.get(), key, EVP_sha256()) > 0);
  return certificate;
}

BytesView contents(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {reinterpret_cast<const std::uint8_t*>(data), static_cast<std::size_t>(size)};
}

SecretBytes key_pem(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_secmem()));
  must(bio != nullptr &&
       PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return SecretBytes::copy_of(contents(bio.get()));
}

Bytes certificate_pem(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  must(bio != nullptr && PEM_write_bio_X509(bio.get(), certificate) == 1);
  const BytesView text = contents(bio.get());
  return Bytes(text.begin(), text.end());
}

Failure already_there(const std::filesystem::path& path) {
  return fail(codes::FILE_UNREADABLE, path.string(), " is already there and is never overwritten");
}

Result<void> sync_folder_of(const std::filesystem::path& path) {
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  VCNODE_TRY(const Descriptor descriptor, Descriptor::open(folder));
  return descriptor.sync();
}

// The file appears whole or not at all, and never instead of another: link() does not replace.
Result<void> write_new(const std::filesystem::path& path, BytesView text, mode_t mode) {
  std::filesystem::path temporary = path;
  temporary += concat(".new-", ::getpid());
  VCNODE_TRY(const Descriptor file, Descriptor::create(temporary, mode));
  Result<void> written = file.write_all(text);
  if (written) written = file.sync();
  const bool linked = written.has_value() && ::link(temporary.c_str(), path.c_str()) == 0;
  const int error_number = errno;
  ::unlink(temporary.c_str());
  if (!written) return written;
  if (!linked)
    return error_number == EEXIST ? already_there(path) : system_failure("write", path, error_number);
  return sync_folder_of(path);
}

Result<void> check_hosts(const std::vector<std::string>& hosts) {
  if (hosts.empty())
    return fail(codes::TLS_CERTIFICATE, "a certificate needs at least one host name or address");
  for (const auto& host : hosts) {
    const bool is_name =
        !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), is_name_character);
    if (!is_name && address_bytes(host).empty()) {
      return fail(codes::TLS_CERTIFICATE, "\"", excerpt(host), "\" is neither a host name nor an address");
    }
  }
  return {};
}

}  // namespace

Result<void> write_self_signed(const std::filesystem::path& certificate, const std::filesystem::path& key,
                               const std::vector<std::string>& hosts) {
  VCNODE_CHECK(check_hosts(hosts));
  for (const auto& path : {certificate, key}) {
    std::error_code ignored;
    if (std::filesystem::exists(std::filesystem::symlink_status(path, ignored))) return already_there(path);
  }
  const KeyPtr pair(EVP_EC_gen("P-256"));
  must(pair != nullptr);
  const CertificatePtr signed_certificate = certify(pair.get(), hosts);
  VCNODE_CHECK(write_new(key, key_pem(pair.get()).view(), 0600));
  const Bytes text = certificate_pem(signed_certificate.get());
  Result<void> written = write_new(certificate, text, 0644);
  if (!written) ::unlink(key.c_str());  // a key without its certificate would block the next attempt
  return written;
}

}  // namespace vcnode::node
