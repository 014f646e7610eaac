#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include <pawl/detail/arguments.hpp>
#include <pawl/function.hpp>

/// Derives from the parameters and the return type of a callable how to call it as a step function.
namespace pawl::detail {

template <class... Types>
struct type_list {
  static constexpr std::size_t size = sizeof...(Types);
};

/// Return type and parameters of a function pointer, or of an object with one call operator that is
/// not a template. `shared` is false if the operator is not const.
template <class F>
struct signature_of {
  static constexpr bool known = false;
  static constexpr bool shared = true;
};

template <class R, bool Shared, class... Parameters>
struct signature {
  static constexpr bool known = true;
  static constexpr bool shared = Shared;
  using returns = R;
  using parameters = type_list<Parameters...>;
};

template <class R, class... P>
struct signature_of<R (*)(P...)> : signature<R, true, P...> {};
template <class R, class... P>
struct signature_of<R (*)(P...) noexcept> : signature<R, true, P...> {};
template <class R, class C, class... P>
struct signature_of<R (C::*)(P...)> : signature<R, false, P...> {};
template <class R, class C, class... P>
struct signature_of<R (C::*)(P...) noexcept> : signature<R, false, P...> {};
template <class R, class C, class... P>
struct signature_of<R (C::*)(P...) const> : signature<R, true, P...> {};
template <class R, class C, class... P>
struct signature_of<R (C::*)(P...) const noexcept> : signature<R, true, P...> {};

template <class F>
concept has_call_operator = requires {
  &F::operator();
};

template <has_call_operator F>
struct signature_of<F> : signature_of<decltype(&F::operator())> {};

template <class P>
inline constexpr bool is_state =
    std::is_same_v<P, const json&> || std::is_same_v<P, const step_data&>;
template <class P>
inline constexpr bool is_step =
    std::is_same_v<P, step_context&> || std::is_same_v<P, const step_context&>;

/// True for a parameter that takes a value decoded from `args`.
template <class P, class T = std::remove_cvref_t<P>>
inline constexpr bool is_argument =
    !is_state<P> && !std::is_base_of_v<step_context, T> && decodable<T> &&
    (!std::is_lvalue_reference_v<P> || std::is_const_v<std::remove_reference_t<P>>);

/// True for a type that the whole `args` object can be decoded to: a struct or a map.
template <class T>
inline constexpr bool is_argument_struct = std::is_class_v<T> &&
                                           (
                                               !requires { typename T::value_type; } ||
                                               requires { typename T::mapped_type; });

/// Splits the parameters into `[state] [arguments…] [step]`.
template <class Parameters, class Arguments = type_list<>>
struct parameter_plan;

template <bool State, bool Step, class... Arguments>
struct plan_of {
  static constexpr bool has_state = State;
  static constexpr bool has_step = Step;
  static constexpr bool arguments_fit = (is_argument<Arguments> && ...);
  static constexpr std::size_t argument_count = sizeof...(Arguments);
  using arguments = type_list<std::remove_cvref_t<Arguments>...>;
};

template <bool State, class Done, class... Rest>
struct plan_arguments;

template <bool State, class... Done>
struct plan_arguments<State, type_list<Done...>> : plan_of<State, false, Done...> {};
template <bool State, class... Done, class Last>
requires is_step<Last>
struct plan_arguments<State, type_list<Done...>, Last> : plan_of<State, true, Done...> {
};
template <bool State, class... Done, class Next, class... Rest>
struct plan_arguments<State, type_list<Done...>, Next, Rest...>
    : plan_arguments<State, type_list<Done..., Next>, Rest...> {};

template <class... P>
struct parameter_plan<type_list<P...>> : plan_arguments<false, type_list<>, P...> {};
template <class First, class... P>
requires is_state<First>
struct parameter_plan<type_list<First, P...>> : plan_arguments<true, type_list<>, P...> {
};

template <class T>
struct unwrapped {
  using type = T;
};
template <class T>
struct unwrapped<result<T>> {
  using type = T;
};

/// True if a step function may return `R`: void, an error, a type that converts to JSON, or a
/// `pawl::result` of void or of such a type.
template <class R, class T = typename unwrapped<std::remove_cvref_t<R>>::type>
inline constexpr bool returns_json =
    std::is_void_v<T> || std::is_same_v<T, error> || std::is_constructible_v<json, T>;

template <class R>
result<json> to_result(R&& returned) {
  using value = std::remove_cvref_t<R>;
  if constexpr (std::is_same_v<value, error>) {
    return error{std::forward<R>(returned)};
  } else if constexpr (std::is_same_v<value, result<void>>) {
    if (!returned) return std::forward<R>(returned).error();
    return json::object();
  } else if constexpr (!std::is_same_v<typename unwrapped<value>::type, value>) {
    if (!returned) return std::forward<R>(returned).error();
    return json(std::forward<R>(returned).value());
  } else {
    return json(std::forward<R>(returned));
  }
}

/// Calls `f` with the parameters of its plan.
template <class Plan, class F, class... Arguments>
result<json> invoke(const F& f, const step_data& state, step_context& step,
                    Arguments&&... arguments) {
  const auto bound = [&]() -> decltype(auto) {
    if constexpr (Plan::has_state && Plan::has_step)
      return f(state, std::forward<Arguments>(arguments)..., step);
    else if constexpr (Plan::has_state)
      return f(state, std::forward<Arguments>(arguments)...);
    else if constexpr (Plan::has_step)
      return f(std::forward<Arguments>(arguments)..., step);
    else
      return f(std::forward<Arguments>(arguments)...);
  };
  if constexpr (std::is_void_v<decltype(bound())>) {
    bound();
    return json::object();
  } else {
    return to_result(bound());
  }
}

/// As `invoke`, with one value for each of `names`. Errors: the arguments do not match.
template <class Plan, class F, class... T, std::size_t... I>
result<json> invoke_named(const F& f, const step_data& state, step_context& step,
                          std::span<const std::string> names, type_list<T...>,
                          std::index_sequence<I...>) {
  argument_reader reader{step.args(), names};
  std::tuple<std::optional<T>...> values{reader.template read<T>(I)...};
  if (auto read = reader.finish(); !read) return std::move(read).error();
  return invoke<Plan>(f, state, step, *std::move(std::get<I>(values))...);
}

/// As `invoke`, with one struct decoded from `args`. Errors: the arguments do not match.
template <class Plan, class F, class T>
result<json> invoke_struct(const F& f, const step_data& state, step_context& step, type_list<T>) {
  auto decoded = decode_struct<T>(step.args());
  if (!decoded) return std::move(decoded).error();
  return invoke<Plan>(f, state, step, *std::move(decoded));
}

/// Makes any callable copyable, as std::function requires.
template <class F>
class held {
 public:
  explicit held(F f) : f_(std::make_shared<const F>(std::move(f))) {}
  const F& get() const noexcept { return *f_; }

 private:
  std::shared_ptr<const F> f_;
};
template <class F>
requires std::is_copy_constructible_v<F>
class held<F> {
 public:
  explicit held(F f) : f_(std::move(f)) {}
  const F& get() const noexcept { return f_; }

 private:
  F f_;
};

/// True for an empty std::function or a null function pointer.
template <class F>
bool is_empty(const F& f) {
  if constexpr (!std::is_function_v<F> && requires { f == nullptr; })
    return f == nullptr;
  else
    return false;
}

/// True if `F` can be a step function; `check_callable` says why not.
template <class F, class Shape = signature_of<F>>
concept callable =
    Shape::known && Shape::shared && parameter_plan<typename Shape::parameters>::arguments_fit &&
    returns_json<typename Shape::returns>;

template <class F>
using plan_for = parameter_plan<typename signature_of<F>::parameters>;

template <class Arguments>
inline constexpr bool one_struct = false;
template <class T>
inline constexpr bool one_struct<type_list<T>> = is_argument_struct<T>;

/// Fails to compile with an explanation if `callable<F>` is false.
template <class F>
constexpr void check_callable() {
  using shape = signature_of<F>;
  static_assert(shape::known,
                "pawl: a step function is a function, or an object with one operator() whose "
                "parameters have concrete types: not generic (auto), not overloaded");
  static_assert(
      shape::shared,
      "pawl: several threads call a step function concurrently, so its operator() must be "
      "const: a lambda must not be mutable");
  if constexpr (shape::known) {
    static_assert(plan_for<F>::arguments_fit,
                  "pawl: a step function takes (const pawl::json& state, arguments, "
                  "pawl::step_context& step) in this order, each optional; an argument is taken by "
                  "value or const& and needs a from_json");
    static_assert(returns_json<typename shape::returns>,
                  "pawl: a step function returns void, pawl::json, a type with a to_json, or a "
                  "pawl::result of one of these");
  }
}

}  // namespace pawl::detail
