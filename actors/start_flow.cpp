#include "actors/start_flow.hpp"

#include <utility>

namespace pawl::actors {
namespace {

/// The version that a start uses of a flow with this head.
result<flow_version_id> choose_version(const wanted_flow& wanted,
                                       const persistence::flow_head& head) {
  if (wanted.which != start_version::published) return wanted.id;
  const auto published = published_version(head, wanted.id.name);
  if (!published) return published.error();
  return flow_version_id{wanted.id.name, *published};
}

}  // namespace

std::optional<result<flow_cache::flow_ptr>> find_flow_to_start(engine_context& context,
                                                               const wanted_flow& wanted) {
  flow_version_id id = wanted.id;
  if (wanted.which != start_version::given) {
    const auto head = context.heads.find(wanted.scope, wanted.id.name);
    if (!head) return std::nullopt;
    auto chosen = choose_version(wanted, *head);
    if (!chosen) return std::move(chosen).error();
    id = *std::move(chosen);
  }
  auto found = context.flows.find(wanted.scope, id);
  return found ? std::optional<result<flow_cache::flow_ptr>>{std::move(found)} : std::nullopt;
}

result<flow_cache::flow_ptr> read_flow_to_start(engine_context& context,
                                                const persistence::view& now,
                                                const wanted_flow& wanted,
                                                flow_heads::ticket taken) {
  if (wanted.which == start_version::given) return context.flows.get(now, wanted.scope, wanted.id);
  const auto head = read_flow_head(now, wanted.scope, wanted.id.name);
  if (!head) return head.error();
  context.heads.put(taken, wanted.scope, wanted.id.name, *head);
  const auto id = choose_version(wanted, *head);
  if (!id) return id.error();
  return context.flows.get(now, wanted.scope, *id);
}

}  // namespace pawl::actors
