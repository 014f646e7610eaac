#include <pawl/run.hpp>

#include <charconv>

#include <pawl/code_ref.hpp>
#include <pawl/worker.hpp>

namespace pawl {

std::string_view to_string(run_status status) noexcept {
  switch (status) {
    case run_status::running:
      return "running";
    case run_status::paused:
      return "paused";
    case run_status::completed:
      return "completed";
    case run_status::failed:
      return "failed";
    case run_status::cancelled:
      return "cancelled";
  }
  return "unknown";
}

std::optional<run_status> parse_run_status(std::string_view text) noexcept {
  for (const auto status : all_run_statuses)
    if (to_string(status) == text) return status;
  return std::nullopt;
}

std::string to_string(const journal_position& position) {
  return std::to_string(position.group) + "." + std::to_string(position.entry) + "." +
         std::to_string(position.event);
}

result<journal_position> parse_journal_position(std::string_view text) {
  journal_position read;
  const char* at = text.data();
  const char* const end = at + text.size();
  const auto number = [&](auto& to, bool last) {
    const auto [next, code] = std::from_chars(at, end, to);
    const bool good = code == std::errc{} && (last ? next == end : next != end && *next == '.');
    at = next + (last ? 0 : 1);
    return good;
  };
  if (number(read.group, false) && number(read.entry, false) && number(read.event, true))
    return read;
  return error{errc::invalid_argument,
               "invalid event position: " + quoted(text) + "; use the form \"12.0.3\""};
}

std::string_view to_string(task_wish wish) noexcept {
  switch (wish) {
    case task_wish::none:
      return "none";
    case task_wish::pause:
      return "pause";
    case task_wish::cancel:
      return "cancel";
  }
  return "none";
}

}  // namespace pawl
