#pragma once

namespace caf {
class actor_system_config;
}

namespace pawl {

/// Gives an actor system a scheduler for many short messages to many actors, instead of CAF's. Its
/// threads share one queue, so that idle threads sleep instead of polling for work to steal. An
/// actor ends without a message to the clock's thread: CAF 0.17 cancels the timeouts of every actor
/// that ends, which wakes that thread each time, although no actor of an engine has any.
void use_pawl_scheduler(caf::actor_system_config& config);

}  // namespace pawl
