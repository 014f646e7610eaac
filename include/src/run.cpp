#include <pawl/run.hpp>

namespace pawl {

std::string_view to_string(run_status status) noexcept {
  switch (status) {
    case run_status::pending:
      return "pending";
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

}  // namespace pawl
