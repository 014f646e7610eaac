#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tests/linear/operation.hpp"

namespace pawl::linear {

/// What one run of the test's flow may be, told from what the documents promise and without any
/// code of the engine: `pairs` times a node that takes a signal and a task behind it, then the end.
/// A value; its moves change it in place.
struct run_model {
  bool exists = false;
  run_status status = run_status::pending;
  bool pausing = false;
  int place = 0;  ///< 2n: before signal n; 2n + 1: task n is under way; 2 * pairs: the end
  int input = 0;
  int note = 0;
  std::vector<int> received;  ///< signals, in the order in which they came
  std::size_t claims = 0;     ///< how many of these nodes have taken

  /// Does what a client asks, and gives what it must be told. Refused: nothing changes.
  outcome perform(const operation& what);

  /// What the run does by itself: the task that is under way returns. False: there is none.
  bool move();

  [[nodiscard]] std::vector<int> claimed() const;

  /// Equal states, and no others, have equal texts. One that people can read.
  [[nodiscard]] std::string text() const;

  friend bool operator==(const run_model&, const run_model&) = default;

 private:
  void advance();
  outcome start(const operation& what);
};

}  // namespace pawl::linear
