#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <pawl/run.hpp>
#include <pawl/settings.hpp>

#include "actors/run_files.hpp"

namespace spdlog {
class logger;
}

namespace pawl {

/// The folder of the uploads of a store: one in the data folder, or one of the data folder's own in
/// the folder that the settings name, which others may use, too (see `upload_owner`). That folder
/// itself if nothing tells the stores apart: for an engine in memory, or if the name of the data
/// folder cannot be kept, which `log` reports.
[[nodiscard]] std::filesystem::path upload_root(const settings& s, spdlog::logger* log = nullptr);

/// The folder of the uploads of one run: SCOPE/HASH, with the hash of the run that its records
/// begin with.
[[nodiscard]] std::filesystem::path uploads_of(const std::filesystem::path& root,
                                               const run_key& run);

/// Deletes files that were sent to runs, with their runs.
///
/// A run that is restarted or forked from another names the files of that one in its input. So the
/// folder of the other has an empty file `shared-with-HASH` for it, its own folder is a symbolic
/// link to that folder, and the files are deleted with the last of these runs. Both are made before
/// the run is stored; `sweep` deletes what a lost start has left.
///
/// Safe for concurrent use; the calls block.
class run_uploads final : public actors::run_files {
 public:
  struct options {
    std::filesystem::path root;  ///< in which nothing but this store keeps files
    /// Younger files may belong to runs that are about to be stored.
    std::chrono::seconds grace = std::chrono::hours{1};
  };
  run_uploads(options how, std::shared_ptr<spdlog::logger> log);

  void remove(const run_key& run, const persistence::view& now) override;
  [[nodiscard]] bool sweep(const persistence::view& now) override;
  void share(const run_key& from, const run_key& with) override;

 private:
  /// The folder with the files of a run; empty if it has none.
  [[nodiscard]] std::filesystem::path files_of(const run_key& run) const;
  /// Deletes a folder that no run needs any more. `deleted`: the run that was deleted; empty: none.
  void tidy(const std::filesystem::path& folder, const persistence::view& now,
            const std::string& deleted);
  [[nodiscard]] bool is_young(const std::filesystem::path& file) const;
  void begin_sweep();

  const options how_;
  const std::shared_ptr<spdlog::logger> log_;
  std::mutex guard_;
  std::vector<std::filesystem::path> scopes_;  ///< folders that the sweep under way has not begun
  std::filesystem::directory_iterator swept_;  ///< where it is
  bool sweeping_ = false;
};

/// Those of an engine. Null if its files stay, because it is not known whether they belong to
/// another store.
[[nodiscard]] std::shared_ptr<run_uploads> make_run_uploads(const settings& s,
                                                            std::shared_ptr<spdlog::logger> log);

}  // namespace pawl
