#include "bench/served_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <string_view>

#include "bench/chosen_settings.hpp"
#include "bench/failure.hpp"

namespace pawl::bench {
namespace {

constexpr std::string_view ready = "listening on http://127.0.0.1:";

/// Reads the output until the process is ready or ends.
std::string read_until_ready(int fd) {
  std::string said;
  std::array<char, 4096> piece;
  while (said.find(ready) == said.npos || said.back() != '\n') {
    const ssize_t size = ::read(fd, piece.data(), piece.size());
    if (size <= 0) break;
    said.append(piece.data(), static_cast<std::size_t>(size));
  }
  return said;
}

/// Writes the configuration file and returns its path.
std::string write_settings(const settings& s) {
  const std::string path = s.storage.data_dir.string() + ".toml";
  std::ofstream file{path, std::ios::trunc};
  file << chosen_settings_file(s);
  file.close();
  if (!file) throw failure{errc::io_failed, "cannot write " + path};
  return path;
}

}  // namespace

served_process::served_process(const std::filesystem::path& program, const settings& s,
                               const std::vector<std::string>& further) {
  const std::string folder = s.storage.data_dir.string();
  std::vector<std::string> words{program.string(), "serve", "--listen", "127.0.0.1:0",
                                 "--data-dir",     folder,  "--config", write_settings(s),
                                 "--log-level",    "error"};
  for (const auto& each : further) words.insert(words.end(), {"--set", each});
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw failure{errc::io_failed, "cannot create a pipe"};
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  const int failed = ::posix_spawn(&pid_, program.c_str(), &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  // Later output is not read; at this log level there is little.
  const std::string said = failed == 0 ? read_until_ready(ends[0]) : std::string{};
  const auto at = said.find(ready);
  if (failed == 0 && at != said.npos) {
    address_.port = static_cast<std::uint16_t>(std::stoul(said.substr(at + ready.size())));
    return;
  }
  ::close(ends[0]);
  if (failed == 0) kill();
  throw failure{errc::unavailable, program.string() + " serve did not start: " + said};
}

served_process::~served_process() {
  kill();
}

void served_process::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

}  // namespace pawl::bench
