#pragma once

#include <string>

#include <pawl/run.hpp>
#include <pawl/subscription.hpp>

namespace pawl::cli {

/// Describes the details of an event: "visit 2, 1.20s". Printable; may be empty.
[[nodiscard]] std::string detail_text(const history_event& e);

/// An event as JSON; docs/cli.md documents the keys.
[[nodiscard]] json event_json(const run_id& run, const history_event& e);

}  // namespace pawl::cli
