#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <pawl/detail/fair_budget.hpp>

namespace pawl::server::http {

/// The bytes that an answer takes of `server.max_output_bytes` until it is sent or dropped. Gives
/// them back when it is destroyed.
class output_lease {
 public:
  /// Answers up to this size are never refused: they are the errors and the small answers by which
  /// a server under attack is operated.
  static constexpr std::uint64_t small_answer = 64u << 10;

  output_lease() = default;
  /// Takes bytes for an answer to `peer`. `must`: also beyond the limit. Empty, see `granted`, if
  /// the limit does not allow it.
  output_lease(std::shared_ptr<detail::fair_budget> of, std::string peer, std::uint64_t bytes,
               bool must)
      : peer_(std::move(peer)), bytes_(bytes) {
    if (must || bytes <= small_answer) {
      of->take(peer_, bytes);
    } else if (!of->try_take(peer_, bytes)) {
      return;
    }
    of_ = std::move(of);
  }
  output_lease(output_lease&& other) noexcept
      : of_(std::move(other.of_)), peer_(std::move(other.peer_)), bytes_(other.bytes_) {}
  output_lease& operator=(output_lease&& other) noexcept {
    if (this == &other) return *this;
    release();
    of_ = std::move(other.of_);
    peer_ = std::move(other.peer_);
    bytes_ = other.bytes_;
    return *this;
  }
  ~output_lease() { release(); }

  [[nodiscard]] bool granted() const noexcept { return of_ != nullptr; }
  void release() noexcept {
    if (const auto of = std::exchange(of_, nullptr)) of->give_back(peer_, bytes_);
  }

 private:
  std::shared_ptr<detail::fair_budget> of_;
  std::string peer_;
  std::uint64_t bytes_ = 0;
};

}  // namespace pawl::server::http
