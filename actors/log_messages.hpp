#pragma once

#include <cstdint>

#include "actors/mail.hpp"
#include "actors/messages.hpp"
#include "actors/reply.hpp"

/// Messages to the log keeper.
namespace pawl::actors {

/// The queue has lines again.
struct write_log_lines {};
/// Answer when the lines that are in the queue now are written, or lost.
struct flush_log_lines {
  reply<void> answer;
};
/// From the cleaner: write no lines of a run until it is released. Answered when those that were
/// sent before are written, so that a view from after the answer has all records of its log.
struct hold_log {
  run_key run;
  reply<void> answer;
};
struct release_log {
  run_key run;
  bool removed = false;  ///< the run is gone: its lines that wait are lost
};
/// The log keeper to itself: runs that were not stored yet may be now.
struct retry_log_lines {};

}  // namespace pawl::actors

#define PAWL_LOCAL_MESSAGE(type) PAWL_MESSAGE_TYPE(pawl::actors::type)
PAWL_LOCAL_MESSAGE(write_log_lines)
PAWL_LOCAL_MESSAGE(flush_log_lines)
PAWL_LOCAL_MESSAGE(hold_log)
PAWL_LOCAL_MESSAGE(release_log)
PAWL_LOCAL_MESSAGE(retry_log_lines)
#undef PAWL_LOCAL_MESSAGE
