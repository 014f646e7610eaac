#include "tests/linear/model.hpp"

#include <algorithm>

namespace pawl::linear {
namespace {

outcome refused(const char* why) {
  return {.error = why};
}

}  // namespace

std::vector<int> run_model::claimed() const {
  return {received.begin(), received.begin() + static_cast<std::ptrdiff_t>(claims)};
}

/// Advances to the next task, a signal that was not received, or the end.
void run_model::advance() {
  if (status != run_status::running) return;
  const bool task_running = place % 2 == 1;
  if (task_running) return;
  if (pausing) {
    pausing = false;
    status = run_status::paused;
  } else if (place == 2 * pairs) {
    status = run_status::completed;
  } else if (claims < received.size()) {
    ++claims;
    ++place;
  }
}

bool run_model::move() {
  if (status != run_status::running || place % 2 == 0) return false;
  ++place;
  advance();
  return true;
}

outcome run_model::start(const operation& what) {
  if (exists) {
    if (what.input != input) return refused("already_exists");
    return {.status = status};
  }
  exists = true;
  input = what.input;
  status = run_status::running;
  return {.status = status, .created = true};
}

outcome run_model::perform(const operation& what) {
  if (what.what == verb::start) return start(what);
  if (!exists) return refused("not_found");
  if (what.what == verb::get) {
    return {.status = status,
            .pausing = pausing,
            .data = shown_data{input, note, place / 2, claimed()}};
  }
  if (what.if_status && *what.if_status != status) return refused("conflict");
  const run_status before = status;
  const bool running = status == run_status::running, paused = status == run_status::paused;
  switch (what.what) {
    case verb::signal: {
      // A repeated signal is accepted even after the end of the run.
      const bool is_new =
          std::find(received.begin(), received.end(), what.signal) == received.end();
      if (is_new && !running && !paused) return refused("illegal_transition");
      if (is_new) {
        received.push_back(what.signal);
        advance();
      }
      break;
    }
    case verb::pause:
      if (!running || pausing) return refused("illegal_transition");
      pausing = true;
      advance();
      break;
    case verb::resume:
      if (!paused && !pausing) return refused("illegal_transition");
      if (pausing && what.note != 0) return refused("illegal_transition");
      pausing = false;
      status = run_status::running;
      if (what.note != 0) note = what.note;
      advance();
      break;
    case verb::retry:  // no run of the flow fails
      return refused("illegal_transition");
    default:  // cancel
      if (is_finished(status)) return refused("illegal_transition");
      pausing = false;
      status = run_status::cancelled;
  }
  return {.status = status, .before = before, .pausing = pausing};
}

std::string run_model::text() const {
  if (!exists) return "not started";
  std::string text{to_string(status)};
  if (pausing) text += " (pausing)";
  text += place == 2 * pairs
              ? " at the end"
              : (place % 2 == 0 ? " before signal " : " in task ") + std::to_string(place / 2 + 1);
  text += ", input " + std::to_string(input) + ", note " + std::to_string(note) + ", signals " +
          json(received).dump() + ", claimed " + std::to_string(claims);
  return text;
}

}  // namespace pawl::linear
