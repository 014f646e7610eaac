#pragma once

#include <cstdint>

namespace pawl::actors {

/// The life of a run's actor. Decides when the actor keeps its run in memory, reports to its
/// directory that it is idle, and ends. Knows nothing of messages or of the run's state.
///
///                 load               resume
///     loading ───────────► dormant ───────────► active ◄─────────────┐
///                           │   ▲                │   ▲               │ message,
///              nothing to do│   │   nothing to do│   │               │ or work to do
///                           │   │                │   │   ┌────────────┴─┐
///                           │   │                ├───│──►│  lingering   │
///                           │   │                │   │   └───────┬──────┘
///                           ▼   │ message        ▼   │ message   │ time is over,
///                         ┌─────┴──────────────────┬─┴─┐         │ or memory is short
///                         │          idle          │◄────────────┘
///                         └────────────────────────┴───┘
///     each state ── shut down ──► stopping ── all commits are durable ──► the actor ends
///
/// A message counts only if the directory has sent it. The directory compares `received` of an idle
/// report with the number of messages that it has sent: only if they are equal, no message is under
/// way and it may end the actor.
class run_lifecycle {
 public:
  enum class state : std::uint8_t {
    loading,    ///< no message was handled; the run is not in memory
    dormant,    ///< loaded, or loading has failed; unfinished work was not resumed
    active,     ///< works, or waits for what comes soon
    lingering,  ///< has nothing to do, but its workers need it again soon
    idle,       ///< reported idle; only a message from the directory wakes it
    stopping,   ///< ends as soon as all commits are durable
  };

  [[nodiscard]] state now() const noexcept { return state_; }
  /// Messages from the directory.
  [[nodiscard]] std::uint64_t received() const noexcept { return received_; }
  /// Whether unfinished work was resumed. Stays true.
  [[nodiscard]] bool resumed() const noexcept { return resumed_; }
  [[nodiscard]] bool is_stopping() const noexcept { return state_ == state::stopping; }
  /// An idle actor must not change its run: the directory may have spawned another for it.
  [[nodiscard]] bool may_change_run() const noexcept { return state_ != state::idle; }

  /// A message from the directory has come.
  void on_message() noexcept;
  /// The run is in memory, or loading has failed. Not only the first time: a run that was idle may
  /// have given its state away.
  void on_loaded() noexcept;
  /// Returns true the first time only.
  [[nodiscard]] bool resume() noexcept;
  void shut_down() noexcept;
  /// Commits are not durable yet.
  void on_pending_commits() noexcept;
  /// The linger timer that was started after `received` messages has fired.
  void on_linger_over(std::uint64_t received) noexcept;

  /// What the actor does after a message when all commits are durable.
  struct next_step {
    bool start_linger_timer = false;
    bool report_idle = false;
    bool end = false;  ///< after the report, if there is one

    friend bool operator==(const next_step&, const next_step&) = default;
  };
  /// `parked`: the run has nothing to do, or there is no run. `may_linger`: the run has tasks for
  /// workers, and memory is not short.
  [[nodiscard]] next_step settle(bool parked, bool may_linger) noexcept;

 private:
  state state_ = state::loading;
  bool resumed_ = false;
  bool reported_ = false;  ///< of `stopping`: it was idle before
  std::uint64_t received_ = 0;
  bool linger_timer_runs_ = false;
  std::uint64_t lingered_at_ = 0;  ///< `received_` of the last linger timer that has fired
};

}  // namespace pawl::actors
