#include "server/http/tls.hpp"

#include <openssl/ssl.h>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <utility>

#include <pawl/code_ref.hpp>

#include "functions/secrets/private_file.hpp"

namespace pawl::server::http {
namespace {

namespace ssl = boost::asio::ssl;

// For TLS 1.2 only; TLS 1.3 has its own cipher suites.
constexpr const char* tls_1_2_ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr const unsigned char only_http_1_1[] = "\x08http/1.1";

class tls_channel final : public channel {
 public:
  tls_channel(stream_socket socket, std::shared_ptr<ssl::context> with)
      : with_(std::move(with)),
        strand_(socket.get_executor()),
        stream_(std::make_shared<tls_stream>(std::move(socket), *with_)) {}

  [[nodiscard]] const strand& on() const noexcept override { return strand_; }

  void async_begin(std::function<void(const error_code&)> done) override {
    stream_->async_handshake(ssl::stream_base::server, std::move(done));
  }

  void async_read_some(boost::asio::mutable_buffer to, io_handler done) override {
    stream_->async_read_some(to, std::move(done));
  }

  void async_write_some(const gathered_buffers& from, io_handler done) override {
    // TLS cannot gather buffers: write the first non-empty one.
    for (const auto& buffer : from)
      if (buffer.size() != 0) return stream_->async_write_some(buffer, std::move(done));
    done({}, 0);
  }

  void end() override {
    // The stream must outlive the exchange of close messages; `close` aborts it.
    stream_->async_shutdown([stream = stream_, context = with_](const error_code&) {});
  }

  void close() noexcept override {
    error_code ignored;
    stream_->next_layer().close(ignored);
  }

 private:
  using tls_stream = ssl::stream<stream_socket>;

  const std::shared_ptr<ssl::context> with_;
  const strand strand_;
  const std::shared_ptr<tls_stream> stream_;
};

class loaded_tls_context final : public tls_context {
 public:
  explicit loaded_tls_context(std::shared_ptr<ssl::context> with) : with_(std::move(with)) {}

  [[nodiscard]] std::unique_ptr<channel> make_channel(stream_socket socket) const override {
    return std::make_unique<tls_channel>(std::move(socket), with_);
  }

 private:
  const std::shared_ptr<ssl::context> with_;
};

int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
  unsigned char* found = nullptr;
  if (::SSL_select_next_proto(&found, chosen_size, only_http_1_1, sizeof only_http_1_1 - 1, offered,
                              offered_size) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

error cannot_use(std::string_view what, const std::filesystem::path& file, const error_code& why) {
  return {.code = errc::invalid_argument,
          .message = "cannot load the " + std::string{what} + " " + pawl::quoted(file.string()) +
                     ": " + why.message() +
                     "; server.tls_cert and server.tls_key must be matching PEM files"};
}

/// Never prompts on a terminal: a key with a passphrase is refused.
std::string no_passphrase(std::size_t, ssl::context_base::password_purpose) {
  return {};
}

void restrict(ssl::context& made) {
  error_code ignored;
  made.set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 |
                       ssl::context::no_sslv3 | ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1 |
                       ssl::context::no_compression | ssl::context::single_dh_use,
                   ignored);
  SSL_CTX* const native = made.native_handle();
  ::SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  ::SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  // Treat a connection closed without close_notify like any other disconnect.
  ::SSL_CTX_set_options(native, SSL_OP_IGNORE_UNEXPECTED_EOF);
  ::SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  ::SSL_CTX_set_cipher_list(native, tls_1_2_ciphers);
  ::SSL_CTX_set_alpn_select_cb(native, choose_protocol, nullptr);
}

}  // namespace

result<std::shared_ptr<const tls_context>> tls_context::load(
    const std::filesystem::path& certificate, const std::filesystem::path& key) {
  if (certificate.empty() != key.empty())
    return error{.code = errc::invalid_argument,
                 .message = std::string{key.empty() ? "server.tls_key" : "server.tls_cert"} +
                            " is empty; set both server.tls_cert and server.tls_key, or neither"};
  if (auto good = functions::check_is_private(key, "server.tls_key"); !good)
    return std::move(good).error();
  auto made = std::make_shared<ssl::context>(ssl::context::tls_server);
  restrict(*made);
  error_code failed;
  made->set_password_callback(no_passphrase, failed);
  made->use_certificate_chain_file(certificate.string(), failed);
  if (failed) return cannot_use("certificate", certificate, failed);
  made->use_private_key_file(key.string(), ssl::context::pem, failed);
  if (failed) return cannot_use("key", key, failed);
  return std::shared_ptr<const tls_context>{std::make_shared<loaded_tls_context>(std::move(made))};
}

}  // namespace pawl::server::http
