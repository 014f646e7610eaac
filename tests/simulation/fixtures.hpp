#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "actors/mail.hpp"
#include "actors/messages.hpp"
#include "tests/simulation/engine_life.hpp"
#include "tests/simulation/flows.hpp"

/// What the tests of single situations share.
namespace pawl::simulation {

using command_answer = std::shared_ptr<std::optional<result<actors::command_done>>>;

/// Handles everything that is left to do.
inline void run_until_idle(engine_life& engine) {
  while (engine.step()) {
  }
}

inline void put_flow(engine_life& engine, const json& definition) {
  actors::post(engine.actors().catalog,
               actors::put_flow_request{in, std::make_shared<json>(definition), {}, {}});
}

/// A command to a run. A start uses the version that it names.
inline actors::run_command command_to(const run_key& key, flow::command what,
                                      actors::reply<actors::command_done> answer = {}) {
  actors::run_command made{key, nullptr, std::move(answer)};
  if (const auto* const start = std::get_if<flow::start_command>(&what))
    made.version = {actors::start_version::given, start->flow.version};
  made.what = std::make_shared<flow::command>(std::move(what));
  return made;
}

/// Sends a command to a shard. The answer comes during later steps.
inline command_answer send_command(const caf::actor& shard, const run_key& key,
                                   flow::command what) {
  auto answer = std::make_shared<std::optional<result<actors::command_done>>>();
  actors::post(
      shard,
      command_to(key, std::move(what),
                 actors::reply<actors::command_done>{
                     [answer](result<actors::command_done> done) { *answer = std::move(done); }}));
  return answer;
}
inline command_answer send_command(engine_life& engine, const run_key& key, flow::command what) {
  return send_command(engine.actors().shard_of(key), key, std::move(what));
}

inline flow::start_command start_of(const run_key& key, const char* flow, json input) {
  return {key, {flow_name{flow}, {1, 0, 0}}, std::move(input), json::object(), {}, 7};
}

}  // namespace pawl::simulation
