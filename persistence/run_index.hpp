#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/result.hpp>
#include <pawl/run.hpp>

#include "flow/machine/shared_attributes.hpp"
#include "persistence/codec.hpp"
#include "persistence/store.hpp"

/// The index by which runs are found: what a run has written there besides its list entry. An
/// ordinary step changes none of it. Besides the lists by status there are
/// - the runs with a term: of a flow, with an error of a type, or that wait for a signal or an
///   answer; in the order of the lists, so that they can be intersected. A key has a hash of the
///   term, so whoever reads it compares the run as well;
/// - the runs by the values of their attributes, in the same order for equal values;
/// - the finished runs by the time of their end.
namespace pawl::persistence {

/// What decides under which terms a run is found, apart from its flow, which never changes.
struct run_terms {
  std::optional<time_point> finished_at;
  std::optional<std::string> error;  ///< its type
  std::vector<run_wait> waits;       ///< as `run_summary::waits`
  flow::shared_attributes attributes = {};

  friend bool operator==(const run_terms&, const run_terms&) = default;
};
[[nodiscard]] run_terms terms_of(const run_summary& listed);

/// Terms of the index.
[[nodiscard]] std::uint64_t flow_term(std::string_view name) noexcept;
[[nodiscard]] std::uint64_t error_term(std::string_view type) noexcept;
/// `kind` and `name` as in `run_wait`. None for waits that have no term: they change often, or
/// other indexes have them.
[[nodiscard]] std::optional<std::uint64_t> wait_term(std::string_view kind, std::string_view name);

/// Adds a new run to the index.
void index_flow(batch& to, const run_key& run, const flow_name& flow, time_point created);
/// Updates the index after a change of the run.
void index_terms(batch& to, const run_key& run, time_point created, const run_terms& before,
                 const run_terms& after);

/// All keys that the index has of a run, its list entry included. `listed`: the run as its list
/// entry has it.
[[nodiscard]] std::vector<std::string> index_keys(const run_summary& listed, bool runnable);

/// A run as its list entry has it.
struct listed_run {
  run_record record;
  bool runnable = false;
};
/// Nothing if there is no such run. Errors: `corrupt`, `io_failed`.
[[nodiscard]] result<std::optional<listed_run>> load_listed(const view& from, const run_key& run);

}  // namespace pawl::persistence
