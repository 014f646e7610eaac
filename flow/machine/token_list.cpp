#include "flow/machine/token_list.hpp"

#include <algorithm>

#include <pawl/assert.hpp>

#include "flow/machine/sorted_ids.hpp"
#include "flow/values/json_size.hpp"

namespace pawl::flow {

/// What the indexes hold about a token.
token_list::known::known(const token& t)
    : phase(t.phase),
      node(t.node),
      waits_inside(t.phase == token_phase::waiting && !t.waits_outside()),
      under_way(t.under_way()),
      has_task(t.task.has_value()),
      timer(t.can_fire() ? t.timer : std::nullopt) {
  if (t.question) question = {t.node, t.visit, t.attempt};
  if (t.child) child = t.child->id;
  bytes = t.writes.bytes();
  if (t.question) bytes += json_size(*t.question);
  if (t.answer) bytes += json_size(*t.answer);
  if (t.exit && t.exit->error) bytes += json_size(*t.exit->error);
}

namespace {

bool runnable(token_phase phase) noexcept {
  return phase == token_phase::arriving || phase == token_phase::leaving;
}

}  // namespace

token_list::token_list(std::vector<token> tokens) {
  for (auto& t : tokens) add(std::move(t));
  settle();
}

const token* token_list::find(token_id id) const noexcept {
  const auto found = tokens_.find(id);
  return found == tokens_.end() ? nullptr : &found->second.value;
}

token* token_list::find(token_id id) {
  const auto found = tokens_.find(id);
  if (found == tokens_.end()) return nullptr;
  note(found->second);
  return &found->second.value;
}

const token& token_list::operator[](std::size_t position) const {
  return std::next(tokens_.begin(), static_cast<std::ptrdiff_t>(position))->second.value;
}

token& token_list::operator[](std::size_t position) {
  auto& found = std::next(tokens_.begin(), static_cast<std::ptrdiff_t>(position))->second;
  note(found);
  return found.value;
}

token& token_list::front() {
  note(tokens_.begin()->second);
  return tokens_.begin()->second.value;
}

const token& token_list::back() const {
  return std::prev(tokens_.end())->second.value;
}

token& token_list::back() {
  auto& last = std::prev(tokens_.end())->second;
  note(last);
  return last.value;
}

std::vector<token_id> token_list::ids() const {
  std::vector<token_id> all;
  all.reserve(tokens_.size());
  for (const auto& [id, each] : tokens_) all.push_back(id);
  return all;
}

token& token_list::add(token t) {
  const token_id id = t.id;
  const auto added = tokens_.try_emplace(tokens_.end(), id, entry{std::move(t), {}, false});
  note(added->second);
  return added->second.value;
}

void token_list::erase(token_id id) {
  const auto found = tokens_.find(id);
  if (found == tokens_.end()) return;
  if (const auto& known = found->second.indexed) {
    forks_.erase(found->second.value, known->node, known->phase);
    count_out(*known, id);
  }
  tokens_.erase(found);
}

void token_list::clear() {
  *this = token_list{};
}

void token_list::put(token t) {
  const auto found = tokens_.find(t.id);
  if (found == tokens_.end()) {
    add(std::move(t));
  } else {
    found->second.value = std::move(t);
    note(found->second);
  }
}

void token_list::changed(const token& t) {
  if (const auto found = tokens_.find(t.id); found != tokens_.end()) note(found->second);
}

void token_list::note(entry& of) {
  if (std::exchange(of.noted, true)) return;
  noted_.push_back(of.value.id);
}

void token_list::settle() {
  for (const auto id : noted_) {
    const auto found = tokens_.find(id);
    if (found == tokens_.end()) continue;  // it was erased since
    found->second.noted = false;
    index(found->second);
  }
  noted_.clear();
}

void token_list::index(entry& of) {
  const token& t = of.value;
  known now{t};
  if (!of.indexed) {
    forks_.add(t);
  } else {
    if (*of.indexed == now) return;
    if (of.indexed->phase != now.phase || of.indexed->node != now.node)
      forks_.move(t, of.indexed->node, of.indexed->phase);
    count_out(*of.indexed, t.id);
  }
  ++phases_[static_cast<std::size_t>(now.phase)];
  if (runnable(now.phase)) insert_id(runnable_, t.id);
  if (now.phase == token_phase::sleeping) insert_id(sleeping_[now.node], t.id);
  if (now.has_task) insert_id(with_tasks_, t.id);
  if (now.question) {
    insert_id(asking_, t.id);
    questions_[*now.question] = t.id;
  }
  if (now.child) children_[*now.child] = t.id;
  if (now.timer) (now.timer->wall_clock ? times_ : durations_).emplace(now.timer->due, t.id);
  waiting_inside_ += now.waits_inside ? 1 : 0;
  under_way_ += now.under_way ? 1 : 0;
  bytes_ += now.bytes;
  of.indexed = std::move(now);
}

void token_list::count_out(const known& before, token_id id) {
  --phases_[static_cast<std::size_t>(before.phase)];
  if (runnable(before.phase)) erase_id(runnable_, id);
  if (before.phase == token_phase::sleeping) {
    const auto at = sleeping_.find(before.node);
    erase_id(at->second, id);
    if (at->second.empty()) sleeping_.erase(at);
  }
  if (before.has_task) erase_id(with_tasks_, id);
  if (before.question) {
    erase_id(asking_, id);
    questions_.erase(*before.question);
  }
  if (before.child) {
    // Another token may wait for it by now.
    const auto found = children_.find(*before.child);
    if (found != children_.end() && found->second == id) children_.erase(found);
  }
  if (before.timer) (before.timer->wall_clock ? times_ : durations_).erase({before.timer->due, id});
  waiting_inside_ -= before.waits_inside ? 1 : 0;
  under_way_ -= before.under_way ? 1 : 0;
  bytes_ -= before.bytes;
}

std::optional<token_id> token_list::first_runnable() const noexcept {
  return runnable_.empty() ? std::nullopt : std::optional{runnable_.front()};
}

std::optional<token_id> token_list::find_asking(node_index node, std::uint32_t visit,
                                                std::uint32_t attempt) const noexcept {
  const auto found = questions_.find({node, visit, attempt});
  return found == questions_.end() ? std::nullopt : std::optional{found->second};
}

const token* token_list::find_waiting_for(const run_id& child) const {
  const auto found = children_.find(child);
  return found == children_.end() ? nullptr : find(found->second);
}

due_times token_list::next_timers() const noexcept {
  due_times next;
  if (!times_.empty()) next.time = times_.begin()->first;
  if (!durations_.empty()) next.duration = durations_.begin()->first;
  return next;
}

std::vector<token_id> token_list::due(time_point now, time_point engine_time) const {
  std::vector<token_id> found;
  const auto take = [&found](const auto& timers, time_point until) {
    for (const auto& [due, id] : timers) {
      if (due > until) return;
      found.push_back(id);
    }
  };
  take(times_, now);
  take(durations_, engine_time);
  std::sort(found.begin(), found.end());
  return found;
}

std::string_view token_list::broken_index() const {
  if (!noted_.empty()) return "a token was changed after the indexes were brought up to date";
  for (const auto& [id, each] : tokens_)
    if (!each.indexed || !(*each.indexed == known{each.value}))
      return "the indexes hold what a token was before";
  std::vector<token> copies;
  for (const auto& t : *this) copies.push_back(t);
  const token_list made{std::move(copies)};
  if (phases_ != made.phases_ || waiting_inside_ != made.waiting_inside_ ||
      under_way_ != made.under_way_ || bytes_ != made.bytes_)
    return "a count of tokens is wrong";
  if (runnable_ != made.runnable_ || sleeping_ != made.sleeping_ ||
      with_tasks_ != made.with_tasks_ || asking_ != made.asking_ || questions_ != made.questions_ ||
      children_ != made.children_)
    return "a list of tokens is wrong";
  if (times_ != made.times_ || durations_ != made.durations_) return "a list of timers is wrong";
  return forks_ == made.forks_ ? "" : "the tree of forks is wrong";
}

bool operator==(const token_list& a, const token_list& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace pawl::flow
