#pragma once

#include <string>
#include <vector>

#include <pawl/engine.hpp>

/// Values of the engine from the JSON in which a server tells them. What does not fit is
/// `not_supported`, and the message names the field: the server is of another version.
namespace pawl::cli {

[[nodiscard]] result<run_summary> read_run_summary(const json& from, const scope_name& scope);
[[nodiscard]] result<run_view> read_run_view(const json& from, const scope_name& scope);
[[nodiscard]] result<run_page> read_run_page(const json& from, const scope_name& scope);
[[nodiscard]] result<run_started> read_run_started(const json& from);
[[nodiscard]] result<run_changed> read_run_changed(const json& from, const scope_name& scope);
[[nodiscard]] result<history_event> read_history_event(const json& from);

[[nodiscard]] result<flow_stored> read_flow_stored(const json& from);
/// With or without its definition.
[[nodiscard]] result<flow_version> read_flow_version(const json& from);
[[nodiscard]] result<flow_summary> read_flow_summary(const json& from);
[[nodiscard]] result<function_info> read_function(const json& from);
[[nodiscard]] result<worker_overview> read_workers(const json& from);

/// A problem document (RFC 9457) as the error that the same call gives without a server. `status`
/// decides where the document does not.
[[nodiscard]] error error_of_problem(const json& problem, int status);

/// Every item of the array `key` of an object, read by `read`.
template <class T, class Read>
result<std::vector<T>> read_list(const json& from, const char* key, Read read) {
  std::vector<T> all;
  if (!from.is_object() || !from.contains(key) || !from[key].is_array())
    return error{errc::not_supported, "the server's answer has no list " + std::string{key} +
                                          "; it is of another version, or no server of Pawl"};
  for (const auto& each : from[key]) {
    auto item = read(each);
    if (!item) return std::move(item).error();
    all.push_back(*std::move(item));
  }
  return all;
}

}  // namespace pawl::cli
