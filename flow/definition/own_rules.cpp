#include "flow/definition/own_rules.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include <pawl/code_ref.hpp>
#include <pawl/suggest.hpp>

#include "flow/definition/attributes.hpp"
#include "flow/definition/own_rule.hpp"
#include "flow/definition/value_keys.hpp"
#include "flow/logic/logic.hpp"
#include "flow/logic/secret_place.hpp"
#include "flow/logic/text_template.hpp"
#include "flow/values/pointer.hpp"

namespace pawl::flow {
namespace {

using inside = written_places::inside;

/// A place in the flow: its pointer in the inlined one, and as it was written.
struct spot {
  std::string at;
  std::string written;
  bool in_text = false;  ///< inside of a text with braces, which is the place of all that is in it

  explicit spot(const std::string& pointer) : at(pointer), written(pointer) {}
  spot(std::string inlined, std::string original, bool text)
      : at(std::move(inlined)), written(std::move(original)), in_text(text) {}
  [[nodiscard]] spot child(std::string_view key) const {
    return {child_pointer(at, key), in_text ? written : child_pointer(written, key), in_text};
  }
  /// The place at another pointer in the inlined flow.
  [[nodiscard]] spot moved_to(std::string inlined) const {
    return {std::move(inlined), written, in_text};
  }
};

std::size_t count_values(const json& value) {
  std::size_t count = 1;
  if (value.is_structured())
    for (const json& part : value) count += count_values(part);
  return count;
}

/// An object with one key, which calls an operator or an own rule where it is one of them.
bool is_call(const json& value) {
  return value.is_object() && value.size() == 1;
}

class rule_inliner {
 public:
  rule_inliner(const definition& flow, std::vector<diagnostic>& diagnostics)
      : diagnostics_(diagnostics) {
    made_.flow = flow;
  }

  inlined_flow run() {
    if (read_definitions()) {
      for (const auto& [name, rule] : rules_) made_.names.push_back(name);
      inline_definitions();
      inline_nodes();
      inline_edges();
      inline_top();
      warn_of_unused();
    }
    return std::move(made_);
  }

 private:
  void report(severity level, std::string pointer, const char* code, std::string message) {
    diagnostics_.push_back({level, std::move(pointer), code, std::move(message)});
  }
  void fail(std::string pointer, const char* code, std::string message) {
    report(severity::error, std::move(pointer), code, std::move(message));
  }

  /// Returns false if there are too many.
  bool read_definitions() {
    const json& source = *made_.flow.definitions;
    if (source.size() > max_own_rules) {
      fail("/definitions", "too_many",
           "the flow has " + std::to_string(source.size()) + " definitions; the maximum is " +
               std::to_string(max_own_rules));
      return false;
    }
    for (const auto& [name, value] : source.items())
      if (auto read = read_own_rule(name, value, diagnostics_))
        rules_.emplace(name, *std::move(read));
    return true;
  }

  /// Inlines each definition after those that it calls, so that recursion is bounded by the depth
  /// of one definition.
  void inline_definitions() {
    for (auto& [name, rule] : rules_) note_calls(rule.rule, rule.called);
    std::set<std::string> waiting;
    for (const auto& [name, rule] : rules_) waiting.insert(name);
    const auto is_ready = [&](const std::string& name) {
      const auto& called = rules_.at(name).called;
      return std::none_of(called.begin(), called.end(),
                          [&](const auto& other) { return waiting.contains(other); });
    };
    while (!waiting.empty()) {
      const auto next = std::find_if(waiting.begin(), waiting.end(), is_ready);
      if (next == waiting.end()) return report_recursion(waiting);
      inline_definition(*next, rules_.at(*next));
      waiting.erase(next);
    }
  }

  void note_calls(const json& value, std::set<std::string>& called) const {
    if (!value.is_structured()) return;
    if (is_call(value) && rules_.contains(value.begin().key())) called.insert(value.begin().key());
    for (const json& part : value) note_calls(part, called);
  }

  void report_recursion(const std::set<std::string>& waiting) {
    std::vector<std::string> path{*waiting.begin()};
    while (true) {
      const auto& called = rules_.at(path.back()).called;
      const auto next = *std::find_if(called.begin(), called.end(),
                                      [&](const auto& other) { return waiting.contains(other); });
      const auto known = std::find(path.begin(), path.end(), next);
      if (known == path.end()) {
        path.push_back(next);
        continue;
      }
      path.erase(path.begin(), known);
      path.push_back(next);
      std::string loop;
      for (const auto& each : path) loop += (loop.empty() ? "" : " calls ") + pawl::quoted(each);
      fail(pointer_of_own_rule(next) + "/rule", "recursive_definition",
           "a definition must not call itself: " + loop);
      break;
    }
    for (const auto& name : waiting) rules_.at(name).is_good = false;
  }

  void inline_definition(const std::string& name, own_rule& rule) {
    if (!rule.is_good) return;
    const std::string at = pointer_of_own_rule(name) + "/rule";
    warn_of_unread(name, rule);
    const std::size_t before = diagnostics_.size();
    rule.rule = in_rule(rule.rule, spot{at});
    const logic::rule compiled = logic::compile(rule.rule, at, diagnostics_);
    made_.restore_places(diagnostics_, before);
    rule.is_good =
        std::none_of(diagnostics_.begin() + static_cast<std::ptrdiff_t>(before), diagnostics_.end(),
                     [](const diagnostic& d) { return d.level == severity::error; });
    if (!rule.is_good) return;
    rule.values = count_values(rule.rule);
    for (const auto& path : compiled.reads())
      warn_if_unknown(path.substr(0, path.find('.')), rule, at);
  }

  void warn_of_unread(const std::string& name, const own_rule& of) {
    for (std::size_t i = 0; i < of.params.size(); ++i)
      if (!may_read(of.rule, of.params[i]))
        report(severity::warning, pointer_of_own_rule(name) + "/params/" + std::to_string(i),
               "unused_parameter", "the rule does not read " + pawl::quoted(of.params[i]));
  }

  void warn_if_unknown(const std::string& read, const own_rule& rule, const std::string& at) {
    if (std::find(rule.params.begin(), rule.params.end(), read) != rule.params.end()) return;
    const std::vector<std::string_view> known{rule.params.begin(), rule.params.end()};
    const auto meant = nearest(read, known);
    report(severity::warning, at, "unknown_parameter",
           "the rule reads " + pawl::quoted(read) +
               ", which is not one of its \"params\": a definition sees nothing else" +
               (meant ? "; did you mean " + pawl::quoted(*meant) + "?" : ""));
  }

  void inline_nodes() {
    for (auto& node : made_.flow.nodes) {
      for (auto& [key, value] : node.data.items()) {
        const bool is_respelled = key == "code_ref" && node.code_ref_key != key;
        const std::string at = is_respelled
                                   ? child_pointer(node.pointer + "/data", node.code_ref_key)
                                   : data_pointer(node, key);
        value = in_setting(key, value, spot{at});
      }
    }
  }

  json in_setting(std::string_view key, const json& value, const spot& at) {
    if (is_literal_setting(key)) return value;
    if (has_settings(key)) return in_settings(value, at);
    if (is_rule_setting(key)) return in_object(value, at);
    return has_names(key) ? in_members(value, at) : in_template(value, at);
  }

  /// An object of settings, or an array of such.
  json in_settings(const json& source, const spot& at) {
    json made = source;
    if (source.is_array()) {
      for (std::size_t i = 0; i < source.size(); ++i)
        made[i] = in_settings(source[i], at.child(std::to_string(i)));
    } else if (source.is_object()) {
      for (const auto& [key, value] : source.items())
        made[key] = in_setting(key, value, at.child(key));
    }
    return made;
  }

  void inline_edges() {
    for (auto& edge : made_.flow.edges) {
      if (!edge.when) continue;
      // The parser has put the rule of a negated edge inside {"!": [...]}.
      json& rule = edge.negated ? edge.when->at("!").at(0) : *edge.when;
      rule = in_rule(rule, spot{edge.when_pointer});
    }
  }

  void inline_top() {
    definition& flow = made_.flow;
    if (flow.output) flow.output = in_template(*flow.output, spot{"/output"});
    if (flow.vars) flow.vars = in_members(*flow.vars, spot{"/vars"});
    if (flow.attributes && flow.attributes->is_object()) inline_attributes(*flow.attributes);
  }

  void inline_attributes(json& attributes) {
    for (auto& [name, declared] : attributes.items()) {
      const spot at{child_pointer("/attributes", name)};
      if (!is_long_declaration(declared)) {
        declared = in_template(declared, at);
      } else if (const auto rule = declared.find("rule"); rule != declared.end()) {
        *rule = in_template(*rule, at.child("rule"));
      }
    }
  }

  using walker = json (rule_inliner::*)(const json&, const spot&);

  json in_template(const json& source, const spot& at) {
    if (logic::is_text_template(source)) return in_text(source, at);
    return in_built(source, at, &rule_inliner::in_template);
  }

  /// The same for what is built inside of a rule, where texts have no braces.
  json in_object(const json& source, const spot& at) {
    return in_built(source, at, &rule_inliner::in_object);
  }

  json in_built(const json& source, const spot& at, walker walk) {
    if (source.is_array()) return in_items(source, at, walk);
    if (!source.is_object()) return source;
    if (is_call(source) && (rules_.contains(source.begin().key()) || logic::is_rule(source)))
      return in_rule(source, at);
    if (is_call(source)) warn_of_typo(source.begin().key(), *source.begin(), at);
    return in_members(source, at, walk);
  }

  /// Where values stand, an object with one key may be data. One with arguments whose key is nearly
  /// the name of a definition is probably a call.
  void warn_of_typo(const std::string& name, const json& argument, const spot& at) {
    const auto meant = argument.is_structured() ? nearest(name, names(), 1) : std::nullopt;
    if (meant)
      report(severity::warning, at.child(name).written, "unknown_operator",
             pawl::quoted(name) +
                 " is not a definition, so this object is passed with this key; did you mean " +
                 pawl::quoted(*meant) + "?");
  }

  [[nodiscard]] std::vector<std::string_view> names() const {
    std::vector<std::string_view> known;
    for (const auto& [name, rule] : rules_) known.push_back(name);
    return known;
  }

  json in_members(const json& source, const spot& at, walker walk = &rule_inliner::in_template) {
    if (!source.is_object()) return (this->*walk)(source, at);
    json made = json::object();
    for (const auto& [key, value] : source.items()) made[key] = (this->*walk)(value, at.child(key));
    return made;
  }

  /// A text that calls own rules becomes the rule that it stands for.
  json in_text(const json& source, const spot& at) {
    logic::text_template split = logic::split_text(source.get_ref<const std::string&>());
    std::set<std::string> called;
    note_calls(split.parts, called);
    // What is wrong with the text is reported when it is compiled.
    if (called.empty() || !split.problem.empty() || logic::is_secret(source)) return source;
    made_.places.add(at.at, at.written, inside::nowhere);
    const std::string in_rule_at = split.is_single ? at.at : at.at + "/interpolate";
    for (std::size_t i = 0; i < split.parts.size(); ++i) {
      const std::size_t before = diagnostics_.size();
      const std::string part = split.is_single ? "" : "/" + std::to_string(i);
      split.parts[i] = in_rule(split.parts[i], spot{in_rule_at + part, at.written, true});
      for (std::size_t each = before; each < diagnostics_.size(); ++each)
        diagnostics_[each].message += logic::at_byte(split.offsets[i]);
    }
    if (split.is_single) return as_rule(std::move(split.parts[0]));
    return json{{"interpolate", std::move(split.parts)}};
  }

  json in_items(const json& source, const spot& at, walker walk) {
    json made = json::array();
    for (std::size_t i = 0; i < source.size(); ++i)
      made.push_back((this->*walk)(source[i], at.child(std::to_string(i))));
    return made;
  }

  json in_rule(const json& source, const spot& at) {
    if (source.is_array()) return in_items(source, at, &rule_inliner::in_rule);
    if (!is_call(source)) return source;
    const auto& name = source.begin().key();
    const json& argument = *source.begin();
    if (const auto own = rules_.find(name); own != rules_.end())
      return in_call(own->first, own->second, argument, at);
    if (name == "literal") return source;
    const spot inner = at.child(name);
    if (name != "object") return json{{name, in_rule(argument, inner)}};
    const bool is_alone = argument.is_array() && argument.size() == 1;
    const walker walk = &rule_inliner::in_object;
    return json{{name, is_alone ? json::array({in_members(argument[0], inner.child("0"), walk)})
                                : in_members(argument, inner, walk)}};
  }

  json in_call(const std::string& name, own_rule& rule, const json& argument, const spot& at) {
    const json nothing{{"literal", nullptr}};  // after an error that is reported
    rule.is_used = true;
    const bool is_list = argument.is_array();
    const std::size_t count = is_list ? argument.size() : 1;
    if (count != rule.params.size()) {
      fail(at.child(name).written, "wrong_argument_count",
           pawl::quoted(name) + " takes " + std::to_string(rule.params.size()) +
               (rule.params.size() == 1 ? " argument, not " : " arguments, not ") +
               std::to_string(count));
      return nothing;
    }
    if (!rule.is_good || is_too_large(rule, at)) return nothing;
    const spot call = at.child(name).moved_to(at.at + "/let");
    made_.places.add(call.at, call.written, inside::nowhere);
    json arguments = json::object();
    for (std::size_t i = 0; i < count; ++i) {
      const spot written = is_list ? call.child(std::to_string(i)) : call;
      const spot one = written.moved_to(child_pointer(call.at + "/0/object", rule.params[i]));
      made_.places.add(one.at, one.written, one.in_text ? inside::nowhere : inside::same);
      arguments[rule.params[i]] = in_argument(is_list ? argument[i] : argument, one);
    }
    made_.bodies.insert(call.at + "/1");
    return json{{"let", json::array({json{{"object", std::move(arguments)}}, rule.rule})}};
  }

  /// A template, except that an object with one key is a call as in any rule, so that a misspelt
  /// operator is an error.
  json in_argument(const json& source, const spot& at) {
    if (!is_call(source) || rules_.contains(source.begin().key()) || logic::is_rule(source))
      return in_object(source, at);
    made_.places.add(at.at + "/and/0", at.written, at.in_text ? inside::nowhere : inside::same);
    return as_rule(source);
  }

  /// A call as a template: one of an unknown operator is no object.
  static json as_rule(json call) {
    return logic::is_rule(call) ? call : json{{"and", json::array({std::move(call)})}};
  }

  bool is_too_large(const own_rule& rule, const spot& at) {
    values_ += rule.values;
    if (values_ <= max_inlined_values) return false;
    if (!std::exchange(is_exhausted_, true))
      fail(at.written, "rule_too_large",
           "the calls of \"definitions\" in the flow stand for more than " +
               std::to_string(max_inlined_values) + " values");
    return true;
  }

  void warn_of_unused() {
    for (const auto& [name, rule] : rules_)
      if (!rule.is_used)
        report(severity::warning, pointer_of_own_rule(name), "unused_definition",
               "nothing calls the definition " + pawl::quoted(name));
  }

  std::vector<diagnostic>& diagnostics_;
  inlined_flow made_;
  std::map<std::string, own_rule, std::less<>> rules_;
  std::size_t values_ = 0;
  bool is_exhausted_ = false;
};

}  // namespace

inlined_flow inline_own_rules(const definition& flow, std::vector<diagnostic>& diagnostics) {
  return rule_inliner{flow, diagnostics}.run();
}

}  // namespace pawl::flow
