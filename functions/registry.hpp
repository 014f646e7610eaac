#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <pawl/function.hpp>
#include <pawl/ids.hpp>
#include <pawl/result.hpp>

namespace pawl::functions {

class call_context;

/// Ends an asynchronous call. Call it once, on any thread; further calls are ignored. If all copies
/// are destroyed without a call, the step fails.
using call_end = std::function<void(result<json>)>;

/// A step function that returns before its call has ended. It runs on threads of the caller, which
/// it must not hold up: it passes the call on, and whoever ends the call calls `end`. `step` is
/// valid until then. It gets no data of the run, only arguments, so that a call that waits for long
/// does not keep them in memory.
using asynchronous_function = std::function<void(call_context& step, call_end end)>;

/// What a call of an asynchronous function holds until its end. The executor limits each.
enum class asynchronous_cost : std::uint8_t {
  connection,
  timer,
};

/// A registered function. Immutable; a holder can call it even after it was removed from the
/// registry. `max_concurrency` is counted per object.
struct registered_function {
  std::string code_ref;
  step_function body;
  function_options options;
  bool built_in = false;
  asynchronous_function begin = {};  ///< instead of `body`, of an asynchronous function
  asynchronous_cost cost = asynchronous_cost::connection;  ///< of an asynchronous function
};

using function_ptr = std::shared_ptr<const registered_function>;

/// The functions of an engine, by scope and code_ref. The functions of a scope are invisible to
/// other scopes: in lookups, listings and messages. Built-ins (`core.…`) are the same in every
/// scope and cannot be replaced.
///
/// Thread-safe. Readers share a lock; writers hold it for one map operation. No function and no
/// other foreign code runs under the lock.
class registry {
 public:
  /// Registers a function in `scope`. Errors: see `scope_functions::add`.
  result<void> add(const scope_name& scope, std::string_view code_ref, step_function body,
                   function_options options = {});

  /// Registers a built-in function; its code_ref must begin with `built_in_prefix`. Errors: as
  /// `add`.
  result<void> add_built_in(std::string_view code_ref, step_function body,
                            function_options options = {});
  result<void> add_built_in(std::string_view code_ref, asynchronous_function begin,
                            function_options options = {},
                            asynchronous_cost cost = asynchronous_cost::connection);

  /// Removes a function. Errors: `not_found`; `invalid_argument` for a built-in.
  result<void> remove(const scope_name& scope, std::string_view code_ref);

  /// Returns the function that `code_ref` means in `scope`. Costs one or two hash lookups. Errors:
  /// `not_found` with the most similar name; those of `check_code_ref` for an invalid name.
  [[nodiscard]] result<function_ptr> find(const scope_name& scope, std::string_view code_ref) const;

  /// As `find`, but returns null if there is none.
  [[nodiscard]] function_ptr find_or_null(const scope_name& scope, std::string_view code_ref) const;

  /// Returns whether the function exists.
  [[nodiscard]] bool has(const scope_name& scope, std::string_view code_ref) const {
    return find_or_null(scope, code_ref) != nullptr;
  }

  /// Returns whether a pure function was ever registered, in any scope.
  [[nodiscard]] bool has_pure() const noexcept { return has_pure_.load(std::memory_order_relaxed); }

  /// Returns the functions that are visible in `scope`, sorted by code_ref.
  [[nodiscard]] std::vector<function_ptr> list(const scope_name& scope) const;

 private:
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  using table = std::unordered_map<std::string, function_ptr, text_hash, std::equal_to<>>;

  [[nodiscard]] result<void> insert(const scope_name* scope, registered_function made);
  std::atomic<bool> has_pure_{false};
  mutable std::shared_mutex mutex_;
  table built_ins_;
  std::unordered_map<std::string, table, text_hash, std::equal_to<>> scopes_;
};

}  // namespace pawl::functions
