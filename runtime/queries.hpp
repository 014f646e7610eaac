#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include <pawl/engine.hpp>

#include "flow/machine/command.hpp"
#include "runtime/core.hpp"

namespace pawl {

/// What is answered from the store, without any actor: reads see everything that was answered as
/// durable, and nothing else. Safe for concurrent use.
class queries {
 public:
  explicit queries(const engine_core& core) : core_(core) {}

  [[nodiscard]] result<flow_version> get_flow(const scope_name& in, const flow_name& name,
                                              std::optional<version> v) const;
  [[nodiscard]] result<std::vector<flow_summary>> list_flows(const scope_name& in) const;
  [[nodiscard]] result<flow_page> list_flows(const scope_name& in, const flow_filter& filter) const;
  [[nodiscard]] result<std::vector<flow_version>> flow_versions(const scope_name& in,
                                                                const flow_name& name) const;
  [[nodiscard]] result<run_view> get(const run_key& key) const;
  /// A run as it ended.
  [[nodiscard]] result<run_view> view_of(const actors::ended_run& over) const;
  [[nodiscard]] result<run_page> list(const scope_name& in, const run_filter& filter) const;
  [[nodiscard]] result<std::vector<run_count>> counts(const scope_name& in) const;
  [[nodiscard]] result<std::vector<history_event>> history(const run_key& key, std::uint64_t first,
                                                           std::size_t limit) const;
  /// As `scope_runs::history_page` says.
  [[nodiscard]] result<pawl::history_page> history_page(const run_key& key, std::uint64_t first,
                                                        std::size_t limit) const;
  [[nodiscard]] result<std::vector<diagnostic>> validate_flow(const scope_name& in,
                                                              const json& definition) const;
  /// Whether unfinished runs use a flow: `conflict` if so. Looks at all of the scope.
  [[nodiscard]] result<void> flow_is_unused(const scope_name& in, const flow_name& name) const;
  [[nodiscard]] result<engine_load> load() const;

  [[nodiscard]] result<event_page> events(const scope_name& in,
                                          std::optional<journal_position> after,
                                          std::size_t limit) const;

  /// The command that starts a run: with its id, its flow's version and its fingerprint.
  [[nodiscard]] result<flow::start_command> make_start(const scope_name& in, std::string_view flow,
                                                       const json& input,
                                                       start_options options) const;
  /// The command that starts a finished run anew.
  [[nodiscard]] result<flow::start_command> make_restart(const run_key& key,
                                                         start_options options) const;

  [[nodiscard]] std::shared_ptr<subscription> watch(run_key of, std::size_t capacity) const;

 private:
  /// `known`: the flow's version was read from a run, so it is there.
  [[nodiscard]] result<flow::start_command> make_start(const scope_name& in, std::string_view flow,
                                                       const json& input, start_options options,
                                                       bool known) const;

  const engine_core& core_;
};

}  // namespace pawl
