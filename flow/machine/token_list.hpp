#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "flow/machine/fork_tree.hpp"
#include "flow/machine/token.hpp"

namespace pawl::flow {

/// When the next timers of a run are due. None if it has none or its waits are frozen.
struct due_times {
  std::optional<time_point> time;      ///< of those set to a time on the wall clock
  std::optional<time_point> duration;  ///< of those that end a duration, in engine time

  /// Whether there is a timer.
  [[nodiscard]] bool any() const noexcept { return time || duration; }
  friend bool operator==(const due_times&, const due_times&) = default;
};

/// The tokens of a run, by id, with indexes of what they wait for: a transition costs what it
/// touches, however many tokens there are.
///
/// A token may be changed through the reference that a non-const member returned, except for its
/// id and branch. The indexes follow at the next question about them. If a question was asked since
/// the reference was returned, call `changed` after the change. References are valid until the
/// token is erased.
///
/// After `settle`, concurrent const calls are safe; a state between two transitions is settled.
class token_list {
  /// What the indexes hold about a token.
  struct known {
    explicit known(const token& t);

    token_phase phase{};
    node_index node = 0;
    bool waits_inside = false;
    bool under_way = false;
    bool has_task = false;
    std::optional<std::array<std::uint32_t, 3>> question;
    std::optional<flow::timer> timer;  ///< if it can fire
    std::optional<run_id> child;
    std::size_t bytes = 0;

    friend bool operator==(const known&, const known&) = default;
  };
  struct entry {
    token value;
    std::optional<known> indexed;  ///< none before it is indexed for the first time
    bool noted = false;            ///< is in `noted_`
  };
  using map = std::map<token_id, entry>;

 public:
  /// Iterates over the tokens, ascending by id. Does not allow changes.
  class const_iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = token;
    using difference_type = std::ptrdiff_t;
    using pointer = const token*;
    using reference = const token&;

    const_iterator() = default;
    reference operator*() const noexcept { return at_->second.value; }
    pointer operator->() const noexcept { return &at_->second.value; }
    const_iterator& operator++() noexcept {
      ++at_;
      return *this;
    }
    const_iterator operator++(int) noexcept { return const_iterator{at_++}; }
    friend bool operator==(const const_iterator&, const const_iterator&) = default;

   private:
    friend class token_list;
    explicit const_iterator(map::const_iterator at) : at_(at) {}
    map::const_iterator at_;
  };
  using iterator = const_iterator;
  using value_type = token;

  token_list() = default;
  /// Of tokens with different ids.
  token_list(std::vector<token> tokens);  // NOLINT: a list of tokens is one

  [[nodiscard]] const_iterator begin() const noexcept { return const_iterator{tokens_.begin()}; }
  [[nodiscard]] const_iterator end() const noexcept { return const_iterator{tokens_.end()}; }
  [[nodiscard]] std::size_t size() const noexcept { return tokens_.size(); }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }

  [[nodiscard]] const token* find(token_id id) const noexcept;
  [[nodiscard]] token* find(token_id id);
  /// The token at a position. O(n).
  [[nodiscard]] const token& operator[](std::size_t position) const;
  [[nodiscard]] token& operator[](std::size_t position);
  [[nodiscard]] const token& front() const { return *begin(); }
  [[nodiscard]] token& front();
  [[nodiscard]] const token& back() const;
  [[nodiscard]] token& back();
  /// The ids of all tokens, ascending.
  [[nodiscard]] std::vector<token_id> ids() const;

  /// Adds a token, whose id no other has.
  token& add(token t);
  void erase(token_id id);
  void clear();
  /// Replaces a token by one with the same id and branch, or adds it.
  void put(token t);

  void changed(const token& t);
  /// Brings the indexes up to date.
  void settle();

  // Questions. Those that are const need a settled list.

  [[nodiscard]] std::size_t count(token_phase phase) const noexcept {
    return phases_[static_cast<std::size_t>(phase)];
  }
  /// The first token that moves when the run is advanced.
  [[nodiscard]] std::optional<token_id> first_runnable() const noexcept;
  /// Number of tokens whose call is made by the actor of the run.
  [[nodiscard]] std::size_t waiting_inside() const noexcept { return waiting_inside_; }
  [[nodiscard]] std::size_t under_way() const noexcept { return under_way_; }
  /// Tokens that sleep, by their node.
  [[nodiscard]] const std::map<node_index, std::vector<token_id>>& sleeping() const noexcept {
    return sleeping_;
  }
  /// Tokens with tasks of workers.
  [[nodiscard]] const std::vector<token_id>& with_tasks() const noexcept { return with_tasks_; }
  /// Tokens whose questions are open.
  [[nodiscard]] const std::vector<token_id>& asking() const noexcept { return asking_; }
  /// The token whose open question this visit and attempt of a node asks.
  [[nodiscard]] std::optional<token_id> find_asking(node_index node, std::uint32_t visit,
                                                    std::uint32_t attempt) const noexcept;
  [[nodiscard]] bool waits_for_children() const noexcept { return !children_.empty(); }
  /// The token that waits for a child run.
  [[nodiscard]] const token* find_waiting_for(const run_id& child) const;
  /// The next due times of timers that can fire.
  [[nodiscard]] due_times next_timers() const noexcept;
  /// The tokens whose timers can fire and are due, ascending.
  [[nodiscard]] std::vector<token_id> due(time_point now, time_point engine_time) const;
  /// Bytes of the questions, answers, errors and writes of all tokens; see `json_size`.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] const fork_tree& forks() const noexcept { return forks_; }
  [[nodiscard]] fork_tree& forks() noexcept { return forks_; }

  /// The first index that does not agree with the tokens, or "". For tests.
  [[nodiscard]] std::string_view broken_index() const;

  friend bool operator==(const token_list& a, const token_list& b);

 private:
  void note(entry& of);
  void index(entry& of);
  void count_out(const known& before, token_id id);

  map tokens_;
  std::vector<token_id> noted_;  ///< may have changed since they were indexed

  std::array<std::size_t, token_phase_count> phases_{};
  std::vector<token_id> runnable_;
  std::map<node_index, std::vector<token_id>> sleeping_;
  std::vector<token_id> with_tasks_;
  std::vector<token_id> asking_;
  std::map<std::array<std::uint32_t, 3>, token_id> questions_;  ///< by node, visit, attempt
  std::map<run_id, token_id> children_;
  std::set<std::pair<time_point, token_id>> times_;
  std::set<std::pair<time_point, token_id>> durations_;
  std::size_t waiting_inside_ = 0;
  std::size_t under_way_ = 0;
  std::size_t bytes_ = 0;
  fork_tree forks_;
};

}  // namespace pawl::flow
