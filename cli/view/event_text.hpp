#pragma once

#include <string>

#include <pawl/run.hpp>
#include <pawl/subscription.hpp>

namespace pawl::cli {

/// What an event has to tell besides its kind and node, in words: "visit 2, 1.20s". Printable; may
/// be empty.
[[nodiscard]] std::string detail_text(const history_event& e);

/// An event as an object for programs; docs/cli.md describes its keys.
[[nodiscard]] json event_json(const run_id& run, const history_event& e);

}  // namespace pawl::cli
