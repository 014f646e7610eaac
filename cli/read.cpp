#include "cli/read.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "cli/text.hpp"
#include "flow/definition/definition.hpp"

namespace pawl::cli {
namespace {

/// Maximum nesting of JSON arguments. Checked before a value is built; a stack can hold far more.
constexpr std::uint32_t max_input_depth = 256;

class open_file {
 public:
  explicit open_file(const std::string& name)
      : fd_(name == "-" ? STDIN_FILENO : ::open(name.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~open_file() {
    if (fd_ > STDIN_FILENO) ::close(fd_);
  }
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  [[nodiscard]] int fd() const noexcept { return fd_; }

 private:
  int fd_;
};

error cannot_read(const std::string& file, int code) {
  const std::string name = file == "-" ? "standard input" : printable(file);
  if (code == ENOENT || code == ENOTDIR) return {errc::not_found, "no such file: " + name};
  return {errc::io_failed, "cannot read " + name + ": " + std::generic_category().message(code)};
}

}  // namespace

result<std::string> read_text(const std::string& file, std::size_t max_bytes) {
  const open_file source{file};
  if (source.fd() < 0) return cannot_read(file, errno);
  std::string text;
  std::string buffer(64 * 1024, '\0');
  while (true) {
    const ssize_t got = ::read(source.fd(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot_read(file, errno);
    if (got == 0) return text;
    text.append(buffer, 0, static_cast<std::size_t>(got));
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
