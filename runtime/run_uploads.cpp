#include "runtime/run_uploads.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <system_error>
#include <utility>

#include <spdlog/spdlog.h>

#include <pawl/detail/hex.hpp>
#include <pawl/detail/placement.hpp>

#include "persistence/keys.hpp"
#include "persistence/store.hpp"
#include "runtime/upload_owner.hpp"

namespace pawl {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view shared_prefix = "shared-with-";
constexpr int folders_per_sweep = 64;

std::string name_of(const run_key& run) {
  return detail::to_hex(detail::run_hash(run));
}

/// Whether there is a run of a name. One that cannot be read counts as one.
bool run_exists(std::string_view name, const persistence::view& now) {
  const auto hash = detail::from_hex(name);
  if (!hash || hash->size() != persistence::keys::run_hash_bytes) return false;
  const auto input = now.get(persistence::column::checkpoints, persistence::keys::input(*hash));
  return !input || input->has_value();
}

/// Makes names in a folder survive a power failure.
bool sync_folder(const fs::path& folder) {
  const int opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) return false;
  const bool synced = ::fsync(opened) == 0;
  ::close(opened);
  return synced;
}

bool make_empty_file(const fs::path& file) {
  const int made = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (made < 0) return false;
  ::close(made);
  return true;
}

/// Whether a link is that of a run that has the files of a folder.
bool links_to(const fs::path& link, const fs::path& folder) {
  std::error_code failed;
  return fs::read_symlink(link, failed) == folder.filename() && !failed;
}

}  // namespace

fs::path upload_root(const settings& s, spdlog::logger* log) {
  const auto& named = s.server.upload_dir;
  if (named.empty()) return s.storage.data_dir / "uploads";
  if (s.storage.data_dir.empty()) return named;
  const auto owner = name_upload_owner(s.storage.data_dir);
  if (!owner) {
    if (log != nullptr)
      log->warn("files of forms are not deleted with their runs: {}", owner.error().message);
    return named;
  }
  if (log != nullptr && !owner->copied_from.empty()) {
    log->warn(
        "{} is a copy of another data folder: its files of forms are in {} from now on; those "
        "in {} stay, because they belong to the other one",
        s.storage.data_dir.string(), (named / owner->name).string(),
        (named / owner->copied_from).string());
  }
  return named / owner->name;
}

fs::path uploads_of(const fs::path& root, const run_key& run) {
  return root / run.scope.str() / name_of(run);
}

run_uploads::run_uploads(options how, std::shared_ptr<spdlog::logger> log)
    : how_(std::move(how)), log_(std::move(log)) {}

fs::path run_uploads::files_of(const run_key& run) const {
  std::error_code failed;
  const fs::path own = uploads_of(how_.root, run);
  const auto kind = fs::symlink_status(own, failed).type();
  if (kind == fs::file_type::directory) return own;
  if (kind != fs::file_type::symlink) return {};
  const fs::path folder = own.parent_path() / fs::read_symlink(own, failed).filename();
  return !failed && fs::is_directory(folder, failed) ? folder : fs::path{};
}

void run_uploads::remove(const run_key& run, const persistence::view& now) {
  const std::lock_guard lock{guard_};
  if (const fs::path folder = files_of(run); !folder.empty()) tidy(folder, now, name_of(run));
}

bool run_uploads::is_young(const fs::path& file) const {
  std::error_code failed;
  const auto written = fs::last_write_time(file, failed);
  return !failed && fs::file_time_type::clock::now() - written < how_.grace;
}

void run_uploads::tidy(const fs::path& folder, const persistence::view& now,
                       const std::string& deleted) {
  const std::string owner = folder.filename().string();
  // A run whose files are being saved cannot have been deleted, nor restarted.
  bool is_needed = run_exists(owner, now) || (deleted.empty() && is_young(folder));
  std::error_code failed;
  std::vector<fs::path> unused;
  for (fs::directory_iterator each{folder, failed}; !failed && each != fs::directory_iterator{};
       each.increment(failed)) {
    const std::string name = each->path().filename().string();
    if (!name.starts_with(shared_prefix)) continue;
    const std::string user = name.substr(shared_prefix.size());
    const bool exists = user != deleted && (run_exists(user, now) || is_young(each->path()));
    is_needed = is_needed || exists;
    if (!exists) unused.push_back(each->path());
  }
  for (const auto& each : unused) {
    if (failed) break;
    const std::string user = each.filename().string().substr(shared_prefix.size());
    const fs::path link = folder.parent_path() / user;
    std::error_code unknown;
    if (fs::symlink_status(link, unknown).type() == fs::file_type::symlink)
      fs::remove(link, failed);
    if (!failed) fs::remove(each, failed);
  }
  if (!is_needed && !failed) fs::remove_all(folder, failed);
  if (failed) log_->warn("cannot delete the uploads in {}: {}", folder.string(), failed.message());
}

void run_uploads::begin_sweep() {
  sweeping_ = true;
  scopes_.clear();
  swept_ = {};
  std::error_code failed;
  for (fs::directory_iterator each{how_.root, failed}; !failed && each != fs::directory_iterator{};
       each.increment(failed)) {
    std::error_code unknown;
    if (each->is_directory(unknown) && !each->is_symlink(unknown)) scopes_.push_back(each->path());
  }
}

bool run_uploads::sweep(const persistence::view& now) {
  const std::lock_guard lock{guard_};
  if (!sweeping_) begin_sweep();
  for (int seen = 0; seen < folders_per_sweep; ++seen) {
    std::error_code failed;
    if (swept_ == fs::directory_iterator{}) {
      if (scopes_.empty()) {
        sweeping_ = false;
        return false;
      }
      swept_ = fs::directory_iterator{scopes_.back(), failed};
      scopes_.pop_back();
      continue;
    }
    const fs::path at = swept_->path();
    // Files of earlier versions are in the folder of the scope itself: they stay.
    const bool is_of_run = detail::is_lower_hex(at.filename().string()) &&
                           at.filename().string().size() == 2 * persistence::keys::run_hash_bytes;
    if (is_of_run && fs::symlink_status(at, failed).type() == fs::file_type::directory)
      tidy(at, now, {});
    swept_.increment(failed);
    if (failed) swept_ = {};
  }
  return true;
}

void run_uploads::share(const run_key& from, const run_key& with) {
  if (from == with) return;
  const std::lock_guard lock{guard_};
  const fs::path folder = files_of(from);
  if (folder.empty()) return;
  const fs::path link = uploads_of(how_.root, with);
  std::error_code failed;
  const bool noted = make_empty_file(folder / (std::string{shared_prefix} + name_of(with)));
  if (noted) fs::create_directory_symlink(folder.filename(), link, failed);
  const bool linked =
      noted && (!failed || (failed == std::errc::file_exists && links_to(link, folder)));
  if (!linked || !sync_folder(folder) || !sync_folder(folder.parent_path())) {
    log_->warn("cannot note that run {} has the uploads of run {}, in {}", with.id.str(),
               from.id.str(), folder.string());
  }
}

std::shared_ptr<run_uploads> make_run_uploads(const settings& s,
                                              std::shared_ptr<spdlog::logger> log) {
  // A folder that is not this store's own may have the files of others, even of the same runs: of a
  // store that was restored from a backup of this one.
  fs::path root = upload_root(s, log.get());
  if (s.storage.data_dir.empty() || root == s.server.upload_dir) return nullptr;
  return std::make_shared<run_uploads>(run_uploads::options{std::move(root)}, std::move(log));
}

}  // namespace pawl
