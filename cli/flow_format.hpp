#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/flow_file.hpp"

namespace pawl::cli {

/// The forms in which a flow can be written.
enum class flow_form { long_form, short_form };

/// Returns a valid flow in a form, with the keys in reading order. Keys that Pawl ignores on the
/// flow and on its nodes, such as `position` and those that begin with "x-", are kept,
/// except of a flow in the form of the previous engine, which did not keep them either.
[[nodiscard]] nlohmann::ordered_json in_form(const flow_file& flow, flow_form form);

/// Says what of the file `in_form` leaves out: comments of YAML, and what editors keep on edges.
/// Empty: nothing.
[[nodiscard]] std::vector<std::string> lost_in_form(const flow_file& flow);

}  // namespace pawl::cli
