#include "flow/logic/inspection.hpp"

#include <optional>
#include <string_view>
#include <utility>

#include <pawl/detail/utf8.hpp>

#include "flow/logic/compiler.hpp"
#include "flow/logic/evaluation.hpp"
#include "flow/logic/json_writer.hpp"

namespace pawl::flow::logic {
namespace {

/// Records the calls of one evaluation.
class recorder final : public trace_sink {
 public:
  explicit recorder(inspection& into) : into_(into) {}

  void enter(evaluation& run, const json& call) override {
    const std::size_t depth = open_.size();
    if (into_.calls.size() == inspection::max_calls) {
      into_.is_cut = true;
      open_.push_back(inspection::max_calls);
      return;
    }
    open_.push_back(into_.calls.size());
    into_.calls.push_back({depth, text_of(run, value::of(call)), {}});
  }

  void leave(evaluation& run, const value& made) override {
    const std::size_t call = open_.back();
    open_.pop_back();
    if (call < into_.calls.size() && !run.failed()) into_.calls[call].value = text_of(run, made);
  }

 private:
  /// Uses a budget of its own, so that tracing changes nothing.
  static std::string text_of(evaluation& run, const value& v) {
    limits allowed;
    allowed.max_steps = 20'000;
    allowed.max_bytes = 200'000;
    evaluation writing{run.data(), allowed};
    const std::string_view text = json_text_of(writing, v);
    if (writing.failed()) return v.is_array() ? "[…]" : "{…}";
    return detail::to_valid_utf8(text, inspection::max_text);
  }

  inspection& into_;
  std::vector<std::size_t> open_;  ///< indexes of the calls under way
};

template <class Build>
inspection inspected(const variables& data, bool with_calls, const limits& limits, Build build) {
  inspection made{json(nullptr)};
  recorder calls{made};
  evaluation run{data, limits};
  if (with_calls) run.trace(calls);
  std::optional<json> value = build(run);
  made.steps = limits.max_steps - run.steps_left();
  made.bytes = limits.max_bytes - run.bytes_left();
  if (run.failed()) {
    made.value = run.take_failure();
  } else if (value) {
    made.value = *std::move(value);
  }
  return made;
}

}  // namespace

inspection inspect(const rule& of, const variables& data, bool with_calls, const limits& limits) {
  return inspected(data, with_calls, limits, [&](evaluation& run) -> std::optional<json> {
    const expression* const root = rule_access::root(of);
    if (root == nullptr) return std::nullopt;
    return materialise(run, run.eval(*root, run.whole_data()));
  });
}

inspection inspect(const value_template& of, const variables& data, bool with_calls,
                   const limits& limits) {
  return inspected(data, with_calls, limits,
                   [&](evaluation& run) { return build_template(of, run); });
}

}  // namespace pawl::flow::logic
