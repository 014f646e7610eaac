#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include <pawl/result.hpp>
#include <pawl/settings.hpp>

#include "actors/clock.hpp"
#include "actors/executor.hpp"
#include "functions/registry.hpp"
#include "persistence/store.hpp"

namespace spdlog {
class logger;
}
namespace pawl::persistence {
class store_ownership;
}

/// Makes the components of an engine as its settings describe them.
namespace pawl {

/// `cluster.node`, or the name of the host.
[[nodiscard]] std::string node_name(const cluster_settings& s);

/// A registry with the built-in functions.
[[nodiscard]] std::shared_ptr<functions::registry> make_registry(const settings& s);

/// An executor with a pool of threads. `time` must outlive it. `timers`: for asynchronous
/// functions. `owned`: the ownership of the store, without which no function begins; null: none is
/// needed. It must outlive the executor's `stop`.
[[nodiscard]] std::unique_ptr<actors::executor> make_executor(
    const settings& s, const actors::clock& time, std::shared_ptr<functions::call_timers> timers,
    const persistence::store_ownership* owned, const std::shared_ptr<spdlog::logger>& log);

/// Logs a warning if other users can access the data folder. A new one is private.
void warn_if_shared(const std::filesystem::path& data_dir, spdlog::logger& log);

/// The store in the data folder or the database, or in memory if there is neither. `log` gets what
/// it finds damaged later. Errors: as `open_rocksdb_store` and `open_postgres_store`.
[[nodiscard]] result<std::unique_ptr<persistence::store>> open_store(
    const settings& s, const std::shared_ptr<spdlog::logger>& log);

/// The store in `data_dir`, which another process has open, to be read. Errors: as
/// `open_store_beside_writer`.
[[nodiscard]] result<std::unique_ptr<persistence::store>> open_store_to_read(
    const storage_settings& s);

}  // namespace pawl
