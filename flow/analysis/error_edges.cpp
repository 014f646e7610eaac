#include "flow/analysis/error_edges.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>

#include <pawl/code_ref.hpp>
#include <pawl/suggest.hpp>

namespace pawl::flow {
namespace {

constexpr std::array<std::string_view, 5> members_of_error = {"type", "message", "node", "attempt",
                                                              "details"};
/// What an error of an HTTP response has in its details.
constexpr std::array<std::string_view, 4> members_of_details = {"status", "headers", "json",
                                                                "retry_after"};
constexpr std::array<std::string_view, 9> types_of_http = {
    "http_status",       "http_connect",     "http_tls",  "http_failed",   "http_bad_json",
    "http_bad_encoding", "http_not_allowed", "timed_out", "invalid_result"};

bool is_one_of(std::string_view word, std::span<const std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Whether a text is a status code or a class of them, such as "404" or "5xx".
bool is_status(std::string_view text) {
  if (text.size() != 3 || text[0] < '1' || text[0] > '5') return false;
  const std::string_view rest = text.substr(1);
  return rest == "xx" || rest == "XX" || rest.find_first_not_of("0123456789") == rest.npos;
}

class error_edge_checker {
 public:
  error_edge_checker(const live_graph& graph, std::vector<diagnostic>& diagnostics)
      : graph_(graph), diagnostics_(diagnostics) {}

  void check(node_index from, const edge_definition& edge) {
    if (graph_.at(from).type == "http")
      for (const auto& type : *edge.on_error) check_type(type, edge);
    if (edge.when) look_at(*edge.when, edge);
  }

 private:
  void check_type(const std::string& type, const edge_definition& edge) {
    if (is_status(type)) {
      return warn(edge.pointer, "status_as_type",
                  pawl::quoted(type) +
                      " is no type of an error; to take errors by the status of the response, "
                      "write \"when\" with a rule of {\"var\": \"" +
                      key_of(edge) + ".details.status\"}");
    }
    if (is_one_of(type, types_of_http)) return;
    if (const auto meant = nearest(type, types_of_http))
      warn(edge.pointer, "unknown_error_type",
           "an http node has no errors of the type " + pawl::quoted(type) + "; did you mean " +
               pawl::quoted(*meant) + "?");
  }

  /// Recursive; the depth of a rule is limited.
  void look_at(const json& rule, const edge_definition& edge) {
    if (!rule.is_structured()) return;
    if (rule.is_object() && rule.size() == 1) {
      if (rule.contains("literal")) return;
      if (rule.contains("var")) return look_at_path(*rule.begin(), edge);
    }
    for (const json& part : rule) look_at(part, edge);
  }

  void look_at_path(const json& argument, const edge_definition& edge) {
    const json& path = argument.is_array() && !argument.empty() ? argument.front() : argument;
    if (!path.is_string()) return look_at(argument, edge);
    const std::string_view text = path.get_ref<const std::string&>();
    const std::string key = key_of(edge);
    if (!text.starts_with(key + ".")) return;
    const std::string_view rest = text.substr(key.size() + 1);
    const std::string_view member = rest.substr(0, rest.find('.'));
    if (is_one_of(member, members_of_error)) return;
    std::string message = "an error has no " + pawl::quoted(member) +
                          ", only type, message, node, attempt and details";
    if (is_one_of(member, members_of_details)) {
      message +=
          "; did you mean " + json{{"var", key + ".details." + std::string{rest}}}.dump() + "?";
    } else if (const auto meant = nearest(member, members_of_error)) {
      message += "; did you mean " + json{{"var", key + "." + std::string{*meant}}}.dump() + "?";
    }
    warn(edge.when_pointer, "unknown_member", std::move(message));
  }

  static std::string key_of(const edge_definition& edge) {
    return edge.into.empty() ? "error" : edge.into;
  }

  void warn(std::string pointer, const char* code, std::string message) {
    if (reported_ == max_reported) return;
    ++reported_;
    diagnostics_.push_back({severity::warning, std::move(pointer), code, std::move(message)});
  }

  static constexpr std::size_t max_reported = 100;

  const live_graph& graph_;
  std::vector<diagnostic>& diagnostics_;
  std::size_t reported_ = 0;
};

}  // namespace

void warn_of_error_edges(const live_graph& graph, std::vector<diagnostic>& diagnostics) {
  error_edge_checker checker{graph, diagnostics};
  for (node_index i = 0; i < graph.size(); ++i)
    for (const auto& [edge, of] : graph.edges(i))
      if (of == live_graph::kind::error) checker.check(i, graph.source_of(i, *edge));
}

}  // namespace pawl::flow
