#include "actors/engine_context.hpp"
#include "flow/machine/history.hpp"
#include "persistence/runs.hpp"
#include "runtime/queries.hpp"

namespace pawl {
namespace {

/// Checkpoints that are read together, and the bytes after which a page of a history ends.
constexpr std::size_t history_part = 100;
constexpr std::size_t max_history_page_bytes = std::size_t{4} << 20;

/// About what a value takes as text.
std::size_t size_of(const json& value) {
  if (value.is_string()) return value.get_ref<const std::string&>().size() + 2;
  std::size_t bytes = 8;
  if (value.is_object())
    for (const auto& member : value.items()) bytes += member.key().size() + size_of(member.value());
  if (value.is_array())
    for (const auto& item : value) bytes += size_of(item);
  return bytes;
}

}  // namespace

result<history_page> queries::history_page(const run_key& key, std::uint64_t first,
                                           std::size_t limit) const {
  const auto context = core_.running();
  if (!context) return core_.closed();
  const auto now = context->store->durable_view();
  const auto record = persistence::load_record(*now, key);
  if (!record) return record.error();
  if (!*record) return error{errc::not_found, "there is no run " + key.id.str()};
  const auto compiled = context->flows.get(*now, key.scope, (*record)->summary.flow);
  if (!compiled) return compiled.error();
  pawl::history_page page;
  std::size_t bytes = 0;
  while (limit > 0) {
    const std::size_t part = std::min(limit, history_part);
    const auto checkpoints = persistence::load_history(*now, key, first, part);
    if (!checkpoints) return checkpoints.error();
    for (const auto& c : *checkpoints) {
      for (const auto& e : c.events) {
        bytes += size_of(e.detail);
        page.events.push_back(flow::to_history(**compiled, e, c.sequence, c.at));
      }
      first = c.sequence + 1;
    }
    if (checkpoints->size() < part) return page;
    limit -= part;
    if (bytes > max_history_page_bytes) break;
  }
  page.next = first;
  return page;
}

}  // namespace pawl
