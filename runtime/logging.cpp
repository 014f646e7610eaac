#include "runtime/logging.hpp"

#include <spdlog/formatter.h>
#include <spdlog/spdlog.h>

#include <pawl/detail/log_context.hpp>
#include <pawl/detail/safe_text.hpp>
#include <pawl/json.hpp>
#include <pawl/time.hpp>

#include "runtime/log_sink.hpp"

namespace pawl {
namespace {

/// A line to be written, with its fields.
struct log_line {
  explicit log_line(const spdlog::details::log_msg& from)
      : at(std::chrono::time_point_cast<std::chrono::microseconds>(from.time)),
        level(spdlog::level::to_string_view(from.level).data(),
              spdlog::level::to_string_view(from.level).size()),
        message(from.payload.data(), from.payload.size()) {}

  /// Calls `visit` with the name and the text of each field.
  template <class Visit>
  static void each_field(const Visit& visit) {
    // Lines are formatted on the thread that logs them.
    const auto& about = detail::log_about::now();
    const std::pair<const char*, std::string_view> texts[] = {{"scope", about.scope},
                                                              {"run", about.run},
                                                              {"node", about.node},
                                                              {"request_id", about.request}};
    for (const auto& [name, text] : texts)
      if (!text.empty()) visit(name, std::string{text});
    if (about.trace != nullptr) visit("trace_id", trace_id_text(*about.trace));
  }

  time_point at;
  std::string level;
  std::string message;
};

/// One JSON object per line.
std::string as_json(const log_line& line) {
  json object{{"time", to_rfc3339(line.at)}, {"level", line.level}, {"message", line.message}};
  log_line::each_field([&](const char* name, std::string text) { object[name] = std::move(text); });
  return detail::escaped_unsafe(object.dump(-1, ' ', false, json::error_handler_t::replace));
}

/// "2026-01-31T12:00:00.000Z warning the message run=r-1 node=charge"
std::string as_text(const log_line& line) {
  std::string text = to_rfc3339(line.at) + " " + line.level + " " + detail::log_text(line.message);
  log_line::each_field([&](const char* name, const std::string& value) {
    text.append(" ").append(name).append("=").append(detail::log_value(value));
  });
  return text;
}

class line_formatter final : public spdlog::formatter {
 public:
  explicit line_formatter(std::string (*form)(const log_line&)) : form_(form) {}

  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& to) override {
    const std::string text = form_(log_line{message}) + "\n";
    to.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<line_formatter>(form_);
  }

 private:
  std::string (*const form_)(const log_line&);
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

void set_level(spdlog::logger& of, log_level level) {
  of.set_level(to_spdlog(level));
}

log_level level_of(const spdlog::logger& of) {
  for (const auto level : {log_level::debug, log_level::info, log_level::warning})
    if (of.level() <= to_spdlog(level)) return level;
  return log_level::error;
}

result<std::shared_ptr<spdlog::logger>> make_logger(const log_settings& s) {
  auto sink = log_sink::open(s.file);
  if (!sink) return std::move(sink).error();
  auto logger = std::make_shared<spdlog::logger>("pawl", *std::move(sink));
  logger->set_formatter(
      std::make_unique<line_formatter>(s.format == log_format::json_lines ? as_json : as_text));
  set_level(*logger, s.level);
  logger->flush_on(spdlog::level::warn);
  return logger;
}

result<void> reopen_log(const spdlog::logger& of) {
  for (const auto& each : of.sinks()) {
    if (auto* const sink = dynamic_cast<log_sink*>(each.get()))
      if (auto opened = sink->reopen(); !opened) return opened;
  }
  return {};
}

std::uint64_t log_lines_lost(const spdlog::logger& of) {
  std::uint64_t lost = 0;
  for (const auto& each : of.sinks())
    if (const auto* const sink = dynamic_cast<const log_sink*>(each.get())) lost += sink->lost();
  return lost;
}

}  // namespace pawl
