#include "tests/postgres/server.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

#include <libpq-fe.h>

#include "tests/support/catch.hpp"

namespace pawl::tests {
namespace {

namespace fs = std::filesystem;

/// The folder of the newest `initdb`; empty if there is none.
fs::path find_programs() {
  std::vector<fs::path> found;
  std::error_code none;
  for (const auto& version : fs::directory_iterator{"/usr/lib/postgresql", none}) {
    if (fs::exists(version.path() / "bin" / "initdb")) found.push_back(version.path() / "bin");
  }
  return found.empty() ? fs::path{} : *std::max_element(found.begin(), found.end());
}

/// Starts a program in its own process group, as `nobody` if this is root.
pid_t spawn(const std::vector<std::string>& words, const fs::path& log) {
  std::vector<char*> arguments;
  for (const auto& each : words) arguments.push_back(const_cast<char*>(each.c_str()));
  arguments.push_back(nullptr);
  const passwd* const nobody = ::getuid() == 0 ? ::getpwnam("nobody") : nullptr;
  const uid_t user = nobody == nullptr ? ::getuid() : nobody->pw_uid;
  const gid_t group = nobody == nullptr ? ::getgid() : nobody->pw_gid;
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::setpgid(0, 0);
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::dup2(out, 1);
  ::dup2(out, 2);
  if (::getuid() == 0 && (::setgid(group) != 0 || ::setuid(user) != 0)) ::_exit(126);
  ::execv(arguments.front(), arguments.data());
  ::_exit(127);
}

struct finish {
  void operator()(PGconn* open) const noexcept { PQfinish(open); }
  void operator()(PGresult* got) const noexcept { PQclear(got); }
};

}  // namespace

postgres_server::postgres_server() : programs_(find_programs()) {
  if (programs_.empty()) {
    const char* const ci = ::getenv("CI");
    if (ci != nullptr && std::strcmp(ci, "1") == 0)
      throw std::runtime_error{"CI=1, but no PostgreSQL server is installed"};
    std::puts("skipped: no PostgreSQL server is installed (package postgresql)");
    std::fflush(stdout);
    std::_Exit(77);
  }
  make_root();
  run("initdb", {"-D", (root_ / "data").string(), "-U", "pawl", "-A", "trust", "-E", "UTF8",
                 "--no-locale", "--no-sync"});
  start();
}

postgres_server::postgres_server(const std::filesystem::path& primary)
    : programs_(find_programs()) {
  make_root();
  run("pg_basebackup",
      {"-D", (root_ / "data").string(), "-R", "-X", "stream", "-c", "fast", "--no-sync", "-d",
       "host=" + primary.string() + " user=pawl application_name=standby"});
  start();
}

void postgres_server::make_root() {
  std::string pattern = "/tmp/pawl-postgres-XXXXXX";  // a short path: it is that of a socket
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error{"mkdtemp failed"};
  root_ = pattern;
  if (::getuid() != 0) return;
  const passwd* const nobody = ::getpwnam("nobody");
  if (nobody == nullptr || ::chown(root_.c_str(), nobody->pw_uid, nobody->pw_gid) != 0)
    throw std::runtime_error{"cannot give the folder of the server to nobody"};
}

void postgres_server::run(const std::string& name,
                          const std::vector<std::string>& arguments) const {
  std::vector<std::string> words{(programs_ / name).string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  const pid_t child = spawn(words, root_ / "log");
  int status = 0;
  ::waitpid(child, &status, 0);
  if (status != 0) throw std::runtime_error{name + " failed; see " + (root_ / "log").string()};
}

void postgres_server::require_password(const std::string& user) const {
  const fs::path file = root_ / "data" / "pg_hba.conf";
  std::stringstream rules;
  rules << "local all " << user << " scram-sha-256\n" << std::ifstream{file}.rdbuf();
  std::ofstream{file} << rules.str();
  sql("SELECT pg_reload_conf()");
}

postgres_server::~postgres_server() {
  if (process_ > 0) {
    ::kill(process_, SIGQUIT);  // at once, without a checkpoint
    ::waitpid(process_, nullptr, 0);
  }
  std::error_code ignored;
  fs::remove_all(root_, ignored);
}

void postgres_server::start() {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  do {
    if (std::chrono::steady_clock::now() > give_up)
      throw std::runtime_error{"the server does not answer; see " + (root_ / "log").string()};
    // It does not start while processes of one that was killed have not ended.
    if (process_ < 0 || ::waitpid(process_, nullptr, WNOHANG) == process_) {
      process_ = spawn({(programs_ / "postgres").string(), "-D", (root_ / "data").string(), "-k",
                        root_.string(), "-c", "listen_addresses="},
                       root_ / "log");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  } while (PQping(url().c_str()) != PQPING_OK);
}

void postgres_server::crash() {
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  process_ = -1;
}

std::string postgres_server::url(const std::filesystem::path& folder) const {
  const std::string host = folder.empty() ? root_.string() : folder.string();
  std::string escaped;
  for (const char c : host) escaped += c == '/' ? std::string{"%2F"} : std::string{c};
  return "postgres://pawl@" + escaped + "/postgres";
}

std::string postgres_server::sql(const std::string& statement) const {
  const std::unique_ptr<PGconn, finish> open{PQconnectdb(url().c_str())};
  PQsetNoticeReceiver(
      open.get(), [](void*, const PGresult*) {}, nullptr);
  const std::unique_ptr<PGresult, finish> got{PQexec(open.get(), statement.c_str())};
  INFO(statement << ": " << PQresultErrorMessage(got.get()));
  const auto status = PQresultStatus(got.get());
  REQUIRE((status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK));
  return PQntuples(got.get()) > 0 ? PQgetvalue(got.get(), 0, 0) : "";
}

}  // namespace pawl::tests
