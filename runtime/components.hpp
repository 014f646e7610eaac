#pragma once

#include <filesystem>
#include <memory>

#include <pawl/result.hpp>
#include <pawl/settings.hpp>

#include "actors/clock.hpp"
#include "actors/executor.hpp"
#include "functions/registry.hpp"
#include "persistence/store.hpp"

namespace spdlog {
class logger;
}

/// Makes the components of an engine as its settings describe them.
namespace pawl {

/// A registry with the built-in functions.
[[nodiscard]] std::shared_ptr<functions::registry> make_registry(const settings& s);

/// An executor with a pool of threads. `time` must outlive it. `timers`: for asynchronous
/// functions.
[[nodiscard]] std::unique_ptr<actors::executor> make_executor(
    const settings& s, const actors::clock& time, std::shared_ptr<functions::call_timers> timers,
    const std::shared_ptr<spdlog::logger>& log);

/// Logs a warning if other users can access the data folder. A new one is private.
void warn_if_shared(const std::filesystem::path& data_dir, spdlog::logger& log);

/// The store in `data_dir`, or in memory if that is empty. `log` gets what it finds damaged later.
/// Errors: as `open_rocksdb_store`.
[[nodiscard]] result<std::unique_ptr<persistence::store>> open_store(
    const storage_settings& s, const std::shared_ptr<spdlog::logger>& log);

/// The store in `data_dir`, which another process has open, to be read. Errors: as
/// `open_store_beside_writer`.
[[nodiscard]] result<std::unique_ptr<persistence::store>> open_store_to_read(
    const storage_settings& s);

}  // namespace pawl
