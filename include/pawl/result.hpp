#pragma once

#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include <pawl/assert.hpp>
#include <pawl/error.hpp>

namespace pawl {

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

  [[nodiscard]] T& value() & {
    check_value();
    return *std::get_if<0>(&content_);
  }
  [[nodiscard]] const T& value() const& {
    check_value();
    return *std::get_if<0>(&content_);
  }
  /// By value, so that `for (auto& x : *call())` does not iterate over a destroyed temporary.
  [[nodiscard]] T value() && {
    check_value();
    return std::move(*std::get_if<0>(&content_));
  }

  [[nodiscard]] T& operator*() & { return value(); }
  [[nodiscard]] const T& operator*() const& { return value(); }
  [[nodiscard]] T operator*() && { return std::move(*this).value(); }
  [[nodiscard]] T* operator->() { return &value(); }
  [[nodiscard]] const T* operator->() const { return &value(); }

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
  void check_value() const { PAWL_ASSERT(has_value(), "the value of a failed result was read"); }
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
