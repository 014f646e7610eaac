#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <pawl/explanation.hpp>
#include <pawl/run_states.hpp>

#include "server/api/call.hpp"
#include "server/api/object_reader.hpp"
#include "server/api/routes.hpp"
#include "server/api/start_fields.hpp"
#include "server/api/start_from_run.hpp"
#include "server/run_state_views.hpp"
#include "server/whole_number.hpp"

namespace pawl::server {
namespace {

constexpr std::uint64_t max_checkpoint_number = std::uint64_t{1} << 62;

/// As `answer_with`, for the types of run_state_views.hpp.
template <class T>
callback<T> show(const call_ptr& request) {
  return [request](result<T> found) {
    if (!found) return request->fail(found.error());
    request->answer(200, to_json(*found));
  };
}

void explain_run(const call_ptr& request) {
  request->in().runs().explain_async(request->run(), show<run_explanation>(request),
                                     request->withdrawn_with_client());
}

/// The checkpoint in the path; none, with the request refused, if it is not a number.
std::optional<std::uint64_t> checkpoint_in_path(const call_ptr& request) {
  const auto number = whole_number(request->segment("checkpoint"));
  if (number && *number >= 1 && *number <= max_checkpoint_number) return number;
  request->fail(problem{problem_code::invalid_argument,
                        "the checkpoint in the path must be a number from 1"});
  return std::nullopt;
}

void get_state_at(const call_ptr& request) {
  const auto checkpoint = checkpoint_in_path(request);
  if (!checkpoint) return;
  request->in().runs().state_at_async(request->run(), *checkpoint, show<past_state>(request),
                                      request->withdrawn_with_client());
}

void get_diff(const call_ptr& request) {
  std::vector<diagnostic> diagnostics;
  const auto from = request->query().number("from", 1, 1, max_checkpoint_number, diagnostics);
  const auto to =
      request->query().number("to", 0, 1, max_checkpoint_number, diagnostics);  // 0: the last
  if (request->reject_if_invalid(std::move(diagnostics))) return;
  request->in().runs().diff_async(request->run(), from, to, show<state_diff>(request),
                                  request->withdrawn_with_client());
}

void fork_run(const call_ptr& request) {
  auto body = request->take_body();
  if (!body) return;
  std::vector<diagnostic> diagnostics;
  object_reader fields{*body, "", diagnostics};
  fork_options options;
  options.start = read_restart(fields);
  options.checkpoint = fields.number("checkpoint", 0, 1, max_checkpoint_number);
  if (auto data = fields.optional_object("data")) options.data = *std::move(data);
  fields.finish();
  if (request->reject_if_invalid(std::move(diagnostics))) return;
  const start_options named = options.start;
  start_from_run(
      request, "fork", named,
      [request, options = std::move(options)](start_options how, callback<run_started> done) {
        fork_options whole = options;
        whole.start = std::move(how);
        request->in().runs().fork_async(request->run(), std::move(whole), std::move(done));
      });
}

}  // namespace

void add_run_state_routes(router& to) {
  to.add(get_route("/v1/runs/{id}/explain", "runs.explain", role::reader, explain_run));
  to.add(
      get_route("/v1/runs/{id}/states/{checkpoint}", "runs.state_at", role::reader, get_state_at));
  to.add(get_route("/v1/runs/{id}/diff", "runs.diff", role::reader, get_diff)
             .with_query({"from", "to"}));
  to.add(post_route("/v1/runs/{id}/fork", "runs.fork", role::operator_role, fork_run)
             .with_body(body_kind::optional_object)
             .idempotent_by_engine());
}

}  // namespace pawl::server
