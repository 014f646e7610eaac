#include "cli/read.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "cli/text.hpp"
#include "flow/definition/definition.hpp"

namespace pawl::cli {
namespace {

/// Maximum nesting of JSON arguments. Checked before a value is built; a stack can hold far more.
constexpr std::uint32_t max_input_depth = 256;
constexpr std::size_t input_part_bytes = std::size_t{64} << 10;

error cannot_read(const std::string& file, int code) {
  const std::string name = file == "-" ? "standard input" : printable(file);
  if (code == ENOENT || code == ENOTDIR) return {errc::not_found, "no such file: " + name};
  return {errc::io_failed, "cannot read " + name + ": " + std::generic_category().message(code)};
}

}  // namespace

result<input_file> input_file::open(const std::string& file) {
  const int fd = file == "-" ? STDIN_FILENO : ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return cannot_read(file, errno);
  return input_file{file, fd};
}

input_file::input_file(input_file&& from) noexcept
    : name_(std::move(from.name_)), fd_(std::exchange(from.fd_, -1)) {}

input_file::~input_file() {
  if (fd_ > STDIN_FILENO) ::close(fd_);
}

result<std::string> input_file::read() const {
  std::string bytes(input_part_bytes, '\0');
  ssize_t got = 0;
  do {
    got = ::read(fd_, bytes.data(), bytes.size());
  } while (got < 0 && errno == EINTR);
  if (got < 0) return cannot_read(name_, errno);
  bytes.resize(static_cast<std::size_t>(got));
  return bytes;
}

std::optional<std::uint64_t> input_file::size() const {
  struct stat about {};
  if (::fstat(fd_, &about) != 0 || !S_ISREG(about.st_mode)) return std::nullopt;
  return static_cast<std::uint64_t>(about.st_size);
}

result<std::string> read_text(const std::string& file, std::size_t max_bytes) {
  const auto source = input_file::open(file);
  if (!source) return source.error();
  std::string text;
  while (true) {
    const auto part = source->read();
    if (!part) return part.error();
    if (part->empty()) return text;
    text += *part;
    if (text.size() > max_bytes) {
      return error{errc::limit_exceeded, (file == "-" ? "standard input" : printable(file)) +
                                             " is too large: more than " +
                                             std::to_string(max_bytes) + " bytes"};
    }
  }
}

result<json> read_json_argument(const std::string& argument, const std::string& what,
                                std::size_t max_bytes) {
  const bool from_file = argument == "-" || argument.starts_with('@');
  std::string text = argument;
  std::string name = what;
  if (from_file) {
    const std::string file = argument == "-" ? argument : argument.substr(1);
    auto content = read_text(file, max_bytes);
    if (!content) return std::move(content).error();
    text = *std::move(content);
    name += file == "-" ? " (standard input)" : " (" + printable(file) + ")";
  }
  auto parsed = flow::parse_json(text, name, max_bytes, max_input_depth);
  if (!parsed && parsed.error().code == errc::invalid_argument)
    return error{errc::invalid_flow, parsed.error().message};
  return parsed;
}

}  // namespace pawl::cli
