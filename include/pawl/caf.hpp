#pragma once

#include <chrono>
#include <optional>
#include <string>

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <pawl/engine.hpp>

/// Pawl for programs built on CAF: the engine runs on the program's own actor system and takes
/// messages. This is the only public header that needs CAF.
///
///     auto pawl = pawl::open_on(system, engine);              // result<caf::actor>
///     self->request(*pawl, caf::infinite, pawl::messages::start{"order", {{"amount", 42}}})
///         .then([](const pawl::result<pawl::run_started>& run) { … });
///
/// Each message is answered with the `pawl::result` of the call of the same name in
/// `pawl::scope_flows` or `pawl::scope_runs`: expected failures are values, not CAF errors.
namespace pawl::messages {

struct put_flow {  // -> result<flow_stored>
  json definition;
  put_flow_options options = {};
  std::string scope = "default";
};
struct publish_flow {  // -> result<void>
  flow_version_id id;
  std::string scope = "default";
};
struct start {  // -> result<run_started>
  std::string flow;
  json input = json::object();
  start_options options = {};
  std::string scope = "default";
};
struct wait {  // -> result<run_view>
  run_id id;
  std::chrono::milliseconds timeout;
  std::string scope = "default";
};
struct get {  // -> result<run_view>
  run_id id;
  std::string scope = "default";
};
struct list {  // -> result<run_page>
  run_filter filter = {};
  std::string scope = "default";
};
struct history {  // -> result<std::vector<history_event>>
  run_id id;
  std::uint64_t first = 1;
  std::size_t limit = 1000;
  std::string scope = "default";
};
struct cancel {  // -> result<run_changed>
  run_id id;
  command_options options = {};
  std::string scope = "default";
};
struct terminate {  // -> result<run_changed>
  run_id id;
  command_options options = {};
  std::string scope = "default";
};
struct skip {  // -> result<run_changed>
  run_id id;
  std::string node;
  command_options options = {};
  std::string scope = "default";
};
struct pause {  // -> result<run_changed>
  run_id id;
  command_options options = {};
  std::string scope = "default";
};
struct resume {  // -> result<run_changed>
  run_id id;
  resume_options options = {};
  std::string scope = "default";
};
struct set_data {  // -> result<run_changed>
  run_id id;
  json data = json::object();
  command_options options = {};
  std::string scope = "default";
};
struct signal {  // -> result<run_changed>
  run_id id;
  std::string type;
  json payload = nullptr;
  signal_options options = {};
  std::string scope = "default";
};
struct retry {  // -> result<run_changed>
  run_id id;
  command_options options = {};
  std::string scope = "default";
};
struct restart {  // -> result<run_started>
  run_id id;
  start_options options = {};
  std::string scope = "default";
};

}  // namespace pawl::messages

namespace pawl {

/// Opens `engine` with all its actors on `system` and returns the actor that takes the messages
/// above. Stop or destroy the engine before the actor system. Errors: as `engine::open`.
[[nodiscard]] result<caf::actor> open_on(caf::actor_system& system, engine& engine);

}  // namespace pawl

#define PAWL_MESSAGE(type) CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::type)
PAWL_MESSAGE(messages::put_flow)
PAWL_MESSAGE(messages::publish_flow)
PAWL_MESSAGE(messages::start)
PAWL_MESSAGE(messages::wait)
PAWL_MESSAGE(messages::get)
PAWL_MESSAGE(messages::list)
PAWL_MESSAGE(messages::history)
PAWL_MESSAGE(messages::cancel)
PAWL_MESSAGE(messages::terminate)
PAWL_MESSAGE(messages::skip)
PAWL_MESSAGE(messages::pause)
PAWL_MESSAGE(messages::resume)
PAWL_MESSAGE(messages::set_data)
PAWL_MESSAGE(messages::signal)
PAWL_MESSAGE(messages::retry)
PAWL_MESSAGE(messages::restart)
PAWL_MESSAGE(result<pawl::flow_stored>)
PAWL_MESSAGE(result<void>)
PAWL_MESSAGE(result<pawl::run_started>)
PAWL_MESSAGE(result<pawl::run_view>)
PAWL_MESSAGE(result<pawl::run_page>)
PAWL_MESSAGE(result<std::vector<pawl::history_event>>)
PAWL_MESSAGE(result<pawl::run_changed>)
#undef PAWL_MESSAGE
