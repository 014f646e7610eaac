#include "server/api/start_fields.hpp"

namespace pawl::server {

start_options read_restart(object_reader& fields) {
  start_options options;
  if (const auto id = fields.optional_text("id")) options.id = run_id{*id};
  if (auto key = fields.optional_text("key")) {
    if (key->empty() || key->size() > 512)
      fields.refuse("key", "the field key must have 1 to 512 bytes");
    if (options.id) fields.refuse("key", "give either id or key, not both");
    options.key = *std::move(key);
  }
  if (auto metadata = fields.optional_object("metadata")) options.metadata = *std::move(metadata);
  if (const auto given = fields.optional_object("attributes")) {
    auto attributes = attributes_from_json(*given);
    if (attributes) {
      options.attributes = *std::move(attributes);
    } else {
      fields.refuse("attributes", attributes.error().message);
    }
  }
  return options;
}

std::string name_of(const start_options& options) {
  if (options.id) return "id " + options.id->str();
  return options.key.empty() ? std::string{} : "key " + options.key;
}

start_request read_start(object_reader& fields) {
  start_request start;
  start.flow = fields.text("flow");
  const auto version = fields.optional_version_range("version");
  if (auto input = fields.optional_object("input")) start.input = *std::move(input);
  start.options = read_restart(fields);
  start.options.version = version;
  start.options.paused = fields.flag("paused", false);
  return start;
}

}  // namespace pawl::server
