#include "persistence/transfer/flow_importer.hpp"

#include <algorithm>
#include <utility>

#include "persistence/keys.hpp"
#include "persistence/transfer/family_writer.hpp"

namespace pawl::persistence {

result<std::optional<flow_head>> flow_importer::load_head(const flow_name& name) const {
  if (const auto known = heads_.find(name); known != heads_.end())
    return std::optional{known->second};
  const auto bytes = to_.durable_view()->get(column::flows, keys::flow_head(into_, name));
  if (!bytes) return bytes.error();
  if (!*bytes) return std::optional<flow_head>{};
  auto head = decode_flow_head(**bytes);
  if (!head) return std::move(head).error();
  return std::optional{*std::move(head)};
}

result<bool> flow_importer::add(const read_flow_line& version, const flow_record& record,
                                family_writer* writer) {
  const flow_version_id& id = version.id;
  if (compiled_.contains(id))
    return error{errc::invalid_argument, "flow " + to_string(id) + " was there before"};
  auto compiled =
      flow::compile(record.definition, id.version, limits_, flow::definition_origin::stored)
          .flow_or_error();
  if (!compiled) return std::move(compiled).error();
  if ((*compiled)->id() != id)
    return error{errc::invalid_argument, "the definition has another name than the flow"};
  compiled_.emplace(id, *std::move(compiled));

  std::string key = keys::flow_version(into_, id);
  const auto known = to_.durable_view()->get(column::flows, key);
  if (!known) return known.error();
  if (*known) {
    const auto existing = decode_flow(**known);
    if (!existing) return existing.error();
    if (existing->definition == record.definition) return false;
    return error{errc::already_exists, "flow " + to_string(id) +
                                           " exists with another definition, and versions are "
                                           "immutable; import into another scope"};
  }
  auto head = load_head(id.name);
  if (!head) return std::move(head).error();
  flow_head after = head->value_or(flow_head{id.version, {}});
  after.latest = std::max(after.latest, id.version);
  if (version.published && !after.deleted && !after.published) after.published = id.version;
  heads_[id.name] = after;
  if (writer == nullptr) return true;
  writer->add(column::flows, std::move(key), version.record);
  writer->add(column::flows, keys::flow_head(into_, id.name), encode_flow_head(after));
  return true;
}

std::shared_ptr<const flow::compiled_flow> flow_importer::find(const flow_version_id& id) const {
  const auto found = compiled_.find(id);
  return found == compiled_.end() ? nullptr : found->second;
}

}  // namespace pawl::persistence
