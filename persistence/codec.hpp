#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/result.hpp>
#include <pawl/run.hpp>

#include "flow/machine/delta.hpp"
#include "flow/machine/state.hpp"

/// Encodes values as records and decodes them. record.hpp describes the frame of a record.
///
/// An `encode_…` appends the record to a buffer, straight from the value: into a buffer that is
/// large enough it allocates nothing. The form without a buffer returns the record. Errors of each
/// `decode_…`: `corrupt` for bytes that its `encode_…` did not write, `schema_newer`. The README of
/// this folder says what to do when a layout changes.
namespace pawl::persistence {

struct suspect;

/// The schema version of a store; see migrations.hpp.
struct schema_record {
  std::uint32_t version = 0;
  std::string resume = {};  ///< where the next part of a migration continues; empty: none has begun
};
void encode_schema(const schema_record& schema, std::string& to);
/// A record of a later layout has at least the version: `resume` is empty then.
[[nodiscard]] result<schema_record> decode_schema(std::string_view bytes);

/// The whole state of a run at one checkpoint.
void encode_state(const flow::run_state& run, std::string& to);
[[nodiscard]] result<flow::run_state> decode_state(std::string_view bytes);

/// A checkpoint: the changes since the one before it, with the events of the transition. Without
/// its `input`, which has a record of its own.
void encode_delta(const flow::delta& change, std::string& to);
[[nodiscard]] result<flow::delta> decode_delta(std::string_view bytes);

/// A run's record, for listings and repeated starts. Only in a list entry its summary has `waits`.
struct run_record {
  run_summary summary;
  std::uint64_t start_fingerprint = 0;
  std::uint32_t parent_attempt = 0;  ///< see `flow::run_state::parent_attempt`
};
void encode_run(const flow::run_state& run, std::span<const run_wait> waits, std::string& to);
void encode_run(const run_record& record, std::string& to);
[[nodiscard]] result<run_record> decode_run(std::string_view bytes);

/// What a run was started with.
void encode_input(const flow::run_input& input, std::string& to);
[[nodiscard]] result<flow::run_input> decode_input(std::string_view bytes);

/// The entry of a run in the index of orphaned runs.
void encode_orphan(const flow::abandoned_child& orphan, std::string& to);
/// Returns what becomes of the run; `child` is not set.
[[nodiscard]] result<flow::abandoned_child> decode_orphan(std::string_view bytes);

/// The entry of a run in the index of suspects; its `run` is in the key. See quarantine.hpp.
void encode_suspect(const suspect& what, std::string& to);
[[nodiscard]] result<suspect> decode_suspect(std::string_view bytes);

/// The lease of a task.
struct lease_record {
  std::string queue;
  std::string code_ref;
  std::string worker;
  std::uint64_t lease = 0;
  std::chrono::milliseconds length{0};
};
void encode_lease(const flow::remote_task& task, std::string& to);
[[nodiscard]] result<lease_record> decode_lease(std::string_view bytes);

/// The record of a flow's name.
struct flow_head {
  version latest;
  std::optional<version> published;
  bool deleted = false;  ///< versions are kept for existing runs
};
void encode_flow_head(const flow_head& head, std::string& to);
[[nodiscard]] result<flow_head> decode_flow_head(std::string_view bytes);

/// One immutable flow version.
struct flow_record {
  json definition;  ///< in the canonical long form: what is compiled and compared
  time_point created_at{};
  std::optional<json> written = {};  ///< what its author wrote, if that is the short form
};
void encode_flow(const flow_record& flow, std::string& to);
[[nodiscard]] result<flow_record> decode_flow(std::string_view bytes);

[[nodiscard]] std::string encode_schema(const schema_record& schema);
[[nodiscard]] std::string encode_state(const flow::run_state& run);
[[nodiscard]] std::string encode_delta(const flow::delta& change);
[[nodiscard]] std::string encode_run(const flow::run_state& run,
                                     std::span<const run_wait> waits = {});
[[nodiscard]] std::string encode_run(const run_record& record);
[[nodiscard]] std::string encode_input(const flow::run_input& input);
[[nodiscard]] std::string encode_orphan(const flow::abandoned_child& orphan);
[[nodiscard]] std::string encode_suspect(const suspect& what);
[[nodiscard]] std::string encode_lease(const flow::remote_task& task);
[[nodiscard]] std::string encode_flow_head(const flow_head& head);
[[nodiscard]] std::string encode_flow(const flow_record& flow);

}  // namespace pawl::persistence
