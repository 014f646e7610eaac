#pragma once

#include <functional>
#include <string>

#include <pawl/flow_numbers.hpp>
#include <pawl/json.hpp>

#include "server/api/call.hpp"

namespace pawl::server {

/// Stores a definition in the form of the previous engine's builder as a new version, published.
/// `wanted`: the text of the version. If the flow has that version with the same definition, it is
/// published again; with another definition, the next free version is stored in its place. The same
/// definition with another text is another version. Calls `done` with the version; answers the
/// request itself if the definition is refused: "DOING: why".
void store_old_flow(const call_ptr& request, const std::string& name, const json& stored_form,
                    const std::string& wanted, std::string doing,
                    std::function<void(const flow_numbers& stored)> done);

}  // namespace pawl::server
