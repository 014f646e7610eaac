#include <utility>

#include "server/api/percent.hpp"
#include "server/old_api/old_errors.hpp"
#include "server/old_api/old_fields.hpp"
#include "server/old_api/old_routes.hpp"
#include "server/old_api/old_versions.hpp"
#include "server/old_api/start_old_run.hpp"

namespace pawl::server {
namespace {

/// What the body of a start has.
struct old_start_fields {
  json input;
  std::optional<std::string> thread;
};

/// None: the request was refused.
std::optional<old_start_fields> read_old_start(const call_ptr& request) {
  old_fields fields{request};
  old_start_fields read{fields.optional_object("input_data").value_or(json::object()),
                        fields.optional_text("thread_id")};
  if (fields.reject()) return std::nullopt;
  return read;
}

/// `version`: empty: the latest one.
std::string started_text(const std::string& flow, const std::string& version) {
  if (version.empty()) return "Workflow " + flow + " started successfully with latest version";
  return "Workflow " + flow + " v" + version + " started successfully";
}

/// Starts a version, and answers as all three states of the previous engine did, together. `text`:
/// of the version; empty: the latest one.
void start_version_of_old_flow(const call_ptr& request, const flow_numbers& of,
                               old_start_fields fields, const std::string& text) {
  const std::string message = started_text(of.id.name.str(), text);
  json inputs = fields.input;
  old_start start{of, std::move(fields.input), std::move(fields.thread)};
  start.any_version = text.empty();
  start_old_run(request, std::move(start),
                [request, of, message, inputs](const std::string& thread) {
                  const std::string& flow = of.id.name.str();
                  const std::string id = percent_encoded(thread);
                  request->answer(200, {{"thread_id", thread},
                                        {"status", "started"},
                                        {"message", message},
                                        {"flow_id", flow},
                                        {"version", shown_version(of)},
                                        {"flow_version_id", of.version},
                                        {"inputs", inputs},
                                        {"console_url", "/console?id=" + percent_encoded(flow) +
                                                            "&tab=logs&thread_id=" + id},
                                        {"logs_url", "/api/runs/" + id + "/logs"}});
                });
}

/// `known`: the flow exists, so it has no published version.
void refuse_unknown_version(const call_ptr& request, const flow_name& flow, const std::string& text,
                            bool known) {
  if (!known) return refuse(request, old_flow_not_found(flow.str()));
  refuse(request, {400, text.empty() ? "No published version found for flow " + flow.str()
                                     : "Version " + text + " not found for flow " + flow.str()});
}

/// Answers an error of the search for a version; says whether the flow or the version is missing.
void refuse_search(const call_ptr& request, const flow_name& flow, const std::string& text,
                   const error& why) {
  if (why.code != errc::not_found) return refuse(request, start_failed, why);
  request->in().flows().versions_async(
      flow, flow_filter{1, {}}, [request, flow, text](const result<flow_version_page>& known) {
        refuse_unknown_version(request, flow, text, known.has_value());
      });
}

void start_latest(const call_ptr& request, const flow_name& flow, old_start_fields fields) {
  find_published_version(
      request->in(), flow,
      [request, flow, fields = std::move(fields)](const result<flow_numbers>& found) {
        if (!found) return refuse_search(request, flow, {}, found.error());
        start_version_of_old_flow(request, *found, fields, {});
      });
}

void start_text_version(const call_ptr& request, const flow_name& flow, const std::string& text,
                        old_start_fields fields) {
  find_old_version(
      request->in(), flow, text,
      [request, flow, text, fields = std::move(fields)](const result<flow_numbers>& found) {
        if (!found) return refuse_search(request, flow, text, found.error());
        start_version_of_old_flow(request, *found, fields, text);
      });
}

void start_latest_of_old_flow(const call_ptr& request) {
  if (auto fields = read_old_start(request))
    start_latest(request, flow_name{request->segment("name")}, *std::move(fields));
}

void start_old_flow_version(const call_ptr& request) {
  if (auto fields = read_old_start(request)) {
    start_text_version(request, flow_name{request->segment("name")}, request->segment("version"),
                       *std::move(fields));
  }
}

/// The path has the name of a flow, or a flow and a version.
void start_flow_or_version(const call_ptr& request) {
  auto fields = read_old_start(request);
  if (!fields) return;
  find_flow_or_version(request->in(), request->segment("name"),
                       [request, fields = *std::move(fields)](const flow_or_version& found) {
                         if (!found.numbers) {
                           return refuse_search(request, flow_name{found.flow}, found.version,
                                                found.numbers.error());
                         }
                         start_version_of_old_flow(request, *found.numbers, fields, found.version);
                       });
}

void start_numbered_version(const call_ptr& request) {
  old_fields fields{request};
  const std::uint64_t number = fields.number("flow_version_id");
  const json input = fields.optional_object("input_data").value_or(json::object());
  const auto thread = fields.optional_text("thread_id");
  if (fields.reject()) return;
  scope_flow_numbers{request->in()}.find_async(number, [request, number, input,
                                                        thread](const result<flow_numbers>& found) {
    const bool is_unknown = found ? found->withdrawn : found.error().code == errc::not_found;
    if (is_unknown) {
      return refuse(request, {400, std::string{start_failed} + ": Flow version " +
                                       std::to_string(number) + " not found"});
    }
    if (!found) return refuse(request, start_failed, found.error());
    start_old_run(request, {*found, input, thread}, [request](const std::string& id) {
      request->answer(
          200,
          {{"thread_id", id}, {"status", "started"}, {"message", "Workflow execution started"}});
    });
  });
}

}  // namespace

void add_old_start_routes(router& to) {
  to.add(old_route("POST", "/api/flows/{name}/start", "old.flows.start", role::operator_role,
                   start_flow_or_version));
  to.add(old_route("POST", "/api/flows/{name}/start/latest", "old.flows.start_latest",
                   role::operator_role, start_latest_of_old_flow));
  to.add(old_route("POST", "/api/flows/{name}/start/version/{version}", "old.flows.start_version",
                   role::operator_role, start_old_flow_version));
  to.add(old_route("POST", "/api/runs/start", "old.runs.start", role::operator_role,
                   start_numbered_version));
}

}  // namespace pawl::server
