#include "flow/analysis/live_graph.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>

#include <pawl/code_ref.hpp>

#include "flow/definition/walk.hpp"
#include "flow/logic/logic.hpp"

namespace pawl::flow {
namespace {

/// Whether the result of a rule may depend on data.
bool reads_data(const json& rule) {
  if (rule.is_object()) {
    for (const char* const key :
         {"var", "val", "exists", "missing", "missing_some", "now", "uuid", "random"})
      if (rule.contains(key)) return true;
  }
  return rule.is_structured() && std::any_of(rule.begin(), rule.end(), reads_data);
}

/// The truth value of a rule in every run; none if it depends on data or is expensive to compute.
std::optional<bool> constant_truth(const json& rule) {
  if (reads_data(rule)) return std::nullopt;
  const auto compiled = logic::compile(rule);
  if (!compiled) return std::nullopt;
  logic::limits budget;
  budget.max_steps = 1'000;
  budget.max_bytes = 10'000;
  const auto truth = compiled->test(logic::variables{}, budget);
  return truth ? std::optional{*truth} : std::nullopt;
}

/// Visits the edges of a node in the order in which a run tests them. Returns for each the reason
/// why it is never taken; empty if it may be taken.
class edge_order {
 public:
  explicit edge_order(std::optional<bool> condition) : condition_(condition) {}

  std::string check(const compiled_edge& edge, const edge_definition& source) {
    if (always_taken_) return "an edge before it is always taken";
    if (edge.follows) return follow(*edge.follows);
    if (!edge.when) return "";
    const auto truth = constant_truth(*source.when);
    if (truth) {
      always_taken_ = *truth;
      return *truth ? "" : "its rule is false in every run";
    }
    return rules_.insert(&*source.when).second ? "" : "an edge before it has the same rule";
  }

  std::string check_error(const compiled_edge& edge, const edge_definition& source) {
    const auto truth = edge.when ? constant_truth(*source.when) : true;
    if (truth == false) return "its rule is false in every run";
    if (catches_all_) return "an \"on_error\" edge before it takes every error";
    const auto is_caught = [&](const std::string& type) {
      return std::find(caught_.begin(), caught_.end(), type) != caught_.end();
    };
    if (edge.errors.empty()) {
      catches_all_ = truth == true;
    } else if (std::all_of(edge.errors.begin(), edge.errors.end(), is_caught)) {
      return "\"on_error\" edges before it take these errors";
    }
    if (truth == true) caught_.insert(caught_.end(), edge.errors.begin(), edge.errors.end());
    return "";
  }

  [[nodiscard]] bool always_taken() const noexcept { return always_taken_; }

 private:
  std::string follow(bool result) {
    const std::string word = result ? "true" : "false";
    if (condition_ && *condition_ != result) return "the condition is never " + word;
    if (followed_[result ? 1 : 0])
      return "an edge before it is taken when the condition is " + word;
    followed_[result ? 1 : 0] = true;
    always_taken_ = condition_.has_value() || (followed_[0] && followed_[1]);
    return "";
  }

  std::optional<bool> condition_;
  bool followed_[2] = {false, false};
  bool always_taken_ = false;
  struct by_value {
    bool operator()(const json* a, const json* b) const { return *a < *b; }
  };
  std::set<const json*, by_value> rules_;
  bool catches_all_ = false;
  std::vector<std::string> caught_;
};

}  // namespace

live_graph::live_graph(const definition& flow, const std::vector<compiled_node>& nodes,
                       node_index entry)
    : flow_(flow),
      nodes_(nodes),
      entry_(entry),
      written_(nodes.size()),
      live_(nodes.size()),
      may_end_(nodes.size()) {
  std::unordered_map<std::string_view, node_index> index;
  for (node_index i = 0; i < nodes.size(); ++i) index.emplace(flow.nodes[i].id, i);
  for (const auto& edge : flow.edges) written_[index.at(edge.source)].push_back(&edge);
  for (node_index i = 0; i < nodes.size(); ++i) classify_edges(i);
}

void live_graph::classify_edges(node_index from) {
  const compiled_node& node = nodes_[from];
  const auto expr = flow_.nodes[from].data.find("expr");
  const bool is_condition = node.type == "condition" && expr != flow_.nodes[from].data.end();
  edge_order order{is_condition ? constant_truth(*expr) : std::nullopt};
  const auto add = [&](const compiled_edge& edge, kind of, std::string reason) {
    if (reason.empty()) {
      live_[from].push_back({&edge, of});
    } else {
      dead_.push_back({from, &edge, std::move(reason)});
    }
  };
  for (const auto& edge : node.conditional)
    add(edge, kind::normal, order.check(edge, source_of(from, edge)));
  bool forks = false;
  for (const auto& edge : node.plain) {
    auto reason = order.check(edge, source_of(from, edge));
    forks = forks || reason.empty();
    add(edge, kind::normal, std::move(reason));
  }
  for (const auto& edge : node.on_error)
    add(edge, kind::error, order.check_error(edge, source_of(from, edge)));
  for (const auto& edge : node.on_event) add(edge, kind::event, "");
  if (node.on_timeout) add(*node.on_timeout, kind::timeout, "");
  if (node.each) add(*node.each, kind::each, "");
  may_end_[from] = !forks && !order.always_taken();
}

std::vector<const compiled_edge*> live_graph::plain(node_index from) const {
  std::vector<const compiled_edge*> found;
  for (const auto& [edge, of] : live_[from])
    if (of == kind::normal && !edge->when && !edge->follows) found.push_back(edge);
  return found;
}

std::vector<bool> live_graph::reached_from(node_index from, std::optional<node_index> avoid,
                                           bool into_items) const {
  if (from == avoid) return std::vector<bool>(size());
  return reached(size(), {from}, [&](node_index at, const auto& visit) {
    for (const auto& [edge, of] : live_[at])
      if (edge->target != avoid && (of != kind::each || into_items)) visit(edge->target);
  });
}

std::vector<node_index> live_graph::path(node_index from, node_index to) const {
  std::vector<std::optional<node_index>> before(size());
  before[from] = from;
  std::vector<node_index> open{from};
  for (std::size_t next = 0; next < open.size() && !before[to]; ++next) {
    for (const auto& [edge, of] : live_[open[next]]) {
      if (before[edge->target]) continue;
      before[edge->target] = open[next];
      open.push_back(edge->target);
    }
  }
  std::vector<node_index> found;
  if (!before[to]) return found;
  for (node_index here = to; here != from; here = *before[here]) found.push_back(here);
  found.push_back(from);
  std::reverse(found.begin(), found.end());
  return found;
}

std::string live_graph::format(const std::vector<node_index>& path) const {
  constexpr std::size_t max_shown = 20;
  std::string text;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path.size() > max_shown && i == max_shown / 2) {
      text += " -> ...";
      i = path.size() - max_shown / 2;
    }
    text += (i == 0 ? "" : " -> ") + pawl::quoted(nodes_[path[i]].id);
  }
  return text;
}

}  // namespace pawl::flow
