#include "tests/linear/workload.hpp"

#include <array>

namespace pawl::linear {
namespace {

constexpr std::uint64_t generation = runs_at_once * calls_per_run;

bool one_in(std::uint64_t n, std::mt19937_64& random) {
  return random() % n == 0;
}

/// `age`: the share of the run's calls that came before, in percent.
verb choose_verb(std::uint64_t age, std::mt19937_64& random) {
  if (age < 12) return one_in(2, random) ? verb::get : verb::start;
  const std::uint64_t roll = random() % 100;
  if (roll < 8) return verb::start;
  if (roll < 27) return verb::signal;
  if (roll < 45) return verb::pause;
  if (roll < 68) return verb::resume;
  if (roll < (age < 70 ? 69u : 76u)) return verb::cancel;
  return verb::get;
}

run_status expectation(verb what, std::mt19937_64& random) {
  if (one_in(6, random)) return one_in(2, random) ? run_status::cancelled : run_status::completed;
  const bool likely_paused = what == verb::resume;
  const bool as_likely = !one_in(4, random);
  return likely_paused == as_likely ? run_status::paused : run_status::running;
}

}  // namespace

std::mt19937_64 seeded(std::uint64_t seed, std::uint64_t purpose, std::uint64_t number) {
  std::seed_seq mixed{seed, seed >> 32, purpose, number, number >> 32};
  return std::mt19937_64{mixed};
}

std::string run_name(std::uint64_t number) {
  return "run-" + std::to_string(number);
}

task choose(std::uint64_t seed, std::uint64_t number) {
  const std::uint64_t block = number / clients;
  auto shared = seeded(seed, 1, block), own = seeded(seed, 2, number);
  const std::uint64_t hot = shared() % runs_at_once;
  const bool all_the_same = one_in(4, shared);
  const std::uint64_t slot = all_the_same || !one_in(4, own) ? hot : own() % runs_at_once;
  const std::uint64_t age = number % generation * 100 / generation;
  std::mt19937_64& random = all_the_same ? shared : own;

  task chosen;
  chosen.run = run_name(number / generation * runs_at_once + slot);
  operation& what = chosen.what;
  what.what = choose_verb(age, random);
  const bool can_expect =
      what.what == verb::pause || what.what == verb::resume || what.what == verb::cancel;
  if (can_expect && (all_the_same || one_in(3, random)))
    what.if_status = expectation(what.what, random);
  // Repeated starts of a run, mostly with the same input.
  if (what.what == verb::start) what.input = one_in(8, own) ? 2 : 1;
  // Signals with ids below ten are sent repeatedly, as by clients that got no answer.
  constexpr int first_own_id = 10;
  if (what.what == verb::signal) {
    what.signal = one_in(3, random) ? 1 + static_cast<int>(random() % 4)
                                    : first_own_id + static_cast<int>(number);
  }
  if (what.what == verb::resume && one_in(3, random)) what.note = static_cast<int>(number);
  return chosen;
}

}  // namespace pawl::linear
