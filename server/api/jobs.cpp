#include <limits>
#include <stop_token>
#include <utility>

#include <pawl/jobs.hpp>

#include "server/api/call.hpp"
#include "server/api/object_reader.hpp"
#include "server/api/percent.hpp"
#include "server/api/routes.hpp"
#include "server/job_views.hpp"

namespace pawl::server {
namespace {

/// Maximum time that a request waits for the end of a job.
constexpr std::chrono::milliseconds max_job_wait = std::chrono::seconds{60};

job_id job_of(const call_ptr& request) {
  return job_id{request->segment("id")};
}

/// The role that the command needs when it is sent to one run.
role role_for(job_command command) noexcept {
  return command == job_command::remove ? role::admin : role::operator_role;
}

job_request read_job(object_reader& fields) {
  job_request job;
  const std::string command = fields.text("command");
  if (const auto parsed = parse_job_command(command)) {
    job.command = *parsed;
  } else if (!command.empty()) {
    fields.refuse("command", parsed.error().message);
  }
  job.filter = fields.text("filter");
  job.reason = fields.optional_text("reason").value_or("");
  job.signal = fields.optional_text("signal").value_or("");
  job.payload = fields.optional_value("payload").value_or(nullptr);
  job.rate = static_cast<std::uint32_t>(
      fields.number("rate", 0, 0, std::numeric_limits<std::uint32_t>::max()));
  job.dry_run = fields.flag("dry_run", false);
  return job;
}

void start_job(const call_ptr& request) {
  std::vector<diagnostic> diagnostics;
  auto body = request->take_body();
  if (!body) return;
  object_reader fields{*body, "", diagnostics};
  job_request job = read_job(fields);
  job_options options;
  if (auto id = fields.optional_text("id")) options.id = job_id{*std::move(id)};
  fields.finish();
  if (request->reject_if_invalid(std::move(diagnostics))) return;
  if (request->by().role < role_for(job.command)) {
    return request->fail(problem{problem_code::forbidden,
                                 "a job that deletes runs needs a key with the role admin"});
  }
  if (!request->bind_idempotency_key(options.id ? "id " + options.id->str() : std::string{}))
    return;
  if (!options.id) options.key = request->idempotency_key();
  const bool keyed = !options.key.empty();
  job.by = request->by().name;
  request->set_target(std::string{to_string(job.command)} + " " + job.filter.substr(0, 200));
  request->in().jobs().start_async(
      std::move(job), std::move(options), [request, keyed](result<job_started> started) {
        if (!started) return request->fail(problem_of_start(started.error(), keyed));
        request->set_target(started->id.str());
        request->answer(started->created ? 201 : 200, to_json(*started),
                        {{"Location", "/v1/jobs/" + percent_encoded(started->id.str())}});
      });
}

void list_jobs(const call_ptr& request) {
  std::vector<diagnostic> diagnostics;
  job_list_options wanted;
  wanted.limit = request->query().number("limit", 100, 1, 1000, diagnostics);
  wanted.cursor = request->query().text("cursor");
  if (request->reject_if_invalid(std::move(diagnostics))) return;
  request->in().jobs().list_async(wanted, answer_with<job_page>(request),
                                  request->withdrawn_with_client());
}

void get_job(const call_ptr& request) {
  std::vector<diagnostic> diagnostics;
  const auto wait = request->query().duration("wait", max_job_wait, diagnostics);
  if (request->reject_if_invalid(std::move(diagnostics))) return;
  const auto show = answer_with<job_view>(request);
  const job_id id = job_of(request);
  if (!wait) return request->in().jobs().get_async(id, show);
  if (!request->acquire_wait_slot()) return;
  std::stop_source withdrawn;
  request->set_early_answer([withdrawn]() mutable { withdrawn.request_stop(); });
  request->in().jobs().wait_async(
      id, *wait,
      [request, id, show](result<job_view> job) {
        const bool continues =
            !job && (job.error().code == errc::timed_out || job.error().code == errc::cancelled);
        if (!continues) return show(std::move(job));
        if (!request->answered()) request->in().jobs().get_async(id, show);
      },
      withdrawn.get_token());
}

void get_job_results(const call_ptr& request) {
  std::vector<diagnostic> diagnostics;
  job_results_options wanted;
  wanted.first = request->query().number("first", 0, 0, 1ull << 62, diagnostics);
  wanted.limit = request->query().number("limit", 100, 1, 1000, diagnostics);
  if (request->query().has("outcome")) {
    const auto outcome = parse_job_outcome(request->query().text("outcome"));
    if (!outcome) return request->fail(outcome.error());
    wanted.outcome = *outcome;
  }
  if (request->reject_if_invalid(std::move(diagnostics))) return;
  request->in().jobs().results_async(job_of(request), wanted, answer_with<job_results>(request),
                                     request->withdrawn_with_client());
}

void abort_job(const call_ptr& request) {
  request->in().jobs().abort_async(job_of(request), answer_with<job_view>(request));
}

void delete_job(const call_ptr& request) {
  request->in().jobs().remove_async(job_of(request), [request](const result<void>& done) {
    if (!done) return request->fail(done.error());
    request->answer_empty(204);
  });
}

}  // namespace

void add_job_routes(router& to) {
  to.add(
      post_route("/v1/jobs", "jobs.start", role::operator_role, start_job).idempotent_by_engine());
  to.add(
      get_route("/v1/jobs", "jobs.list", role::reader, list_jobs).with_query({"limit", "cursor"}));
  to.add(get_route("/v1/jobs/{id}", "jobs.get", role::reader, get_job).with_query({"wait"}));
  to.add(get_route("/v1/jobs/{id}/results", "jobs.results", role::reader, get_job_results)
             .with_query({"first", "limit", "outcome"}));
  to.add(post_route("/v1/jobs/{id}/abort", "jobs.abort", role::operator_role, abort_job)
             .with_body(body_kind::none));
  to.add(delete_route("/v1/jobs/{id}", "jobs.delete", role::operator_role, delete_job));
}

}  // namespace pawl::server
