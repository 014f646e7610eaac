#include "actors/call_queue.hpp"

#include <pawl/assert.hpp>

namespace pawl::actors {
namespace {

std::uint32_t limit_of(const queued_call& call) {
  return call.call.function->options.max_concurrency;
}

}  // namespace

void call_queue::push(call_ptr call) {
  const auto id = call->id;
  if (const auto limit = limit_of(*call); limit > 0) {
    limited_function& of = limited_[call->call.function.get()];
    if (of.slots_taken >= limit) {
      of.aside.emplace_hint(of.aside.end(), id, std::move(call));
      ++aside_;
      return;
    }
    ++of.slots_taken;
  }
  ready_.emplace_hint(ready_.end(), id, std::move(call));
}

call_ptr call_queue::pop() {
  if (ready_.empty()) return nullptr;
  return std::move(ready_.extract(ready_.begin()).mapped());
}

void call_queue::ended(const queued_call& call) {
  if (limit_of(call) > 0) free_slot(call);
}

void call_queue::free_slot(const queued_call& call) {
  const auto found = limited_.find(call.call.function.get());
  PAWL_ASSERT(found != limited_.end(), "a call that ends has a slot");
  limited_function& of = found->second;
  if (!of.aside.empty()) {
    ready_.insert(of.aside.extract(of.aside.begin()));
    --aside_;
  } else if (--of.slots_taken == 0) {
    limited_.erase(found);
  }
}

call_ptr call_queue::erase(invocation_id id) {
  if (auto node = ready_.extract(id)) {
    if (limit_of(*node.mapped()) > 0) free_slot(*node.mapped());
    return std::move(node.mapped());
  }
  for (auto& [function, of] : limited_) {
    if (auto node = of.aside.extract(id)) {
      --aside_;
      return std::move(node.mapped());
    }
  }
  return nullptr;
}

std::vector<call_ptr> call_queue::clear() {
  ordered_calls all;
  for (auto& [function, of] : limited_) all.merge(of.aside);
  aside_ = 0;
  for (const auto& [id, call] : ready_)
    if (limit_of(*call) > 0) free_slot(*call);
  all.merge(ready_);
  std::vector<call_ptr> calls;
  calls.reserve(all.size());
  for (auto& [id, call] : all) calls.push_back(std::move(call));
  return calls;
}

}  // namespace pawl::actors
