#include "runtime/queries/step_query.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "actors/engine_context.hpp"
#include "persistence/runs.hpp"
#include "runtime/queries/cursor.hpp"
#include "runtime/queries/history.hpp"

namespace pawl {

using persistence::view;

namespace {

/// The rest of the delta is not needed after its page was chosen.
flow::delta of_steps(const flow::delta& checkpoint) {
  flow::delta kept;
  kept.sequence = checkpoint.sequence;
  kept.at = checkpoint.at;
  kept.events = checkpoint.events;
  kept.visits = checkpoint.visits;
  kept.data_set = checkpoint.data_set;
  kept.writes_set = checkpoint.writes_set;
  return kept;
}

}  // namespace

step_query::step_query(const engine_core& core, run_key key, step_options options)
    : core_(core),
      key_(std::move(key)),
      options_(std::move(options)),
      at_(options_.from == 0 && options_.newest_first ? std::numeric_limits<std::uint64_t>::max()
                                                      : options_.from) {}

result<bool> step_query::read(read_budget& turn) {
  const auto r = begin_reading(core_);
  if (!r) return r.error();
  if (!rows_)
    if (auto begun = begin(*r); !begun) return std::move(begun).error();
  if (reads_ == part::starts) {
    const auto complete = read_starts(*r, turn);
    if (!complete || !*complete) return complete;
    for (auto each = back_.rbegin(); each != back_.rend(); ++each) rows_->add(*each, true);
    back_.clear();
    reads_ = part::state;
  }
  if (reads_ == part::state) {
    if (!rows_->has_open()) return true;
    if (auto done = read_state(*r); !done) return std::move(done).error();
    at_ = newest_ + 1;
    reads_ = part::ends;
  }
  return read_ends(*r, turn);
}

result<void> step_query::begin(const reading& r) {
  if (auto good = check_limit(options_.limit); !good) return good;
  auto compiled = flow_of_run(r, key_);
  if (!compiled) return std::move(compiled).error();
  flow_ = *std::move(compiled);
  std::optional<flow::node_index> node;
  if (!options_.node.empty()) {
    const auto found = find_node(*flow_, options_.node);
    if (!found) return found.error();
    node = *found;
  }
  rows_.emplace(*flow_, node);
  return {};
}

result<bool> step_query::read_starts(const reading& r, read_budget& turn) {
  bool complete = true;
  const auto visit = [&](const persistence::stored_checkpoint& what, std::size_t bytes) {
    if (found_ >= options_.limit || bytes_ > max_page_bytes ||
        checkpoints_ >= max_checkpoints_per_page) {
      next_ = what.sequence;
      return view::next::stop;
    }
    complete = !turn.is_spent();
    if (!complete) return view::next::stop;
    newest_ = std::max(newest_, what.sequence);
    ++checkpoints_;
    bytes_ += bytes;
    found_ += static_cast<std::size_t>(
        std::count_if(what.events.begin(), what.events.end(),
                      [&](const flow::event& e) { return rows_->starts(what, e); }));
    if (options_.newest_first) {
      back_.push_back(of_steps(what));
      at_ = what.sequence - 1;
    } else {
      rows_->add(what, true);
      at_ = what.sequence + 1;
    }
    turn.spend(bytes);
    return view::next::more;
  };
  const auto visited = options_.newest_first
                           ? persistence::visit_history_back(*r.now, key_, at_, visit)
                           : persistence::visit_history(*r.now, key_, at_, visit);
  if (!visited) return visited.error();
  return complete;
}

result<void> step_query::read_state(const reading& r) {
  // The state of a quarantined run may be what the process has died of.
  if (r.context->suspects.is_quarantined(key_)) return {};
  const auto loaded = persistence::load_run(*r.now, key_);
  if (!loaded) return loaded.error();
  if (*loaded) rows_->complete_from((*loaded)->state);
  return {};
}

result<bool> step_query::read_ends(const reading& r, read_budget& turn) {
  bool complete = true;
  const auto visit = [&](const persistence::stored_checkpoint& what, std::size_t bytes) {
    if (!rows_->has_open()) return view::next::stop;
    complete = !turn.is_spent();
    if (!complete) return view::next::stop;
    rows_->add(what, false);
    at_ = what.sequence + 1;
    turn.spend(bytes);
    return view::next::more;
  };
  if (rows_->has_open())
    if (const auto visited = persistence::visit_history(*r.now, key_, at_, visit); !visited)
      return visited.error();
  if (complete) rows_->abandon_open();
  return complete;
}

step_page step_query::take() {
  step_page page{rows_->take(), next_};
  if (options_.newest_first) std::reverse(page.steps.begin(), page.steps.end());
  return page;
}

}  // namespace pawl
