#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <pawl/job_id.hpp>
#include <pawl/run.hpp>
#include <pawl/run_attributes.hpp>

#include "persistence/store.hpp"

/// The only place that encodes and decodes keys. Names end in a zero byte, which they cannot
/// contain; numbers are big-endian. So keys sort in the order of their fields. In a column with
/// several kinds of keys the first byte is the kind. Kinds are never reused.
///
/// A `…_of` function decodes a key. It returns nothing for bytes that are not such a key.
namespace pawl::persistence {

/// What a timer is set to: a time on the wall clock, or the end of a duration, in engine time.
enum class timer_kind : char { time = 't', duration = 'd' };

}  // namespace pawl::persistence

namespace pawl::persistence::keys {

// column::meta
[[nodiscard]] std::string schema();
/// How far the engine time is ahead of the wall clock; see clock_lead.hpp.
[[nodiscard]] std::string clock_lead();
/// The keys that values may be encrypted with; see values/keys_in_use.hpp.
[[nodiscard]] std::string keys_in_use();
/// In a store to which a copy is not complete; see store_copy.hpp.
[[nodiscard]] std::string copy_mark();

// column::flows
//   'h' scope 0 name 0                         flow head: latest and published version
//   'v' scope 0 name 0 major4 minor4 patch4    flow version
[[nodiscard]] std::string flow_head(const scope_name& scope, const flow_name& flow);
[[nodiscard]] view::range flow_heads(const scope_name& scope);
/// Of the scopes whose names come after this one, which may be empty.
[[nodiscard]] view::range flow_heads_after(const scope_name& scope);
/// The scope in the key of a flow head or of a number of runs.
[[nodiscard]] std::optional<scope_name> scope_in(std::string_view key);
[[nodiscard]] std::string flow_version(const scope_name& scope, const flow_version_id& flow);
[[nodiscard]] view::range flow_versions(const scope_name& scope, const flow_name& flow);
/// The version in a key of kind v.
[[nodiscard]] version version_in(std::string_view flow_version_key) noexcept;
//   'f' scope 0 name 0                         the number of a flow; see flow_numbers.hpp
//   'g' scope 0 number8                        the flow with a number
//   'i' scope 0 name 0 major4 minor4 patch4    the numbers of a flow version
//   'n' scope 0 number8                        the flow version with a number
//   'l' scope 0 name 0 label 0                 the version of a flow with a label
[[nodiscard]] std::string flow_number(const scope_name& scope, const flow_name& flow);
[[nodiscard]] std::string numbered_flow(const scope_name& scope, std::uint64_t number);
[[nodiscard]] view::range numbered_flows(const scope_name& scope);
[[nodiscard]] std::string version_number(const scope_name& scope, const flow_version_id& flow);
[[nodiscard]] view::range version_numbers(const scope_name& scope, const flow_name& flow);
[[nodiscard]] std::string numbered_version(const scope_name& scope, std::uint64_t number);
[[nodiscard]] view::range numbered_versions(const scope_name& scope);
[[nodiscard]] std::string labelled_version(const scope_name& scope, const flow_name& flow,
                                           std::string_view label);
/// The number in a key of kind g or n.
[[nodiscard]] std::uint64_t number_in(std::string_view numbered_key) noexcept;

// column::runs
//   scope 0 run 0
[[nodiscard]] std::string run(const run_key& key);

/// `detail::run_hash`: all records of a run in column::checkpoints begin with it.
inline constexpr std::size_t run_hash_bytes = 16;
// column::checkpoints
//   hash16 1                                   the state at a checkpoint; replaced
//   hash16 2                                   what the run was started with; written once
//   hash16 3 sequence8                         its transitions: the checkpoints of a run
//   hash16 4                                   the state before the oldest checkpoint that is kept;
//                                              only after earlier ones were pruned
[[nodiscard]] std::string state(std::string_view run_hash);
[[nodiscard]] std::string input(std::string_view run_hash);
[[nodiscard]] std::string checkpoint(std::string_view run_hash, std::uint64_t sequence);
[[nodiscard]] std::string base_state(std::string_view run_hash);
//   hash16 5 number8                           a chunk of its log; see run_log.hpp
//   hash16 6                                   which chunks its log has; replaced
[[nodiscard]] std::string log_chunk(std::string_view run_hash, std::uint64_t number);
[[nodiscard]] view::range log_chunks(std::string_view run_hash);
[[nodiscard]] std::string log_head(std::string_view run_hash);
/// All records of the log of a run.
[[nodiscard]] view::range log_of_run(std::string_view run_hash);
[[nodiscard]] bool is_of_log(std::string_view checkpoint_key) noexcept;
/// The number of a chunk; nothing for other keys.
[[nodiscard]] std::optional<std::uint64_t> log_chunk_number(
    std::string_view checkpoint_key) noexcept;
//   hash16 7 blob32 sequence8                  a blob that its checkpoint of that number names; 0:
//                                              its input; see blobs.hpp
[[nodiscard]] std::string named_blob(std::string_view run_hash, std::string_view blob,
                                     std::uint64_t sequence);
/// All of a run, and those of one blob up to a checkpoint, input included.
[[nodiscard]] view::range named_blobs(std::string_view run_hash);
[[nodiscard]] view::range named_blobs(std::string_view run_hash, std::string_view blob,
                                      std::uint64_t last);
/// The blob in such a key, and the checkpoint.
struct blob_naming {
  std::string_view blob;  ///< in the key
  std::uint64_t sequence = 0;
};
[[nodiscard]] std::optional<blob_naming> blob_naming_of(std::string_view checkpoint_key) noexcept;
/// All records of a run in column::checkpoints.
[[nodiscard]] view::range records_of_run(std::string_view run_hash);
/// The state and the input of a run, in this order.
[[nodiscard]] view::range state_and_input(std::string_view run_hash);
/// The checkpoints of a run, from number `first`.
[[nodiscard]] view::range checkpoints(std::string_view run_hash, std::uint64_t first = 1);
[[nodiscard]] bool is_state(std::string_view checkpoint_key) noexcept;
[[nodiscard]] bool is_input(std::string_view checkpoint_key) noexcept;
[[nodiscard]] bool is_base_state(std::string_view checkpoint_key) noexcept;
/// The number of a checkpoint; nothing for a state and an input.
[[nodiscard]] std::optional<std::uint64_t> sequence_of(std::string_view checkpoint_key) noexcept;

// column::indexes. The creation time is inverted, so that the newest run comes first. Each run has
// one entry in one of these two; the value is its record, with what it waits for.
//   'm' status1 scope 0 ~created8 run 0        runnable runs: they continue without a command
//   's' status1 scope 0 ~created8 run 0        all others
[[nodiscard]] std::string listed_run(const run_key& key, run_status status, bool runnable,
                                     time_point created);
[[nodiscard]] view::range listed_runs(const scope_name& scope, run_status status, bool runnable);
/// All statuses and scopes.
[[nodiscard]] view::range runnable_runs();
/// What follows the prefix of such a list, `~created8 run 0`, is the order of a run in it.
/// What the orders of the runs that were created at a time begin with, and of no others.
[[nodiscard]] std::string order_at(time_point time);
/// The run in an order; nothing for bytes that are no order.
[[nodiscard]] std::optional<run_id> run_in_order(std::string_view order);
//   'i' scope 0 term8 ~created8 run 0          runs by a term; see run_index.hpp
[[nodiscard]] std::string runs_with_term(const scope_name& scope, std::uint64_t term);
[[nodiscard]] std::string run_with_term(const run_key& key, std::uint64_t term, time_point created);
//   'f' scope 0 ~finished8 run 0               finished runs, the last one first
[[nodiscard]] std::string finished_runs(const scope_name& scope);
[[nodiscard]] std::string finished_run(const run_key& key, time_point finished);
//   'a' scope 0 name 0 type1 value ~created8 run 0    runs by an attribute: its name, the type and
//                                              the value. A text ends in a zero byte; a boolean has
//                                              one byte, a number and a time have eight, in order
/// With the attribute, by the type and the value: what follows is the place of a run among them.
[[nodiscard]] std::string runs_by_attribute(const scope_name& scope, std::string_view name);
/// The order of the run in such a place; empty for other bytes.
[[nodiscard]] std::string_view order_after_type(std::string_view place) noexcept;
[[nodiscard]] view::range runs_with_type(const scope_name& scope, std::string_view name,
                                         attribute_type type);
[[nodiscard]] std::string runs_with_attribute(const scope_name& scope, std::string_view name,
                                              const attribute_value& value);
[[nodiscard]] std::string run_with_attribute(const run_key& key, std::string_view name,
                                             const attribute_value& value, time_point created);
/// Those whose text begins with `begin`, which is UTF-8.
[[nodiscard]] view::range runs_with_text(const scope_name& scope, std::string_view name,
                                         std::string_view begin);
/// The place of a number or a time among all values of its type, from 0.
[[nodiscard]] std::uint64_t attribute_rank(double number) noexcept;
[[nodiscard]] std::uint64_t attribute_rank(time_point time) noexcept;
/// Those whose number or time has a rank from `first` to `last`.
[[nodiscard]] view::range runs_with_ranks(const scope_name& scope, std::string_view name,
                                          attribute_type type, std::uint64_t first,
                                          std::uint64_t last);
/// The order of the run in such a key, without the key's part before the value; empty for other
/// bytes.
[[nodiscard]] std::string_view order_after_attribute(std::string_view value_and_order,
                                                     attribute_type type) noexcept;
/// All scopes, ordered by status and scope.
[[nodiscard]] view::range other_runs();
/// The status in a key of kind s or m.
[[nodiscard]] std::optional<run_status> listed_status(std::string_view listed_run_key) noexcept;
//   't' due8 scope 0 run 0                     timers set to a time on the wall clock
//   'd' due8 scope 0 run 0                     timers that end a duration; `due` is engine time
[[nodiscard]] std::string timer(timer_kind kind, const run_key& key, time_point due);
/// The timers of all scopes, earliest first.
[[nodiscard]] view::range timers(timer_kind kind);
/// Those that are due before `to`.
[[nodiscard]] view::range timers(timer_kind kind, time_point to);
[[nodiscard]] std::optional<time_point> due_of(std::string_view timer_key) noexcept;
[[nodiscard]] std::optional<timer_kind> timer_kind_of(std::string_view timer_key) noexcept;
//   'u' scope 0 run 0                          orphaned runs: no parent waits for them; the value
//                                              says what becomes of them
[[nodiscard]] std::string orphaned_run(const run_key& key);
[[nodiscard]] view::range orphaned_runs();
//   'x' scope 0 run 0                          runs during whose work the process has died
[[nodiscard]] std::string suspect(const run_key& key);
[[nodiscard]] view::range suspects();
//   'k' scope 0 run 0                          runs that must not be deleted
[[nodiscard]] std::string kept_run(const run_key& key);
//   'z' scope 0 run 0                          runs whose deletion has begun
[[nodiscard]] std::string removed_run(const run_key& key);
[[nodiscard]] view::range removed_runs();
//   'w' scope 0 job 0 1                        what a job was started with
//   'w' scope 0 job 0 2                        how far it is; replaced
//   'w' scope 0 job 0 3 page8                  its runs and what became of them, a page at a time
[[nodiscard]] std::string job_request(const job_key& key);
[[nodiscard]] std::string job_progress(const job_key& key);
[[nodiscard]] std::string job_page(const job_key& key, std::uint64_t page);
/// All records of a job, of the jobs of a scope, and of all jobs.
[[nodiscard]] view::range records_of_job(const job_key& key);
[[nodiscard]] view::range jobs(const scope_name& scope);
[[nodiscard]] view::range all_jobs();
//   'c' scope 0 job 0                          jobs that have something left to do
[[nodiscard]] std::string unfinished_job(const job_key& key);
[[nodiscard]] view::range unfinished_jobs();
/// The job in a key of kind w or c.
[[nodiscard]] std::optional<job_key> job_of(std::string_view index_key);
/// What the record of a key of kind w is.
enum class job_part : char { request = 1, progress = 2, page = 3 };
[[nodiscard]] std::optional<job_part> job_part_of(std::string_view index_key);
//   'h' scope 0 blob32 run 0 sequence8         blobs that runs hold: the other side of `named_blob`
[[nodiscard]] std::string held_blob(const run_key& key, std::string_view blob,
                                    std::uint64_t sequence);
/// The entries of all runs that hold a blob, and of all blobs.
[[nodiscard]] view::range holders(const scope_name& scope, std::string_view blob);
[[nodiscard]] view::range held_blobs();
struct blob_holder {
  run_key run;
  std::string blob;
  std::uint64_t sequence = 0;

  friend bool operator==(const blob_holder&, const blob_holder&) = default;
};
[[nodiscard]] std::optional<blob_holder> blob_holder_of(std::string_view index_key);
/// The run in a key of kind s, m, t, u, x, k or z.
[[nodiscard]] std::optional<run_key> run_of(std::string_view index_key);

/// A run and a run that it started.
struct parent_and_child {
  run_key parent;
  run_id child;

  friend bool operator==(const parent_and_child&, const parent_and_child&) = default;
};
//   'o' scope 0 parent 0 child 0               finished child runs, whose end their parent has not
//                                              processed yet
[[nodiscard]] std::string ended(const parent_and_child& which);
[[nodiscard]] view::range ended_children();
[[nodiscard]] std::optional<parent_and_child> ended_of(std::string_view index_key);

//   'p' scope 0 parent 0 child 0               child runs that only pruned checkpoints of their
//                                              parent name
[[nodiscard]] std::string child_of_pruned(const parent_and_child& which);
[[nodiscard]] view::range children_of_pruned(const run_key& parent);
[[nodiscard]] std::optional<parent_and_child> child_of_pruned_of(std::string_view index_key);

//   'r' scope 0 parent 0 child 0               child runs that were retried, of which their parent
//                                              has not learnt yet
[[nodiscard]] std::string resumed(const parent_and_child& which);
[[nodiscard]] view::range resumed_children();
[[nodiscard]] std::optional<parent_and_child> resumed_of(std::string_view index_key);

/// The tasks of one function on one queue of a scope, oldest first.
struct task_queue {
  scope_name scope;
  std::string queue;
  std::string code_ref;

  friend auto operator<=>(const task_queue&, const task_queue&) = default;
};
/// A task of a run: the call that one of its tokens makes.
struct task_key {
  run_key run;
  std::uint32_t token = 0;

  friend auto operator<=>(const task_key&, const task_key&) = default;
};
struct queued_task {
  task_queue queue;
  time_point since{};
  task_key key;
  std::uint32_t visit = 0;
  std::uint32_t attempt = 0;

  friend bool operator==(const queued_task&, const queued_task&) = default;
};
//   'q' scope 0 queue 0 function 0 since8 run 0 token4 visit4 attempt4    queued tasks
//   'l' scope 0 run 0 token4                   leased tasks; the value is the lease
[[nodiscard]] std::string queued(const queued_task& task);
[[nodiscard]] view::range queued_in(const task_queue& queue);
[[nodiscard]] std::optional<queued_task> queued_of(std::string_view index_key);
[[nodiscard]] std::string leased(const task_key& task);
[[nodiscard]] view::range all_leased();
[[nodiscard]] std::optional<task_key> leased_of(std::string_view index_key);

//   'j' group8                                 journal: transitions written together
[[nodiscard]] std::string journal_group(std::uint64_t number);
[[nodiscard]] view::range journal();
[[nodiscard]] std::optional<std::uint64_t> group_of(std::string_view index_key);
//   'b' block8                                 index of the journal: the scopes in 256 groups
[[nodiscard]] std::string journal_block(std::uint64_t number);

// column::blobs. `blob32` is the SHA-256 of its bytes, `content16` an id of its chunks.
//   'h' scope 0 blob32                         a blob
//   'c' scope 0 content16 number4              a chunk
//   'u' scope 0 content16                      chunks that belong to no blob: of an upload that has
//                                              not ended, or of a blob that is being deleted
inline constexpr std::size_t blob_hash_bytes = 32, blob_content_bytes = 16;
[[nodiscard]] std::string blob_head(const scope_name& scope, std::string_view blob);
[[nodiscard]] view::range blob_heads(const scope_name& scope);
/// All scopes.
[[nodiscard]] view::range blob_heads();
[[nodiscard]] std::string blob_chunk(const scope_name& scope, std::string_view content,
                                     std::uint32_t number);
[[nodiscard]] view::range blob_chunks(const scope_name& scope, std::string_view content);
/// All scopes.
[[nodiscard]] view::range all_blob_chunks();
[[nodiscard]] std::string loose_chunks(const scope_name& scope, std::string_view content);
/// All scopes.
[[nodiscard]] view::range all_loose_chunks();
/// The scope in a key of kind h, c or u, and the blob or content.
struct blob_part {
  scope_name scope;
  std::string id;

  friend bool operator==(const blob_part&, const blob_part&) = default;
};
[[nodiscard]] std::optional<blob_part> blob_part_of(std::string_view blob_column_key);

// column::counters
//   's' scope 0 status1                        number of runs by status
[[nodiscard]] std::string runs_with_status(const scope_name& scope, run_status status);
/// All scopes.
[[nodiscard]] view::range run_counts();
/// As `flow_heads_after`.
[[nodiscard]] view::range run_counts_after(const scope_name& scope);
[[nodiscard]] std::optional<run_status> counted_status(std::string_view counter_key);
//   'u' scope 0 flow 0                         number of unfinished runs of a flow
[[nodiscard]] std::string unfinished_runs(const scope_name& scope, const flow_name& flow);
//   'q' scope 0 queue 0 function 0             number of queued tasks
[[nodiscard]] std::string queued_count(const task_queue& queue);
/// All scopes.
[[nodiscard]] view::range queued_counts();
[[nodiscard]] view::range queued_counts(const scope_name& scope);
[[nodiscard]] std::optional<task_queue> task_queue_of(std::string_view counter_key);

/// An hour in which runs of a flow started, or ended with a status.
struct counted_hour {
  std::uint32_t hour = 0;  ///< since 1970-01-01T00:00Z
  flow_name flow;
  std::optional<run_status> ended = {};  ///< none: started

  friend bool operator==(const counted_hour&, const counted_hour&) = default;
};
//   'h' scope 0 hour4 flow 0 what1             number of runs of a flow that started (0) or ended
//   (the
//                                              status) in an hour
[[nodiscard]] std::string runs_in_hour(const scope_name& scope, const counted_hour& what);
/// From an hour on.
[[nodiscard]] view::range runs_in_hours(const scope_name& scope, std::uint32_t first);
[[nodiscard]] std::optional<counted_hour> counted_hour_of(std::string_view counter_key);
/// The hour of a time; times before 1970 and after the last hour are in the first and last one.
[[nodiscard]] std::uint32_t hour_of(time_point time) noexcept;

}  // namespace pawl::persistence::keys
