#include "server/flow_files.hpp"

#include <utility>

#include "server/api/call.hpp"
#include "server/api/routes.hpp"

namespace pawl::server {
namespace {

json view_of(const flow_file_report& report) {
  json messages = json::array();
  for (const auto& each : report.messages) {
    messages.push_back(
        {{"severity", each.level == severity::error ? "error" : "warning"}, {"text", each.text}});
  }
  json object{{"file", report.file},
              {"at", to_rfc3339(report.at)},
              {"flow", nullptr},
              {"version", nullptr},
              {"messages", std::move(messages)}};
  if (report.stored) {
    object["flow"] = report.stored->name.str();
    object["version"] = to_string(report.stored->version);
  }
  return object;
}

/// The flows of the files are in the default scope.
void list_flow_files(const call_ptr& request) {
  json files = json::array();
  json folder = nullptr;
  const auto& watched = request->with().flow_files;
  if (watched && request->in().name() == default_scope()) {
    folder = watched->folder();
    for (const auto& each : watched->all()) files.push_back(view_of(each));
  }
  request->answer(200, {{"folder", std::move(folder)}, {"files", std::move(files)}});
}

}  // namespace

void add_flow_file_routes(router& to) {
  to.add(get_route("/v1/flow-files", "flow_files.list", role::reader, list_flow_files)
             .answered_by_each_server());
}

}  // namespace pawl::server
