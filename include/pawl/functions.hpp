#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <pawl/detail/callable.hpp>
#include <pawl/function.hpp>
#include <pawl/ids.hpp>
#include <pawl/result.hpp>

namespace pawl {

namespace functions {
class registry;
}

/// The names of a function's arguments; made by `arguments`.
template <std::size_t N>
struct argument_names {
  std::array<std::string, N> names;
};

/// Names the arguments of a function, in the order of its parameters:
/// `pawl::arguments("amount", "currency")`.
template <std::convertible_to<std::string>... Names>
[[nodiscard]] argument_names<sizeof...(Names)> arguments(Names&&... names) {
  return {{std::string(std::forward<Names>(names))...}};
}

/// True if `F` is a step function without named arguments.
template <class F>
concept step_callable = detail::callable<std::decay_t<F>> &&
    (detail::plan_for<std::decay_t<F>>::argument_count == 0 ||
     detail::one_struct<typename detail::plan_for<std::decay_t<F>>::arguments>);

/// True if `F` is a step function that takes `N` named arguments.
template <class F, std::size_t N>
concept step_callable_with =
    detail::callable<std::decay_t<F>> && detail::plan_for<std::decay_t<F>>::argument_count == N;

/// Makes a step function of a C++ callable; `scope_functions::add` says what it may take and
/// return. Returns an empty one if `f` is an empty std::function or a null pointer.
template <class F>
[[nodiscard]] step_function make_step_function(F&& f) {
  using callable = std::decay_t<F>;
  detail::check_callable<callable>();
  if constexpr (step_callable<callable>) {
    if (detail::is_empty(f)) return nullptr;
    using plan = detail::plan_for<callable>;
    return [held = detail::held<callable>{std::forward<F>(f)}](const step_data& state,
                                                               step_context& step) {
      if constexpr (plan::argument_count == 0)
        return detail::invoke<plan>(held.get(), state, step);
      else
        return detail::invoke_struct<plan>(held.get(), state, step, typename plan::arguments{});
    };
  } else if constexpr (detail::callable<callable>) {
    static_assert(step_callable<callable>,
                  "pawl: arguments other than one struct need names: "
                  "add(\"orders.charge\", pawl::arguments(\"amount\", \"currency\"), f)");
  }
  return nullptr;
}

/// As above, for a callable with named arguments.
template <std::size_t N, class F>
[[nodiscard]] step_function make_step_function(argument_names<N> names, F&& f) {
  using callable = std::decay_t<F>;
  detail::check_callable<callable>();
  if constexpr (step_callable_with<callable, N>) {
    if (detail::is_empty(f)) return nullptr;
    using plan = detail::plan_for<callable>;
    return [held = detail::held<callable>{std::forward<F>(f)}, names = std::move(names.names)](
               const step_data& state, step_context& step) {
      return detail::invoke_named<plan>(held.get(), state, step, names, typename plan::arguments{},
                                        std::make_index_sequence<N>{});
    };
  } else if constexpr (detail::callable<callable>) {
    static_assert(step_callable_with<callable, N>,
                  "pawl: pawl::arguments must name every argument that the function takes between "
                  "the state and the step");
  }
  return nullptr;
}

/// The functions that the flows of one scope can call; `scope::functions` returns it. A handle:
/// cheap to copy, safe for concurrent use, and valid after the engine is destroyed, which then no
/// longer calls what is added.
class scope_functions {
 public:
  scope_functions(std::shared_ptr<functions::registry> registry, scope_name scope);

  /// Registers `f` under `code_ref`. `f` takes these parameters, each optional, in this order:
  /// - `const pawl::step_data& state` or `const pawl::json& state`: the run's data;
  /// - its arguments: one struct with a nlohmann `from_json`, which reads the step's `args`; or
  ///   values that `pawl::arguments` names one by one (numbers must be exact and in range; a
  ///   `std::optional` may be missing or null; other arguments are refused);
  /// - `pawl::step_context& step`: the call.
  /// `f` returns void (the state does not change), `pawl::json`, a type that nlohmann converts to
  /// JSON, or a `pawl::result` of one of these. A step fails with the error class "exception" if
  /// `f` throws, with "invalid_arguments" if the arguments do not match, and with "invalid_result"
  /// if the result is not a JSON value (NaN, invalid UTF-8) or is too deep or too large.
  /// Several threads call `f` concurrently: its call operator must be const. A callable of another
  /// shape does not compile.
  ///
  /// Errors: `invalid_argument` (a code_ref that `check_code_ref` refuses or that is a built-in; an
  /// empty function); `already_exists` unless `options.replace` is set.
  template <class F>
  result<void> add(std::string_view code_ref, F&& f, function_options options = {}) {
    return add_function(code_ref, make_step_function(std::forward<F>(f)), std::move(options));
  }
  template <std::size_t N, class F>
  result<void> add(std::string_view code_ref, argument_names<N> names, F&& f,
                   function_options options = {}) {
    if (auto good = check_names(code_ref, names.names); !good) return good;
    return add_function(code_ref, make_step_function(std::move(names), std::forward<F>(f)),
                        std::move(options));
  }

  /// Removes a function. Running calls finish normally. Errors: `not_found`; `invalid_argument` (a
  /// built-in).
  result<void> remove(std::string_view code_ref);

  /// Returns the functions of this scope and the built-ins, ordered by name.
  [[nodiscard]] std::vector<function_info> list() const;

  [[nodiscard]] const scope_name& scope() const noexcept { return scope_; }

 private:
  result<void> add_function(std::string_view code_ref, step_function body,
                            function_options options);
  [[nodiscard]] static result<void> check_names(std::string_view code_ref,
                                                std::span<const std::string> names);

  std::shared_ptr<functions::registry> registry_;
  scope_name scope_;
};

}  // namespace pawl
