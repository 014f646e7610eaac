#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "flow/definition/definition.hpp"
#include "flow/definition/links.hpp"

/// The keys of a flow that make a section of it: handlers, a deadline and compensation for all its
/// nodes. They are a notation of a node of type `section` with an id that no author can give, whose
/// body begins at the entry of the flow.
namespace pawl::flow {

inline constexpr std::string_view flow_section_id = "/";
inline constexpr std::array<std::string_view, 5> flow_section_keys = {
    "on_error", "on_timeout", "timeout", "until", "compensate"};

/// Why `"into": null` is refused where an error is taken.
inline constexpr std::string_view why_no_error_key =
    "\"into\": null would drop the error, which is always kept; leave it out, and the error is "
    "under \"error\"";

/// Whether a node of a definition is the section around it.
[[nodiscard]] bool is_flow_section(const node_definition& node) noexcept;

/// Whether a definition, in either form, has one of the keys.
[[nodiscard]] bool has_flow_section(const json& source);

/// Adds the section, as its last node, to a definition that was read from `source`. Appends a
/// diagnostic for each malformed part, which is left out.
void add_flow_section(const json& source, definition& flow, std::vector<diagnostic>& diagnostics);

/// Adds the keys to the JSON of a definition that has the section.
void write_flow_section(const definition& flow, json& to);

/// Moves diagnostics of the section to the keys that make it.
void place_in_flow(std::vector<diagnostic>& diagnostics);

/// An edge that takes errors, as an item of `on_error` in the short form.
[[nodiscard]] json handler_of(const edge_definition& edge);

/// The same for all edges of a node that take errors, as its `on_error`. There is one.
[[nodiscard]] json handlers_of(std::vector<json> handlers);

}  // namespace pawl::flow
