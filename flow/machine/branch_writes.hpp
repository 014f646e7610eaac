#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include <pawl/json.hpp>

#include "flow/values/shared_json.hpp"

namespace pawl::flow {

/// The top-level keys that a branch has written over the data of its run. Branches that fork from
/// it share them until they write.
class branch_writes {
 public:
  branch_writes() = default;
  branch_writes(json object);  // NOLINT: an object of what was written is that

  [[nodiscard]] const json& operator*() const noexcept { return *keys_; }
  [[nodiscard]] const json* operator->() const noexcept { return &*keys_; }
  [[nodiscard]] bool empty() const noexcept { return keys_->empty(); }
  /// See `json_size`.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  /// Null if nothing was written.
  [[nodiscard]] std::shared_ptr<const json> lend() const noexcept { return keys_.lend(); }

  void set(const std::string& key, json value);

  friend bool operator==(const branch_writes& a, const branch_writes& b) {
    return a.keys_ == b.keys_;
  }

 private:
  shared_json keys_;
  std::size_t bytes_ = 0;
};

}  // namespace pawl::flow
