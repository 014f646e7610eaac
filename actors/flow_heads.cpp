#include "actors/flow_heads.hpp"

#include <utility>

#include <pawl/assert.hpp>

#include "persistence/keys.hpp"
#include "persistence/not_found.hpp"

namespace pawl::actors {

result<std::optional<persistence::flow_head>> find_flow_head(const persistence::view& from,
                                                             const scope_name& scope,
                                                             const flow_name& flow) {
  auto bytes = from.get(persistence::column::flows, persistence::keys::flow_head(scope, flow));
  if (!bytes) return std::move(bytes).error();
  if (!*bytes) return std::optional<persistence::flow_head>{};
  auto head = persistence::decode_flow_head(**bytes);
  if (!head) return std::move(head).error();
  return std::optional{*head};
}

result<persistence::flow_head> read_flow_head(const persistence::view& from,
                                              const scope_name& scope, const flow_name& flow) {
  const auto head = find_flow_head(from, scope, flow);
  if (!head) return head.error();
  if (!*head || (*head)->deleted) return persistence::no_such_flow(flow);
  return **head;
}

result<version> published_version(const persistence::flow_head& head, const flow_name& flow) {
  if (head.published) return *head.published;
  return error{errc::not_found, "flow \"" + flow.str() +
                                    "\" has no published version; name a version, or publish one"};
}

std::optional<persistence::flow_head> flow_heads::find(const scope_name& scope,
                                                       const flow_name& flow) {
  const std::lock_guard lock{mutex_};
  const auto* const found = heads_.find({scope, flow});
  return found == nullptr ? std::nullopt : std::optional{*found};
}

flow_heads::ticket flow_heads::begin_read() const {
  const std::lock_guard lock{mutex_};
  return changes_;
}

void flow_heads::put(ticket taken, const scope_name& scope, const flow_name& flow,
                     const persistence::flow_head& head) {
  const std::lock_guard lock{mutex_};
  if (taken != changes_ || changes_ % 2 == 1) return;
  key of{scope, flow};
  if (heads_.find(of) == nullptr) heads_.add(std::move(of), head);
}

void flow_heads::begin_change(const scope_name& scope, const flow_name& flow) {
  const std::lock_guard lock{mutex_};
  PAWL_ASSERT(changes_ % 2 == 0, "changes of flow heads do not overlap");
  ++changes_;
  heads_.erase({scope, flow});
}

void flow_heads::end_change() {
  const std::lock_guard lock{mutex_};
  PAWL_ASSERT(changes_ % 2 == 1, "a change of a flow head that ends has begun");
  ++changes_;
}

std::size_t flow_heads::size() const {
  const std::lock_guard lock{mutex_};
  return heads_.size();
}

}  // namespace pawl::actors
