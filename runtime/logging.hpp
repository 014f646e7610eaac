#pragma once

#include <cstdint>
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

/// Opens the log file again, after log rotation. Error: `io_failed`; the old file stays in use.
[[nodiscard]] result<void> reopen_log(const spdlog::logger& of);

/// Number of lines that were lost because the log could not be written; see `log_sink`.
[[nodiscard]] std::uint64_t log_lines_lost(const spdlog::logger& of);

/// Changes the level of a logger. Safe while other threads log.
void set_level(spdlog::logger& of, log_level level);
[[nodiscard]] log_level level_of(const spdlog::logger& of);

}  // namespace pawl
