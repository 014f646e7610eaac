#pragma once

#include <cstdint>

#include <pawl/json.hpp>

#include "flow/logic/inspection.hpp"

namespace pawl::flow::logic {

/// The two forms of sources.
enum class source_form : std::uint8_t {
  rule,
  value_template,  ///< the form of values in a flow
};

/// Compiles a rule or a template and evaluates it on data: for people who try it. Errors in
/// `inspection::value`: those of `compile` and of `evaluate`.
[[nodiscard]] inspection try_out(const json& source, source_form form, const json& data,
                                 const rule_context& context, bool with_calls,
                                 const limits& limits = {});

}  // namespace pawl::flow::logic
