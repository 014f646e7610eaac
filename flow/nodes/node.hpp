#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "flow/definition.hpp"
#include "flow/logic/logic.hpp"
#include "flow/state.hpp"

namespace pawl::flow {

class editor;
struct compiled_node;
struct step_outcome_command;
struct invoke_effect;

/// What a node of some type does in a run. One subclass for each type, one file for each subclass.
/// Immutable. Everything it does to the run goes through the editor.
class node {
 public:
  virtual ~node() = default;

  /// A token has come here. Either moves it on (`editor::leave`, `editor::end`) or leaves it
  /// waiting and asks for what it waits for.
  virtual void enter(editor& run, token& t) const = 0;

  /// What the token waits for has come. Called only for types that leave tokens waiting.
  virtual void resume(editor& run, token& t, step_outcome_command&& outcome) const;

  /// A signal of the awaited type is there for a token that sleeps here.
  virtual void wake(editor& run, token& t) const;

  /// The type of signal that tokens sleep for here, or "".
  [[nodiscard]] virtual std::string_view awaited_signal() const noexcept { return {}; }

  /// The effect that brings the outcome of a token that waits here, again: after a crash.
  /// Errors: those of computing the arguments.
  [[nodiscard]] virtual result<invoke_effect> call(const run_state& run, const token& t,
                                                   const compiled_node& place) const;

  /// The function it calls, or "".
  [[nodiscard]] virtual std::string_view code_ref() const noexcept { return {}; }
};

/// Reads a node's `data`, appending what is wrong with it to the faults.
class data_reader {
 public:
  data_reader(const node_definition& source, const limits& allowed, std::vector<fault>& faults)
      : source_(source), allowed_(allowed), faults_(faults) {}

  [[nodiscard]] const json* find(std::string_view key) const;
  [[nodiscard]] std::string pointer(std::string_view key) const;
  void fail(std::string_view key, std::string code, std::string message) const;

  /// A required or optional value of one type; a wrong one is a fault and reads as absent.
  [[nodiscard]] std::optional<std::string> text(std::string_view key, bool required) const;
  [[nodiscard]] json object(std::string_view key, bool required = false) const;
  [[nodiscard]] std::optional<std::chrono::milliseconds> duration(std::string_view key) const;
  [[nodiscard]] std::optional<std::uint32_t> count(std::string_view key, std::uint32_t least,
                                                   std::uint32_t most) const;
  /// A compiled rule; none if it is absent or faulty.
  [[nodiscard]] std::optional<logic::rule> rule(std::string_view key, bool required) const;
  [[nodiscard]] std::vector<fault>& faults() const noexcept { return faults_; }

 private:
  void fail_missing(std::string_view key) const;

  const node_definition& source_;
  const limits& allowed_;
  std::vector<fault>& faults_;
};

/// How a type is known to the rest of `flow/`.
struct node_type {
  std::string_view name;
  /// The keys its `data` may have, besides those of every node.
  std::span<const std::string_view> keys;
  /// Makes the behaviour. Faulty data is told through the reader; what is returned then is not run.
  std::unique_ptr<const node> (*make)(const data_reader& data);
  bool ends_branch = false;      ///< edges from it are a fault
  bool gives_condition = false;  ///< literal booleans on its edges follow its result
};

/// Every type there is.
[[nodiscard]] std::span<const node_type* const> node_types() noexcept;
/// The type of that name, or null.
[[nodiscard]] const node_type* find_node_type(std::string_view name) noexcept;

/// Keys that any node's `data` may have.
[[nodiscard]] std::span<const std::string_view> common_node_keys() noexcept;

}  // namespace pawl::flow
