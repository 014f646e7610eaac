#include <algorithm>
#include <stop_token>
#include <utility>

#include <pawl/detail/utf8.hpp>
#include <pawl/run_errors.hpp>

#include "server/api/call.hpp"
#include "server/api/percent.hpp"
#include "server/api/routes.hpp"
#include "server/api/start_fields.hpp"

namespace pawl::server {
namespace {

/// Maximum time that a request waits for the end of a run.
constexpr std::chrono::milliseconds max_wait = std::chrono::seconds{60};

http::fields location_of(const run_id& id) {
  return {{"Location", "/v1/runs/" + percent_encoded(id.str())}};
}

/// Calls `show` when the run has finished, after `limit`, or when the wait is ended early because
/// the client has disconnected or the server stops: with the run as it is then.
void show_after_wait(const call_ptr& request, const run_id& id, std::chrono::milliseconds limit,
                     callback<run_view> show) {
  std::stop_source withdrawn;
  request->set_early_answer([withdrawn]() mutable { withdrawn.request_stop(); });
  request->in().runs().wait_async(
      id, limit,
      [request, id, show = std::move(show)](result<run_view> run) {
        const bool continues =
            !run && (run.error().code == errc::timed_out || run.error().code == errc::cancelled);
        if (!continues) return show(std::move(run));
        if (!request->answered()) request->in().runs().get_async(id, show);
      },
      withdrawn.get_token());
}

/// Answers the start of a run with the run when it is finished, or as it is after `limit`, or at
/// once if there is no place to wait: the run was started, so the start is not refused any more.
void answer_start_after_wait(const call_ptr& request, const run_id& id,
                             std::chrono::milliseconds limit) {
  const auto answer = [request](result<run_view> run) {
    if (!run) return request->fail(run.error());
    const bool finished = is_finished(run->summary.status);
    http::fields fields = location_of(run->summary.key.id);
    fields.add("ETag", run_tag(*run));
    request->answer(finished ? 200 : 202, to_json(*run), std::move(fields));
  };
  show_after_wait(request, id, limit, [request, id, answer](result<run_view> run) {
    const bool has_no_place = !run && run.error().code == errc::overloaded;
    if (!has_no_place) return answer(std::move(run));
    request->in().runs().get_async(id, answer);
  });
}

void start_run(const call_ptr& request) {
  std::vector<diagnostic> diagnostics;
  const auto wait = request->query().duration("wait", max_wait, diagnostics);
  if (request->reject_if_invalid(std::move(diagnostics))) return;
  auto body = request->take_body();
  if (!body) return;
  object_reader fields{*body, "", diagnostics};
  wanted_start wanted = read_start(fields);
  start_request& start = wanted.start;
  fields.finish();
  if (request->reject_if_invalid(std::move(diagnostics)) ||
      !request->bind_idempotency_key(name_of(start.options)))
    return;
  // Reuse of a header key for another request is reported as for other POSTs: 422, not 409.
  const bool by_header = !start.options.id && start.options.key.empty();
  if (by_header) start.options.key = request->idempotency_key();
  const bool keyed = by_header && !start.options.key.empty();
  request->attribute(start.options);
  // What a refused start is audited with. The name may be anything.
  request->set_target(detail::to_valid_utf8(
      start.options.id ? start.options.id->str() : "flow " + start.flow, 255));
  if (wait && !request->acquire_wait_slot()) return;
  find_version_of_start(request->in(), std::move(wanted),
                        [request, wait, keyed](result<start_request> found) {
                          if (!found) return request->fail(problem_of_start(found.error(), keyed));
                          request->in().runs().start_async(
                              found->flow, found->input, std::move(found->options),
                              [request, wait, keyed](result<run_started> started) {
                                if (!started)
                                  return request->fail(problem_of_start(started.error(), keyed));
                                request->set_target(started->id.str());
                                if (wait)
                                  return answer_start_after_wait(request, started->id, *wait);
                                request->answer(started->created ? 201 : 200, to_json(*started),
                                                location_of(started->id));
                              });
                        });
}

/// What selects runs: `status`, `flow` and `filter`.
run_filter selected(const call_ptr& request, std::vector<diagnostic>& diagnostics) {
  run_filter filter;
  filter.status = request->query().status("status", diagnostics);
  if (request->query().has("flow")) filter.flow = flow_name{request->query().text("flow")};
  filter.where = request->query().text("filter");
  return filter;
}

void list_runs(const call_ptr& request) {
  std::vector<diagnostic> diagnostics;
  run_filter filter = selected(request, diagnostics);
  filter.limit = request->query().number("limit", 100, 1, 1000, diagnostics);
  filter.cursor = request->query().text("cursor");
  const auto sorting = request->query().order("order", diagnostics);
  filter.order = sorting.order;
  filter.order_by = sorting.attribute;
  if (request->reject_if_invalid(std::move(diagnostics))) return;
  request->in().runs().list_async(
      filter,
      [request](result<run_page> page) {
        if (!page) return request->fail(page.error());
        json runs = json::array();
        for (const auto& each : page->runs) runs.push_back(to_json(each));
        json answer{{"runs", std::move(runs)},
                    {"next", next_page(page->next)},
                    {"search", to_json(page->search)}};
        add_damaged(answer, page->damaged);
        request->answer(200, answer);
      },
      request->withdrawn_with_client());
}

void count_runs(const call_ptr& request) {
  std::vector<diagnostic> diagnostics;
  const run_filter filter = selected(request, diagnostics);
  if (request->reject_if_invalid(std::move(diagnostics))) return;
  request->in().runs().count_async(
      filter,
      [request](result<run_total> total) {
        if (!total) return request->fail(total.error());
        request->answer(
            200,
            {{"count", total->count}, {"exact", total->exact}, {"search", to_json(total->search)}});
      },
      request->withdrawn_with_client());
}

void group_errors(const call_ptr& request) {
  std::vector<diagnostic> diagnostics;
  run_filter filter;
  if (request->query().has("flow")) filter.flow = flow_name{request->query().text("flow")};
  filter.where = request->query().text("filter");
  const auto limit = request->query().number("limit", 10'000, 1, max_grouped_runs, diagnostics);
  if (request->reject_if_invalid(std::move(diagnostics))) return;
  scope_errors{request->in()}.read_async(
      filter, limit,
      [request](const result<run_error_groups>& errors) {
        if (!errors) return request->fail(errors.error());
        request->answer(200, to_json(*errors));
      },
      request->withdrawn_with_client());
}

void get_run(const call_ptr& request) {
  std::vector<diagnostic> diagnostics;
  const auto wait = request->query().duration("wait", max_wait, diagnostics);
  if (request->reject_if_invalid(std::move(diagnostics))) return;
  const auto show = [request](result<run_view> run) {
    if (!run) return request->fail(run.error());
    request->answer_version(run_tag(*run), to_json(*run));
  };
  if (!wait) return request->in().runs().get_async(request->run(), show);
  if (!request->acquire_wait_slot()) return;
  show_after_wait(request, request->run(), *wait, show);
}

void get_state(const call_ptr& request) {
  request->in().runs().get_async(request->run(), [request](result<run_view> run) {
    if (!run) return request->fail(run.error());
    request->answer_version(run_tag(*run), run->data);
  });
}

/// The pages of a history and of steps have a direction and a first checkpoint.
template <class Options>
Options page_options(const call_ptr& request, std::uint64_t limit,
                     std::vector<diagnostic>& diagnostics) {
  Options options;
  options.newest_first = request->query().flag("reverse", false, diagnostics);
  options.from = request->query().number("first", 0, 1, 1ull << 62, diagnostics);
  options.limit = request->query().number("limit", limit, 1, 1000, diagnostics);
  options.node = request->query().text("node");
  return options;
}

void get_history(const call_ptr& request) {
  std::vector<diagnostic> diagnostics;
  auto options = page_options<history_options>(request, 1000, diagnostics);
  options.values = request->query().flag("values", false, diagnostics);
  options.kinds = request->query().words("kind");
  if (request->reject_if_invalid(std::move(diagnostics))) return;
  request->in().runs().history_page_async(
      request->run(), options,
      [request](result<history_page> page) {
        if (!page) return request->fail(page.error());
        request->answer(200, {{"events", to_json(page->events)},
                              {"next", page->next == 0 ? json(nullptr) : json(page->next)},
                              {"pruned", page->pruned}});
      },
      request->withdrawn_with_client());
}

void get_steps(const call_ptr& request) {
  std::vector<diagnostic> diagnostics;
  const auto options = page_options<step_options>(request, 100, diagnostics);
  if (request->reject_if_invalid(std::move(diagnostics))) return;
  request->in().runs().steps_async(
      request->run(), options,
      [request](result<step_page> page) {
        if (!page) return request->fail(page.error());
        request->answer(200, to_json(*page));
      },
      request->withdrawn_with_client());
}

void get_logs(const call_ptr& request) {
  std::vector<diagnostic> diagnostics;
  const auto limit = request->query().number("limit", 1000, 1, 10'000, diagnostics);
  if (request->reject_if_invalid(std::move(diagnostics))) return;
  // The engine checks that the run exists in the caller's scope.
  request->in().runs().get_async(request->run(), [request, limit](result<run_view> run) {
    if (!run) return request->fail(run.error());
    scope_logs{request->in()}.read_async(
        run->summary.key.id, limit,
        [request](const result<std::vector<run_log_line>>& log) {
          if (!log) return request->fail(log.error());
          json lines = json::array();
          for (const auto& each : *log) lines.push_back(to_json(each));
          request->answer(200, {{"logs", std::move(lines)}});
        },
        request->withdrawn_with_client());
  });
}

}  // namespace

void add_run_routes(router& to) {
  to.add(post_route("/v1/runs", "runs.start", role::operator_role, start_run)
             .with_query({"wait"})
             .idempotent_by_engine());
  to.add(get_route("/v1/runs", "runs.list", role::reader, list_runs)
             .with_query({"status", "flow", "filter", "order", "limit", "cursor"}));
  to.add(get_route("/v1/stats/runs", "runs.count", role::reader, count_runs)
             .with_query({"status", "flow", "filter"}));
  to.add(get_route("/v1/stats/errors", "runs.errors", role::reader, group_errors)
             .with_query({"flow", "filter", "limit"}));
  to.add(get_route("/v1/runs/{id}", "runs.get", role::reader, get_run).with_query({"wait"}));
  to.add(get_route("/v1/runs/{id}/state", "runs.state", role::reader, get_state));
  to.add(get_route("/v1/runs/{id}/history", "runs.history", role::reader, get_history)
             .with_query({"first", "limit", "reverse", "kind", "node", "values"}));
  to.add(get_route("/v1/runs/{id}/steps", "runs.steps", role::reader, get_steps)
             .with_query({"first", "limit", "reverse", "node"}));
  to.add(
      get_route("/v1/runs/{id}/logs", "runs.logs", role::reader, get_logs).with_query({"limit"}));
}

}  // namespace pawl::server
