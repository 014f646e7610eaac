#include "flow/machine/commands/commands.hpp"
#include "flow/machine/enclosing.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {
namespace {

void lose_lease(transition_builder& builder, token& t, const lease_lost_command& how) {
  const std::string worker = t.task->worker;
  const std::uint32_t lost = t.task->lost + (how.given_back ? 0 : 1);
  builder.changes().record(event_kind::lease_lost, t,
                           {{"worker", worker}, {"lost", lost}, {"given_back", how.given_back}});
  if (is_stopping(builder.state(), t)) {
    const std::string why = "the worker \"" + worker + "\" no longer has the task";
    return builder.fail_call(t, {errc::cancelled, why}, how.random);
  }
  const node& behaviour = *builder.node_of(t).behaviour;
  if (!how.given_back && behaviour.is_called_once() && !t.compensates) {
    builder.calls().end(t);
    return behaviour.in_doubt(builder, t);
  }
  if (lost >= builder.flow().allowed().max_lost_leases) {
    error why{errc::function_failed,
              std::to_string(lost) +
                  " workers in a row were lost during this call, the last was \"" + worker +
                  "\" (worker.max_lost_leases)",
              "worker_lost"};
    return builder.fail_call(t, std::move(why), how.random);
  }
  builder.calls().requeue(t, lost);
}

}  // namespace

result<transition> handle(const compiled_flow& flow, run_state& run, lease_lost_command&& lost,
                          const apply_context& context) {
  token* const t = run.status == run_status::running ? run.find_token(lost.token) : nullptr;
  if (lost.lease == 0 || t == nullptr || !t->task || t->task->lease != lost.lease)
    return error{errc::conflict, "run " + run.key.id.str() + " has no such lease", "lease_lost"};
  transition_builder builder{flow, run, context};
  lose_lease(builder, *t, lost);
  builder.advance();
  return builder.finish();
}

}  // namespace pawl::flow
