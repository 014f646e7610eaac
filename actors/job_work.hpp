#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <pawl/job.hpp>
#include <pawl/result.hpp>

#include "flow/machine/command.hpp"
#include "persistence/jobs.hpp"
#include "persistence/query/run_finder.hpp"
#include "persistence/query/run_query.hpp"
#include "persistence/store.hpp"

/// What a job does to the store and to its runs. Knows nothing of actors. Not thread-safe.
namespace pawl::actors {

/// Maximum number of commands of a job that are under way at once.
inline constexpr std::size_t max_job_commands = 16;

/// Finds the runs of a job, all in one view of the store, oldest first.
class job_selection {
 public:
  /// Errors: those of the filter and of the store.
  [[nodiscard]] static result<std::unique_ptr<job_selection>> make(
      std::shared_ptr<const persistence::view> now, const persistence::job_record& job);

  /// Looks at some hundred runs. Adds the pages that are full to the batch, and counts their runs
  /// in the progress of the job. Returns whether all runs are found; then their last page is added,
  /// too. Errors: those of the store.
  [[nodiscard]] result<bool> read(persistence::job_record& job, persistence::batch& to);

 private:
  job_selection(std::shared_ptr<const persistence::view> now, persistence::run_finder finder)
      : now_(std::move(now)), finder_(std::move(finder)) {}

  void store(persistence::job_record& job, persistence::batch& to);

  const std::shared_ptr<const persistence::view> now_;
  persistence::run_finder finder_;
  std::uint64_t pages_ = 0;
  std::vector<job_result> page_;
};

/// The next runs of a job, of one page: they get the command at the same time.
class job_slice {
 public:
  /// `repeated`: the process may have died after it has sent the command to some of these runs.
  /// Errors: those of the store; `corrupt`.
  [[nodiscard]] static result<job_slice> make(std::shared_ptr<const persistence::view> now,
                                              const persistence::job_record& job, bool repeated);

  /// Places of the runs, in their page: from `begin` up to `end`.
  [[nodiscard]] std::size_t begin() const noexcept { return begin_; }
  [[nodiscard]] std::size_t end() const noexcept { return end_; }
  [[nodiscard]] run_key run_at(std::size_t place) const;

  /// The command for the run at a place; nothing if there is none to send, because its outcome is
  /// known by now. The command of a deletion is empty. Errors: those of the store.
  struct order {
    std::optional<flow::command> command;
  };
  [[nodiscard]] result<std::optional<order>> order_for(std::size_t place);
  /// Notes the answer to the command.
  void on_answer(std::size_t place, const std::optional<error>& refusal);

  /// What is left to do after all answers.
  enum class state : std::uint8_t {
    complete,     ///< the outcome of each run is known
    overloaded,   ///< the engine was too busy for some: try these again
    unavailable,  ///< the engine stops, or its store has failed: only the next one can go on
  };
  [[nodiscard]] state now() const noexcept { return state_; }
  /// Adds the outcomes to the batch, and to the progress of the job if it is complete.
  void record(persistence::job_record& job, persistence::batch& to) const;

 private:
  job_slice(std::shared_ptr<const persistence::view> now, const persistence::job_record& job,
            bool repeated)
      : now_(std::move(now)), job_(&job), repeated_(repeated) {}

  void note(std::size_t place, job_outcome outcome, std::string message = {});
  /// Whether the run has taken the command of this job already.
  [[nodiscard]] result<bool> has_taken(const run_key& run) const;

  std::shared_ptr<const persistence::view> now_;
  const persistence::job_record* job_;
  bool repeated_;
  persistence::run_query query_;
  std::uint64_t page_number_ = 0;
  std::vector<job_result> page_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  state state_ = state::complete;
};

/// The reason that the history of a run has of a command of a job.
[[nodiscard]] std::string reason_of(const persistence::job_record& job);

}  // namespace pawl::actors
