#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tests/linear/operation.hpp"

namespace pawl::linear {

/// A model of one run of the test's flow, which has `pairs` pairs of a signal node and a task. It
/// follows the documentation and uses no code of the engine. A value; its operations change it in
/// place.
struct run_model {
  bool exists = false;
  run_status status = run_status::running;
  bool pausing = false;
  int place = 0;  ///< 2n: before signal n; 2n + 1: task n is running; 2 * pairs: the end
  int input = 0;
  int note = 0;
  std::vector<int> received;  ///< ids of signals, in order of receipt
  std::size_t claims = 0;     ///< how many of them nodes have claimed

  /// Performs an operation and returns its outcome. A refused operation changes nothing.
  outcome perform(const operation& what);

  /// A step without a command: the running task returns. False: no task is running.
  bool move();

  [[nodiscard]] std::vector<int> claimed() const;

  /// A readable text. Two states have the same text if and only if they are equal.
  [[nodiscard]] std::string text() const;

  friend bool operator==(const run_model&, const run_model&) = default;

 private:
  void advance();
  outcome start(const operation& what);
};

}  // namespace pawl::linear
