// Where the diagnostics of a flow belong whose own rules are inlined.

#include <algorithm>

#include <pawl/code_ref.hpp>
#include <pawl/suggest.hpp>

#include "flow/definition/own_rules.hpp"

namespace pawl::flow {

void inlined_flow::restore_places(std::vector<diagnostic>& diagnostics, std::size_t first) const {
  const auto is_in_body = [&](std::string_view pointer) {
    while (!pointer.empty()) {
      if (bodies.contains(pointer)) return true;
      pointer = pointer.substr(0, pointer.rfind('/'));
    }
    return false;
  };
  // What is wrong with a body alone is reported once, at its definition.
  const auto repeats = [&](const diagnostic& d) {
    return d.level == severity::warning && is_in_body(d.pointer);
  };
  diagnostics.erase(std::remove_if(diagnostics.begin() + static_cast<std::ptrdiff_t>(first),
                                   diagnostics.end(), repeats),
                    diagnostics.end());
  suggest_names(diagnostics, first);
  places.apply(diagnostics, first);
}

void inlined_flow::suggest_names(std::vector<diagnostic>& diagnostics, std::size_t first) const {
  const std::vector<std::string_view> known{names.begin(), names.end()};
  for (std::size_t i = first; i < diagnostics.size(); ++i) {
    diagnostic& each = diagnostics[i];
    if (each.code != "unknown_operator" || each.level != severity::error) continue;
    // In a text with braces, the pointer does not end in the name.
    const std::string called = each.pointer.substr(each.pointer.rfind('/') + 1);
    if (each.message.find(pawl::quoted(called)) == std::string::npos) continue;
    if (const auto meant = nearest(called, known))
      each.message += "; did you mean the definition " + pawl::quoted(*meant) + "?";
  }
}

}  // namespace pawl::flow
