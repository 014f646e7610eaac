#include "runtime/queries/state_query.hpp"

#include <utility>

#include "actors/engine_context.hpp"
#include "persistence/not_found.hpp"
#include "persistence/past_states.hpp"
#include "runtime/queries/past_state.hpp"
#include "runtime/queries/reading.hpp"

namespace pawl {

using persistence::view;

state_query::state_query(const engine_core& core, run_key key, std::uint64_t checkpoint)
    : core_(core), key_(std::move(key)), wanted_(checkpoint) {}

result<bool> state_query::read(read_budget& turn) {
  const auto r = begin_reading(core_);
  if (!r) return r.error();
  if (!state_) {
    if (wanted_ == 0) {
      const auto last = persistence::last_checkpoint(*r->now, key_);
      if (!last) return last.error();
      wanted_ = *last;
    }
    auto base = persistence::load_state_before(*r->now, key_, wanted_);
    if (!base) return std::move(base).error();
    if (!*base) return persistence::no_such_run(key_.id);
    state_ = **std::move(base);
    auto compiled = r->context->flows.get(*r->now, key_.scope, state_->flow);
    if (!compiled) return std::move(compiled).error();
    compiled_ = *std::move(compiled);
  }
  return persistence::advance_state(*r->now, *state_, wanted_, [&](std::size_t bytes) {
    turn.spend(bytes);
    return turn.is_spent() ? view::next::stop : view::next::more;
  });
}

found_state state_query::take() {
  return {std::make_shared<const flow::run_state>(*std::move(state_)), std::move(compiled_)};
}

past_state past_state_query::take() {
  const auto found = state_query::take();
  return make_past_state(*found.state, *found.compiled);
}

state_diff_query::state_diff_query(const engine_core& core, const run_key& key, std::uint64_t from,
                                   std::uint64_t to)
    : from_(core, key, from), to_(core, key, to) {}

result<bool> state_diff_query::read(read_budget& turn) {
  if (from_is_read_) return to_.read(turn);
  auto complete = from_.read(turn);
  if (!complete || !*complete) return complete;
  const past_state before = from_.take();
  before_ = document_of(before);
  before_checkpoint_ = before.checkpoint;
  from_is_read_ = true;
  return false;
}

state_diff state_diff_query::take() {
  const past_state after = to_.take();
  state_diff made = difference(before_, document_of(after));
  made.from = before_checkpoint_;
  made.to = after.checkpoint;
  return made;
}

}  // namespace pawl
