#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "tests/linear/operation.hpp"

namespace pawl::linear {

/// One call as the records have it. Positions count all records of a test, so they order what was
/// told before from what was asked later, also across lives of the process.
struct call {
  std::uint64_t number = 0;  ///< which call of the whole test
  int client = 0;
  int life = 0;  ///< of the process, from 1
  operation what;
  std::size_t called = 0;    ///< position of the record that was written before the call
  std::size_t answered = 0;  ///< of the one after the answer; if there is none, of the life's end
  bool known = false;        ///< false: no answer came, it may have been done before `answered`
  outcome answer;
  std::uint64_t checkpoint = 0;  ///< get: which checkpoint it saw
};

/// One event of the engine's own history of a run.
struct story_event {
  std::uint64_t checkpoint = 0;
  std::string kind;
  std::uint64_t call = 0;  ///< the number that the command gave as its reason; 0: none
  int signal = 0;          ///< signal events: its id
};

/// All that is known of one run.
struct run_history {
  std::vector<call> calls;         ///< in the order in which they were made
  std::vector<story_event> story;  ///< what the engine says at the end
  bool restless = false;           ///< something was still under way long after the last command
};

/// Collects the records of all lives. Not safe for concurrent use.
class history {
 public:
  /// A record of the child, see `child.cpp`.
  void add(const json& record);
  /// The process is dead: what was not answered will not be, and is not done any more.
  void end_life();

  [[nodiscard]] const std::map<std::string, run_history>& runs() const noexcept { return runs_; }
  /// The calls that were made and not answered, a line each.
  [[nodiscard]] std::string outstanding() const;
  /// The number that the next call of the test is to have.
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
  std::unordered_map<std::uint64_t, place> open_;
  std::size_t position_ = 0;
  std::uint64_t next_call_ = 1;
  int life_ = 1;
};

/// A call with its answer, on one line.
[[nodiscard]] std::string to_text(const call& c);

}  // namespace pawl::linear
