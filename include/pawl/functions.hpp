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

/// Names of the arguments that a function takes one by one; made by `arguments`.
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

/// True if `F` is a step function that takes no arguments one by one.
template <class F>
concept step_callable = detail::callable<std::decay_t<F>> &&
    (detail::plan_for<std::decay_t<F>>::argument_count == 0 ||
     detail::one_struct<typename detail::plan_for<std::decay_t<F>>::arguments>);

/// True if `F` is a step function that takes `N` named arguments.
template <class F, std::size_t N>
concept step_callable_with =
    detail::callable<std::decay_t<F>> && detail::plan_for<std::decay_t<F>>::argument_count == N;

/// A step function of the general form, made of a C++ callable; `scope_functions::add` says which.
/// Empty if `f` is an empty std::function or a null pointer.
template <class F>
[[nodiscard]] step_function make_step_function(F&& f) {
  using callable = std::decay_t<F>;
  detail::check_callable<callable>();
  if constexpr (step_callable<callable>) {
    if (detail::is_empty(f)) return nullptr;
    using plan = detail::plan_for<callable>;
    return
        [held = detail::held<callable>{std::forward<F>(f)}](const json& state, step_context& step) {
          if constexpr (plan::argument_count == 0)
            return detail::invoke<plan>(held.get(), state, step);
          else
            return detail::invoke_struct<plan>(held.get(), state, step, typename plan::arguments{});
        };
  } else if constexpr (detail::callable<callable>) {
    static_assert(step_callable<callable>,
                  "pawl: arguments that are no struct are taken by name: "
                  "add(\"orders.charge\", pawl::arguments(\"amount\", \"currency\"), f)");
  }
  return nullptr;
}

/// The same for a callable that takes its arguments one by one.
template <std::size_t N, class F>
[[nodiscard]] step_function make_step_function(argument_names<N> names, F&& f) {
  using callable = std::decay_t<F>;
  detail::check_callable<callable>();
  if constexpr (step_callable_with<callable, N>) {
    if (detail::is_empty(f)) return nullptr;
    using plan = detail::plan_for<callable>;
    return [held = detail::held<callable>{std::forward<F>(f)}, names = std::move(names.names)](
               const json& state, step_context& step) {
      return detail::invoke_named<plan>(held.get(), state, step, names, typename plan::arguments{},
                                        std::make_index_sequence<N>{});
    };
  } else if constexpr (detail::callable<callable>) {
    static_assert(step_callable_with<callable, N>,
                  "pawl: pawl::arguments must name as many arguments as the function takes between "
                  "the state and the step");
  }
  return nullptr;
}

/// The functions that one scope's flows can call, in one engine. A handle: cheap to copy, safe for
/// concurrent use, and it may outlive its engine, which then no longer calls what is added.
class scope_functions {
 public:
  scope_functions(std::shared_ptr<functions::registry> registry, scope_name scope);

  /// Registers `f` under `code_ref`. It takes, in this order, any of
  /// - `const pawl::json& state`: the run's data;
  /// - its arguments: either one struct, made of the step's `args` by its nlohmann `from_json`, or
  ///   values that are named one by one with `pawl::arguments` (numbers must be exact and in range,
  ///   a `std::optional` may be missing or null, what is not named is refused);
  /// - `pawl::step_context& step`: the call itself.
  /// It returns nothing (the state stays as it is), `pawl::json` or what nlohmann makes JSON of, or
  /// a `pawl::result` of these, and may throw: an exception fails the step with the type
  /// "exception". Arguments that do not fit fail it with "invalid_arguments", a result that is no
  /// JSON value (NaN, text that is not UTF-8, too deep or too large) with "invalid_result".
  /// Several threads call `f` at once, so its call operator must be const. A callable of another
  /// shape does not compile.
  ///
  /// Errors: `invalid_argument` (a code_ref that `check_code_ref` refuses, one of the built-ins, an
  /// empty function), `already_exists` (unless `options.replace`).
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

  /// Takes a function out; calls under way end undisturbed. Errors: `not_found`,
  /// `invalid_argument` (a built-in).
  result<void> remove(std::string_view code_ref);

  /// This scope's functions and the built-ins, by name.
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
