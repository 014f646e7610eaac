#include "flow/logic/equality.hpp"

#include <utility>
#include <vector>

#include "flow/logic/coercion.hpp"
#include "flow/logic/operators/arguments.hpp"

namespace pawl::flow::logic {

bool deeply_equal(evaluation& run, const value& a, const value& b) {
  std::vector<std::pair<value, value>> open{{a, b}};
  while (!open.empty() && run.step()) {
    const auto [left, right] = open.back();
    open.pop_back();
    if (left.is_array() && right.is_array()) {
      if (left.size() != right.size()) return false;
      if (!run.take(left.size() * sizeof(open.front()))) return false;
      for (std::size_t i = 0; i < left.size(); ++i) open.emplace_back(left[i], right[i]);
    } else if (left.is_object() && right.is_object()) {
      const value x = as_record(run, left);
      const value y = as_record(run, right);
      if (x.size() != y.size() || !run.take(x.size() * sizeof(open.front()))) return false;
      for (std::size_t i = 0; i < x.size(); ++i) {
        const member& one = x.members()[i];
        const member& other = y.members()[i];
        if (one.key != other.key || !run.read(one.key.size())) return false;
        open.emplace_back(one.what, other.what);
      }
    } else if (left.is_absent() || right.is_absent()) {
      if (!left.is_absent() || !right.is_absent()) return false;
    } else if (!strictly_equal(run, left, right)) {
      return false;
    }
  }
  return !run.failed();
}

}  // namespace pawl::flow::logic
