#pragma once

#include <algorithm>
#include <array>
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
#include "flow/logic/value_template.hpp"
#include "flow/machine/merge.hpp"
#include "flow/machine/state.hpp"
#include "flow/schema/schema_reader.hpp"

namespace pawl::flow {

class transition_builder;
class data_reader;
struct compiled_node;
struct step_outcome_command;
struct invoke_effect;

/// How a join merges branches.
struct join_plan {
  std::uint32_t needed = 0;  ///< continues after this many branches, drops the others; 0: all
  merge_policy policy = merge_policy::error;
  bool keeps_losers = false;        ///< merges what dropped branches have written, too
  bool compensates_losers = false;  ///< compensates their completed steps before it continues
};

/// How a section treats the steps of its body.
struct section_plan {
  bool compensates = false;  ///< compensates them before an edge takes an error or the time-out
  bool makes_final = false;  ///< never compensates them once the body has ended
};

/// How many items of a map may fail.
struct tolerance {
  std::uint32_t items = 0;
  std::uint32_t percent = 0;  ///< of the items; the greater one counts

  [[nodiscard]] std::size_t of(std::size_t all) const noexcept {
    return std::max<std::size_t>(items, all * percent / 100);
  }
};

/// How a map runs its items.
struct map_plan {
  std::string as = "item";                      ///< key of the item in its branch
  std::string index = "index";                  ///< key of the item's number, from 0
  std::optional<std::string> into = "results";  ///< none: the results are not kept
  std::uint32_t max_concurrency = 10;
  tolerance tolerate;
  /// Instead of `max_concurrency`, evaluated whenever items can begin.
  std::optional<logic::rule> computed_concurrency = {};
  /// Instead of `tolerate`, evaluated whenever an item fails.
  std::optional<logic::rule> computed_tolerance = {};
  /// The value of an item; none: all that its branch has written.
  std::optional<logic::value_template> result;
  /// Ends the map before all items are done. Reads `done`, `failed`, `total` and `results`.
  std::optional<logic::rule> until;
};

/// The behaviour of a node in a run. One subclass per type, one file per subclass. Immutable. All
/// changes to the run go through the transition_builder.
class node {
 public:
  virtual ~node() = default;

  /// A token has entered the node. Moves it on or ends its branch, or leaves it waiting after
  /// requesting what it waits for (a call, a timer, a signal, an answer, other branches).
  virtual void enter(transition_builder& run, token& t) const = 0;

  /// The call of a waiting token has an outcome. Only for types that call.
  virtual void resume(transition_builder& run, token& t, step_outcome_command&& outcome) const;

  /// A signal of the awaited type has arrived for a token that sleeps here.
  virtual void wake(transition_builder& run, token& t) const;

  /// The timer of a token that sleeps here has fired.
  virtual void on_timer(transition_builder& run, token& t) const;

  /// The schema of answers to its question; null: none.
  [[nodiscard]] virtual const json_schema* answer_schema() const noexcept { return nullptr; }
  /// Checks an answer to the question of a token. Error: `invalid_argument`.
  [[nodiscard]] virtual result<void> check_answer(const token& t, const json& answer) const;
  /// The question of a token has been answered.
  virtual void answer(transition_builder& run, token& t, json value) const;

  /// Whether calls are made at most once: not again after a crash that leaves their effect unknown.
  [[nodiscard]] virtual bool is_called_once() const noexcept { return false; }
  /// The process ended during such a call, so its effect is unknown.
  virtual void in_doubt(transition_builder& run, token& t) const;

  /// The plan of a join; null for other types.
  [[nodiscard]] virtual const join_plan* join() const noexcept { return nullptr; }
  /// The plan of a map; null for other types.
  [[nodiscard]] virtual const map_plan* map() const noexcept { return nullptr; }
  /// The plan of a section; null for other types.
  [[nodiscard]] virtual const section_plan* section() const noexcept { return nullptr; }

  /// The types of signals that tokens wait for here.
  [[nodiscard]] virtual std::span<const std::string> awaited_signals() const noexcept { return {}; }
  /// Those that a token which sleeps here waits for: all of them, unless the name is computed.
  [[nodiscard]] virtual std::vector<std::string> awaited_by(const run_state& /*run*/,
                                                            const token& /*t*/,
                                                            const compiled_node& /*place*/) const {
    const auto all = awaited_signals();
    return {all.begin(), all.end()};
  }
  /// Whether a token may leave a signal of such a type to others.
  [[nodiscard]] virtual bool filters_signals() const noexcept { return false; }
  /// The events for which it may have edges of their own.
  [[nodiscard]] virtual std::vector<std::string_view> events() const { return {}; }

  /// Returns the call that a waiting token needs. After a crash it returns the same call again.
  /// Errors: those of the rules that compute the arguments.
  [[nodiscard]] virtual result<invoke_effect> call(const run_state& run, const token& t,
                                                   const compiled_node& place) const;

  /// When the time for all attempts of the token's visit is over; none if they share no limit.
  [[nodiscard]] virtual std::optional<time_point> deadline(const token& /*t*/) const {
    return std::nullopt;
  }

  /// The child run of the token's visit; none for types that start no run.
  [[nodiscard]] virtual std::optional<run_id> child_of(const run_state& /*run*/, const token& /*t*/,
                                                       const compiled_node& /*place*/) const {
    return std::nullopt;
  }

  /// The functions that the node can call: one, if its name is not computed.
  [[nodiscard]] virtual std::span<const std::string> code_refs() const noexcept { return {}; }
  /// The arguments of its call if the flow has them as literals; else null.
  [[nodiscard]] virtual const json* literal_arguments() const noexcept { return nullptr; }
  /// The function that compensates its step, or "".
  [[nodiscard]] virtual std::string_view compensation_ref() const noexcept { return {}; }
};

/// The function that is called for a token at a node; "" if its name is computed and no worker has
/// the task.
[[nodiscard]] std::string function_called(const token& t, const node& at);

/// Reads the `data` of a node. Appends a diagnostic for each problem; a value with a problem reads
/// as absent.
class data_reader {
 public:
  data_reader(const node_definition& source, const limits& limits,
              std::vector<diagnostic>& diagnostics, schema_reader& schemas)
      : data_reader(source, source.data, source.pointer + "/data", source.code_ref_key, limits,
                    diagnostics, schemas) {}

  /// Returns the value of a key; null if it is absent or JSON null.
  [[nodiscard]] const json* find(std::string_view key) const;
  /// Whether a key has the value null.
  [[nodiscard]] bool is_null(std::string_view key) const;
  /// Returns the JSON pointer of a key, as the author spelled it.
  [[nodiscard]] std::string pointer(std::string_view key) const;
  /// Appends an error at a key; `warn`: a warning at a pointer.
  void fail(std::string_view key, std::string code, std::string message) const;
  void warn(std::string pointer, std::string code, std::string message) const;

  [[nodiscard]] std::optional<std::string> text(std::string_view key, bool required) const;
  [[nodiscard]] json object(std::string_view key, bool required = false) const;
  [[nodiscard]] std::optional<std::chrono::milliseconds> duration(std::string_view key) const;
  [[nodiscard]] std::optional<std::uint32_t> count(std::string_view key, std::uint32_t min,
                                                   std::uint32_t max) const;
  [[nodiscard]] std::optional<double> number(std::string_view key, double min, double max) const;
  [[nodiscard]] std::vector<std::string> texts(std::string_view key) const;
  /// The same; a single string counts as an array of one.
  [[nodiscard]] std::vector<std::string> text_or_texts(std::string_view key) const;
  [[nodiscard]] std::optional<bool> flag(std::string_view key) const;
  /// Returns one of `words`; the first one if the key is absent or has another value.
  [[nodiscard]] std::string_view one_of(std::string_view key,
                                        std::span<const std::string_view> words) const;
  /// Returns a reader of the object under `key`, which may have only `keys`.
  [[nodiscard]] std::optional<data_reader> within(std::string_view key,
                                                  std::span<const std::string_view> keys) const;
  /// Returns a reader of the object under `key`, which may have any keys.
  [[nodiscard]] std::optional<data_reader> within(std::string_view key) const;
  /// Returns readers of the objects in the array under `key`, which may have only `keys`.
  [[nodiscard]] std::vector<data_reader> each_within(std::string_view key,
                                                     std::span<const std::string_view> keys) const;
  [[nodiscard]] auto items() const { return data_.items(); }
  /// Compiles a template; none if it is absent or invalid. `secrets` receives the places of its
  /// secrets; null: it can have none.
  [[nodiscard]] std::optional<logic::value_template> value(
      std::string_view key, bool required, logic::secret_places* secrets = nullptr) const;
  /// The same, except that null counts as absent.
  [[nodiscard]] std::optional<logic::value_template> value_unless_null(
      std::string_view key, bool required, logic::secret_places* secrets = nullptr) const;
  /// Compiles an object of templates, by name.
  [[nodiscard]] std::optional<logic::value_template> members(
      std::string_view key, bool required = false, logic::secret_places* secrets = nullptr) const;
  /// Compiles a rule whose truth value is wanted.
  [[nodiscard]] std::optional<logic::rule> condition(std::string_view key, bool required) const;
  /// Reads a duration, or a rule that returns one. A literal duration is checked now.
  [[nodiscard]] std::optional<logic::rule> duration_rule(std::string_view key) const;
  /// The same for a time.
  [[nodiscard]] std::optional<logic::rule> time_rule(std::string_view key) const;
  /// Compiles a JSON Schema; none if it is absent.
  [[nodiscard]] std::optional<json_schema> schema(std::string_view key) const;
  [[nodiscard]] const limits& allowed() const noexcept { return limits_; }

  [[nodiscard]] std::vector<diagnostic>& diagnostics() const noexcept { return diagnostics_; }

 private:
  data_reader(const node_definition& source, const json& data, std::string at,
              std::string_view code_ref_key, const limits& limits,
              std::vector<diagnostic>& diagnostics, schema_reader& schemas)
      : source_(source),
        data_(data),
        at_(std::move(at)),
        code_ref_key_(code_ref_key),
        limits_(limits),
        diagnostics_(diagnostics),
        schemas_(schemas) {}
  void fail_missing(std::string_view key) const;
  /// Reports the keys of the value that are not in `keys`. `within`: the key of the value.
  void refuse_unknown(std::span<const std::string_view> keys, std::string_view within) const;
  [[nodiscard]] logic::limits rule_limits(logic::secret_places* secrets = nullptr) const;
  /// Compiles a rule, or a literal that has been checked.
  [[nodiscard]] std::optional<logic::rule> computed(std::string_view key) const;
  /// A key as the author spelled it.
  [[nodiscard]] std::string_view as_written(std::string_view key) const {
    return key == "code_ref" ? code_ref_key_ : key;
  }

  const node_definition& source_;
  const json& data_;
  std::string at_;  ///< JSON pointer of `data_`
  std::string_view code_ref_key_;
  const limits& limits_;
  std::vector<diagnostic>& diagnostics_;
  schema_reader& schemas_;
};

/// A node type. Each is defined in a file of its own and listed in node_types.hpp.
struct node_type {
  std::string_view name;
  /// Keys of its `data`, besides those of every node.
  std::span<const std::string_view> keys;
  /// Creates the behaviour. Reports invalid data through the reader; the returned node is then not
  /// run.
  std::unique_ptr<const node> (*make)(const data_reader& data);
  bool ends_branch = false;      ///< has no outgoing edges
  bool gives_condition = false;  ///< literal booleans on its edges are compared with its result
  bool times_out = false;        ///< may have an `on_timeout` edge
  bool has_events = false;       ///< may have `on` edges
  bool may_fail = true;          ///< may have `on_error` edges
  bool has_items = false;        ///< needs an `each` edge
  bool has_body = false;         ///< needs a `body` edge
  bool forks = false;            ///< needs at least two plain edges
  bool joins = false;            ///< joins branches

  /// Whether its `data` may have this key.
  [[nodiscard]] bool reads(std::string_view key) const noexcept {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
  }
};

/// Returns all node types.
[[nodiscard]] std::span<const node_type* const> node_types() noexcept;
/// Returns the type with this name, or null.
[[nodiscard]] const node_type* find_node_type(std::string_view name) noexcept;

/// Other spellings of the key `code_ref`.
inline constexpr std::array<const char*, 2> code_ref_aliases = {"function", "codeRef"};
[[nodiscard]] inline bool is_code_ref_alias(std::string_view key) noexcept {
  return std::find(code_ref_aliases.begin(), code_ref_aliases.end(), key) != code_ref_aliases.end();
}

/// Returns the keys that the `data` of every node may have.
[[nodiscard]] std::span<const std::string_view> common_node_keys() noexcept;

}  // namespace pawl::flow
