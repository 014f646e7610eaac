#include "tests/linear/search.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <unordered_set>
#include <utility>

#include <pawl/assert.hpp>

namespace pawl::linear {
namespace {

constexpr std::size_t limit_of_ends = 50'000;
constexpr std::size_t never = std::numeric_limits<std::size_t>::max();

class search {
 public:
  search(const std::vector<call>& calls, std::size_t limit) : calls_(calls), limit_(limit) {
    for (const auto& c : calls_) {
      if (c.known) ++known_;
      const auto& data = c.answer.data;
      if (c.known && data && data->claimed.size() > seen_claims_.size())
        seen_claims_ = data->claimed;
    }
  }

  search_result run() {
    if (explains(configuration{run_model{}, std::vector<bool>(calls_.size()), 0, 0}))
      return search_result::linearizable;
    return seen_.size() > limit_ ? search_result::undecided : search_result::not_linearizable;
  }

  /// Returns every possible state after all answered calls.
  std::set<std::string> ends() {
    collecting_ = true;
    explains(configuration{run_model{}, std::vector<bool>(calls_.size()), 0, 0});
    return std::move(ends_);
  }

 private:
  struct configuration {
    run_model run;
    std::vector<bool> ordered;    ///< the calls that have taken effect
    std::size_t known = 0;        ///< number of answered calls among them
    std::size_t latest_call = 0;  ///< calls that ended before it can no longer take effect
  };

  /// Whether the remaining calls can be explained from here. Recurses as deep as the history is
  /// long.
  bool explains(const configuration& here) {
    if (!agrees_with_claims(here.run)) return false;
    if (seen_.size() > limit_ || !seen_.insert(key(here)).second) return false;
    if (here.known == known_) {
      if (!collecting_) return true;
      ends_.insert(here.run.text());
    }
    const std::size_t first_answer = earliest_answer(here);
    if (const auto next = harmless(here, first_answer); next != never)
      return explains(with(here, next, here.run));
    for (std::size_t i = 0; i < calls_.size(); ++i) {
      const call& c = calls_[i];
      if (here.ordered[i] || c.called > first_answer || c.answered < here.latest_call) continue;
      run_model after = here.run;
      const outcome answer = after.perform(c.what);
      const bool fits = c.known ? answer == c.answer : !(after == here.run);
      if (fits && explains(with(here, i, std::move(after)))) return true;
    }
    configuration moved = here;
    return moved.run.move() && explains(moved);
  }

  /// Prunes the search: signals are claimed in the order of receipt, so that order must agree with
  /// the claims seen at the end.
  bool agrees_with_claims(const run_model& run) const {
    const auto both = std::min(run.received.size(), seen_claims_.size());
    return std::equal(run.received.begin(),
                      run.received.begin() + static_cast<std::ptrdiff_t>(both),
                      seen_claims_.begin());
  }

  /// No answer shows the order of the signals after those whose claim is seen. Without this,
  /// concurrent signals would cause one state per permutation.
  void forget_order(run_model& run) const {
    if (run.received.size() <= seen_claims_.size()) return;
    std::sort(run.received.begin() + static_cast<std::ptrdiff_t>(seen_claims_.size()),
              run.received.end());
  }

  /// The earliest answer of a call that is not ordered yet. The next call must start before it.
  std::size_t earliest_answer(const configuration& here) const {
    std::size_t earliest = never;
    for (std::size_t i = 0; i < calls_.size(); ++i)
      if (calls_[i].known && !here.ordered[i]) earliest = std::min(earliest, calls_[i].answered);
    return earliest;
  }

  /// Finds a call that can come next, fits and changes nothing. If there is a solution, there is
  /// one with this call first, unless it would make a call without an answer of an earlier life too
  /// late.
  std::size_t harmless(const configuration& here, std::size_t first_answer) const {
    for (std::size_t i = 0; i < calls_.size(); ++i) {
      const call& c = calls_[i];
      if (!c.known || here.ordered[i] || c.called > first_answer) continue;
      run_model after = here.run;
      if (after.perform(c.what) != c.answer || !(after == here.run)) continue;
      const auto too_late = [&](std::size_t o) {
        const call& other = calls_[o];
        return !other.known && !here.ordered[o] && other.answered >= here.latest_call &&
               other.answered < c.called;
      };
      bool excludes = false;
      for (std::size_t o = 0; o < calls_.size() && !excludes; ++o) excludes = too_late(o);
      if (!excludes) return i;
    }
    return never;
  }

  configuration with(const configuration& here, std::size_t next, run_model after) const {
    if (!collecting_) forget_order(after);
    configuration then{std::move(after), here.ordered, here.known + (calls_[next].known ? 1 : 0),
                       std::max(here.latest_call, calls_[next].called)};
    then.ordered[next] = true;
    return then;
  }

  /// Calls that can no longer take effect count as ordered: they make no difference.
  std::string key(const configuration& here) const {
    std::string text(calls_.size(), '0');
    for (std::size_t i = 0; i < calls_.size(); ++i) {
      const bool too_late = !calls_[i].known && calls_[i].answered < here.latest_call;
      if (here.ordered[i] || too_late) text[i] = '1';
    }
    return text + std::to_string(here.latest_call) + here.run.text();
  }

  const std::vector<call>& calls_;
  const std::size_t limit_;
  std::size_t known_ = 0;
  std::vector<int> seen_claims_;  ///< the longest list in an answer
  bool collecting_ = false;
  std::unordered_set<std::string> seen_;
  std::set<std::string> ends_;
};

/// The records up to a position.
std::vector<call> beginning_of(const std::vector<call>& calls, std::size_t position) {
  std::vector<call> first;
  for (call c : calls) {
    if (c.called > position) continue;
    if (c.answered > position) c.known = false;  // it may have taken effect; `answered` is later
    first.push_back(std::move(c));
  }
  return first;
}

bool is_refuted(const std::vector<call>& calls) {
  return check_linearizable(calls) == search_result::not_linearizable;
}

/// Whether a call cannot have changed anything. Omitting it makes no history harder to explain.
bool changed_nothing(const call& c) {
  if (c.what.what == verb::get) return true;
  if (!c.known) return false;
  return !c.answer.error.empty() || (c.what.what == verb::start && !c.answer.created);
}

}  // namespace

search_result check_linearizable(const std::vector<call>& calls, std::size_t limit) {
  return search{calls, limit}.run();
}

refutation refute(const std::vector<call>& calls) {
  std::vector<std::size_t> answers;
  for (const auto& c : calls)
    if (c.known) answers.push_back(c.answered);
  std::sort(answers.begin(), answers.end());
  // Every prefix of a linearizable history is linearizable.
  const auto shortest = std::partition_point(
      answers.begin(), answers.end(),
      [&](std::size_t position) { return !is_refuted(beginning_of(calls, position)); });
  PAWL_ASSERT(shortest != answers.end(), "the history is not linearizable");
  std::vector<call> left = beginning_of(calls, *shortest);
  const auto is_last = [&](const call& c) { return c.known && c.answered == *shortest; };
  for (std::size_t i = left.size(); i-- > 0;) {
    if (is_last(left[i]) || !changed_nothing(left[i])) continue;
    auto without = left;
    without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
    if (is_refuted(without)) left = std::move(without);
  }
  refutation why;
  const auto last = std::find_if(left.begin(), left.end(), is_last);
  why.last = *last;
  auto before = left;
  before.erase(before.begin() + (last - left.begin()));
  const auto ends = search{before, limit_of_ends}.ends();
  why.instead.assign(ends.begin(), ends.end());
  why.calls = std::move(left);
  return why;
}

std::string to_text(const refutation& why) {
  std::string text = "no order of these calls explains the answer to the last one:\n";
  for (const auto& c : why.calls) {
    if (c.number == why.last.number) continue;
    text += "  " + to_text(c);
    if (c.answered > why.last.answered) text += " by then";
    text += "\n";
  }
  text += "  " + to_text(why.last) + "\nwithout the last call the run could have been:\n";
  constexpr std::size_t most = 8;
  for (std::size_t i = 0; i < why.instead.size() && i < most; ++i)
    text += "  " + why.instead[i] + "\n";
  if (why.instead.size() > most) text += "  and more\n";
  return text;
}

}  // namespace pawl::linear
