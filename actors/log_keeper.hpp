#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "actors/engine_context.hpp"
#include "actors/log_messages.hpp"
#include "actors/log_queue.hpp"
#include "actors/mail.hpp"
#include "persistence/run_log.hpp"

namespace pawl::actors {

/// Writes the log lines of runs from the queue of the context to the store, in groups: while one is
/// being made durable, the next one gathers. Lines of a run that is not stored yet, because its
/// first transition is on its way, are tried again for two seconds. Lines that are lost are
/// counted, and reported in the engine's log now and then.
///
/// A removed run leaves no line: the cleaner holds its log while it deletes its records, and lines
/// of a run that is not stored are not written. Lines of a call that outlives its run are not
/// written into a new run of the same id.
///
/// Reads the store, so it runs on a thread of its own. Only this actor writes logs.
class log_keeper : public actor_base {
 public:
  log_keeper(caf::actor_config& config, engine_context_ptr context, caf::actor persister);
  caf::behavior make_behavior() override;
  void on_exit() override;
  const char* name() const override { return "pawl.log_keeper"; }

 private:
  using time = caf::actor_clock::time_point;
  struct flush {
    std::uint64_t lines = 0;  ///< `log_queue::added` when it was asked for
    reply<void> answer;
  };
  struct waiting_line {
    log_queue::entry what;
    /// When it is lost, if its run is still not stored; nothing until it was tried.
    std::optional<time> until = {};
  };

  /// What is known of a run while a group is made.
  struct log_place {
    bool is_writable = false;           ///< it is stored, and its log is not held
    std::optional<time_point> created;  ///< nothing until it is needed
  };

  void write_next();
  /// Sends the lines of runs that exist and are not held; keeps those of others in `early_`.
  void send_lines(std::vector<waiting_line> lines);
  void keep_early(waiting_line line);
  [[nodiscard]] static bool is_stored(const persistence::view& now, const run_key& run);
  [[nodiscard]] static bool is_of_earlier_run(const persistence::view& now,
                                              const log_queue::entry& line, log_place& to);
  /// Answers who waits for the group that has ended, and goes on.
  void end_group();
  void hold(hold_log& wanted);
  void release(const release_log& released);
  void retry_later();
  void report_lost();

  const engine_context_ptr context_;
  const caf::actor persister_;
  log_queue& queue_;                 ///< of the context
  std::vector<waiting_line> early_;  ///< of runs that are not stored yet, or held
  std::size_t early_bytes_ = 0;
  std::vector<flush> flushes_;         ///< bounded by `engine.max_commands_in_flight`
  std::vector<reply<void>> answered_;  ///< by the end of the group under way
  std::set<run_key> held_;             ///< bounded by what the cleaner deletes at once
  std::uint64_t sent_lines_ = 0;       ///< of the group under way
  std::uint64_t reported_ = 0;         ///< lost lines
  time next_report_{};
  bool committing_ = false;
  bool retrying_ = false;
  bool stopping_ = false;  ///< ends when all lines are written
};

}  // namespace pawl::actors
