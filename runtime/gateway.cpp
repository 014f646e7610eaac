#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include <caf/all.hpp>
#include <pawl/caf.hpp>

#include "runtime/core.hpp"

namespace pawl {

/// The answer of a call, sent from a thread of the engine to the gateway.
struct gateway_answer {
  std::uint64_t call = 0;
  caf::message answer;
};
/// The engine has stopped.
struct gateway_over {};

}  // namespace pawl

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::gateway_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::gateway_over)

namespace pawl {
namespace {

/// The engine as an actor: turns the messages of <pawl/caf.hpp> into calls of the engine and
/// answers each with the result of its call. Ends after the engine has stopped and every message
/// has been answered.
class gateway : public caf::event_based_actor {
 public:
  gateway(caf::actor_config& config, std::shared_ptr<engine_core> to);
  caf::behavior make_behavior() override;
  const char* name() const override { return "pawl.gateway"; }

 private:
  /// Makes the call `begin(scope, callback)` and returns the promise of its answer.
  template <class T, class Begin>
  caf::response_promise call(const std::string& scope_text, Begin begin);
  void end_if_done();

  const std::shared_ptr<engine_core> core_;
  std::unordered_map<std::uint64_t, caf::response_promise> open_;
  std::uint64_t next_ = 0;
  bool engine_ended_ = false;
};

gateway::gateway(caf::actor_config& config, std::shared_ptr<engine_core> to)
    : caf::event_based_actor(config), core_(std::move(to)) {}

template <class T, class Begin>
caf::response_promise gateway::call(const std::string& scope_text, Begin begin) {
  auto promise = make_response_promise();
  auto name = parse_scope_name(scope_text);
  if (!name) {
    promise.deliver(result<T>{std::move(name).error()});
    return promise;
  }
  const std::uint64_t id = next_++;
  open_.emplace(id, promise);
  begin(scope{{core_, *std::move(name)}}, [self = caf::actor{this}, id](result<T> answer) {
    caf::anon_send(self, gateway_answer{id, caf::make_message(std::move(answer))});
  });
  return promise;
}

void gateway::end_if_done() {
  if (engine_ended_ && open_.empty()) quit();
}

caf::behavior gateway::make_behavior() {
  return {
      [this](gateway_answer& a) {
        const auto found = open_.find(a.call);
        found->second.deliver(std::move(a.answer));
        open_.erase(found);
        end_if_done();
      },
      [this](gateway_over) {
        engine_ended_ = true;
        end_if_done();
      },
      [this](messages::put_flow& m) {
        return call<flow_stored>(m.scope, [&](const scope& in, callback<flow_stored> to) {
          in.flows().put_async(m.definition, m.options, std::move(to));
        });
      },
      [this](messages::publish_flow& m) {
        return call<void>(m.scope, [&](const scope& in, callback<void> to) {
          in.flows().publish_async(m.id, std::move(to));
        });
      },
      [this](messages::start& m) {
        return call<run_started>(m.scope, [&](const scope& in, callback<run_started> to) {
          in.runs().start_async(m.flow, m.input, std::move(m.options), std::move(to));
        });
      },
      [this](messages::wait& m) {
        return call<run_view>(m.scope, [&](const scope& in, callback<run_view> to) {
          in.runs().wait_async(m.id, m.timeout, std::move(to));
        });
      },
      [this](messages::get& m) {
        return call<run_view>(m.scope, [&](const scope& in, callback<run_view> to) {
          in.runs().get_async(m.id, std::move(to));
        });
      },
      [this](messages::list& m) {
        return call<run_page>(m.scope, [&](const scope& in, callback<run_page> to) {
          in.runs().list_async(m.filter, std::move(to));
        });
      },
      [this](messages::history& m) {
        using events = std::vector<history_event>;
        return call<events>(m.scope, [&](const scope& in, callback<events> to) {
          in.runs().history_async(m.id, m.first, m.limit, std::move(to));
        });
      },
      [this](messages::cancel& m) {
        return call<run_changed>(m.scope, [&](const scope& in, callback<run_changed> to) {
          in.runs().cancel_async(m.id, std::move(m.options), std::move(to));
        });
      },
      [this](messages::terminate& m) {
        return call<run_changed>(m.scope, [&](const scope& in, callback<run_changed> to) {
          in.runs().terminate_async(m.id, std::move(m.options), std::move(to));
        });
      },
      [this](messages::skip& m) {
        return call<run_changed>(m.scope, [&](const scope& in, callback<run_changed> to) {
          in.runs().skip_async(m.id, std::move(m.node), std::move(m.options), std::move(to));
        });
      },
      [this](messages::pause& m) {
        return call<run_changed>(m.scope, [&](const scope& in, callback<run_changed> to) {
          in.runs().pause_async(m.id, std::move(m.options), std::move(to));
        });
      },
      [this](messages::resume& m) {
        return call<run_changed>(m.scope, [&](const scope& in, callback<run_changed> to) {
          in.runs().resume_async(m.id, std::move(m.options), std::move(to));
        });
      },
      [this](messages::set_data& m) {
        return call<run_changed>(m.scope, [&](const scope& in, callback<run_changed> to) {
          in.runs().set_data_async(m.id, std::move(m.data), std::move(m.options), std::move(to));
        });
      },
      [this](messages::signal& m) {
        return call<run_changed>(m.scope, [&](const scope& in, callback<run_changed> to) {
          in.runs().signal_async(m.id, std::move(m.type), std::move(m.payload),
                                 std::move(m.options), std::move(to));
        });
      },
      [this](messages::retry& m) {
        return call<run_changed>(m.scope, [&](const scope& in, callback<run_changed> to) {
          in.runs().retry_async(m.id, std::move(m.options), std::move(to));
        });
      },
      [this](messages::restart& m) {
        return call<run_started>(m.scope, [&](const scope& in, callback<run_started> to) {
          in.runs().restart_async(m.id, std::move(m.options), std::move(to));
        });
      },
  };
}

}  // namespace

result<caf::actor> open_on(caf::actor_system& system, engine& engine) {
  const auto core = engine_access::shared_core(engine);
  if (auto opened = core->open(&system); !opened) return std::move(opened).error();
  auto gateway_actor = system.spawn<gateway>(core);
  core->at_stop([to = gateway_actor.address()] {
    if (const auto alive = caf::actor_cast<caf::actor>(to)) caf::anon_send(alive, gateway_over{});
  });
  return gateway_actor;
}

}  // namespace pawl
