#pragma once

#include <memory>
#include <utility>

#include <pawl/run_attributes.hpp>

namespace pawl::flow {

/// The attributes of a run, immutable. Copies share them; none take no memory.
class shared_attributes {
 public:
  shared_attributes() = default;
  explicit shared_attributes(run_attributes of) {
    if (!of.empty()) of_ = std::make_shared<const run_attributes>(std::move(of));
  }

  [[nodiscard]] const run_attributes& operator*() const noexcept {
    static const run_attributes none;
    return of_ ? *of_ : none;
  }
  [[nodiscard]] const run_attributes* operator->() const noexcept { return &**this; }

  friend bool operator==(const shared_attributes& a, const shared_attributes& b) {
    return a.of_ == b.of_ || *a == *b;
  }

 private:
  std::shared_ptr<const run_attributes> of_;
};

}  // namespace pawl::flow
