#include "runtime/tasks.hpp"

#include <charconv>

#include <pawl/code_ref.hpp>

#include "functions/value_check.hpp"

namespace pawl {
namespace {

using namespace std::chrono_literals;

/// Parses a number that must be the whole text.
template <class Number>
bool read_whole(std::string_view text, Number& to) {
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), to);
  return code == std::errc{} && end == text.data() + text.size();
}

error refused(std::string message) {
  return {errc::invalid_argument, std::move(message)};
}

}  // namespace

std::string_view run_of_task(std::string_view task) noexcept {
  return task.substr(0, task.rfind('~'));
}

result<task_place> parse_task(const task_lease& task) {
  task_place place;
  const std::string_view text = task.task;
  const std::string_view id = run_of_task(text);
  const auto tilde = id.size();
  const auto first = text.find('.', tilde);
  const auto last = text.rfind('.');
  const bool parted = first != text.npos && first < last;
  auto run = parted ? parse_run_id(id) : refused("");
  if (!run || !read_whole(text.substr(tilde + 1, first - tilde - 1), place.token) ||
      !read_whole(text.substr(first + 1, last - first - 1), place.visit) ||
      !read_whole(text.substr(last + 1), place.attempt)) {
    return refused("invalid task: " + quoted(text) + "; use the one returned by a poll");
  }
  place.run = *std::move(run);
  if (!read_whole(task.lease, place.lease) || place.lease == 0)
    return refused("invalid lease: " + pawl::quoted(task.lease) +
                   "; use the one returned by a poll");
  return place;
}

result<void> check_poll(const task_poll& wanted) {
  if (auto good = check_name(wanted.worker, "worker's name"); !good) return good;
  if (auto good = check_name(wanted.queue, "queue's name"); !good) return good;
  if (wanted.functions.empty() || wanted.functions.size() > 1000)
    return refused("a poll must name 1 to 1000 functions, not " +
                   std::to_string(wanted.functions.size()));
  for (const auto& each : wanted.functions)
    if (auto good = check_code_ref(each); !good) return good;
  if (wanted.max < 1 || wanted.max > 100)
    return refused("a poll must be for 1 to 100 tasks, not " + std::to_string(wanted.max));
  if (wanted.wait < 0ms || wanted.wait > 60s)
    return refused("the wait of a poll must be 0 to 60,000 ms, not " +
                   std::to_string(wanted.wait.count()));
  if (wanted.lease_time < 1s || wanted.lease_time > 1h) {
    return refused("the lease time must be 1,000 to 3,600,000 ms, not " +
                   std::to_string(wanted.lease_time.count()));
  }
  return {};
}

result<void> check_outcome(const task_outcome& outcome, std::size_t max_bytes) {
  const functions::value_limits limits{max_bytes};
  if (outcome.interrupted) {
    if (auto good = functions::check_value(outcome.interrupted->value, limits); !good) return good;
    const json& update = outcome.interrupted->update;
    if (!update.is_null() && !update.is_object())
      return error{errc::function_failed, "the update of an interrupt must be an object",
                   "invalid_result"};
    return functions::check_value(update, limits);
  }
  return outcome.value ? functions::check_value(*outcome.value, limits) : result<void>{};
}

}  // namespace pawl
