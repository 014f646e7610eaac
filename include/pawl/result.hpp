#pragma once

#include <version>

#include <optional>
#ifdef __cpp_lib_source_location
#include <source_location>
#endif
#include <type_traits>
#include <utility>
#include <variant>

#include <pawl/assert.hpp>
#include <pawl/error.hpp>

namespace pawl {

namespace detail {

/// The place of a call; empty if the compiler does not know it.
struct caller_place {
  const char* file = "";
  unsigned line = 0;

#ifdef __cpp_lib_source_location
  [[nodiscard]] static constexpr caller_place current(
      std::source_location from = std::source_location::current()) noexcept {
    return {from.file_name(), from.line()};
  }
#else
  [[nodiscard]] static constexpr caller_place current() noexcept {
    return {};
  }
#endif
};

/// Prints the error and the place to standard error and aborts.
[[noreturn]] void value_of_failed_result(const error& failure, const caller_place& at) noexcept;

}  // namespace detail

/// A value of type `T`, or the `pawl::error` that explains why there is none. Reading the value of
/// a failed result, or the error of a successful one, is a programming error and aborts. (The part
/// of C++23's std::expected that Pawl uses, in C++20.)
template <class T>
class [[nodiscard]] result {
 public:
  using value_type = T;

  result(T value) : content_(std::in_place_index<0>, std::move(value)) {}                // NOLINT
  result(pawl::error failure) : content_(std::in_place_index<1>, std::move(failure)) {}  // NOLINT

  [[nodiscard]] bool has_value() const noexcept { return content_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  /// Aborts if there is no value; prints the error and the place of the call.
  [[nodiscard]] T& value(detail::caller_place at = detail::caller_place::current()) & {
    check_value(at);
    return *std::get_if<0>(&content_);
  }
  [[nodiscard]] const T& value(detail::caller_place at = detail::caller_place::current()) const& {
    check_value(at);
    return *std::get_if<0>(&content_);
  }
  /// By value, so that `for (auto& x : *call())` does not iterate over a destroyed temporary.
  [[nodiscard]] T value(detail::caller_place at = detail::caller_place::current()) && {
    check_value(at);
    return std::move(*std::get_if<0>(&content_));
  }

  // An operator does not know the place of its use: only the error is printed.
  [[nodiscard]] T& operator*() & { return value({}); }
  [[nodiscard]] const T& operator*() const& { return value({}); }
  [[nodiscard]] T operator*() && { return std::move(*this).value({}); }
  [[nodiscard]] T* operator->() { return &value({}); }
  [[nodiscard]] const T* operator->() const { return &value({}); }

  template <class U>
  [[nodiscard]] T value_or(U&& other) && {
    return has_value() ? std::move(*std::get_if<0>(&content_)) : T(std::forward<U>(other));
  }

  [[nodiscard]] pawl::error& error() & {
    check_error();
    return *std::get_if<1>(&content_);
  }
  [[nodiscard]] const pawl::error& error() const& {
    check_error();
    return *std::get_if<1>(&content_);
  }
  [[nodiscard]] pawl::error&& error() && {
    check_error();
    return std::move(*std::get_if<1>(&content_));
  }

 private:
  void check_value(const detail::caller_place& at) const {
    if (!has_value()) detail::value_of_failed_result(*std::get_if<1>(&content_), at);
  }
  void check_error() const {
    PAWL_ASSERT(!has_value(), "the error of a successful result was read");
  }

  std::variant<T, pawl::error> content_;
};

/// Success without a value, or an error.
template <>
class [[nodiscard]] result<void> {
 public:
  using value_type = void;

  result() = default;
  result(pawl::error failure) : failure_(std::move(failure)) {}  // NOLINT

  [[nodiscard]] bool has_value() const noexcept { return !failure_.has_value(); }
  explicit operator bool() const noexcept { return has_value(); }

  [[nodiscard]] const pawl::error& error() const& {
    check_error();
    return *failure_;
  }
  [[nodiscard]] pawl::error&& error() && {
    check_error();
    return std::move(*failure_);
  }

 private:
  void check_error() const {
    PAWL_ASSERT(failure_.has_value(), "the error of a successful result was read");
  }

  std::optional<pawl::error> failure_;
};

}  // namespace pawl
