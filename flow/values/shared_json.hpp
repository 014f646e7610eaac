#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include <pawl/json.hpp>

namespace pawl::flow {

/// A copy-on-write JSON value, the empty object at first. A running step borrows it without a copy,
/// and so does another branch; `edit` copies the value only while it is borrowed.
/// Thread-safety: one thread edits. Borrowed values may be read and released on any thread.
class shared_json {
 public:
  shared_json() = default;
  explicit shared_json(json value) : value_(std::make_shared<json>(std::move(value))) {}

  [[nodiscard]] const json& operator*() const noexcept { return value_ ? *value_ : nothing(); }
  [[nodiscard]] const json* operator->() const noexcept { return &**this; }
  /// Null for an object that was always empty.
  [[nodiscard]] std::shared_ptr<const json> lend() const noexcept { return value_; }

  [[nodiscard]] json& edit() {
    if (!value_) {
      value_ = std::make_shared<json>(json::object());
    } else if (value_.use_count() > 1) {
      value_ = std::make_shared<json>(*value_);
    } else {
      // The last borrower's reads happened before its release; make them happen before our write.
      std::atomic_thread_fence(std::memory_order_acquire);
    }
    return *value_;
  }

  friend bool operator==(const shared_json& a, const shared_json& b) {
    return a.value_ == b.value_ || *a == *b;
  }

 private:
  static const json& nothing() noexcept {
    static const json empty = json::object();
    return empty;
  }

  std::shared_ptr<json> value_;
};

}  // namespace pawl::flow
