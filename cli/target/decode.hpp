#pragma once

#include <string>
#include <vector>

#include <pawl/engine.hpp>
#include <pawl/run_errors.hpp>

/// Decodes the JSON of the HTTP API into the types of the engine. A missing or invalid field gives
/// `not_supported` with the name of the field: the server has an incompatible version.
namespace pawl::cli {

[[nodiscard]] result<run_summary> read_run_summary(const json& from, const scope_name& scope);
[[nodiscard]] result<run_view> read_run_view(const json& from, const scope_name& scope);
/// Checks an explanation and returns it as it is.
[[nodiscard]] result<json> read_explanation(const json& from, const scope_name& scope);
/// The same for who owns a store, statistics, a past state and a difference.
[[nodiscard]] result<json> read_cluster(const json& from);
[[nodiscard]] result<json> read_statistics(const json& from);
[[nodiscard]] result<json> read_past_state(const json& from);
[[nodiscard]] result<json> read_state_diff(const json& from);
[[nodiscard]] result<run_page> read_run_page(const json& from, const scope_name& scope);
[[nodiscard]] result<run_total> read_run_total(const json& from);
[[nodiscard]] result<run_error_groups> read_error_groups(const json& from);
[[nodiscard]] result<std::vector<run_count>> read_run_counts(const json& from);
[[nodiscard]] result<run_started> read_run_started(const json& from);
[[nodiscard]] result<run_changed> read_run_changed(const json& from, const scope_name& scope);
[[nodiscard]] result<run_removed> read_run_removed(const json& from);
[[nodiscard]] result<cleanup_page> read_cleanup_page(const json& from);
[[nodiscard]] result<backup_info> read_backup(const json& from);
[[nodiscard]] result<compaction_result> read_compaction(const json& from);
[[nodiscard]] result<history_event> read_history_event(const json& from);
[[nodiscard]] result<history_page> read_history_page(const json& from);
/// Checks that it has the members of a page of steps; they stay JSON.
[[nodiscard]] result<json> read_step_page(const json& from);

[[nodiscard]] result<flow_stored> read_flow_stored(const json& from);
/// The definition is optional.
[[nodiscard]] result<flow_version> read_flow_version(const json& from);
[[nodiscard]] result<flow_summary> read_flow_summary(const json& from);
/// What a page could not list; mostly nothing.
[[nodiscard]] result<std::vector<std::string>> read_damaged(const json& page);
[[nodiscard]] result<function_info> read_function(const json& from);
[[nodiscard]] result<worker_overview> read_workers(const json& from);

/// Converts a problem document (RFC 9457) to the error that the engine call returns. Without a
/// known `code` in the document, `status` determines the error code.
[[nodiscard]] error error_of_problem(const json& problem, int status);

/// Decodes each element of the array `key` of an object with `read`.
template <class T, class Read>
result<std::vector<T>> read_list(const json& from, const char* key, Read read) {
  std::vector<T> all;
  if (!from.is_object() || !from.contains(key) || !from[key].is_array())
    return error{errc::not_supported, "invalid response: \"" + std::string{key} +
                                          "\" is not an array; the server is not a Pawl server or "
                                          "has an incompatible version"};
  for (const auto& each : from[key]) {
    auto item = read(each);
    if (!item) return std::move(item).error();
    all.push_back(*std::move(item));
  }
  return all;
}

}  // namespace pawl::cli
