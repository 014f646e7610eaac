#pragma once

#include <vector>

#include "flow/analysis/live_graph.hpp"

namespace pawl::flow {

/// Warns of texts with braces that read what the input may leave out, beside other text: it is
/// empty there. Reports nothing unless the keys that nodes write are known. `flow` must have an
/// `input_schema`.
void warn_empty_in_texts(const live_graph& graph, const definition& flow,
                         std::vector<diagnostic>& diagnostics);

}  // namespace pawl::flow
