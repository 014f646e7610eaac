#pragma once

#include <cstdint>
#include <unordered_map>

#include <caf/event_based_actor.hpp>
#include <caf/response_promise.hpp>
#include <pawl/caf.hpp>

namespace pawl::actors {

/// An engine as an actor: turns the messages of <pawl/caf.hpp> into calls of the engine, and what
/// these are answered into answers. Knows nothing of runs. Ends after the engine's supervisor, when
/// everyone is answered.
class gateway : public caf::event_based_actor {
 public:
  gateway(caf::actor_config& config, engine& to, const caf::actor& supervisor);
  caf::behavior make_behavior() override;
  const char* name() const override { return "pawl.gateway"; }

 private:
  /// Finds the scope, makes the call `begin(scope, callback)`, and promises its answer.
  template <class T, class Begin>
  caf::response_promise call(const std::string& scope_name, Begin begin);
  void end_if_done();

  const scope default_scope_;
  std::unordered_map<std::uint64_t, caf::response_promise> open_;
  std::uint64_t next_ = 0;
  bool engine_ended_ = false;
};

}  // namespace pawl::actors
