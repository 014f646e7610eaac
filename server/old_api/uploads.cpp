#include "server/old_api/uploads.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "runtime/run_uploads.hpp"
#include "server/http/ascii.hpp"
#include "server/security/keys.hpp"

namespace pawl::server {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_extension = 16;

/// Files are counted again at most this often while the folder is full.
constexpr std::chrono::seconds count_interval{10};

error upload_failed(const fs::path& what, const std::string& why) {
  return {errc::io_failed, "cannot save the file " + what.string() + ": " + why};
}

/// Writes a new file and syncs it. Returns the number of the error, or 0.
int write_file(const fs::path& to, std::string_view content) {
  const int file = ::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return errno;
  int failure = 0;
  while (!content.empty() && failure == 0) {
    const auto written = ::write(file, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) failure = errno;
    if (written > 0) content.remove_prefix(static_cast<std::size_t>(written));
  }
  if (failure == 0 && ::fsync(file) != 0) failure = errno;
  if (::close(file) != 0 && failure == 0) failure = errno;
  if (failure != 0) ::unlink(to.c_str());
  return failure;
}

/// Makes new names in a folder survive a power failure. Returns the number of the error, or 0.
int sync_names(const fs::path& folder) {
  const int opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) return errno;
  const int failure = ::fsync(opened) == 0 ? 0 : errno;
  ::close(opened);
  return failure;
}

/// Creates a folder that only its owner can access, and those above it, durably. Returns the number
/// of the error, or 0.
int make_private_folder(const fs::path& folder) {
  if (::mkdir(folder.c_str(), S_IRWXU) == 0) return sync_names(folder.parent_path());
  if (errno == EEXIST) return 0;
  if (errno != ENOENT || !folder.has_relative_path()) return errno;
  if (const int failure = make_private_folder(folder.parent_path()); failure != 0) return failure;
  if (::mkdir(folder.c_str(), S_IRWXU) != 0 && errno != EEXIST) return errno;
  return sync_names(folder.parent_path());
}

/// The absolute path, without a "/" at its end.
fs::path absolute_folder(const fs::path& folder) {
  const fs::path whole = fs::absolute(folder);
  return whole.has_filename() ? whole : whole.parent_path();
}

}  // namespace

upload_folder::upload_folder(fs::path folder, std::uint64_t max_bytes)
    : folder_(absolute_folder(folder)), max_bytes_(max_bytes) {}

std::string upload_folder::harmless_extension(std::string_view filename) {
  const auto dot = filename.rfind('.');
  if (dot == filename.npos) return {};
  const std::string_view extension = filename.substr(dot + 1);
  const bool harmless = !extension.empty() && extension.size() <= max_extension &&
                        std::all_of(extension.begin(), extension.end(), http::ascii_alphanumeric);
  return harmless ? "." + std::string{extension} : std::string{};
}

result<void> upload_folder::count() {
  auto counted = std::make_unique<detail::fair_budget>(max_bytes_);
  std::error_code failed;
  fs::recursive_directory_iterator each{folder_, fs::directory_options::skip_permission_denied,
                                        failed};
  if (failed == std::errc::no_such_file_or_directory) failed.clear();
  for (; !failed && each != fs::recursive_directory_iterator{}; each.increment(failed)) {
    std::error_code gone;  // a file that is deleted meanwhile has no size
    if (!each->is_regular_file(gone)) continue;
    const auto size = each->file_size(gone);
    const fs::path within = each->path().lexically_relative(folder_);
    if (!gone) counted->take(each.depth() == 0 ? "" : within.begin()->string(), size);
  }
  if (failed) return upload_failed(folder_, failed.message());
  used_ = std::move(counted);
  return {};
}

bool upload_folder::try_take(const scope_name& in, std::uint64_t bytes) {
  return bytes <= max_bytes_ && used_->try_take(in.str(), bytes);
}

result<void> upload_folder::take(const scope_name& in, std::uint64_t bytes) {
  const std::lock_guard lock{counting_};
  if (!used_)
    if (auto counted = count(); !counted) return counted;
  if (try_take(in, bytes)) return {};
  const auto now = std::chrono::steady_clock::now();
  if (!counted_again_ || now - *counted_again_ >= count_interval) {
    counted_again_ = now;
    if (auto counted = count(); !counted) return counted;
    if (try_take(in, bytes)) return {};
  }
  return error{errc::storage_full,
               "scope " + in.str() + " would have more than its share of the " +
                   std::to_string(max_bytes_) + " bytes of the folder of uploads, " +
                   folder_.string() +
                   " (server.max_upload_bytes); delete runs whose files are not needed any more"};
}

result<fs::path> upload_folder::write(const run_key& of, std::string_view filename,
                                      std::string_view content) const {
  const fs::path folder = uploads_of(folder_, of);
  if (const int why = make_private_folder(folder); why != 0)
    return upload_failed(folder, std::strerror(why));
  const auto name = make_session_token();
  if (!name) return name.error();
  const fs::path to = folder / (name->substr(0, 32) + harmless_extension(filename));
  if (const int why = write_file(to, content); why != 0)
    return upload_failed(to, std::strerror(why));
  if (const int why = sync_names(folder); why != 0) {
    ::unlink(to.c_str());
    return upload_failed(to, std::strerror(why));
  }
  return to;
}

result<fs::path> upload_folder::save(const run_key& of, std::string_view filename,
                                     std::string_view content) {
  const std::lock_guard lock{saving_};
  if (auto taken = take(of.scope, content.size()); !taken) return std::move(taken).error();
  auto written = write(of, filename, content);
  if (written) return written;
  const std::lock_guard counting{counting_};
  used_->give_back(of.scope.str(), content.size());
  return written;
}

void upload_folder::remove(const scope_name& in, const fs::path& file, std::uint64_t bytes) {
  const std::lock_guard lock{counting_};
  if (::unlink(file.c_str()) == 0) used_->give_back(in.str(), bytes);
  ::rmdir(file.parent_path().c_str());
}

result<fs::path> form_files::save(std::string_view filename, std::string_view content) {
  auto path = folder_->save(of_, filename, content);
  if (path) saved_.push_back({*path, content.size()});
  return path;
}

void form_files::remove() noexcept {
  for (const auto& each : std::exchange(saved_, {}))
    folder_->remove(of_.scope, each.path, each.bytes);
}

}  // namespace pawl::server
