#include <sys/stat.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "server/http/test_listener.hpp"
#include "tests/support/text.hpp"

using namespace pawl::server::http;
using namespace pawl::server::http::testing;
using pawl::server_settings;
using pawl::testing::contains;
using std::chrono::milliseconds;

namespace {

/// Self-signed certificates in a temporary folder.
class certificates {
 public:
  certificates() {
    std::string name = (std::filesystem::temp_directory_path() / "pawl-cert-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    folder_ = name;
  }
  certificates(const certificates&) = delete;
  certificates& operator=(const certificates&) = delete;
  ~certificates() { std::filesystem::remove_all(folder_); }

  /// Creates or replaces `name`.pem and `name`.key for `subject`.
  void make(const std::string& name, const std::string& subject) const {
    const std::string script = "cd '" + folder_.string() +
                               "' && exec 2>openssl.log && openssl req -x509 -days 2 -newkey ec"
                               " -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=" +
                               subject + "' -keyout " + name + ".key -out " + name + ".pem";
    REQUIRE(std::system(script.c_str()) == 0);
  }
  [[nodiscard]] server_settings settings(const std::string& name) const {
    server_settings s;
    s.tls_cert = folder_ / (name + ".pem");
    s.tls_key = folder_ / (name + ".key");
    return s;
  }
  [[nodiscard]] std::filesystem::path file(const std::string& name) const { return folder_ / name; }

 private:
  std::filesystem::path folder_;
};

/// A TLS client that does not verify certificates.
class tls_client final : public test_client {
 public:
  explicit tls_client(const std::string& address, int max_version = TLS1_3_VERSION,
                      const std::string& protocols = "\x08http/1.1")
      : test_client(address), context_(::SSL_CTX_new(::TLS_client_method())) {
    // OpenSSL writes without MSG_NOSIGNAL.
    std::signal(SIGPIPE, SIG_IGN);
    ::SSL_CTX_set_security_level(context_.get(), 0);
    ::SSL_CTX_set_max_proto_version(context_.get(), max_version);
    ssl_.reset(::SSL_new(context_.get()));
    ::SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(protocols.data()),
                          static_cast<unsigned>(protocols.size()));
    ::SSL_set_fd(ssl_.get(), fd());
    has_shaken_hands_ = ::SSL_connect(ssl_.get()) == 1;
    ::ERR_clear_error();
  }

  [[nodiscard]] bool has_shaken_hands() const { return has_shaken_hands_; }
  [[nodiscard]] std::string version() const { return ::SSL_get_version(ssl_.get()); }
  [[nodiscard]] std::string protocol() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    ::SSL_get0_alpn_selected(ssl_.get(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
  }
  [[nodiscard]] std::string subject() const {
    char text[200] = {};
    X509* const peer = ::SSL_get1_peer_certificate(ssl_.get());
    if (peer == nullptr) return {};
    ::X509_NAME_oneline(::X509_get_subject_name(peer), text, sizeof text);
    ::X509_free(peer);
    return text;
  }
  /// Whether the server sent close_notify.
  [[nodiscard]] bool was_ended_properly() const {
    return (::SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
  }

 private:
  ssize_t put(std::string_view bytes) override {
    return ::SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
  }
  ssize_t receive(char* to, std::size_t size) override {
    return ::SSL_read(ssl_.get(), to, static_cast<int>(size));
  }

  struct release {
    void operator()(SSL_CTX* context) const { ::SSL_CTX_free(context); }
    void operator()(SSL* ssl) const { ::SSL_free(ssl); }
  };
  std::unique_ptr<SSL_CTX, release> context_;
  std::unique_ptr<SSL, release> ssl_;
  bool has_shaken_hands_ = false;
};

}  // namespace

TEST_CASE("A server with a certificate accepts TLS 1.3 and 1.2 and nothing older") {
  const certificates made;
  made.make("server", "localhost");
  test_listener server{echo, made.settings("server")};
  for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
    tls_client client{server.address(), version};
    REQUIRE(client.has_shaken_hands());
    CHECK(client.version() == (version == TLS1_3_VERSION ? "TLSv1.3" : "TLSv1.2"));
    CHECK(client.protocol() == "http/1.1");
    CHECK(client.get("/x").body == "GET /x ");
    CHECK(client.post("/", std::string(1'000'000, 'x')).body.size() == 1'000'007);
  }
  CHECK_FALSE(tls_client{server.address(), TLS1_1_VERSION}.has_shaken_hands());
}

TEST_CASE("A client that offers only HTTP/2 is refused in the handshake") {
  const certificates made;
  made.make("server", "localhost");
  test_listener server{echo, made.settings("server")};
  CHECK_FALSE(tls_client{server.address(), TLS1_3_VERSION, "\x02h2"}.has_shaken_hands());
  CHECK(tls_client{server.address(), TLS1_3_VERSION, "\x02h2\x08http/1.1"}.protocol() ==
        "http/1.1");
}

TEST_CASE("A TLS connection ends with close_notify") {
  const certificates made;
  made.make("server", "localhost");
  test_listener server{echo, made.settings("server")};
  tls_client client{server.address()};
  CHECK(client.get("/", "Connection: close\r\n").status == 200);
  CHECK(client.is_at_end());
  CHECK(client.was_ended_properly());
}

TEST_CASE("Pipelined requests and streams work over TLS") {
  const certificates made;
  made.make("server", "localhost");
  test_listener server{[](request what, std::shared_ptr<exchange> answer) {
                         if (what.path != "/stream")
                           return echo(std::move(what), std::move(answer));
                         const auto body = answer->respond_with_stream({.status = 200});
                         for (int i = 0; i < 50; ++i) body->write(std::string(5'000, 'x'));
                       },
                       made.settings("server")};
  tls_client client{server.address()};
  client.send(
      "GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /stream HTTP/1.1\r\nHost: h\r\n\r\n"
      "GET /b HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(client.read_answer().body == "GET /a ");
  CHECK(client.read_answer().body.size() == 250'000);
  CHECK(client.read_answer().body == "GET /b ");
}

TEST_CASE("Plain HTTP to a TLS port and TLS to a plain port are closed promptly") {
  const certificates made;
  made.make("server", "localhost");
  test_listener with_tls{echo, made.settings("server")}, without;
  auto plain = with_tls.connect();
  plain.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(plain.read_answer().status == 0);
  CHECK_FALSE(tls_client{without.address()}.has_shaken_hands());
}

TEST_CASE("An incomplete handshake times out") {
  const certificates made;
  made.make("server", "localhost");
  server_settings s = made.settings("server");
  s.header_timeout_ms = milliseconds{80};
  test_listener server{echo, s};
  auto silent = server.connect();
  CHECK(silent.is_at_end());
}

TEST_CASE("A reload uses the new certificate and ignores an invalid one") {
  const certificates made;
  made.make("server", "first");
  test_listener server{echo, made.settings("server")};
  tls_client before{server.address()};
  CHECK(contains(before.subject(), "first"));
  made.make("server", "second");
  CHECK(contains(tls_client{server.address()}.subject(), "first"));
  CHECK(server->reload());
  CHECK(contains(tls_client{server.address()}.subject(), "second"));
  CHECK(before.get("/").status == 200);

  std::ofstream{made.file("server.pem")} << "rubbish";
  const auto failed = server->reload();
  REQUIRE_FALSE(failed);
  CHECK(contains(failed.error().message, "server.pem"));
  CHECK(contains(tls_client{server.address()}.subject(), "second"));
}

TEST_CASE("An invalid certificate or key is reported with its file name") {
  const certificates made;
  made.make("one", "one");
  made.make("two", "two");
  function_handler handler{echo};
  const auto load = [&](const char* certificate, const char* key) {
    server_settings s;
    s.listen = {"127.0.0.1:0"};
    if (certificate[0] != '\0') s.tls_cert = made.file(certificate);
    if (key[0] != '\0') s.tls_key = made.file(key);
    return listener::open({.settings = std::move(s),
                           .handler = handler,
                           .logger = std::make_shared<spdlog::logger>("test")});
  };
  CHECK(load("one.pem", "one.key"));
  CHECK(contains(load("missing.pem", "one.key").error().message, "missing.pem"));
  CHECK(contains(load("one.pem", "missing.key").error().message, "missing.key"));
  CHECK(contains(load("one.pem", "two.key").error().message, "two.key"));
  CHECK(contains(load("one.key", "one.key").error().message, "one.key"));
  CHECK(contains(load("one.pem", "").error().message, "server.tls_key"));
  CHECK(contains(load("", "one.key").error().message, "server.tls_cert"));
}

TEST_CASE("A private key that other users can read is refused") {
  const certificates made;
  made.make("server", "server");
  test_listener server{echo, made.settings("server")};
  const auto key = made.file("server.key").string();
  REQUIRE(::chmod(key.c_str(), 0640) == 0);
  const auto refused = server->reload();
  REQUIRE_FALSE(refused);
  CHECK(contains(refused.error().message, "chmod 600 " + key));
  REQUIRE(::chmod(key.c_str(), 0600) == 0);
  CHECK(server->reload());
}

TEST_CASE("TLS connections beyond the limit are closed without an answer") {
  const certificates made;
  made.make("server", "localhost");
  server_settings s = made.settings("server");
  s.max_connections = 1;
  test_listener server{echo, s};
  tls_client first{server.address()};
  CHECK(first.get("/").status == 200);
  CHECK_FALSE(tls_client{server.address()}.has_shaken_hands());
}

TEST_CASE("stop() is fast with open TLS connections") {
  const certificates made;
  made.make("server", "localhost");
  test_listener server{echo, made.settings("server")};
  tls_client idle{server.address()};
  CHECK(idle.get("/").status == 200);
  server->stop(std::chrono::seconds{20});
  CHECK(idle.is_at_end());
}
