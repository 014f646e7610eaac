#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/error.hpp>
#include <pawl/json.hpp>

namespace pawl::flow {

/// One of the `definitions` of a flow.
struct own_rule {
  std::vector<std::string> params;
  json rule;                     ///< as written; when it is inlined, without calls of own rules
  std::set<std::string> called;  ///< the own rules that it calls
  bool is_good = false;          ///< calls of it can be inlined
  bool is_used = false;
  std::size_t values = 0;  ///< JSON values in `rule`
};

/// Its place in the flow.
[[nodiscard]] std::string pointer_of_own_rule(std::string_view name);

/// Reads a definition. Appends a diagnostic for each thing that is wrong with it, and returns none
/// if it cannot be called by its name.
[[nodiscard]] std::optional<own_rule> read_own_rule(const std::string& name, const json& source,
                                                    std::vector<diagnostic>& diagnostics);

/// Whether a rule may read a parameter: it has a text that names it, or reads what is named only
/// when it runs, or everything.
[[nodiscard]] bool may_read(const json& rule, const std::string& param);

}  // namespace pawl::flow
