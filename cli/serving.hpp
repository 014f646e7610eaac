#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <pawl/engine.hpp>

#include "cli/session.hpp"
#include "config/load.hpp"

namespace pawl::server {
class flow_file_reports;
}

namespace pawl::cli {

/// What a command does while it serves: `urls` are the addresses of the server. It returns when a
/// signal to stop has arrived.
using while_serving = std::function<void(engine& open, const std::vector<std::string>& urls,
                                         const std::string& line)>;

/// Opens an engine and serves the HTTP API over it, as the settings say. Stops the transport before
/// the engine, so that requests in progress are answered. From the first line on, everything is
/// written to the log: a reader that blocks standard error must not stop the server.
/// `flow_files`: as in `server::http_server::open`.
exit_code serve_engine(session& s, config::effective_settings loaded,
                       const while_serving& meanwhile,
                       std::shared_ptr<const server::flow_file_reports> flow_files = nullptr);

}  // namespace pawl::cli
