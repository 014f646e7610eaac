#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <variant>

#include <caf/event_based_actor.hpp>

#include "actors/engine_context.hpp"
#include "actors/messages.hpp"
#include "persistence/codec.hpp"

namespace pawl::actors {

/// Takes in flow definitions: checks them, gives them versions, stores them. One at a time, so that
/// two definitions never get one version; each is answered after it is durable.
class catalog : public caf::event_based_actor {
 public:
  catalog(caf::actor_config& config, engine_context_ptr context, caf::actor persister);
  caf::behavior make_behavior() override;
  const char* name() const override { return "pawl.catalog"; }

 private:
  using request = std::variant<put_flow_request, publish_flow_request, delete_flow_request>;

  void enqueue(request r);
  void begin_next();
  void begin(put_flow_request& put);
  void begin(publish_flow_request& publish);
  void begin(delete_flow_request& gone);
  void commit_then(persistence::batch writes, std::function<void(const error*)> then);
  [[nodiscard]] result<std::optional<persistence::flow_head>> head_of(const scope_name& scope,
                                                                      const flow_name& name) const;
  [[nodiscard]] result<std::optional<json>> definition_of(const scope_name& scope,
                                                          const flow_version_id& id) const;

  const engine_context_ptr context_;
  const caf::actor persister_;
  std::deque<request> waiting_;  ///< bounded by the engine's commands in flight
  std::function<void(const error*)> under_way_;
};

}  // namespace pawl::actors
