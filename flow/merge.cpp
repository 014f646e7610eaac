#include "flow/merge.hpp"

#include <algorithm>
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

/// A branch, or the whole of the branches behind a fork, on its way to being merged.
struct part {
  std::size_t depth;  ///< length of its branch
  std::map<std::string_view, written> keys;
};

part part_of(const token& t) {
  part made{t.branch.size(), {}};
  for (const auto& [key, value] : t.writes.items()) {
    const auto before = t.inherited.find(key);
    made.keys.emplace(
        key, written{&value, before == t.inherited.end() ? made.depth : before->second, &t});
  }
  return made;
}

/// Takes one more branch of a fork into what those before it came to.
std::optional<merge_conflict> add(part& whole, part&& branch) {
  for (const auto& [key, theirs] : branch.keys) {
    const auto [found, is_new] = whole.keys.emplace(key, theirs);
    if (is_new || theirs.depth < branch.depth) continue;  // theirs is not from behind the fork
    written& ours = found->second;
    if (ours.depth < branch.depth) {
      ours = theirs;
    } else if (*ours.value != *theirs.value) {
      return merge_conflict{std::string{key}, ours.by, theirs.by};
    }
  }
  return std::nullopt;
}

/// Makes the branches at the end of the list, all of one fork, the one branch that forked.
std::optional<merge_conflict> close_fork(std::vector<part>& open) {
  const std::size_t depth = open.back().depth;
  auto first = open.end() - 1;
  while (first != open.begin() && (first - 1)->depth == depth) --first;
  for (auto next = first + 1; next != open.end(); ++next)
    if (auto conflict = add(*first, std::move(*next))) return conflict;
  open.erase(first + 1, open.end());
  open.back().depth = depth - 1;
  for (auto& [key, w] : open.back().keys) w.depth = std::min(w.depth, depth - 1);
  return std::nullopt;
}

std::size_t common_length(const token& a, const token& b) {
  const auto differ =
      std::mismatch(a.branch.begin(), a.branch.end(), b.branch.begin(), b.branch.end());
  return static_cast<std::size_t>(differ.first - a.branch.begin());
}

}  // namespace

std::variant<merged_writes, merge_conflict> merge_branches(const std::vector<token>& ended) {
  PAWL_ASSERT(!ended.empty(), "no branches were to be merged");
  std::vector<const token*> in_order;
  for (const auto& t : ended) in_order.push_back(&t);
  std::sort(in_order.begin(), in_order.end(),
            [](const token* a, const token* b) { return a->branch < b->branch; });
  // In this order the branches of one fork stand together, and a fork inside one of them before
  // the next. `open` has, from the outside in, what still waits for siblings.
  std::vector<part> open;
  for (std::size_t i = 0; i < in_order.size(); ++i) {
    open.push_back(part_of(*in_order[i]));
    const bool last = i + 1 == in_order.size();
    const std::size_t shared = last ? 0 : common_length(*in_order[i], *in_order[i + 1]) + 1;
    while (open.back().depth > shared)
      if (auto conflict = close_fork(open)) return *std::move(conflict);
  }
  PAWL_ASSERT(open.size() == 1, "a branch was left over at the merge");
  merged_writes merged;
  for (const auto& [key, w] : open.front().keys) merged.emplace(key, w.value);
  return merged;
}

}  // namespace pawl::flow
