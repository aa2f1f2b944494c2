#include "tests/kernels/network/crawler/bad_server.hpp"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <memory>

namespace parlab {
namespace {

/// How often a thread that waits looks whether the server ends. Milliseconds.
constexpr int look = 20;

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

/// A certificate for `host`, signed by `issuer`, or by itself where there is none.
Certificate make_certificate(const std::string& common_name, const std::string& alternative_name,
                             EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key, long begin,
                             long end, bool is_authority) {
  Certificate certificate(X509_new(), X509_free);
  X509* const x = certificate.get();
  X509_set_version(x, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x), is_authority ? 1 : 2);
  X509_gmtime_adj(X509_getm_notBefore(x), begin);
  X509_gmtime_adj(X509_getm_notAfter(x), end);
  X509_set_pubkey(x, key);
  X509_NAME* const name = X509_get_subject_name(x);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                             0);
  X509_set_issuer_name(x, issuer ? X509_get_subject_name(issuer) : name);
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer ? issuer : x, x, nullptr, nullptr, 0);
  const auto add = [&](int kind, const char* value) {
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value);
    X509_add_ext(x, extension, -1);
    X509_EXTENSION_free(extension);
  };
  add(NID_basic_constraints, is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (!alternative_name.empty()) add(NID_subject_alt_name, alternative_name.c_str());
  X509_sign(x, issuer_key ? issuer_key : key, EVP_sha256());
  return certificate;
}

/// Bytes over a socket, or over TLS on it.
class SocketPeer final : public BadServer::Peer {
 public:
  SocketPeer(int fd, SSL* tls, const std::atomic<bool>& ending)
      : fd_(fd), tls_(tls), ending_(ending) {}

  bool send(std::string_view bytes) override {
    while (!bytes.empty() && !ending_.load()) {
      if (tls_) return SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size())) > 0;
      pollfd writable{fd_, POLLOUT, 0};
      if (poll(&writable, 1, look) <= 0) continue;
      const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return !ending_.load();
  }
  void wait_for_end() override {
    std::array<char, 64> ignored{};
    while (!ending_.load()) {
      pollfd readable{fd_, POLLIN, 0};
      if (poll(&readable, 1, look) > 0 && recv(fd_, ignored.data(), ignored.size(), 0) <= 0) return;
    }
  }
  void reset() override {
    const linger hard{.l_onoff = 1, .l_linger = 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  }

 private:
  int fd_;
  SSL* tls_;
  const std::atomic<bool>& ending_;
};

}  // namespace

struct BadServer::Certificates {
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context{SSL_CTX_new(TLS_server_method()),
                                                            SSL_CTX_free};
};

BadServer::BadServer(std::map<std::string, Script> scripts, Tls tls)
    : scripts_(std::move(scripts)), listener_("127.0.0.1", 0), tls_(tls) {
  if (tls != Tls::none) {
    constexpr long day = 86'400;
    const Key authority_key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    const Certificate authority = make_certificate("test authority", "", authority_key.get(),
                                                   nullptr, nullptr, -day, day, true);
    const Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    const bool is_own = tls == Tls::self_signed;
    const Certificate certificate = make_certificate(
        "test server", tls == Tls::wrong_host ? "DNS:elsewhere.test" : "IP:127.0.0.1", key.get(),
        is_own ? nullptr : authority.get(), is_own ? nullptr : authority_key.get(), -2 * day,
        tls == Tls::expired ? -day : day, false);
    certificates_ = std::make_unique<Certificates>();
    SSL_CTX_use_certificate(certificates_->context.get(), certificate.get());
    SSL_CTX_use_PrivateKey(certificates_->context.get(), key.get());
    ca_file_ = (std::filesystem::temp_directory_path() / "parlab-test-ca-XXXXXX").string();
    std::FILE* const file = fdopen(mkstemp(ca_file_.data()), "w");
    PEM_write_X509(file, authority.get());
    std::fclose(file);
  }
  thread_ = std::thread([this] { accept(); });
}

BadServer::~BadServer() {
  ending_.store(true);
  thread_.join();
  for (std::thread& conversation : conversations_) conversation.join();
  if (!ca_file_.empty()) std::filesystem::remove(ca_file_);
}

std::string BadServer::origin() const {
  return (tls_ == Tls::none ? "http://127.0.0.1:" : "https://127.0.0.1:") +
         std::to_string(listener_.port());
}

int BadServer::asked(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto found = asked_.find(path);
  return found == asked_.end() ? 0 : found->second;
}

void BadServer::accept() {
  while (!ending_.load()) {
    pollfd readable{listener_.fd(), POLLIN, 0};
    if (poll(&readable, 1, look) <= 0) continue;
    const int fd = accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) conversations_.emplace_back([this, fd] { converse(fd); });
  }
}

void BadServer::converse(int fd) {
  std::unique_ptr<SSL, decltype(&SSL_free)> tls(
      certificates_ ? SSL_new(certificates_->context.get()) : nullptr, SSL_free);
  std::string request;
  std::array<char, 4096> some{};
  bool is_there = true;
  if (tls) {
    SSL_set_fd(tls.get(), fd);
    is_there = SSL_accept(tls.get()) == 1;
  }
  while (is_there && !ending_.load() && request.find("\r\n\r\n") == std::string::npos) {
    pollfd readable{fd, POLLIN, 0};
    if ((!tls || SSL_pending(tls.get()) == 0) && poll(&readable, 1, look) <= 0) continue;
    const ssize_t count =
        tls ? SSL_read(tls.get(), some.data(), some.size()) : recv(fd, some.data(), some.size(), 0);
    is_there = count > 0;
    if (is_there) request.append(some.data(), static_cast<std::size_t>(count));
  }
  if (is_there && !ending_.load()) {
    const std::size_t begin = request.find(' ') + 1;
    const std::string target = request.substr(begin, request.find(' ', begin) - begin);
    const std::string path = target.substr(0, target.find('?'));
    {
      const std::lock_guard lock(mutex_);
      ++asked_[path];
    }
    SocketPeer peer(fd, tls.get(), ending_);
    peer.target = target;
    peer.request = request;
    if (const auto script = scripts_.find(path); script != scripts_.end())
      script->second(peer);
    else
      peer.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  }
  close(fd);
}

}  // namespace parlab
