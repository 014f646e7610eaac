#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "tests/linear/operation.hpp"

namespace pawl::linear {

/// One recorded call. Positions count all records of the test, so they order answers before later
/// calls, also across lives of the process.
struct call {
  std::uint64_t number = 0;  ///< unique in the test
  int client = 0;
  int life = 0;  ///< of the process, from 1
  operation what;
  std::size_t called = 0;  ///< position of the record before the call
  std::size_t answered =
      0;  ///< position of the record after the answer; without an answer, of the end of the life
  bool known = false;  ///< false: no answer; it may have taken effect before `answered`
  outcome answer;
  std::uint64_t checkpoint = 0;  ///< get: the checkpoint it returned
};

/// One event of a run's history in the engine.
struct story_event {
  std::uint64_t checkpoint = 0;
  std::string kind;
  std::uint64_t call = 0;  ///< the call number that the command gave as its reason; 0: none
  int signal = 0;          ///< signal events: its id
  std::string node = {};   ///< the start of a child run: the node, its visit and the child
  std::uint32_t visit = 0;
  std::string child = {};
};

/// One call of a function, recorded when it began.
struct function_call {
  std::string key;  ///< its idempotency key
  std::string run;
  std::string node;
};

/// The records of one run.
struct run_history {
  std::vector<call> calls;         ///< in order
  std::vector<story_event> story;  ///< the history in the engine at the end
  bool still_active = false;       ///< still active long after the last command
};

/// Collects the records of all lives, in order. Not thread-safe.
class history {
 public:
  /// Adds a record of a child; see program.hpp.
  void add(const json& record);
  /// The process is dead. Open calls get no answer and take no effect any more.
  void end_life();

  [[nodiscard]] const std::map<std::string, run_history>& runs() const noexcept { return runs_; }
  [[nodiscard]] const std::vector<function_call>& function_calls() const noexcept {
    return function_calls_;
  }
  /// The parent of each child run in the store at the end.
  [[nodiscard]] const std::map<std::string, std::string>& parents() const noexcept {
    return parents_;
  }
  /// The unanswered calls, one per line.
  [[nodiscard]] std::string outstanding() const;
  /// The number of the next call.
  [[nodiscard]] std::uint64_t next_call() const noexcept { return next_call_; }

 private:
  struct place {
    std::string run;
    std::size_t index;
  };
  void add_call(const json& record);
  void add_answer(const json& record);
  void add_event(const json& record);

  std::map<std::string, run_history> runs_;
  std::vector<function_call> function_calls_;
  std::map<std::string, std::string> parents_;
  std::unordered_map<std::uint64_t, place> open_;
  std::size_t position_ = 0;
  std::uint64_t next_call_ = 1;
  int life_ = 1;
};

/// A call and its answer on one line.
[[nodiscard]] std::string to_text(const call& c);

}  // namespace pawl::linear
