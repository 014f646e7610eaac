#include "actors/call_queue.hpp"

#include <pawl/assert.hpp>

namespace pawl::actors {
namespace {

std::uint32_t limit_of(const queued_call& call) {
  return call.call.function->options.max_concurrency;
}

const std::string& scope_of(const queued_call& call) {
  return call.call.run.scope.str();
}

}  // namespace

void call_queue::push(const call_ptr& call) {
  if (const auto limit = limit_of(*call); limit > 0) {
    auto& slots = limited_.try_emplace(call->call.function.get(), limit, 0).first->second;
    if (!slots.try_take(scope_of(*call))) {
      call->now = queued_call::stage::aside;
      call->at = slots.push(scope_of(*call), call->call.flow, call->id, call);
      ++aside_;
      return;
    }
  }
  make_ready(call);
}

void call_queue::make_ready(const call_ptr& call) {
  call->now = queued_call::stage::ready;
  call->at = ready_.push(scope_of(*call), call->call.flow, call->id, call);
}

call_ptr call_queue::pop() {
  auto next = ready_.pop();
  if (!next) return nullptr;
  (*next)->now = queued_call::stage::starting;
  (*next)->has_slot = true;
  return *std::move(next);
}

void call_queue::erase(queued_call& call) {
  if (call.now == queued_call::stage::ready) {
    const auto keeps_alive = ready_.erase(call.at);
    free_function_slot(call);
    return;
  }
  PAWL_ASSERT(call.now == queued_call::stage::aside, "only a call that waits can be erased");
  const auto slots = limited_.find(call.call.function.get());
  PAWL_ASSERT(slots != limited_.end(), "the slots of a function with waiting calls are known");
  const auto keeps_alive = slots->second.erase(call.at);
  --aside_;
}

std::size_t call_queue::ahead_of(const queued_call& call, std::size_t most) const {
  if (call.now == queued_call::stage::ready) return ready_.ahead_of(call.at, most);
  const auto slots = limited_.find(call.call.function.get());
  PAWL_ASSERT(slots != limited_.end(), "the slots of a function with waiting calls are known");
  return slots->second.ahead_of(call.at, most);
}

void call_queue::free_slot(queued_call& call) {
  if (std::exchange(call.has_slot, false)) ready_.release(scope_of(call));
}

void call_queue::ended(queued_call& call) {
  free_slot(call);
  free_function_slot(call);
}

void call_queue::free_function_slot(const queued_call& call) {
  if (limit_of(call) == 0) return;
  const auto known = limited_.find(call.call.function.get());
  PAWL_ASSERT(known != limited_.end(), "a call that ends has a slot");
  auto& slots = known->second;
  slots.release(scope_of(call));
  if (const auto next = slots.pop()) {
    --aside_;
    make_ready(*next);
  } else if (slots.used() == 0) {
    limited_.erase(known);
  }
}

}  // namespace pawl::actors
