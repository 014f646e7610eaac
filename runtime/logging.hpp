#pragma once

#include <memory>

#include <pawl/result.hpp>
#include <pawl/settings.hpp>

namespace spdlog {
class logger;
}

namespace pawl {

/// A logger of its own, as the settings say; not known to spdlog's registry, so that engines do not
/// share it. Errors: `io_failed` if the file cannot be opened.
[[nodiscard]] result<std::shared_ptr<spdlog::logger>> make_logger(const log_settings& s);

}  // namespace pawl
