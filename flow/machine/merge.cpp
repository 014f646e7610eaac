#include "flow/machine/merge.hpp"

#include <algorithm>
#include <deque>
#include <optional>
#include <string_view>

#include <pawl/assert.hpp>

namespace pawl::flow {
namespace {

struct written {
  const json* value;
  std::size_t depth;  ///< length of the branch that wrote it
  const token* by;
};

/// The writes of a branch, or of merged branches.
struct part {
  std::size_t depth;  ///< length of its branch
  std::map<std::string_view, written> keys;
};

part part_of(const token& t) {
  part made{t.branch.size(), {}};
  for (const auto& [key, value] : t.writes->items()) {
    const auto before = t.inherited.find(key);
    made.keys.emplace(
        key, written{&value, before == t.inherited.end() ? made.depth : before->second, &t});
  }
  return made;
}

std::size_t common_length(const token& a, const token& b) {
  const auto differ =
      std::mismatch(a.branch.begin(), a.branch.end(), b.branch.begin(), b.branch.end());
  return static_cast<std::size_t>(differ.first - a.branch.begin());
}

class merger {
 public:
  merger(std::size_t depth, merge_policy policy) : depth_(depth), policy_(policy) {}

  std::optional<merge_conflict> merge(std::vector<const token*> branches) {
    std::sort(branches.begin(), branches.end(),
              [](const token* a, const token* b) { return a->branch < b->branch; });
    // In this order the branches of a fork are adjacent, and a fork inside one of them comes before
    // the next. `open_` has the parts that still wait for siblings, outermost first.
    for (std::size_t i = 0; i < branches.size(); ++i) {
      open_.push_back(part_of(*branches[i]));
      const bool last = i + 1 == branches.size();
      const std::size_t shared = last ? depth_ : common_length(*branches[i], *branches[i + 1]) + 1;
      while (open_.back().depth > shared)
        if (auto conflict = close_fork()) return conflict;
    }
    PAWL_ASSERT_RUN(open_.size() == 1, "a branch was not merged");
    return std::nullopt;
  }

  [[nodiscard]] merged_writes writes() const {
    merged_writes made;
    for (const auto& [key, w] : open_.front().keys)
      made.emplace(key, merged_value{*w.value, w.depth});
    return made;
  }

 private:
  /// Merges the branches at the end of the list, all of one fork, into the branch that forked.
  std::optional<merge_conflict> close_fork() {
    const std::size_t depth = open_.back().depth;
    auto first = open_.end() - 1;
    while (first != open_.begin() && (first - 1)->depth == depth) --first;
    std::map<std::string_view, json> collected;
    for (auto next = first + 1; next != open_.end(); ++next)
      if (auto conflict = add(*first, *next, collected)) return conflict;
    for (auto& [key, values] : collected)
      first->keys.at(key).value = &made_.emplace_back(std::move(values));
    open_.erase(first + 1, open_.end());
    open_.back().depth = depth - 1;
    for (auto& [key, w] : open_.back().keys) w.depth = std::min(w.depth, depth - 1);
    return std::nullopt;
  }

  /// Merges one more branch of a fork into those before it.
  std::optional<merge_conflict> add(part& whole, const part& branch,
                                    std::map<std::string_view, json>& collected) {
    for (const auto& [key, theirs] : branch.keys) {
      const auto [found, is_new] = whole.keys.emplace(key, theirs);
      if (is_new || theirs.depth < branch.depth) continue;  // written before the fork
      written& ours = found->second;
      if (ours.depth < branch.depth) {
        ours = theirs;
        continue;
      }
      switch (policy_) {
        case merge_policy::first:
          break;
        case merge_policy::last:
          ours = theirs;
          break;
        case merge_policy::collect:
          collected.try_emplace(key, json::array({*ours.value}))
              .first->second.push_back(*theirs.value);
          break;
        case merge_policy::error:
          if (*ours.value != *theirs.value)
            return merge_conflict{std::string{key}, ours.by, theirs.by};
          break;
      }
    }
    return std::nullopt;
  }

  const std::size_t depth_;
  const merge_policy policy_;
  std::vector<part> open_;
  std::deque<json> made_;  ///< owns the collected values; addresses are stable
};

}  // namespace

std::variant<merged_writes, merge_conflict> merge_branches(
    const std::vector<const token*>& branches, std::size_t depth, merge_policy policy) {
  PAWL_ASSERT_RUN(!branches.empty(), "there are no branches to merge");
  merger all{depth, policy};
  if (auto conflict = all.merge(branches)) return *std::move(conflict);
  return all.writes();
}

}  // namespace pawl::flow
