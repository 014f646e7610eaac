#include <span>

#include <pawl/job.hpp>
#include <pawl/suggest.hpp>

namespace pawl {
namespace {

/// Finds the value whose name a text is. `what` names it in the error: "command of a job".
template <class Value, std::size_t Count>
result<Value> parse_named(std::string_view text, const Value (&all)[Count], const char* what) {
  std::vector<std::string_view> names;
  std::string allowed;
  for (const Value each : all) {
    if (to_string(each) == text) return each;
    names.push_back(to_string(each));
    allowed += (allowed.empty() ? "" : ", ") + std::string{names.back()};
  }
  const auto meant = nearest(text, names);
  return error{errc::invalid_argument,
               "unknown " + std::string{what} +
                   (meant ? "; did you mean " + std::string{*meant} + "?" : "") +
                   " Allowed: " + allowed};
}

constexpr job_outcome all_job_outcomes[] = {job_outcome::waiting, job_outcome::done,
                                            job_outcome::refused, job_outcome::failed};

}  // namespace

result<job_id> parse_job_id(std::string_view text) {
  if (auto good = check_name(text, "job id"); !good) return std::move(good).error();
  return job_id{std::string{text}};
}

std::string_view to_string(job_command command) noexcept {
  switch (command) {
    case job_command::pause:
      return "pause";
    case job_command::resume:
      return "resume";
    case job_command::retry:
      return "retry";
    case job_command::cancel:
      return "cancel";
    case job_command::terminate:
      return "terminate";
    case job_command::signal:
      return "signal";
    case job_command::remove:
      return "delete";
  }
  return "unknown";
}

result<job_command> parse_job_command(std::string_view text) {
  return parse_named(text, all_job_commands, "command of a job");
}

std::string_view to_string(job_state state) noexcept {
  switch (state) {
    case job_state::selecting:
      return "selecting";
    case job_state::running:
      return "running";
    case job_state::finished:
      return "finished";
    case job_state::aborted:
      return "aborted";
    case job_state::failed:
      return "failed";
  }
  return "unknown";
}

std::string_view to_string(job_outcome outcome) noexcept {
  switch (outcome) {
    case job_outcome::waiting:
      return "waiting";
    case job_outcome::done:
      return "done";
    case job_outcome::refused:
      return "refused";
    case job_outcome::failed:
      return "failed";
  }
  return "unknown";
}

result<job_outcome> parse_job_outcome(std::string_view text) {
  return parse_named(text, all_job_outcomes, "outcome of a run");
}

}  // namespace pawl
