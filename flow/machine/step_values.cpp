#include "flow/machine/step_values.hpp"

#include <algorithm>
#include <string>

#include <pawl/detail/hex.hpp>
#include <pawl/detail/sha256.hpp>
#include <pawl/detail/utf8.hpp>

#include "flow/values/json_size.hpp"

namespace pawl::flow {

json shortened_value(const json& value, std::size_t max_bytes) {
  if (json_size(value) <= max_bytes) return value;
  const std::string text = value.dump();
  const std::string_view whole = text;
  const auto beginning = whole.substr(0, max_bytes);
  return {{"cut",
           {{"bytes", text.size()},
            {"sha256", detail::to_hex(detail::sha256_bytes(text))},
            {"text", beginning.substr(0, detail::valid_utf8_prefix(beginning))}}}};
}

const json* implied_writes(const delta& change) {
  if (!change.data_set.empty()) return &change.data_set;
  return change.writes_set.size() == 1 ? &change.writes_set.begin()->second : nullptr;
}

bool ends_step(const compiled_flow& flow, const event& e) {
  if (e.kind == event_kind::step_finished) return true;
  return e.kind == event_kind::signal_claimed && e.node && *e.node < flow.nodes().size() &&
         flow.at(*e.node).type == "signal";
}

std::size_t count_ended(const compiled_flow& flow, const delta& change) {
  return static_cast<std::size_t>(
      std::count_if(change.events.begin(), change.events.end(),
                    [&flow](const event& e) { return ends_step(flow, e); }));
}

namespace {

/// The members of `writes` that a hint names. None if one is missing.
std::optional<json> named_writes(const json* writes, const json& keys) {
  json output = json::object();
  for (const auto& key : keys) {
    if (!key.is_string() || writes == nullptr) return std::nullopt;
    const auto found = writes->find(key.get_ref<const std::string&>());
    if (found == writes->end()) return std::nullopt;
    output[found.key()] = *found;
  }
  return output;
}

}  // namespace

std::optional<json> output_of(const compiled_flow& flow, const delta& change, const event& ended) {
  const std::size_t max_bytes = flow.allowed().max_history_value_bytes;
  const json* writes = implied_writes(change);
  const json none;
  const json& detail = ended.detail;
  const auto found = detail.is_object() ? detail.find(wrote_member) : detail.end();
  const json& hint = detail.is_object() && found != detail.end() ? *found : none;
  if (!hint.is_object()) {
    const bool is_clear = change.data_set.empty() && change.writes_set.empty();
    if (!is_clear && count_ended(flow, change) > 1) return std::nullopt;
    return writes == nullptr ? json::object() : shortened_value(*writes, max_bytes);
  }
  if (const auto data = hint.find("data"); data != hint.end()) return *data;  // cut when written
  if (const auto token = hint.find("token"); token != hint.end()) {
    if (!token->is_number_unsigned()) return std::nullopt;
    const auto of = change.writes_set.find(token->get<token_id>());
    writes = of == change.writes_set.end() ? nullptr : &of->second;
  }
  const auto keys = hint.find("keys");
  if (keys == hint.end() || !keys->is_array()) return std::nullopt;
  auto named = named_writes(writes, *keys);
  if (named) named = shortened_value(*named, max_bytes);
  return named;
}

}  // namespace pawl::flow
