#include "flow/logic/measurement.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "flow/logic/expression.hpp"
#include "flow/logic/location.hpp"

namespace pawl::flow::logic {
namespace {

// In a rule, an object with one key calls an operator.
bool is_single(const json& j) noexcept {
  return j.is_object() && j.size() == 1;
}

/// Uses an explicit stack, because the input may have any depth.
class measurement {
 public:
  explicit measurement(const limits& limits)
      : max_depth_(std::min(limits.max_depth, max_max_depth)), max_nodes_(limits.max_nodes) {}

  [[nodiscard]] std::optional<diagnostic> check(const json& source) {
    open_.push_back({&source, 0});
    while (!open_.empty()) {
      const place at = open_.back();
      open_.pop_back();
      if (++nodes_ > max_nodes_) return too_large();
      if (!at.what->is_structured()) continue;
      if (at.depth == max_depth_) return too_deep();
      if (at.what->size() > max_nodes_) return too_large();
      add_children(at);
    }
    return std::nullopt;
  }

 private:
  struct place {
    const json* what;
    std::uint32_t depth;
  };

  void add_children(const place& at) {
    const json* parent = at.what;
    // The array of arguments is part of the call.
    if (is_single(*parent) && parent->begin()->is_array()) parent = &*parent->begin();
    for (const json& child : *parent) open_.push_back({&child, at.depth + 1});
  }

  [[nodiscard]] diagnostic too_large() const {
    return {severity::error,
            {},
            "rule_too_large",
            "the rule has more than " + std::to_string(max_nodes_) +
                " operators and literals; store large tables in the data"};
  }
  [[nodiscard]] diagnostic too_deep() const {
    return {severity::error,
            {},
            "rule_too_deep",
            "the rule is nested deeper than " + std::to_string(max_depth_) + " levels"};
  }

  std::uint32_t max_depth_;
  std::uint32_t max_nodes_;
  std::size_t nodes_ = 0;
  std::vector<place> open_;
};

}  // namespace

std::optional<diagnostic> exceeded_limit(const json& source, const limits& limits) {
  return measurement{limits}.check(source);
}

std::string pointer_to(std::string_view root, const location* at) {
  std::vector<const location*> steps;
  for (; at != nullptr; at = at->parent) steps.push_back(at);
  json::json_pointer inner;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    if ((*step)->key != nullptr) {
      inner /= *(*step)->key;
    } else {
      inner /= (*step)->index;
    }
  }
  return std::string(root) + inner.to_string();
}

}  // namespace pawl::flow::logic
