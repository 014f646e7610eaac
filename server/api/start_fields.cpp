#include "server/api/start_fields.hpp"

#include <utility>

#include <pawl/flow_numbers.hpp>

#include "server/api/version_name.hpp"

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

wanted_start read_start(object_reader& fields) {
  wanted_start wanted;
  start_request& start = wanted.start;
  start.flow = fields.text("flow");
  std::optional<version_range> version;
  if (auto named = fields.optional_text("version")) {
    if (const auto numbers = parse_version_range(*named)) {
      version = *numbers;
    } else if (named->empty() || named->size() > max_label_bytes) {
      fields.refuse("version",
                    "the field version must be a version such as 1.0.2, 1.x or 1.0.x for the "
                    "newest of these, or the label of a version, of 1 to " +
                        std::to_string(max_label_bytes) + " bytes");
    } else {
      wanted.label = *std::move(named);
    }
  }
  if (auto input = fields.optional_object("input")) start.input = *std::move(input);
  start.options = read_restart(fields);
  start.options.version = version;
  start.options.paused = fields.flag("paused", false);
  return wanted;
}

void find_version_of_start(const scope& in, wanted_start wanted, callback<start_request> done) {
  if (wanted.label.empty()) return done(std::move(wanted.start));
  const flow_name flow{wanted.start.flow};
  find_version(in, flow, wanted.label,
               [start = std::move(wanted.start),
                done = std::move(done)](const result<version>& found) mutable {
                 if (!found) return done(found.error());
                 start.options.version = *found;
                 done(std::move(start));
               });
}

}  // namespace pawl::server
