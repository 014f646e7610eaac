#include "flow/analysis/unwritten.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <pawl/code_ref.hpp>
#include <pawl/suggest.hpp>

#include "flow/analysis/writes.hpp"
#include "flow/definition/value_keys.hpp"
#include "flow/logic/logic.hpp"
#include "flow/logic/text_template.hpp"
#include "flow/nodes/node.hpp"
#include "flow/values/pointer.hpp"

namespace pawl::flow {
namespace {

using kind = live_graph::kind;

constexpr std::array<std::string_view, 5> always_known = {"metadata", "run_id", "thread_id",
                                                          "current_node", "condition_result"};

bool is_one_of(std::string_view word, std::span<const std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// How a value in the data of a node is computed.
enum class computed_as { rule, value, members };

/// The keys that a rule or template reads without a default. Not the arguments of `missing`, nor
/// what the body of an iteration reads from its items.
class reads_of_rule {
 public:
  reads_of_rule(const json& source, computed_as how) {
    how == computed_as::rule ? read(source) : read_template(source);
  }
  [[nodiscard]] const std::set<std::string>& keys() const noexcept { return keys_; }

 private:
  void read_template(const json& value) {
    if (logic::is_rule(value)) return read(value);
    if (logic::is_secret(value)) return;
    if (logic::is_text_template(value))
      return read(logic::split_text(value.get_ref<const std::string&>()).parts);
    if (value.is_object() && value.size() == 1 && value.contains("literal")) return;
    read_members(value);
  }

  void read_members(const json& value) {
    if (value.is_structured())
      for (const json& part : value) read_template(part);
  }

  void read(const json& rule) {
    if (rule.is_array()) {
      for (const json& part : rule) read(part);
      return;
    }
    if (!rule.is_object() || rule.size() != 1) return;
    const std::string& name = rule.begin().key();
    const json& args = rule.begin().value();
    if (name == "missing" || name == "missing_some" || name == "literal") return;
    if (name == "var") return read_var(args);
    if (name == "exists") return;
    // What another argument stands in for may be absent.
    if (name == "??" && args.is_array() && !args.empty()) return read(args.back());
    if (name == "object") return read_template(args);
    if (name == "val") {
      const json& key = args.is_array() && !args.empty() ? args[0] : args;
      if (key.is_string()) keys_.insert(key.get<std::string>());
      return read(args);
    }
    if (name == "try" && args.is_array() && !args.empty()) return read(args[0]);
    if (!logic::is_iteration(name) || !args.is_array()) return read(args);
    for (std::size_t i = 0; i < args.size(); ++i)
      if (i != 1) read(args[i]);
  }

  void read_var(const json& args) {
    const json& path = args.is_array() && !args.empty() ? args[0] : args;
    if (args.is_array() && args.size() > 1) return read(args[1]);
    if (!path.is_string()) return read(path);
    const auto& text = path.get_ref<const std::string&>();
    if (const auto key = text.substr(0, text.find('.')); !key.empty()) keys_.insert(key);
  }

  std::set<std::string> keys_;
};

/// The keys that an input may have; none if its schema allows others.
std::optional<std::set<std::string>> keys_of_input(const json& schema) {
  if (!schema.is_object() || schema.contains("$ref") || schema.contains("patternProperties") ||
      schema.value("additionalProperties", json{}) != false)
    return std::nullopt;
  std::set<std::string> keys;
  if (const auto known = schema.find("properties"); known != schema.end() && known->is_object())
    for (const auto& [key, value] : known->items()) keys.insert(key);
  return keys;
}

/// A rule that reads some key.
struct reading {
  /// Before or after the node's work, on the result or the error of the step, at the end of an
  /// item, or later: when the step is compensated or the run ends, which is after any other node.
  enum class phase { before, after, of_step, of_error, of_item, later };

  node_index node;
  phase when;
  std::string pointer;
};

class unwritten_checker {
 public:
  unwritten_checker(const live_graph& graph, const std::set<std::string>& input,
                    std::vector<diagnostic>& diagnostics)
      : graph_(graph), input_(input), diagnostics_(diagnostics), forks_before_(graph.size()) {}

  /// `output`: what a completed run gives, if the flow says so.
  void check(const std::optional<json>& output) {
    const auto reached = graph_.reached_from(graph_.entry());
    for (node_index i = 0; i < graph_.size(); ++i) {
      writes_.push_back(written_by(i));
      if (reached[i]) note_rules(i);
    }
    if (output)
      note_computed(*output, computed_as::value,
                    {graph_.entry(), reading::phase::later, "/output"});
    if (readings_.empty()) return;
    find_joins();
    find_sections();
    const marks unknown = spread([](const written_keys& w) { return w.unknown; });
    for (const auto& [key, readings] : readings_) {
      const marks written =
          spread([&key = key](const written_keys& w) { return w.keys.contains(key); });
      for (const auto& each : readings)
        if (reported_ < max_reported && !may_be(written, each) && !may_be(unknown, each))
          report(key, each);
    }
  }

 private:
  /// Whether a key may have been written, by node: by the node itself, or before it.
  struct marks {
    std::vector<bool> at, before;
  };

  /// The keys that a node and its `on_error` edges write.
  [[nodiscard]] written_keys written_by(node_index i) const {
    written_keys made = keys_written_by(graph_, i);
    for (const auto& [edge, of] : graph_.edges(i))
      if (of == kind::error) made.keys.insert(edge->into.empty() ? "error" : edge->into);
    return made;
  }

  /// Keys whose values are computed before the work of their node.
  static constexpr std::string_view computed_before[] = {
      "expr",     "duration", "until",   "timeout", "total_timeout", "heartbeat_timeout",
      "question", "items",    "message", "url",     "json",          "body",
      "code_ref", "flow",     "name",    "queue",   "tolerate",      "max_concurrency",
      "input",    "with",     "values",  "headers", "query"};

  static computed_as form_of(std::string_view key) {
    if (is_rule_setting(key)) return computed_as::rule;
    return has_names(key) ? computed_as::members : computed_as::value;
  }

  void note_rules(node_index i) {
    using enum reading::phase;
    const node_definition& node = graph_.source_of(i);
    const node_type* const type = find_node_type(node.type);
    const std::string data = node.pointer + "/data";
    const auto note = [&](const json& from, const std::string& at, std::string_view key,
                          computed_as how, reading::phase when) {
      if (const auto source = from.find(key); source != from.end())
        note_computed(*source, how,
                      {i, when, at == data ? data_pointer(node, key) : child_pointer(at, key)});
    };
    for (const auto key : computed_before)
      if (type != nullptr && type->reads(key) && !(type->has_items && key == "until"))
        note(node.data, data, key, form_of(key), before);
    if (const auto found = node.data.find("retry"); found != node.data.end())
      note_retry(*found, child_pointer(data, "retry"), {i, before, ""});
    if (const auto found = node.data.find("compensate");
        found != node.data.end() && found->is_object()) {
      const std::string at = child_pointer(data, "compensate");
      note(*found, at, "with", computed_as::members, after);
      for (const char* const key : {"timeout", "total_timeout"})
        note(*found, at, key, computed_as::rule, later);
      if (const auto retry = found->find("retry"); retry != found->end())
        note_retry(*retry, child_pointer(at, "retry"), {i, later, ""});
    }
    if (type != nullptr && type->reads("result"))
      note(node.data, data, "result", computed_as::value, type->has_items ? of_item : of_step);
    if (type != nullptr && type->reads("when"))
      note(node.data, data, "when", computed_as::rule, of_step);
    for (const auto& [edge, of] : graph_.edges(i)) {
      const edge_definition& written = graph_.source_of(i, *edge);
      if (edge->when)
        note_computed(*written.when, computed_as::rule,
                      {i, of == kind::error ? of_error : after, written.when_pointer});
    }
  }

  /// Notes the rules of a retry policy, and of its clauses.
  void note_retry(const json& source, const std::string& pointer, reading at) {
    if (source.is_array()) {
      for (std::size_t n = 0; n < source.size(); ++n)
        note_retry(source[n], pointer + "/" + std::to_string(n), at);
      return;
    }
    if (!source.is_object()) return;
    for (const auto& [key, value] : source.items()) {
      at.pointer = child_pointer(pointer, key);
      if (key == "on")
        note_retry(value, at.pointer, at);
      else
        note_computed(value, computed_as::rule, at);
    }
  }

  [[nodiscard]] bool reads_signal(node_index i) const { return graph_.at(i).type == "signal"; }

  void note_computed(const json& source, computed_as how, const reading& at) {
    if (how == computed_as::members && source.is_object()) {
      // Each member has a pointer of its own.
      for (const auto& [name, value] : source.items())
        note_computed(value, computed_as::value,
                      {at.node, at.when, child_pointer(at.pointer, name)});
      return;
    }
    const reads_of_rule reads{source, how};
    for (const auto& key : reads.keys()) {
      if (input_.contains(key) || is_one_of(key, always_known)) continue;
      const bool is_of_step = key == "result" || (key == "signal" && reads_signal(at.node));
      if (is_of_step && at.when == reading::phase::of_step) continue;
      if (key == "error" && at.when == reading::phase::of_error) continue;
      // Bounded: enough for a real flow, too few for a hostile one to cost time.
      if (noted_ == max_readings) return;
      if (readings_.size() == max_keys && !readings_.contains(key)) continue;
      readings_[key].push_back(at);
      ++noted_;
    }
  }

  /// Finds the joins of each fork: they merge what its branches have written, even where a branch
  /// ends before the join.
  void find_joins() {
    joins_.resize(graph_.size());
    for (node_index join = 0; join < graph_.size(); ++join)
      for (const node_index fork : graph_.at(join).closes) joins_[fork].push_back(join);
    for (node_index fork = 0; fork < graph_.size(); ++fork) {
      if (joins_[fork].empty()) continue;
      std::vector<bool> reachable(graph_.size());
      for (const auto* const edge : graph_.plain(fork)) {
        const auto reached = graph_.reached_from(edge->target);
        for (node_index i = 0; i < graph_.size(); ++i) reachable[i] = reachable[i] || reached[i];
      }
      for (node_index i = 0; i < graph_.size(); ++i)
        if (reachable[i]) forks_before_[i].push_back(fork);
    }
  }

  /// Finds the sections around each node: what is written in a body can be read after the section.
  void find_sections() {
    sections_around_.resize(graph_.size());
    for (node_index section = 0; section < graph_.size(); ++section) {
      if (graph_.at(section).behaviour->section() == nullptr) continue;
      const auto inside = graph_.reached_from(graph_.at(section).each->target);
      for (node_index i = 0; i < graph_.size(); ++i)
        if (inside[i]) sections_around_[i].push_back(section);
    }
  }

  template <class Writes>
  [[nodiscard]] marks spread(Writes writes) const {
    marks made{std::vector<bool>(graph_.size()), std::vector<bool>(graph_.size())};
    std::vector<node_index> open;
    std::vector<bool> joined(graph_.size()), left(graph_.size());
    const auto continue_from = [&](node_index i) {
      const auto reach = [&](node_index next) {
        if (made.before[next]) return;
        made.before[next] = true;
        open.push_back(next);
      };
      for (const auto& [edge, of] : graph_.edges(i)) reach(edge->target);
      for (const node_index section : sections_around_[i]) {
        if (left[section]) continue;
        left[section] = true;
        for (const auto& [edge, of] : graph_.edges(section))
          if (of != kind::each) reach(edge->target);
      }
      for (const node_index fork : forks_before_[i]) {
        if (joined[fork]) continue;
        joined[fork] = true;
        for (const node_index join : joins_[fork]) reach(join);
      }
    };
    for (node_index i = 0; i < graph_.size(); ++i) {
      made.at[i] = writes(writes_[i]);
      if (made.at[i]) continue_from(i);
    }
    while (!open.empty()) {
      const node_index i = open.back();
      open.pop_back();
      continue_from(i);
    }
    return made;
  }

  [[nodiscard]] bool may_be(const marks& written, const reading& each) const {
    using enum reading::phase;
    if (written.before[each.node]) return true;
    if (each.when == later)
      return std::find(written.at.begin(), written.at.end(), true) != written.at.end();
    if (each.when == before || each.when == of_step) return false;
    if (written.at[each.node]) return true;
    const bool is_section = graph_.at(each.node).behaviour->section() != nullptr;
    const bool looks_inside = each.when == of_item || is_section;
    if (!looks_inside || !graph_.at(each.node).each) return false;
    const auto inside = graph_.reached_from(graph_.at(each.node).each->target);
    for (node_index i = 0; i < graph_.size(); ++i)
      if (inside[i] && (written.at[i] || written.before[i])) return true;
    return false;
  }

  void report(const std::string& key, const reading& at) {
    std::vector<std::string_view> known{input_.begin(), input_.end()};
    for (const auto& made : writes_)
      for (const auto& other : made.keys)
        if (known.size() < max_keys) known.push_back(other);
    const auto meant = nearest(key, known);
    ++reported_;
    diagnostics_.push_back(
        {severity::warning, at.pointer, "never_written",
         "the rule reads " + pawl::quoted(key) + ", which is not in the input and which no node " +
             (at.when == reading::phase::later ? ""
                                               : "on the path " + graph_.path_to(at.node) + " ") +
             "writes" + (meant ? "; did you mean " + pawl::quoted(*meant) + "?" : "")});
  }

  static constexpr std::size_t max_keys = 100;
  static constexpr std::size_t max_readings = 2'000;
  static constexpr std::size_t max_reported = 100;

  const live_graph& graph_;
  const std::set<std::string>& input_;
  std::vector<diagnostic>& diagnostics_;
  std::vector<written_keys> writes_;                      ///< by node
  std::vector<std::vector<node_index>> joins_;            ///< by the fork that they close
  std::vector<std::vector<node_index>> forks_before_;     ///< those with joins, by node
  std::vector<std::vector<node_index>> sections_around_;  ///< by node
  std::map<std::string, std::vector<reading>> readings_;
  std::size_t noted_ = 0;
  std::size_t reported_ = 0;
};

}  // namespace

void warn_unwritten(const live_graph& graph, const definition& flow,
                    std::vector<diagnostic>& diagnostics) {
  auto known = keys_of_input(*flow.input_schema);
  if (!known) return;
  if (flow.vars) known->insert("vars");
  unwritten_checker{graph, *known, diagnostics}.check(flow.output);
}

}  // namespace pawl::flow
