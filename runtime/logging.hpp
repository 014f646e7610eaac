#pragma once

#include <memory>

#include <pawl/result.hpp>
#include <pawl/settings.hpp>

namespace spdlog {
class logger;
}

namespace pawl {

/// A logger of its own, as the settings say; not known to spdlog's registry, so that engines do not
/// share it. Each line says what it is about (`detail::log_about`), and nothing in a line can end
/// it. Errors: `io_failed` if the file cannot be opened.
[[nodiscard]] result<std::shared_ptr<spdlog::logger>> make_logger(const log_settings& s);

/// At any time, while others write.
void set_level(spdlog::logger& of, log_level level);
[[nodiscard]] log_level level_of(const spdlog::logger& of);

}  // namespace pawl
