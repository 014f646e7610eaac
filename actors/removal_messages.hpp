#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <pawl/cleanup.hpp>
#include <pawl/run.hpp>

#include "actors/mail.hpp"
#include "actors/reply.hpp"
#include "persistence/due_runs.hpp"

/// The messages of the cleaner.
namespace pawl::actors {

/// Whether a run is held: until it is released, its directory sends it no commands and does not
/// load it. False: the run has an actor, so it was not held.
struct hold_answer {
  bool held = false;
};
/// From the cleaner to the directory, for a run that has ended.
struct hold_run {
  run_key key;
  reply<hold_answer> answer;
};
/// From the cleaner to the directory: the run may be used again. What came meanwhile is handled.
struct release_run {
  run_key key;
};

/// To the cleaner: delete a run.
struct remove_run {
  run_key key;
  reply<run_removed> answer;
};
/// To the cleaner: mark a run to be kept, or remove the mark.
struct keep_run {
  run_key key;
  bool keep = true;
  reply<void> answer;
};
/// To the cleaner: delete a page of the runs that are due.
struct clean_up {
  persistence::due_runs::rule rule;
  persistence::due_runs::limits limits;
  bool dry_run = false;
  std::string after;  ///< key in the list of runs; empty: from the start
  /// `cleanup_page::next` is a key, too.
  reply<cleanup_page> answer;
};

/// From a run to its directory, and on to the cleaner: all but the last checkpoints of the run can
/// be pruned, because its whole state was stored again.
struct history_grown {
  run_key key;
  std::uint64_t keep = 0;  ///< checkpoints
};
/// To the directory, before any run exists: who prunes histories.
struct set_cleaner {
  caf::actor cleaner;
};
/// The cleaner to itself: prune the next history.
struct prune_next {};

/// The cleaner to itself: whether a run of a job is held.
struct run_held {
  std::uint64_t job = 0;
  run_key key;
  bool held = false;
};
/// The cleaner to itself: whether the log of a run that is held is held, too.
struct log_held {
  std::uint64_t job = 0;
  run_key key;
  bool held = false;
};
/// The cleaner to itself: try a job again whose runs were in use.
struct retry_removal {
  std::uint64_t job = 0;
};
/// The cleaner to itself: look for runs to delete, as the settings say.
struct sweep_due {};
/// The cleaner to itself: look for files that no run has.
struct sweep_files {};

}  // namespace pawl::actors

#define PAWL_LOCAL_MESSAGE(type) PAWL_MESSAGE_TYPE(pawl::actors::type)
PAWL_LOCAL_MESSAGE(hold_run)
PAWL_LOCAL_MESSAGE(release_run)
PAWL_LOCAL_MESSAGE(remove_run)
PAWL_LOCAL_MESSAGE(keep_run)
PAWL_LOCAL_MESSAGE(clean_up)
PAWL_LOCAL_MESSAGE(run_held)
PAWL_LOCAL_MESSAGE(log_held)
PAWL_LOCAL_MESSAGE(retry_removal)
PAWL_LOCAL_MESSAGE(sweep_due)
PAWL_LOCAL_MESSAGE(sweep_files)
PAWL_LOCAL_MESSAGE(history_grown)
PAWL_LOCAL_MESSAGE(set_cleaner)
PAWL_LOCAL_MESSAGE(prune_next)
#undef PAWL_LOCAL_MESSAGE
