#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flow/definition/definition.hpp"
#include "flow/logic/logic.hpp"
#include "flow/machine/merge.hpp"
#include "flow/machine/state.hpp"

namespace pawl::flow {

class transition_builder;
class data_reader;
struct compiled_node;
struct step_outcome_command;
struct invoke_effect;

/// How a join brings branches together.
struct join_plan {
  std::uint32_t needed = 0;  ///< goes on when so many have come and drops the others; 0: all
  merge_policy policy = merge_policy::error;
};

/// How a map goes through its items.
struct map_plan {
  std::string as = "item";      ///< the key under which a branch finds its item
  std::string index = "index";  ///< and the one for its number, from 0
  std::string into = "results";
  std::uint32_t max_concurrency = 10;
  std::uint32_t tolerate = 0;          ///< items that may fail
  std::uint32_t tolerate_percent = 0;  ///< the same as a part of all
  std::optional<logic::rule> result;   ///< of an item; none: what its branch has written

  [[nodiscard]] std::size_t tolerated(std::size_t items) const noexcept {
    return std::max<std::size_t>(tolerate, items * tolerate_percent / 100);
  }
};

/// What a node of some type does in a run. One subclass for each type, one file for each subclass.
/// Immutable. Everything it does to the run goes through the transition_builder.
class node {
 public:
  virtual ~node() = default;

  /// A token has come here. Either moves it on (`transition_builder::leave`,
  /// `transition_builder::end`) or leaves it waiting and asks for what it waits for.
  virtual void enter(transition_builder& run, token& t) const = 0;

  /// What the token waits for has come. Called only for types that leave tokens waiting.
  virtual void resume(transition_builder& run, token& t, step_outcome_command&& outcome) const;

  /// A signal of the awaited type is there for a token that sleeps here.
  virtual void wake(transition_builder& run, token& t) const;

  /// The timer of a token that sleeps here has rung.
  virtual void on_timer(transition_builder& run, token& t) const;

  /// Whether a token's question here can be answered with this. Error: `invalid_argument`.
  [[nodiscard]] virtual result<void> check_answer(const token& t, const json& answer) const;
  /// Somebody has answered what a token asks here.
  virtual void answer(transition_builder& run, token& t, json value) const;

  /// Whether a call from here must not be made again when nobody knows if it took effect.
  [[nodiscard]] virtual bool is_called_once() const noexcept { return false; }
  /// Such a call was under way when its process ended.
  virtual void in_doubt(transition_builder& run, token& t) const;

  /// How tokens come together here, or null.
  [[nodiscard]] virtual const join_plan* join() const noexcept { return nullptr; }
  /// What is done with the items here, or null.
  [[nodiscard]] virtual const map_plan* map() const noexcept { return nullptr; }

  /// The type of signal that tokens sleep for here, or "".
  [[nodiscard]] virtual std::string_view awaited_signal() const noexcept { return {}; }

  /// The effect that brings the outcome of a token that waits here, again: after a crash.
  /// Errors: those of computing the arguments.
  [[nodiscard]] virtual result<invoke_effect> call(const run_state& run, const token& t,
                                                   const compiled_node& place) const;

  /// The function it calls, or "".
  [[nodiscard]] virtual std::string_view code_ref() const noexcept { return {}; }
  /// The function that undoes its step, or "".
  [[nodiscard]] virtual std::string_view undo_ref() const noexcept { return {}; }
};

/// Reads a node's `data`, appending what is wrong with it to the diagnostics.
class data_reader {
 public:
  data_reader(const node_definition& source, const limits& allowed,
              std::vector<diagnostic>& diagnostics)
      : data_reader(source, source.data, source.pointer + "/data", allowed, diagnostics) {}

  [[nodiscard]] const json* find(std::string_view key) const;
  [[nodiscard]] std::string pointer(std::string_view key) const;
  void fail(std::string_view key, std::string code, std::string message) const;

  /// A required or optional value of one type; a wrong one is a diagnostic and reads as absent.
  [[nodiscard]] std::optional<std::string> text(std::string_view key, bool required) const;
  [[nodiscard]] json object(std::string_view key, bool required = false) const;
  [[nodiscard]] std::optional<std::chrono::milliseconds> duration(std::string_view key) const;
  [[nodiscard]] std::optional<std::uint32_t> count(std::string_view key, std::uint32_t least,
                                                   std::uint32_t most) const;
  [[nodiscard]] std::optional<double> number(std::string_view key, double least, double most) const;
  [[nodiscard]] std::vector<std::string> texts(std::string_view key) const;
  /// One of a few words; the first where it is absent or wrong.
  [[nodiscard]] std::string_view one_of(std::string_view key,
                                        std::span<const std::string_view> words) const;
  /// What is under a key that holds an object, to be read in the same way; its keys are checked.
  [[nodiscard]] std::optional<data_reader> within(std::string_view key,
                                                  std::span<const std::string_view> keys) const;
  /// The same for an object whose keys are names that the author has chosen.
  [[nodiscard]] std::optional<data_reader> within(std::string_view key) const;
  /// The keys and values that are read here.
  [[nodiscard]] auto items() const { return data_.items(); }
  /// Rules by name, from an object.
  [[nodiscard]] std::vector<std::pair<std::string, logic::rule>> rules(std::string_view key,
                                                                       bool required = false) const;
  /// A rule that gives a duration; one that is written out is checked.
  [[nodiscard]] std::optional<logic::rule> duration_rule(std::string_view key) const;
  [[nodiscard]] const limits& allowed() const noexcept { return allowed_; }

  /// A compiled rule; none if it is absent or faulty.
  [[nodiscard]] std::optional<logic::rule> rule(std::string_view key, bool required) const;
  /// The same where null is no rule but counts as absent.
  [[nodiscard]] std::optional<logic::rule> rule_unless_null(std::string_view key,
                                                            bool required) const;
  [[nodiscard]] std::vector<diagnostic>& diagnostics() const noexcept { return diagnostics_; }

 private:
  data_reader(const node_definition& source, const json& data, std::string at,
              const limits& allowed, std::vector<diagnostic>& diagnostics)
      : source_(source),
        data_(data),
        at_(std::move(at)),
        allowed_(allowed),
        diagnostics_(diagnostics) {}
  void fail_missing(std::string_view key) const;

  const node_definition& source_;
  const json& data_;
  std::string at_;  ///< the pointer of `data_`
  const limits& allowed_;
  std::vector<diagnostic>& diagnostics_;
};

/// How a type is known to the rest of `flow/`.
struct node_type {
  std::string_view name;
  /// The keys its `data` may have, besides those of every node.
  std::span<const std::string_view> keys;
  /// Makes the behaviour. Faulty data is told through the reader; what is returned then is not run.
  std::unique_ptr<const node> (*make)(const data_reader& data);
  bool ends_branch = false;      ///< edges from it are a diagnostic
  bool gives_condition = false;  ///< literal booleans on its edges follow its result
  bool times_out = false;        ///< may have an edge on_timeout
  bool may_fail = true;          ///< may have edges on_error
  bool has_items = false;        ///< needs an edge each
  bool forks = false;            ///< needs several plain edges
  bool joins = false;            ///< branches come together here
};

/// Every type there is.
[[nodiscard]] std::span<const node_type* const> node_types() noexcept;
/// The type of that name, or null.
[[nodiscard]] const node_type* find_node_type(std::string_view name) noexcept;

/// Keys that any node's `data` may have.
[[nodiscard]] std::span<const std::string_view> common_node_keys() noexcept;

}  // namespace pawl::flow
