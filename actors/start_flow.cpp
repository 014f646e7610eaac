#include "actors/start_flow.hpp"

#include <utility>

namespace pawl::actors {
namespace {

/// The version that a start uses of a flow with this head. None: the newest of the range, which
/// does not contain the published one.
std::optional<result<version>> choose_version(const wanted_flow& wanted,
                                              const persistence::flow_head& head) {
  const bool any = wanted.version.how == start_version::published;
  if (!any && wanted.version.among.is_single()) return wanted.version.among.first;
  auto published = published_version(head, wanted.flow);
  if (!published || any || wanted.version.among.contains(*published)) return published;
  return std::nullopt;
}

bool needs_head(const wanted_flow& wanted) {
  return wanted.version.how != start_version::given;
}

}  // namespace

std::optional<result<flow_cache::flow_ptr>> find_flow_to_start(engine_context& context,
                                                               const wanted_flow& wanted) {
  flow_version_id id{wanted.flow, wanted.version.among.first};
  if (needs_head(wanted)) {
    const auto head = context.heads.find(wanted.scope, wanted.flow);
    if (!head) return std::nullopt;
    const auto chosen = choose_version(wanted, *head);
    if (!chosen) return std::nullopt;
    if (!*chosen) return chosen->error();
    id.version = **chosen;
  }
  auto found = context.flows.find(wanted.scope, id);
  return found ? std::optional<result<flow_cache::flow_ptr>>{std::move(found)} : std::nullopt;
}

result<flow_cache::flow_ptr> read_flow_to_start(engine_context& context,
                                                const persistence::view& now,
                                                const wanted_flow& wanted,
                                                flow_heads::ticket taken) {
  flow_version_id id{wanted.flow, wanted.version.among.first};
  if (needs_head(wanted)) {
    const auto head = read_flow_head(now, wanted.scope, wanted.flow);
    if (!head) return head.error();
    context.heads.put(taken, wanted.scope, wanted.flow, *head);
    const auto known = choose_version(wanted, *head);
    const auto chosen = known ? *known
                              : newest_version(now, wanted.scope, wanted.flow, *head->published,
                                               wanted.version.among);
    if (!chosen) return chosen.error();
    id.version = *chosen;
  }
  return context.flows.get(now, wanted.scope, id);
}

}  // namespace pawl::actors
