#include "server/security/file_audit.hpp"

#include <cerrno>
#include <utility>

#include <spdlog/spdlog.h>

#include <pawl/json.hpp>

#include "functions/secrets/private_file.hpp"

namespace pawl::server {
namespace {

result<functions::unique_fd> open_to_append(const std::filesystem::path& file) {
  // O_NONBLOCK: opening a FIFO without a reader would block the server.
  functions::unique_fd out{
      ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600)};
  if (!out) return functions::file_error("opening the audit log (server.audit_file)", file, errno);
  return out;
}

}  // namespace

file_audit::file_audit(std::filesystem::path file, std::shared_ptr<spdlog::logger> log,
                       std::function<time_point()> now)
    : file_(std::move(file)), log_(std::move(log)), now_(std::move(now)) {}

result<std::unique_ptr<file_audit>> file_audit::open(std::filesystem::path file,
                                                     std::shared_ptr<spdlog::logger> log,
                                                     std::function<time_point()> now) {
  if (!now) {
    now = [] {
      return std::chrono::time_point_cast<std::chrono::microseconds>(
          std::chrono::system_clock::now());
    };
  }
  std::unique_ptr<file_audit> made{new file_audit{std::move(file), std::move(log), std::move(now)}};
  if (auto opened = made->reopen(); !opened) return std::move(opened).error();
  return made;
}

result<void> file_audit::reopen() {
  auto fresh = open_to_append(file_);
  if (!fresh) return std::move(fresh).error();
  const std::lock_guard lock{mutex_};
  out_ = *std::move(fresh);
  torn_ = false;
  return {};
}

void file_audit::record(const audit_entry& entry) {
  const json line{
      {"at", to_rfc3339(now_())}, {"who", entry.who},       {"peer", entry.peer},
      {"scope", entry.scope},     {"what", entry.what},     {"target", entry.target},
      {"outcome", entry.outcome}, {"status", entry.status}, {"request_id", entry.request_id}};
  write_line(line.dump(-1, ' ', true, json::error_handler_t::replace) + "\n");
}

void file_audit::write_line(const std::string& line) {
  const std::lock_guard lock{mutex_};
  const std::string text = torn_ ? "\n" + line : line;
  ssize_t written = -1;
  do {
    written = ::write(out_.get(), text.data(), text.size());
  } while (written < 0 && errno == EINTR);
  if (written == static_cast<ssize_t>(text.size())) {
    torn_ = false;
    if (const auto lost = std::exchange(lost_in_a_row_, 0); lost != 0)
      log_->warn("writing the audit log {} works again; {} lines were lost", file_.string(), lost);
    return;
  }
  const int failure = written < 0 ? errno : ENOSPC;
  torn_ = torn_ || written > 0;
  ++lost_;
  if (lost_in_a_row_++ == 0)
    log_->error("{}; commands are still accepted",
                functions::file_error("writing the audit log", file_, failure).message);
}

}  // namespace pawl::server
