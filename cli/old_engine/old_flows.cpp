#include "cli/old_engine/old_flows.hpp"

#include <algorithm>
#include <utility>

#include "cli/old_engine/old_conditions.hpp"
#include "cli/old_engine/old_names.hpp"
#include "cli/old_engine/old_values.hpp"
#include "cli/old_engine/python_json.hpp"
#include "flow/definition/old_form.hpp"
#include "persistence/keys.hpp"

namespace pawl::cli {
namespace {

/// The name of a version's flow.
std::string name_in(const old_version& row) {
  return row.name.empty() ? "flow " + std::to_string(row.flow) : row.name;
}

/// A flow for runs whose own cannot be used: it fails with the reason.
json failing_flow(const flow_name& name, const std::string& why) {
  return {{"name", name.str()},
          {"nodes", json::array({{{"id", "start"}, {"type", "start"}},
                                 {{"id", "unusable"},
                                  {"type", "fail"},
                                  {"data", {{"error", "unusable_flow"}, {"message", why}}}}})},
          {"edges", json::array({json{{"source", "start"}, {"target", "unusable"}}})}};
}

/// The stored form as Pawl takes it; `changed`: what could not be kept. Error: `invalid_flow`.
result<json> definition_for_pawl(const std::string& text, const flow_name& name,
                                 value_changes& changed) {
  auto parsed = parse_python_json(text, &changed);
  if (!parsed || !parsed->is_object())
    return error{errc::invalid_flow, "its definition is not a JSON object, or was cut"};
  json definition = flow::marked_as_old_form(*std::move(parsed));
  definition["name"] = name.str();
  const auto nodes = definition.find("nodes");
  if (nodes == definition.end() || !nodes->is_array())
    return error{errc::invalid_flow, "its definition has no nodes"};
  return definition;
}

/// The version that an old text asks for; none if it is not three numbers.
std::optional<version> wanted_version(const std::string& old) {
  if (std::count(old.begin(), old.end(), '.') != 2) return std::nullopt;
  const auto parsed = parse_version(old);
  return parsed ? std::optional{*parsed} : std::nullopt;
}

/// The remarks as one text.
std::string joined_remarks(const taken_version& of) {
  std::string text;
  for (const auto& each : of.remarks) text += (text.empty() ? "" : "; ") + each;
  return text;
}

std::string first_problem(const flow::compilation& made) {
  for (const auto& each : made.diagnostics)
    if (each.level == severity::error) return each.pointer + ": " + each.message;
  return "it is not valid";
}

}  // namespace

std::string_view to_string(row_outcome outcome) noexcept {
  switch (outcome) {
    case row_outcome::taken:
      return "taken";
    case row_outcome::changed:
      return "changed";
    case row_outcome::present:
      return "present";
    case row_outcome::left_out:
      break;
  }
  return "left out";
}

result<std::optional<json>> old_flows::definition_of(const flow_version_id& id) const {
  if (const auto added = records_.find(id); added != records_.end())
    return std::optional{added->second.definition};
  using namespace persistence;
  const auto bytes = store_.get(column::flows, keys::flow_version(into_, id));
  if (!bytes) return bytes.error();
  if (!*bytes) return std::optional<json>{};
  auto record = decode_flow(**bytes);
  if (!record) return std::move(record).error();
  return std::optional{std::move(record->definition)};
}

result<version> old_flows::choose(const flow_name& name, version first,
                                  const json& definition) const {
  for (version v = first;; ++v.patch) {
    if (used_.contains({name, v})) continue;
    const auto existing = definition_of({name, v});
    if (!existing) return existing.error();
    if (!*existing || **existing == definition) return v;
  }
}

result<taken_version> old_flows::add(const flow_name& name, version first, const json& definition,
                                     std::optional<time_point> created, bool published) {
  // The canonical form is what the store has, and what is compared.
  auto compiled = flow::compile(definition, first, limits_);
  if (!compiled.flow) return error{errc::invalid_flow, first_problem(compiled)};
  const json canonical = flow::to_json(compiled.source);
  const auto v = choose(name, first, canonical);
  if (!v) return v.error();
  taken_version taken{{name, *v}, {}, {}, nullptr, {}};
  for (const auto& each : compiled.diagnostics)
    if (flow::is_of_old_form(each)) taken.remarks.push_back(each.message);
  taken.flow = *v == first ? compiled.flow : flow::compile(definition, *v, limits_).flow;
  used_.insert(taken.id);
  using namespace persistence;
  const auto known = store_.get(column::flows, keys::flow_version(into_, taken.id));
  if (!known) return known.error();
  if (!*known) records_[taken.id] = {canonical, created.value_or(now_)};
  auto head = heads_.find(name);
  if (head == heads_.end()) {
    const auto bytes = store_.get(column::flows, keys::flow_head(into_, name));
    if (!bytes) return bytes.error();
    flow_head loaded{*v, {}};
    if (*bytes) {
      const auto decoded = decode_flow_head(**bytes);
      if (!decoded) return decoded.error();
      loaded = *decoded;
      stored_published_.emplace(name, loaded.published.has_value() || loaded.deleted);
    }
    head = heads_.emplace(name, loaded).first;
  }
  head->second.latest = std::max(head->second.latest, *v);
  const auto decided = stored_published_.find(name);
  if (published && (decided == stored_published_.end() || !decided->second))
    head->second.published = *v;
  return taken;
}

result<void> old_flows::take_row(const old_version& row, version first, bool published) {
  const flow_name name{flow_name_of(name_in(row))};
  const std::string old = valid_text(name_in(row)) + ", version " + valid_text(row.version);
  value_changes changed;
  auto definition = definition_for_pawl(row.definition, name, changed);
  auto taken = definition ? add(name, first, *definition, row.created_at, published)
                          : result<taken_version>{definition.error()};
  if (!taken && taken.error().code == errc::invalid_flow) {
    const std::string why = valid_text(taken.error().message);
    taken = add(name, first, failing_flow(name, "this version was not usable: " + why),
                row.created_at, false);
    if (taken) taken->remarks.push_back(why + "; its runs are taken, and fail if they are resumed");
  }
  if (!taken) return std::move(taken).error();
  auto& remarks = taken->remarks;
  if (definition)
    for (auto& text : different_conditions(*definition)) remarks.push_back(std::move(text));
  remarks.insert(remarks.end(), changed.begin(), changed.end());
  remarks.insert(remarks.end(), row.unread.begin(), row.unread.end());
  taken->old_name = row.name;
  taken->old_version = row.version;
  if (to_string(taken->id) != row.name + "@" + row.version) taken->remarks.emplace_back("renamed");
  const auto numbered = numbering_.claim(taken->id, static_cast<std::uint64_t>(row.id),
                                         wanted_version(row.version) ? "" : row.version);
  if (!numbered) return numbered.error();
  constexpr const char* renumbered = " could not be kept; the old routes give it another one";
  if (!*numbered) taken->remarks.push_back("its number " + std::to_string(row.id) + renumbered);
  if (renumbered_.contains(row.flow))
    taken->remarks.push_back("the number " + std::to_string(row.flow) + " of its flow" +
                             renumbered);
  note_({"flow", old, to_string(taken->id), joined_remarks(*taken),
         taken->remarks.empty() ? row_outcome::taken : row_outcome::changed});
  by_number_.emplace(row.id, *std::move(taken));
  return {};
}

result<void> old_flows::claim_flow_numbers(const std::vector<old_version>& rows) {
  for (const auto& row : rows) {
    const auto kept = numbering_.claim_flow(flow_name{flow_name_of(name_in(row))},
                                            static_cast<std::uint64_t>(row.flow));
    if (!kept) return kept.error();
    if (!*kept) renumbered_.insert(row.flow);
  }
  return {};
}

result<void> old_flows::take(const std::vector<old_version>& rows) {
  constexpr version first_counted{1, 0, 0};
  std::map<std::string, std::int64_t> published;  // the last one of each name
  for (const auto& row : rows)
    if (row.published) published[row.name] = row.id;
  if (auto claimed = claim_flow_numbers(rows); !claimed) return claimed;
  for (const bool numbered : {true, false}) {
    for (const auto& row : rows) {
      const auto wanted = wanted_version(row.version);
      if (wanted.has_value() != numbered) continue;
      const auto newest = published.find(row.name);
      const bool is_newest = newest != published.end() && newest->second == row.id;
      if (auto taken = take_row(row, wanted.value_or(first_counted), is_newest); !taken)
        return taken;
    }
  }
  return {};
}

result<const taken_version*> old_flows::find(std::int64_t number) {
  if (const auto known = by_number_.find(number); known != by_number_.end()) return &known->second;
  const flow_name name{"flow of version " + std::to_string(number)};
  const std::string why = "version " + std::to_string(number) + " was not in the database";
  auto taken = add(name, {1, 0, 0}, failing_flow(name, why), std::nullopt, false);
  if (!taken) return std::move(taken).error();
  note_({"flow", std::to_string(number), to_string(taken->id),
         why + "; its runs are taken, and fail if they are resumed"});
  return &by_number_.emplace(number, *std::move(taken)).first->second;
}

persistence::batch old_flows::writes() const {
  using namespace persistence;
  batch all;
  for (const auto& [id, record] : records_)
    all.put(column::flows, keys::flow_version(into_, id), encode_flow(record));
  for (const auto& [name, head] : heads_) {
    const bool has_new =
        std::any_of(records_.begin(), records_.end(),
                    [&name = name](const auto& each) { return each.first.name == name; });
    if (has_new) all.put(column::flows, keys::flow_head(into_, name), encode_flow_head(head));
  }
  for (const auto& each : numbering_.writes().operations())
    all.put(each.where, each.key, each.value);
  return all;
}

}  // namespace pawl::cli
