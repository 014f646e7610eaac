#pragma once

#include <memory>

#include <pawl/result.hpp>
#include <pawl/settings.hpp>

namespace spdlog {
class logger;
}

namespace pawl {

/// Makes a logger as the settings describe. It is not in spdlog's registry: engines do not share
/// it. Each line has the fields of `detail::log_about`, and texts are escaped so that they cannot
/// forge lines. Errors: `io_failed` if the file cannot be opened.
[[nodiscard]] result<std::shared_ptr<spdlog::logger>> make_logger(const log_settings& s);

/// Changes the level of a logger. Safe while other threads log.
void set_level(spdlog::logger& of, log_level level);
[[nodiscard]] log_level level_of(const spdlog::logger& of);

}  // namespace pawl
