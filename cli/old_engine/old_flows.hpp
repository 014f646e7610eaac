#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/result.hpp>
#include <pawl/run.hpp>

#include "cli/old_engine/old_database.hpp"
#include "flow/definition/compiled.hpp"
#include "persistence/codec.hpp"
#include "persistence/flow_numbers.hpp"
#include "persistence/store.hpp"

namespace pawl::cli {

enum class row_outcome {
  taken,     ///< as it is
  changed,   ///< taken, with a change or a decision that `why` names
  present,   ///< an earlier import has taken it
  left_out,  ///< not taken
};
[[nodiscard]] std::string_view to_string(row_outcome outcome) noexcept;

/// What became of a row. Each row of flow versions and runs has one.
struct old_note {
  std::string kind;  ///< "flow", "run", "signal", "log" or "checkpoint"
  std::string old;   ///< its old name
  std::string now;   ///< its name in Pawl; "" if it was not taken
  std::string why;   ///< "" if it is taken as it is
  row_outcome outcome = row_outcome::changed;
  std::string status = {};  ///< of a run that was taken
};
using note_listener = std::function<void(const old_note& note)>;

/// A version of a flow that runs can belong to.
struct taken_version {
  flow_version_id id;
  std::string old_name;
  std::string old_version;
  std::shared_ptr<const flow::compiled_flow> flow;
  std::vector<std::string> remarks;  ///< what was decided about it, for a note
};

/// The flow versions of the previous engine, as versions of Pawl. Those of three numbers keep them;
/// others, and those that occur twice, are counted on from 1.0.0. A version that Pawl refuses
/// becomes one that fails with the reason, so that its runs have a flow. The newest published
/// version by creation time becomes the published one, unless the store has one. The same rows
/// give the same versions, also if the store has some of them. Not thread-safe.
class old_flows {
 public:
  old_flows(const persistence::view& store, scope_name into, flow::limits limits, time_point now,
            note_listener note)
      : store_(store),
        into_(std::move(into)),
        limits_(limits),
        now_(now),
        note_(std::move(note)),
        numbering_(store_, into_) {}

  /// Takes all versions, in the order of their creation. Call it once. Errors: those of the store.
  result<void> take(const std::vector<old_version>& rows);
  /// The version with an old number; for a number that no row has, one that fails. Errors: those
  /// of the store.
  [[nodiscard]] result<const taken_version*> find(std::int64_t number);

  /// What is to be written: versions that are new, and the heads of their flows.
  [[nodiscard]] persistence::batch writes() const;
  [[nodiscard]] std::uint64_t taken() const noexcept { return by_number_.size(); }
  /// Versions that were not in the store before.
  [[nodiscard]] std::uint64_t added() const noexcept { return records_.size(); }

 private:
  /// The definition of a version in the store or in `records_`. None: the version is free.
  [[nodiscard]] result<std::optional<json>> definition_of(const flow_version_id& id) const;
  /// The first version from `first` on that no row has and that is free, or has this definition.
  [[nodiscard]] result<version> choose(const flow_name& name, version first,
                                       const json& definition) const;
  /// Lets the flows keep their numbers.
  result<void> claim_flow_numbers(const std::vector<old_version>& rows);
  result<void> take_row(const old_version& row, version first, bool published);
  result<taken_version> add(const flow_name& name, version first, const json& definition,
                            std::optional<time_point> created, bool published);

  const persistence::view& store_;
  const scope_name into_;
  const flow::limits limits_;
  const time_point now_;
  const note_listener note_;
  persistence::flow_numbering
      numbering_;  ///< versions keep their numbers and texts if they are free
  std::map<std::int64_t, taken_version> by_number_;
  std::set<std::int64_t> renumbered_;  ///< flows that could not keep their numbers
  std::set<flow_version_id> used_;     ///< by a row
  std::map<flow_version_id, persistence::flow_record> records_;  ///< to be written
  std::map<flow_name, persistence::flow_head> heads_;
  std::map<flow_name, bool> stored_published_;  ///< whether the store says which is published
};

}  // namespace pawl::cli
