#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "tests/linear/history.hpp"
#include "tests/linear/life.hpp"

namespace pawl::linear {

/// One store, the lives of a process on it, and their records. Fails the test if the process does
/// not end as it should.
class trial {
 public:
  /// `program`: its name; see program.hpp.
  trial(std::string program, std::uint64_t seed);

  /// Runs clients until the process is killed or stopped in order.
  void work_for_a_life();
  /// Waits for all runs to become idle and reads them. `runs`: as `runs_before`.
  void settle(std::uint64_t runs);

  /// Writes the records to a file.
  [[nodiscard]] std::filesystem::path keep() const;
  void remove() const;

  [[nodiscard]] const history& recorded() const { return history_; }
  [[nodiscard]] int kills() const { return kills_; }

 private:
  std::uint64_t draw(std::uint64_t below) { return random_() % below; }
  void live_to_the_end(const std::string& mode, injection::kind how);
  std::vector<injection> choose_injections(injection::kind last);
  /// Runs one life and records it. `number` is the third argument of the program.
  exit_result lead(const std::string& mode, std::uint64_t number,
                   const std::vector<injection>& injections);
  void give_up(const std::string& why, long long detail) const;

  const std::string program_;
  const std::uint64_t seed_;
  std::mt19937_64 random_;
  const std::filesystem::path folder_;
  history history_;
  std::string records_;
  int kills_ = 0;
};

}  // namespace pawl::linear
