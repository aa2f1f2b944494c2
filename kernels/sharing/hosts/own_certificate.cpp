#include "kernels/sharing/hosts/own_certificate.hpp"

#include <memory>
#include <stdexcept>

#include "kernels/base/errors.hpp"

#ifdef PARLAB_HAS_OPENSSL
#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstdio>

#include "kernels/posix/file_descriptor.hpp"
#endif

namespace parlab {

#ifdef PARLAB_HAS_OPENSSL
namespace {

/// Before now, for clocks that go slow, and after it: longer than any run.
constexpr long seconds_before = 24L * 3600;
constexpr long seconds_after = 30L * 24 * 3600;

template <class T, auto free>
struct FreeBy {
  void operator()(T* made) const { free(made); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY, EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, FreeBy<X509, X509_free>>;

void require(bool made) {
  if (made) return;
  ERR_clear_error();
  throw std::runtime_error("OpenSSL cannot make a certificate");
}

bool is_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
}

void extend(X509* certificate, int what, const std::string& text) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, FreeBy<X509_EXTENSION, X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, &context, what, text.c_str()));
  require(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

Certificate certificate_of(EVP_PKEY* key, const std::string& host) {
  Certificate made(X509_new());
  X509* certificate = made.get();
  require(certificate && X509_set_version(certificate, 2) == 1 &&  // version 3
          ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1 &&
          X509_gmtime_adj(X509_getm_notBefore(certificate), -seconds_before) &&
          X509_gmtime_adj(X509_getm_notAfter(certificate), seconds_after) &&
          X509_set_pubkey(certificate, key) == 1);
  constexpr std::array<unsigned char, 6> name = {'p', 'a', 'r', 'l', 'a', 'b'};
  X509_NAME* subject = X509_get_subject_name(certificate);
  require(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, name.data(), name.size(), -1,
                                     0) == 1 &&
          X509_set_issuer_name(certificate, subject) == 1);
  extend(certificate, NID_basic_constraints, "critical,CA:TRUE");
  extend(certificate, NID_subject_alt_name, (is_address(host) ? "IP:" : "DNS:") + host);
  require(X509_sign(certificate, key, EVP_sha256()) > 0);
  return made;
}

/// A file that is not there yet, for this user alone.
template <class Write>
void write_file(const std::string& path, const Write& write) {
  FileDescriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  const std::unique_ptr<std::FILE, FreeBy<std::FILE, std::fclose>> stream(
      file ? fdopen(file.get(), "w") : nullptr);
  if (!stream) throw std::runtime_error("cannot write " + path);
  file.release();
  require(write(stream.get()) == 1 && std::fflush(stream.get()) == 0);
}

}  // namespace

OwnCertificate make_own_certificate(const std::string& folder, const std::string& host) {
  const Key key(EVP_EC_gen("P-256"));
  require(key != nullptr);
  const Certificate certificate = certificate_of(key.get(), host);
  OwnCertificate files{folder + "/certificate.pem", folder + "/key.pem"};
  write_file(files.certificate,
             [&](std::FILE* to) { return PEM_write_X509(to, certificate.get()); });
  write_file(files.key, [&](std::FILE* to) {
    return PEM_write_PrivateKey(to, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  return files;
}
#else
OwnCertificate make_own_certificate(const std::string&, const std::string&) {
  throw UsageError("TLS needs OpenSSL: install libssl-dev, then make build");
}
#endif

}  // namespace parlab
