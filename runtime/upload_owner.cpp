#include "runtime/upload_owner.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <random>
#include <string_view>

#include <pawl/detail/hex.hpp>

namespace pawl {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view prefix = "pawl-";
constexpr std::size_t random_bytes = 16;

std::string make_name() {
  std::random_device device;
  std::string random;
  while (random.size() < random_bytes) random.push_back(static_cast<char>(device() & 0xffU));
  return std::string{prefix} + detail::to_hex(random);
}

bool is_name(std::string_view text) {
  return text.starts_with(prefix) && text.size() == prefix.size() + 2 * random_bytes &&
         detail::is_lower_hex(text.substr(prefix.size()));
}

struct kept_name {
  std::string name;  ///< "" if none is kept
  bool is_of_copy = false;
};

kept_name read_name(const fs::path& file) {
  struct stat found {};
  std::ifstream kept{file};
  std::string name;
  std::uint64_t number = 0;
  if (!(kept >> name >> number) || !is_name(name) || ::stat(file.c_str(), &found) != 0) return {};
  return {std::move(name), number != found.st_ino};
}

error cannot_keep(const fs::path& file) {
  return {errc::io_failed, "cannot write " + file.string() + ": " + std::strerror(errno)};
}

/// Writes what `read_name` reads, so that it survives a loss of power.
result<void> keep_name(const fs::path& to, const std::string& name) {
  const fs::path made = to.string() + ".new";
  const int file = ::open(made.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return cannot_keep(made);
  struct stat found {};
  bool written = ::fstat(file, &found) == 0;
  const std::string text = name + " " + std::to_string(found.st_ino) + "\n";
  written = written &&
            ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
            ::fsync(file) == 0;
  written = ::close(file) == 0 && written;
  if (!written || ::rename(made.c_str(), to.c_str()) != 0) return cannot_keep(made);
  const int folder = ::open(to.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = folder >= 0 && ::fsync(folder) == 0;
  if (folder >= 0) ::close(folder);
  if (!synced) return cannot_keep(to);
  return {};
}

}  // namespace

result<upload_owner> name_upload_owner(const fs::path& data_dir) {
  const fs::path file = data_dir / "uploads.id";
  auto kept = read_name(file);
  if (!kept.name.empty() && !kept.is_of_copy) return upload_owner{std::move(kept.name)};
  upload_owner made{make_name(), std::move(kept.name)};
  if (auto done = keep_name(file, made.name); !done) return std::move(done).error();
  return made;
}

}  // namespace pawl
