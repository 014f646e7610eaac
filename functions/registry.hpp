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

/// A function as it was registered. Never changes: who holds it can call it, whatever happens to
/// the registry. One object is one function for `max_concurrency`.
struct registered_function {
  std::string code_ref;
  step_function body;
  function_options options;
  bool built_in = false;
};

using function_ptr = std::shared_ptr<const registered_function>;

/// The functions of one engine, by scope and code_ref. What a scope registers is invisible to all
/// others: no lookup, listing or message tells of it. Built-ins (`core.…`) are the same in every
/// scope and cannot be replaced by one.
///
/// Safe for concurrent use. Readers share a lock that writers hold for one map operation; a
/// function is never called and nothing foreign runs under it.
class registry {
 public:
  /// Registers a function in `scope`; see `scope_functions::add` for the errors.
  result<void> add(const scope_name& scope, std::string_view code_ref, step_function body,
                   function_options options = {});

  /// Registers a function for all scopes; its code_ref must begin with `built_in_prefix`. Errors
  /// as `add`.
  result<void> add_built_in(std::string_view code_ref, step_function body,
                            function_options options = {});

  /// Errors: `not_found`, `invalid_argument` (a built-in).
  result<void> remove(const scope_name& scope, std::string_view code_ref);

  /// The function that a flow of `scope` means by `code_ref`. Costs one or two hash lookups.
  /// Errors: `not_found` with the nearest name, or what `check_code_ref` says of a name that could
  /// never be registered.
  [[nodiscard]] result<function_ptr> find(const scope_name& scope, std::string_view code_ref) const;

  /// Whether there is such a function.
  [[nodiscard]] bool has(const scope_name& scope, std::string_view code_ref) const {
    return find_or_null(scope, code_ref) != nullptr;
  }

  /// The functions that `scope` sees, by code_ref.
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
