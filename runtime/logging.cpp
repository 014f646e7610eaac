#include "runtime/logging.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <pawl/json.hpp>
#include <pawl/time.hpp>

namespace pawl {
namespace {

/// One JSON object per line.
class json_formatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& to) override {
    const auto at = std::chrono::time_point_cast<std::chrono::microseconds>(message.time);
    const auto level = spdlog::level::to_string_view(message.level);
    const json line{{"time", to_rfc3339(at)},
                    {"level", std::string{level.data(), level.size()}},
                    {"message", std::string{message.payload.data(), message.payload.size()}}};
    const std::string text = line.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
    to.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<json_formatter>();
  }
};

spdlog::level::level_enum to_spdlog(log_level level) {
  switch (level) {
    case log_level::debug:
      return spdlog::level::debug;
    case log_level::info:
      return spdlog::level::info;
    case log_level::warning:
      return spdlog::level::warn;
    case log_level::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

}  // namespace

result<std::shared_ptr<spdlog::logger>> make_logger(const log_settings& s) {
  spdlog::sink_ptr sink;
  if (s.file.empty()) {
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  } else {
    try {
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(s.file.string());
    } catch (const spdlog::spdlog_ex& failure) {
      return error{errc::io_failed, "the log file " + s.file.string() +
                                        " cannot be opened (log.file): " + failure.what()};
    }
  }
  auto logger = std::make_shared<spdlog::logger>("pawl", std::move(sink));
  if (s.format == log_format::json_lines) {
    logger->set_formatter(std::make_unique<json_formatter>());
  } else {
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  }
  logger->set_level(to_spdlog(s.level));
  logger->flush_on(spdlog::level::warn);
  return logger;
}

}  // namespace pawl
