#include "flow/analysis/response_members.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include <pawl/code_ref.hpp>
#include <pawl/suggest.hpp>

#include "flow/logic/logic.hpp"
#include "flow/logic/text_template.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {
namespace {

constexpr std::array<std::string_view, 6> members_of_response = {"status",      "headers", "body",
                                                                 "body_base64", "json",    "url"};
constexpr std::size_t max_warned = 100;

/// Looks for what the `result` of one node reads of the response.
class response_reader {
 public:
  response_reader(std::string pointer, std::vector<diagnostic>& diagnostics)
      : pointer_(std::move(pointer)), diagnostics_(diagnostics) {}

  /// Recursive; the depth of a definition is limited.
  void look_at(const json& value) {
    if (logic::is_text_template(value))
      return look_at(logic::split_text(value.get_ref<const std::string&>()).parts);
    if (!value.is_structured()) return;
    if (value.is_object() && value.size() == 1) {
      const std::string& name = value.begin().key();
      const json& args = value.begin().value();
      if (name == "literal") return;
      if (name == "var") return look_at_path(args);
      if (logic::is_iteration(name) && args.is_array()) {
        // In its body, the second argument, `var` reads the item.
        for (std::size_t i = 0; i < args.size(); ++i)
          if (i != 1) look_at(args[i]);
        return;
      }
    }
    for (const json& part : value) look_at(part);
  }

 private:
  void look_at_path(const json& argument) {
    const json& path = argument.is_array() && !argument.empty() ? argument.front() : argument;
    if (!path.is_string()) return look_at(argument);
    constexpr std::string_view response = "result.";
    const std::string_view text = path.get_ref<const std::string&>();
    if (!text.starts_with(response)) return;
    const std::string_view rest = text.substr(response.size());
    const std::string_view member = rest.substr(0, rest.find('.'));
    if (std::find(members_of_response.begin(), members_of_response.end(), member) !=
        members_of_response.end())
      return;
    const auto close = nearest(member, members_of_response);
    const std::string meant = close ? std::string{*close} + std::string{rest.substr(member.size())}
                                    : "json." + std::string{rest};
    diagnostics_.push_back({severity::warning, pointer_, "unknown_member",
                            "a response has no " + pawl::quoted(member) +
                                ", only status, headers, url, body and json; did you mean " +
                                json{{"var", "result." + meant}}.dump() + "?"});
  }

  std::string pointer_;
  std::vector<diagnostic>& diagnostics_;
};

}  // namespace

void warn_of_response_members(const live_graph& graph, std::vector<diagnostic>& diagnostics) {
  std::vector<diagnostic> found;
  for (node_index i = 0; i < graph.size() && found.size() < max_warned; ++i) {
    if (graph.at(i).type != "http") continue;
    const node_definition& node = graph.source_of(i);
    if (const auto result = node.data.find("result"); result != node.data.end())
      response_reader{data_pointer(node, "result"), found}.look_at(*result);
  }
  if (found.size() > max_warned) found.resize(max_warned);
  std::move(found.begin(), found.end(), std::back_inserter(diagnostics));
}

}  // namespace pawl::flow
