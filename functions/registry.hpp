#pragma once

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

/// A registered function. Immutable; a holder can call it even after it was removed from the
/// registry. `max_concurrency` is counted per object.
struct registered_function {
  std::string code_ref;
  step_function body;
  function_options options;
  bool built_in = false;
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

  /// Removes a function. Errors: `not_found`; `invalid_argument` for a built-in.
  result<void> remove(const scope_name& scope, std::string_view code_ref);

  /// Returns the function that `code_ref` means in `scope`. Costs one or two hash lookups. Errors:
  /// `not_found` with the most similar name; those of `check_code_ref` for an invalid name.
  [[nodiscard]] result<function_ptr> find(const scope_name& scope, std::string_view code_ref) const;

  /// Returns whether the function exists.
  [[nodiscard]] bool has(const scope_name& scope, std::string_view code_ref) const {
    return find_or_null(scope, code_ref) != nullptr;
  }

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

  [[nodiscard]] result<void> insert(const scope_name* scope, std::string_view code_ref,
                                    step_function body, function_options options);
  [[nodiscard]] function_ptr find_or_null(const scope_name& scope, std::string_view code_ref) const;

  mutable std::shared_mutex mutex_;
  table built_ins_;
  std::unordered_map<std::string, table, text_hash, std::equal_to<>> scopes_;
};

}  // namespace pawl::functions
