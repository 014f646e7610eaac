#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include "functions/http/test_client.hpp"
#include "functions/http/trust.hpp"
#include "functions/process/fd.hpp"
#include "tests/support/text.hpp"

using pawl::json;
using pawl::functions::unique_fd;
using pawl::functions::http::finds_authorities_by_hash;
using pawl::functions::http::policy;
using pawl::functions::http::test_client;
using pawl::testing::contains;

namespace {

/// `openssl s_server` with two test certificates: one of a CA, and one that the CA issued for
/// "localhost" only.
class tls_server {
 public:
  tls_server() {
    std::string name = (std::filesystem::temp_directory_path() / "pawl-tls-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    folder_ = name;
    make_certificates();
    start();
  }
  tls_server(const tls_server&) = delete;
  tls_server& operator=(const tls_server&) = delete;
  ~tls_server() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    std::filesystem::remove_all(folder_);
  }

  [[nodiscard]] std::string url(const std::string& host) const {
    return "https://" + host + ":" + port_ + "/";
  }
  [[nodiscard]] std::string file(const std::string& name) const { return folder_ / name; }

 private:
  void make_certificates() const {
    std::ofstream{folder_ / "server.ext"} << "subjectAltName=DNS:localhost\n";
    const std::string key = " -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    const std::string script =
        "cd '" + folder_.string() + "' && exec 2>openssl.log && openssl req -x509 -days 2" + key +
        " -subj '/CN=Test Authority' -keyout ca.key -out ca.pem && openssl req" + key +
        " -subj /CN=localhost -keyout server.key -out server.csr && openssl x509 -req -days 2"
        " -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile server.ext"
        " -out server.pem";
    REQUIRE(std::system(script.c_str()) == 0);
  }

  void start() {
    int ends[2] = {-1, -1};
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    const unique_fd from{ends[0]};
    unique_fd to{ends[1]};
    const auto key = file("server.key"), certificate = file("server.pem");
    const char* const argv[] = {"openssl", "s_server",  "-accept", "127.0.0.1:0",       "-www",
                                "-key",    key.c_str(), "-cert",   certificate.c_str(), nullptr};
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, to.get(), 1);
    ::posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    const int failed = ::posix_spawnp(&pid_, "openssl", &actions, nullptr,
                                      const_cast<char* const*>(argv), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    REQUIRE(failed == 0);
    to.reset();
    // It prints "ACCEPT 127.0.0.1:4711" when it listens.
    std::string said;
    for (char byte = 0; ::read(from.get(), &byte, 1) == 1;) {
      said += byte;
      const auto at = said.find("ACCEPT 127.0.0.1:");
      if (byte == '\n' && at != said.npos) {
        port_ = said.substr(at + 17, said.size() - at - 18);
        break;
      }
    }
    REQUIRE_FALSE(port_.empty());
  }

  std::filesystem::path folder_;
  std::string port_;
  pid_t pid_ = -1;
};

policy trusting(const std::string& ca_file) {
  policy rules;
  rules.allow_hosts = {"localhost", "127.0.0.1"};
  rules.ca_file = ca_file;
  return rules;
}

}  // namespace

TEST_CASE("core.http trusts only the CAs of the system and of ca_file") {
  const tls_server server;
  const auto fails = [&](const std::string& host, const std::string& ca_file) {
    return test_client{trusting(ca_file)}.failure({{"url", server.url(host)}}, "http_tls");
  };
  CHECK(contains(fails("localhost", ""), "failed: no trusted connection: "));
  CHECK(contains(fails("localhost", ""), "certificate"));

  const auto got =
      test_client{trusting(server.file("ca.pem"))}.good({{"url", server.url("localhost")}});
  CHECK(got["status"] == 200);
  CHECK(contains(got["body"], "s_server"));

  // The certificate is valid, but for another name.
  fails("127.0.0.1", server.file("ca.pem"));
  fails("localhost", server.file("ca.key"));
  fails("localhost", server.file("missing.pem"));
}

TEST_CASE("a directory of CA certificates counts only if they have hash names") {
  const tls_server server;
  const auto folder = std::filesystem::path{server.file("ca.pem")}.parent_path();
  CHECK_FALSE(finds_authorities_by_hash(folder));
  CHECK_FALSE(finds_authorities_by_hash(folder / "missing"));
  REQUIRE(std::system(("openssl rehash '" + folder.string() + "' 2>/dev/null").c_str()) == 0);
  CHECK(finds_authorities_by_hash(folder));
}
