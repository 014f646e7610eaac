#pragma once

#include <deque>
#include <optional>
#include <variant>

#include "actors/engine_context.hpp"
#include "actors/mail.hpp"
#include "actors/messages.hpp"
#include "actors/pending_commits.hpp"
#include "persistence/codec.hpp"

namespace pawl::actors {

/// Stores flow definitions: checks them, assigns versions and numbers, writes them. Handles one
/// request at a time, so two definitions never get the same version. Each is answered when it is
/// durable.
class catalog : public actor_base {
 public:
  catalog(caf::actor_config& config, engine_context_ptr context, caf::actor persister);
  caf::behavior make_behavior() override;
  const char* name() const override { return "pawl.catalog"; }

 private:
  using request = std::variant<put_flow_request, publish_flow_request, delete_flow_request,
                               number_flows_request>;
  struct chosen_version {
    flow_version_id id;
    bool created = true;  ///< false: an equal definition exists
  };

  void enqueue(request r);
  void start_next();
  void start(put_flow_request& put);
  void start(publish_flow_request& publish);
  void start(delete_flow_request& deleted);
  void start(number_flows_request& numbered);
  /// Chooses the version of a put flow: that of an equal definition, or a new one.
  [[nodiscard]] result<chosen_version> choose_version(
      const put_flow_request& put, const std::optional<persistence::flow_head>& head,
      const flow::definition& given, flow_version_id wanted) const;
  /// Writes a batch that changes the head of a flow.
  void commit_then(const scope_name& scope, const flow_name& changed, persistence::batch writes,
                   commit_continuation then);
  [[nodiscard]] result<std::optional<json>> definition_of(const scope_name& scope,
                                                          const flow_version_id& id) const;

  const engine_context_ptr context_;
  const caf::actor persister_;
  std::deque<request> waiting_;  ///< bounded by `engine.max_commands_in_flight`
  commit_continuation current_;  ///< of the request whose commit is pending; null: none
};

}  // namespace pawl::actors
