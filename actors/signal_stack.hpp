#pragma once

namespace pawl::actors {

/// Gives the calling thread a stack for signal handlers, unless it has one, until the thread ends.
/// So a handler can note a crash by exhaustion of the thread's own stack.
void provide_signal_stack();

}  // namespace pawl::actors
