#include "actors/gateway.hpp"

#include <utility>

#include <caf/all.hpp>

namespace pawl::actors {

/// An engine's answer, on its way from one of its threads back to the gateway.
struct gateway_answer {
  std::uint64_t call = 0;
  caf::message answer;
};

}  // namespace pawl::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pawl::actors::gateway_answer)

namespace pawl::actors {

gateway::gateway(caf::actor_config& config, engine& to, const caf::actor& supervisor)
    : caf::event_based_actor(config), default_scope_(to) {
  set_down_handler([this](const caf::down_msg&) {
    engine_ended_ = true;
    end_if_done();
  });
  monitor(supervisor);
}

template <class T, class Begin>
caf::response_promise gateway::call(const std::string& scope_name, Begin begin) {
  auto promise = make_response_promise();
  auto in = default_scope_.sibling(scope_name);
  if (!in) {
    promise.deliver(result<T>{std::move(in).error()});
    return promise;
  }
  const std::uint64_t id = next_++;
  open_.emplace(id, promise);
  begin(*in, [self = caf::actor{this}, id](result<T> answer) {
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
      [this](messages::put_flow& m) {
        return call<flow_stored>(m.scope, [&](const scope& in, callback<flow_stored> to) {
          in.put_flow_async(m.definition, m.options, std::move(to));
        });
      },
      [this](messages::publish_flow& m) {
        return call<void>(m.scope, [&](const scope& in, callback<void> to) {
          in.publish_flow_async(m.id, std::move(to));
        });
      },
      [this](messages::start& m) {
        return call<run_started>(m.scope, [&](const scope& in, callback<run_started> to) {
          in.start_async(m.flow, m.input, std::move(m.options), std::move(to));
        });
      },
      [this](messages::wait& m) {
        return call<run_view>(m.scope, [&](const scope& in, callback<run_view> to) {
          in.wait_async(m.id, m.timeout, std::move(to));
        });
      },
      [this](messages::get& m) {
        return call<run_view>(m.scope, [&](const scope& in, callback<run_view> to) {
          in.get_async(m.id, std::move(to));
        });
      },
      [this](messages::list& m) {
        return call<run_page>(m.scope, [&](const scope& in, callback<run_page> to) {
          in.list_async(m.filter, std::move(to));
        });
      },
      [this](messages::history& m) {
        using events = std::vector<history_event>;
        return call<events>(m.scope, [&](const scope& in, callback<events> to) {
          in.history_async(m.id, m.first, m.limit, std::move(to));
        });
      },
      [this](messages::cancel& m) {
        return call<run_changed>(m.scope, [&](const scope& in, callback<run_changed> to) {
          in.cancel_async(m.id, std::move(m.options), std::move(to));
        });
      },
      [this](messages::retry& m) {
        return call<run_changed>(m.scope, [&](const scope& in, callback<run_changed> to) {
          in.retry_async(m.id, std::move(m.options), std::move(to));
        });
      },
      [this](messages::restart& m) {
        return call<run_started>(m.scope, [&](const scope& in, callback<run_started> to) {
          in.restart_async(m.id, std::move(m.options), std::move(to));
        });
      },
  };
}

}  // namespace pawl::actors
