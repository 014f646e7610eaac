#include "server/http/listening_socket.hpp"

#include <sys/stat.h>
#include <sys/un.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "server/http/test_listener.hpp"
#include "tests/support/text.hpp"

using namespace pawl::server::http;
using namespace pawl::server::http::testing;
using pawl::errc;
using pawl::server_settings;
using pawl::testing::contains;

namespace {

/// A temporary folder for socket files.
class socket_folder {
 public:
  socket_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "pawl-sock-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  socket_folder(const socket_folder&) = delete;
  socket_folder& operator=(const socket_folder&) = delete;
  ~socket_folder() { std::filesystem::remove_all(path_); }

  [[nodiscard]] std::string file() const { return (path_ / "pawl.sock").string(); }

 private:
  std::filesystem::path path_;
};

pawl::result<listening_socket> listen_on(const std::string& file) {
  return listening_socket::open({.path = file, .host = {}, .port = 0});
}

/// Leaves a socket file as a killed server does.
void leave_socket_file(const std::string& file) {
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  std::memcpy(at.sun_path, file.data(), file.size());
  const pawl::functions::unique_fd fd{::socket(AF_UNIX, SOCK_STREAM, 0)};
  REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
}

}  // namespace

TEST_CASE("A Unix socket is accessible to its user only and removed at the end") {
  const socket_folder folder;
  {
    server_settings s;
    s.listen = {"unix:" + folder.file()};
    std::string peer;
    bool loopback = false;
    test_listener server{[&](request what, std::shared_ptr<exchange> answer) {
                           peer = what.peer;
                           loopback = what.loopback;
                           echo(std::move(what), std::move(answer));
                         },
                         s};
    CHECK(server.address() == "unix:" + folder.file());
    struct stat found {};
    REQUIRE(::lstat(folder.file().c_str(), &found) == 0);
    CHECK((found.st_mode & 0777) == 0600);
    CHECK(server.connect().get("/x").body == "GET /x ");
    CHECK(peer == "unix");
    CHECK(loopback);
  }
  CHECK_FALSE(std::filesystem::exists(folder.file()));
}

TEST_CASE("The socket file of a dead server is replaced") {
  const socket_folder folder;
  leave_socket_file(folder.file());
  const auto opened = listen_on(folder.file());
  if (!opened) FAIL(opened.error().message);
  CHECK(test_client{"unix:" + folder.file()}.is_connected());
}

TEST_CASE("The socket of a running server is not replaced") {
  const socket_folder folder;
  const auto first = listen_on(folder.file());
  REQUIRE(first);
  const auto second = listen_on(folder.file());
  REQUIRE_FALSE(second);
  CHECK(second.error().code == errc::locked);
  CHECK(contains(second.error().message, folder.file()));
  CHECK(test_client{"unix:" + folder.file()}.is_connected());
}

TEST_CASE("A file that is not a socket is never replaced") {
  const socket_folder folder;
  std::ofstream{folder.file()} << "precious";
  const auto opened = listen_on(folder.file());
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == errc::invalid_argument);
  std::string kept;
  std::ifstream{folder.file()} >> kept;
  CHECK(kept == "precious");

  std::filesystem::remove(folder.file());
  std::filesystem::create_symlink("/nowhere", folder.file());
  CHECK_FALSE(listen_on(folder.file()));
  CHECK(std::filesystem::is_symlink(folder.file()));
}

TEST_CASE("A socket file created by another process is not removed") {
  const socket_folder folder;
  {
    const auto opened = listen_on(folder.file());
    REQUIRE(opened);
    std::filesystem::remove(folder.file());
    leave_socket_file(folder.file());
  }
  CHECK(std::filesystem::exists(folder.file()));
}

TEST_CASE("Errors of the system name the address") {
  const auto opened = listen_on("/no/such/folder/pawl.sock");
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == errc::io_failed);
  CHECK(contains(opened.error().message, "/no/such/folder/pawl.sock"));
}
