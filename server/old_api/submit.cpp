#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include <pawl/detail/utf8.hpp>

#include "server/api/form.hpp"
#include "server/api/long_bodies.hpp"
#include "server/api/percent.hpp"
#include "server/old_api/old_errors.hpp"
#include "server/old_api/old_routes.hpp"
#include "server/old_api/old_versions.hpp"
#include "server/old_api/start_old_run.hpp"
#include "server/old_api/uploads.hpp"

namespace pawl::server {
namespace {

constexpr std::size_t max_form_fields = 1000;
constexpr std::size_t max_filename = 255;

/// Values in the Location of the answer; longer ones are left out.
constexpr std::size_t max_shown_values = 4u << 10;

constexpr const char* submitting = "Form submission failed";

/// What the previous engine kept of a file.
result<json> save_upload(const form_field& file, form_files& to) {
  if (file.filename->empty()) return json(nullptr);
  const auto saved = to.save(*file.filename, file.content);
  if (!saved) return saved.error();
  return json{{"filename", detail::to_valid_utf8(*file.filename, max_filename)},
              {"content_type", detail::to_valid_utf8(file.content_type, max_filename)},
              {"size", file.content.size()},
              {"file_path", saved->string()}};
}

/// The values of a form, the last one of each name; saves their files. None: the request was
/// refused.
std::optional<json> read_values(const call_ptr& request, form_files& saved) {
  const http::request& sent = request->request();
  const auto fields =
      read_form(sent.fields.find("Content-Type").value_or(""), sent.body, max_form_fields);
  if (!fields) {
    refuse(request, submitting, fields.error());
    return std::nullopt;
  }
  const auto is_file = [](const form_field& f) { return f.filename && !f.filename->empty(); };
  const auto files = std::count_if(fields->begin(), fields->end(), is_file);
  const std::uint32_t most = request->with().engine.effective_settings().server.max_upload_files;
  if (static_cast<std::uint64_t>(files) > most) {
    refuse(request, {413, std::string{submitting} + ": the form has " + std::to_string(files) +
                              " files; the maximum is " + std::to_string(most) +
                              " (server.max_upload_files)"});
    return std::nullopt;
  }
  std::map<std::string, const form_field*> last;  // by name
  for (const auto& each : *fields) last[detail::to_valid_utf8(each.name)] = &each;
  json values = json::object();
  for (const auto& [name, field] : last) {
    auto value = field->filename ? save_upload(*field, saved)
                                 : result<json>{json(detail::to_valid_utf8(field->content))};
    if (!value) {
      saved.remove();
      refuse(request, submitting, value.error());
      return std::nullopt;
    }
    values[name] = *std::move(value);
  }
  return values;
}

/// The page of the flow that sent the form: "/APP/FLOW" of the Referer; none for other pages.
std::optional<std::string> page_of_form(const http::request& request) {
  std::string_view from = request.fields.find("Referer").value_or("");
  const auto scheme = from.find("://");
  if (scheme == from.npos) return std::nullopt;
  from.remove_prefix(std::min(from.find('/', scheme + 3), from.size()));
  const std::string path{from.substr(0, from.find_first_of("?#"))};
  const auto second = path.find('/', 1);
  const bool is_page = second != path.npos && second > 1 && second + 1 < path.size() &&
                       path.find('/', second + 1) == path.npos;
  return is_page ? std::optional{path} : std::nullopt;
}

void redirect_to_page(const call_ptr& request, const std::string& flow, const json& values,
                      const std::string& thread) {
  const auto page = page_of_form(request->request());
  std::string to = page ? *page + "?" : "/console?id=" + percent_encoded(flow) + "&";
  to += "tab=logs&thread_id=" + percent_encoded(thread) + "&form_data=submitted";
  const std::string shown = percent_encoded(text_of(values));
  if (shown.size() <= max_shown_values) to += "&form_values=" + shown;
  request->send({302, {{"Location", to}}, {}}, "ok");
}

void create_pending(const call_ptr& request, const flow_numbers& of) {
  const auto thread = new_thread_id();
  if (!thread) return refuse(request, submitting, thread.error());
  const auto files = std::make_shared<form_files>(request->with().uploads,
                                                  run_key{request->by().scope, run_id{*thread}});
  const auto values = read_values(request, *files);
  if (!values) return;
  old_start start{of, *values};
  start.thread = *thread;
  start.paused = true;
  start.files = files;
  start_old_run(request, std::move(start),
                [request, flow = of.id.name.str(), values = *values](const std::string& started) {
                  redirect_to_page(request, flow, values, started);
                });
}

/// Saves the files of a form and creates a run with its values that is started later.
void submit_form(const call_ptr& request) {
  const std::string text = request->segment("name");
  find_flow_or_version(request->in(), text, [request](const flow_or_version& found) {
    if (!found.numbers) {
      const auto& why = found.numbers.error();
      if (why.code != errc::not_found) return refuse(request, submitting, why);
      const std::string version = found.version.empty() ? "latest" : found.version;
      return refuse(request, {404,
                              "Flow '" + found.flow + "' version '" + version + "' not found",
                              {{"flow_id", found.flow}},
                              "HTTPException"});
    }
    // Files are written on the thread for long bodies: no connection waits for the disk.
    const bool is_accepted = request->with().bodies->try_post(
        request->by().scope.str(), request->request().body.size(),
        [request, of = *found.numbers] { create_pending(request, of); });
    if (is_accepted) return;
    request->fail(problem{problem_code::too_many_requests,
                          std::string{submitting} + ": too many forms wait; retry later"});
  });
}

}  // namespace

void add_old_form_routes(router& to) {
  to.add(old_route("POST", "/api/flows/{name}/submit", "old.flows.submit", role::operator_role,
                   submit_form));
}

}  // namespace pawl::server
