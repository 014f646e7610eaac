#include "flow/machine/builder/run_data.hpp"

#include <utility>

#include "flow/machine/enclosing.hpp"
#include "flow/machine/variables.hpp"
#include "flow/nodes/node.hpp"
#include "flow/values/json_size.hpp"
#include "flow/values/value_check.hpp"

namespace pawl::flow {
namespace {

/// A run that nests its data in itself again and again must stay readable.
result<json> storable(result<json> value) {
  if (value)
    if (auto good = check_value(*value, "the value of the rule"); !good)
      return std::move(good).error();
  return value;
}

}  // namespace

void run_data::update(const json& values, const std::string& reason) {
  if (values.empty()) return;
  json keys = json::array();
  for (const auto& [key, value] : values.items()) {
    write_to_trunk(key, value);
    keys.push_back(key);
  }
  json detail{{"keys", std::move(keys)}};
  if (!reason.empty()) detail["reason"] = reason;
  changes_.record(event_kind::data_updated, std::move(detail));
}

void run_data::set_metadata(const std::string& key, json value) {
  changes_.change().metadata_set[key] = value;
  changes_.run().metadata[key] = std::move(value);
}

void run_data::set_vars(json values) {
  changes_.run().vars = std::move(values);
  changes_.change().vars = changes_.run().vars;
}

void run_data::write_to_trunk(const std::string& key, const json& value) {
  changes_.writes().overwrite(0, key, changes_.change());
  set_on_trunk(key, value);
}

void run_data::set_on_trunk(const std::string& key, const json& value) {
  set_data(changes_.run(), key, value);
  changes_.change().data_set[key] = value;
}

token* run_data::section_around(token& t) {
  if (t.on_trunk()) return nullptr;
  if (changes_.flow().at(t.forks.back()).behaviour->section() == nullptr) return nullptr;
  run_state& run = changes_.run();
  changes_.mark_changed(t);
  run.tokens.settle();
  const token* const section = find_enclosing(run, t.branch, t.branch.size() - 1);
  return section == nullptr ? nullptr : run.find_token(section->id);
}

void run_data::write(token& t, const std::string& key, const json& value) {
  token* outermost = &t;
  while (token* const section = section_around(*outermost)) outermost = section;
  const bool is_for_trunk = outermost->on_trunk();
  changes_.writes().note(t, is_for_trunk ? 0 : t.id, key, changes_.change());
  if (is_for_trunk) return set_on_trunk(key, value);
  write_to_branch(t, key, value);
  for (token* around = section_around(t); around != nullptr; around = section_around(*around)) {
    changes_.writes().overwrite(around->id, key, changes_.change());
    write_to_branch(*around, key, value);
  }
}

void run_data::write_to_branch(token& t, const std::string& key, const json& value) {
  t.writes.set(key, value);
  t.inherited.erase(key);
  changes_.mark_changed(t);
  changes_.change().writes_set.try_emplace(t.id, json::object()).first->second[key] = value;
}

void run_data::restore(token& t, const std::string& key, const json& value, std::uint32_t depth) {
  changes_.writes().overwrite(t.id, key, changes_.change());
  write_to_branch(t, key, value);
  t.inherited[key] = depth;
}

void run_data::merge(token& t, const json& result, const std::string& into) {
  if (!into.empty()) {
    write(t, into, result);
  } else if (result.is_object()) {
    for (const auto& [key, value] : result.items()) write(t, key, value);
  } else {
    write(t, "result", result);
  }
}

void run_data::inherit(token& child, const token& parent) {
  child.writes = parent.writes;
  child.inherited = parent.inherited;
  for (const auto& [key, value] : parent.writes->items())
    child.inherited.try_emplace(key, static_cast<std::uint32_t>(parent.branch.size()));
  if (!child.writes.empty()) changes_.change().writes_set[child.id] = *child.writes;
}

result<json> run_data::evaluate(const token& t, const logic::rule& rule) const {
  const rule_variables variables{changes_.run(), t, changes_.node_of(t).id};
  return storable(rule.evaluate(variables.get()));
}

result<json> run_data::evaluate(const token& t, const logic::value_template& value,
                                own_variables own) const {
  const rule_variables variables{changes_.run(), t, changes_.node_of(t).id, own};
  return storable(value.evaluate(variables.get()));
}

result<bool> run_data::test(const token& t, const logic::rule& rule, own_variables own) const {
  const rule_variables variables{changes_.run(), t, changes_.node_of(t).id, own};
  return rule.test(variables.get());
}

std::optional<run_error> run_data::compute_output() {
  const auto& wanted = changes_.flow().output();
  if (!wanted) return std::nullopt;
  static const std::string no_node;
  token after_all;
  after_all.rules_time = changes_.now();
  const rule_variables variables{changes_.run(), after_all, no_node};
  const auto failed = [](const std::string& why) {
    return run_error{std::string{output_error},
                     "the \"output\" of the flow cannot be computed: " + why, "", 0};
  };
  auto made = storable(wanted->evaluate(variables.get()));
  if (!made) return failed(made.error().message);
  const std::size_t most = changes_.allowed().max_state_bytes;
  if (const std::size_t size = json_size(*made); size > most) {
    return failed("it has about " + std::to_string(size) + " bytes; the maximum is " +
                  std::to_string(most) + " (run.max_state_bytes)");
  }
  changes_.run().output = *std::move(made);
  changes_.change().output = changes_.run().output;
  return std::nullopt;
}

std::size_t run_data::bytes() const {
  run_state& run = changes_.run();
  run.tokens.settle();
  return run.data_bytes + run.map_bytes + run.compensation_bytes + run.tokens.bytes();
}

}  // namespace pawl::flow
