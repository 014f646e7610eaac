#include <utility>

#include <pawl/code_ref.hpp>

#include "flow/definition/old_form.hpp"
#include "flow/definition/short_form.hpp"
#include "server/api/call.hpp"
#include "server/api/object_reader.hpp"
#include "server/api/percent.hpp"
#include "server/api/routes.hpp"
#include "server/api/version_name.hpp"

namespace pawl::server {
namespace {

std::string version_tag(const version& v) {
  return "\"" + to_string(v) + "\"";
}

/// The flow name in the path; none if the request was refused.
std::optional<flow_name> flow_in_path(const call_ptr& request) {
  auto name = parse_flow_name(request->segment("name"));
  if (name) return *std::move(name);
  request->fail(name.error());
  return std::nullopt;
}

/// Answers with an error of a definition.
void fail_with_lines(const call_ptr& request, error failure) {
  request->add_lines(failure.diagnostics);
  request->fail(failure);
}

void store_flow(const call_ptr& request, const json& definition, put_flow_options options) {
  request->in().flows().put_async(
      definition, std::move(options), [request](result<flow_stored> stored) {
        if (!stored) return fail_with_lines(request, stored.error());
        request->add_lines(stored->warnings);
        request->answer(stored->created ? 201 : 200, to_json(*stored),
                        {{"ETag", version_tag(stored->id.version)},
                         {"Location", "/v1/flows/" + percent_encoded(stored->id.name.str()) +
                                          "/versions/" + to_string(stored->id.version)}});
      });
}

std::optional<put_flow_options> read_put_options(const call_ptr& request) {
  std::vector<diagnostic> diagnostics;
  put_flow_options options;
  options.version = request->query().version("version", diagnostics);
  options.publish = request->query().flag("publish", true, diagnostics);
  if (request->reject_if_invalid(std::move(diagnostics))) return std::nullopt;
  return options;
}

void post_flow(const call_ptr& request) {
  auto options = read_put_options(request);
  if (!options) return;
  const auto definition = request->take_body();
  if (!definition) return;
  if (definition->is_object() && definition->contains("name") && (*definition)["name"].is_string())
    request->set_target((*definition)["name"].get<std::string>());
  store_flow(request, *definition, *std::move(options));
}

/// Adds the precondition of If-Match to `options`; none if the request was refused.
std::optional<put_flow_options> with_precondition(const call_ptr& request,
                                                  put_flow_options options) {
  const auto wanted = request->precondition();
  if (!wanted.given) return options;
  options.if_exists = true;
  if (wanted.any) return options;
  const auto latest = parse_version(wanted.tag.value_or(""));
  if (latest) {
    options.if_latest = *latest;
    return options;
  }
  request->fail(problem{problem_code::precondition_failed,
                        "If-Match is not a version of a flow; use its ETag, such as \"1.0.2\""});
  return std::nullopt;
}

void put_flow(const call_ptr& request) {
  const auto name = flow_in_path(request);
  if (!name) return;
  auto options = read_put_options(request);
  if (!options) return;
  options = with_precondition(request, *std::move(options));
  if (!options) return;
  auto definition = request->take_body();
  if (!definition) return;
  if (flow::is_old_form(*definition)) {
    (*definition)["name"] = name->str();  // the previous engine stored flows under other names
  } else if (definition->is_object()) {
    const auto given = definition->emplace("name", name->str()).first;
    if (*given != name->str()) {
      return request->fail(problem{
          problem_code::invalid_argument,
          "the name in the definition differs from the path; omit it or use " +
              pawl::quoted(name->str()),
          {},
          {{severity::error, "/name", "invalid_field", "differs from the name in the path"}}});
    }
  }
  store_flow(request, *definition, *std::move(options));
}

flow_filter page_of(const call_ptr& request, std::vector<diagnostic>& diagnostics) {
  return {request->query().number("limit", 100, 1, 1000, diagnostics),
          request->query().text("cursor")};
}

void list_flows(const call_ptr& request) {
  std::vector<diagnostic> diagnostics;
  const flow_filter filter = page_of(request, diagnostics);
  if (request->reject_if_invalid(std::move(diagnostics))) return;
  request->in().flows().list_async(
      filter,
      [request](result<flow_page> page) {
        if (!page) return request->fail(page.error());
        json flows = json::array();
        for (const auto& each : page->flows) flows.push_back(to_json(each));
        json answer{{"flows", std::move(flows)}, {"next", next_page(page->next)}};
        add_damaged(answer, page->damaged);
        request->answer(200, answer);
      },
      request->withdrawn_with_client());
}

void answer_flow(const call_ptr& request, const flow_name& name, std::optional<version> v) {
  request->in().flows().get_async(name, v, [request](result<flow_version> flow) {
    if (!flow) return request->fail(flow.error());
    request->answer_version(version_tag(flow->id.version), to_json(*flow));
  });
}

/// `text`: its numbers or its label.
void answer_named_version(const call_ptr& request, const flow_name& name, const std::string& text) {
  find_version(request->in(), name, text, [request, name](const result<version>& found) {
    if (!found) return request->fail(found.error());
    answer_flow(request, name, *found);
  });
}

void get_flow(const call_ptr& request) {
  const auto name = flow_in_path(request);
  if (!name) return;
  if (!request->query().has("version")) return answer_flow(request, *name, std::nullopt);
  answer_named_version(request, *name, request->query().text("version"));
}

void get_version(const call_ptr& request) {
  const auto name = flow_in_path(request);
  if (!name) return;
  answer_named_version(request, *name, request->segment("version"));
}

void list_versions(const call_ptr& request) {
  const auto name = flow_in_path(request);
  if (!name) return;
  std::vector<diagnostic> diagnostics;
  const flow_filter filter = page_of(request, diagnostics);
  if (request->reject_if_invalid(std::move(diagnostics))) return;
  request->in().flows().versions_async(
      *name, filter,
      [request](result<flow_version_page> page) {
        if (!page) return request->fail(page.error());
        json versions = json::array();
        for (const auto& each : page->versions) versions.push_back(outline(each));
        json answer{{"versions", std::move(versions)}, {"next", next_page(page->next)}};
        add_damaged(answer, page->damaged);
        request->answer(200, answer);
      },
      request->withdrawn_with_client());
}

void publish_version(const call_ptr& request, const flow_version_id& id) {
  request->in().flows().publish_async(id, [request, id](const result<void>& published) {
    if (!published) return request->fail(published.error());
    request->in().flows().get_async(id.name, id.version, [request](result<flow_version> flow) {
      if (!flow) return request->fail(flow.error());
      request->answer(200, outline(*flow), {{"ETag", version_tag(flow->id.version)}});
    });
  });
}

void publish_flow(const call_ptr& request) {
  const auto name = flow_in_path(request);
  if (!name) return;
  auto body = request->take_body();
  if (!body) return;
  std::vector<diagnostic> diagnostics;
  object_reader fields{*body, "", diagnostics};
  const std::string text = fields.text("version");
  fields.finish();
  if (request->reject_if_invalid(std::move(diagnostics))) return;
  find_version(request->in(), *name, text, [request, name = *name](const result<version>& found) {
    if (!found) return request->fail(found.error());
    publish_version(request, {name, *found});
  });
}

void delete_flow(const call_ptr& request) {
  const auto name = flow_in_path(request);
  if (!name) return;
  request->in().flows().remove_async(*name, [request](const result<void>& deleted) {
    if (!deleted) return request->fail(deleted.error());
    request->answer_empty(204);
  });
}

/// Translates a valid definition in the short form. What is to be said about it has been said.
json long_form_of(const json& written) {
  std::vector<diagnostic> known;
  return flow::expand_short_form(written, {.max_nodes = ~0u, .max_edges = ~0u}, known).definition;
}

void validate_flow(const call_ptr& request) {
  auto definition = request->take_body();
  if (!definition) return;
  const auto written = flow::is_short_form(*definition) ? *definition : json(nullptr);
  request->in().flows().validate_async(
      *std::move(definition),
      [request, written](result<std::vector<diagnostic>> diagnostics) {
        if (!diagnostics) return request->fail(diagnostics.error());
        request->add_lines(*diagnostics);
        bool valid = true;
        for (const auto& each : *diagnostics) valid = valid && each.level != severity::error;
        json list = to_json(*diagnostics);
        json answer{{"valid", valid},
                    {"faults", list},  // the old name, until 1.0
                    {"diagnostics", std::move(list)}};
        if (valid && !written.is_null()) answer["definition"] = long_form_of(written);
        request->answer(200, answer);
      },
      request->withdrawn_with_client());
}

}  // namespace

void add_flow_routes(router& to) {
  to.add(post_route("/v1/flows", "flows.post", role::author, post_flow)
             .with_query({"version", "publish"})
             .with_body(body_kind::document));
  to.add(get_route("/v1/flows", "flows.list", role::reader, list_flows)
             .with_query({"limit", "cursor"}));
  to.add(put_route("/v1/flows/{name}", "flows.put", role::author, put_flow)
             .with_query({"version", "publish"})
             .with_body(body_kind::document));
  to.add(
      get_route("/v1/flows/{name}", "flows.get", role::reader, get_flow).with_query({"version"}));
  to.add(delete_route("/v1/flows/{name}", "flows.delete", role::author, delete_flow));
  to.add(get_route("/v1/flows/{name}/versions", "flows.versions", role::reader, list_versions)
             .with_query({"limit", "cursor"}));
  to.add(
      get_route("/v1/flows/{name}/versions/{version}", "flows.version", role::reader, get_version));
  to.add(post_route("/v1/flows/{name}/publish", "flows.publish", role::author, publish_flow));
  to.add(post_route("/v1/validate", "flows.validate", role::reader, validate_flow)
             .with_body(body_kind::document)
             .unaudited());
}

}  // namespace pawl::server
