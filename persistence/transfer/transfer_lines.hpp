#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <pawl/json.hpp>
#include <pawl/result.hpp>
#include <pawl/run.hpp>

#include "flow/machine/run_input.hpp"
#include "flow/machine/state.hpp"
#include "persistence/codec.hpp"

/// The lines of a file of exported runs, each a JSON object; docs/moving-runs.md describes them.
///
///     header, then in any order: flow, or run with its records; end
///
/// A flow stands before the family of the first run that needs it, a run before the runs that it
/// started. What counts are the records, as the store has them. The fields beside a record are for
/// readers; an import compares them with it.
namespace pawl::persistence {

inline constexpr std::string_view transfer_format = "pawl-runs";
/// 2 has base states and logs.
inline constexpr std::uint32_t transfer_version = 2;
/// Maximum length of a line in bytes.
inline constexpr std::size_t max_transfer_line = std::size_t{256} << 20;

/// Entries of a run in the indexes that its state does not tell.
struct run_marks {
  bool kept = false;          ///< must not be deleted
  bool ended = false;         ///< its parent has not processed its end
  bool resumed = false;       ///< its parent has not learnt that it was retried
  bool pruned = false;        ///< checkpoints of its parent that name it were pruned
  std::string orphaned = {};  ///< the entry of a run without a waiting parent; empty: none

  friend bool operator==(const run_marks&, const run_marks&) = default;
};

/// What a run line has besides the fields for readers.
struct run_heading {
  run_id id;
  flow_version_id flow;
  std::uint64_t records = 0;   ///< number of lines that follow with its records
  std::uint64_t subflows = 0;  ///< number of runs of its family that follow
  bool is_root = true;         ///< no run of the file before it has started it
  run_marks marks;
};

struct transfer_header {
  scope_name scope;
  std::int64_t clock_lead_us = 0;  ///< of the store, see clock_lead.hpp
};
[[nodiscard]] json to_json(const transfer_header& header);
/// Errors of each `read_…`: `invalid_argument`, with what is wrong as a sentence.
[[nodiscard]] result<transfer_header> read_header(const json& line);

[[nodiscard]] json flow_line(const flow_version_id& id, const flow_record& flow, bool published,
                             std::string_view record);
struct read_flow_line {
  flow_version_id id;
  bool published = false;
  std::string record;
};
[[nodiscard]] result<read_flow_line> read_flow(const json& line);

[[nodiscard]] json run_line(const run_heading& heading, const flow::run_input& input,
                            const flow::run_state& state);
[[nodiscard]] result<run_heading> read_run(const json& line);

/// The records of a run, in this order. There may be several checkpoints and log chunks.
enum class run_part : std::uint8_t { state, input, checkpoint, base_state, log_chunk };
[[nodiscard]] json state_line(std::string_view record);
[[nodiscard]] json input_line(std::string_view record);
[[nodiscard]] json base_state_line(std::string_view record);
[[nodiscard]] json checkpoint_line(const flow::delta& change, std::string_view record);
/// `lines`: number of lines in the chunk.
[[nodiscard]] json log_chunk_line(std::uint64_t number, std::size_t lines, std::string_view record);
struct read_record_line {
  run_part part{};
  std::uint64_t number = 0;  ///< of a checkpoint or a log chunk
  std::string record;
};
[[nodiscard]] result<read_record_line> read_record(const json& line);

struct transfer_totals {
  std::uint64_t flows = 0;
  std::uint64_t runs = 0;
  std::uint64_t records = 0;

  friend bool operator==(const transfer_totals&, const transfer_totals&) = default;
};
[[nodiscard]] json end_line(const transfer_totals& totals);
[[nodiscard]] result<transfer_totals> read_end(const json& line);

}  // namespace pawl::persistence
