#pragma once

#include <vector>

#include <nlohmann/json.hpp>
#include <pawl/error.hpp>
#include <pawl/json.hpp>

#include "flow/definition/definition.hpp"
#include "flow/definition/written_places.hpp"

/// The short form of a flow (docs/flow-format.md): a list of nodes in the order in which they run,
/// each with its links (`next`, `then`, `else`, `on`, `on_error`, `on_timeout`, `each`, `body`) and
/// its settings. It is a notation of the long form, which `parse_definition` reads.
namespace pawl::flow {

/// Whether a definition is in the short form: it has no `edges`, and is not in the form of the
/// previous engine (old_form.hpp).
[[nodiscard]] bool is_short_form(const json& source);

/// A definition in the long form, made from the short form.
struct expanded_form {
  json definition;
  written_places places;
};

/// Translates a definition in the short form, which `check_document` has accepted. Appends a
/// diagnostic for each malformed link, which is left out, and for each implied edge that is
/// probably unwanted. What the two forms share is not checked; `parse_definition` does that.
[[nodiscard]] expanded_form expand_short_form(const json& source, const limits& limits,
                                              std::vector<diagnostic>& diagnostics);

/// Appends an error for each link on a node of a definition in the long form.
void check_unmixed(const json& source, std::vector<diagnostic>& diagnostics);

/// Returns the short form of a valid definition. Implied are only edges that cause no diagnostic.
/// Its long form is an equal definition, but with the edges grouped by node: see `grouped`.
[[nodiscard]] json to_short_form(const definition& flow);

/// Returns a valid definition with its edges in the order of their nodes, and those of a node in
/// this order: normal, `on` by event, `on_error`, `on_timeout`, `each` or `body`; of those for
/// `true` and `false` of a condition, `true` first. The meaning is the same: of edges of other
/// nodes or kinds the order has none.
[[nodiscard]] definition grouped(definition flow);

/// Whether a stored definition in the long form means the same as another, whatever form that was
/// written in.
[[nodiscard]] bool means_the_same(const json& stored, const definition& other);

/// Returns a definition of either form with the keys of the flow and its nodes in the order in
/// which people read them: names first, links last.
[[nodiscard]] nlohmann::ordered_json in_reading_order(const json& definition);

}  // namespace pawl::flow
