#pragma once

#include <exception>
#include <string>
#include <utility>

#include <pawl/result.hpp>

namespace pawl::bench {

/// Ends a measurement: something that it needs does not work. Thrown and caught in this folder
/// only; `run` returns it as an error.
class failure : public std::exception {
 public:
  explicit failure(error why) : why_(std::move(why)) {}
  failure(errc code, std::string message) : why_{code, std::move(message)} {}

  [[nodiscard]] const error& why() const noexcept { return why_; }
  [[nodiscard]] const char* what() const noexcept override { return why_.message.c_str(); }

 private:
  error why_;
};

/// The value of `from`. Throws its error as `failure`.
template <class T>
T or_throw(result<T> from) {
  if (!from) throw failure{std::move(from).error()};
  return *std::move(from);
}
inline void or_throw(result<void> from) {
  if (!from) throw failure{std::move(from).error()};
}

}  // namespace pawl::bench
