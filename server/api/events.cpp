#include <chrono>
#include <utility>

#include <pawl/code_ref.hpp>

#include "server/api/call.hpp"
#include "server/api/routes.hpp"
#include "server/live/run_watch.hpp"
#include "server/live/scope_watch.hpp"

namespace pawl::server {
namespace {

/// The position after which a reconnecting client continues; none if the request was refused.
std::optional<event_position> resume_position(const call_ptr& request) {
  const auto given = request->request().fields.find("Last-Event-ID");
  if (!given || given->empty()) return event_position{};
  const auto position = parse_event_id(*given);
  if (position) return position;
  request->fail(problem{problem_code::invalid_argument,
                        "Last-Event-ID must be the id of an event of this run, such as 17.0, not " +
                            pawl::quoted(*given)});
  return std::nullopt;
}

void stream_run(const call_ptr& request, const std::shared_ptr<subscription>& live,
                event_position after, bool follow) {
  const auto stream = request->answer_with_stream(
      {200, {{"Content-Type", std::string{event_stream_type}}, {"Cache-Control", "no-store"}}});
  if (!stream) return;
  const auto watch =
      std::make_shared<run_watch>(request->with().live, request->in(), request->run(), live, after,
                                  follow, make_sse_sink(stream));
  watch->set_permission([request] { return request->recheck(); });
  watch->begin();
  stream->on_closed([weak = std::weak_ptr{watch}] {
    if (const auto ended = weak.lock()) ended->stop();
  });
}

void watch_events(const call_ptr& request) {
  std::vector<diagnostic> diagnostics;
  const bool follow = request->query().flag("follow", false, diagnostics);
  if (request->reject_if_invalid(std::move(diagnostics))) return;
  const auto after = resume_position(request);
  if (!after) return;
  // Subscribe before querying the run, so that no event is missed.
  auto live = request->in().events().watch(request->run(), max_event_backlog);
  request->in().runs().get_async(
      request->run(), [request, live, after = *after, follow](result<run_view> run) {
        if (!run) return request->fail(run.error());
        if (after.checkpoint > run->checkpoint) {
          return request->fail(problem{
              problem_code::invalid_argument,
              "Last-Event-ID is not an event of this run; omit it to read from the first event"});
        }
        if (request->request().method == "HEAD") return request->answer_text(event_stream_type, "");
        stream_run(request, live, after, follow);
      });
}

/// Minimum and maximum time between two digests.
constexpr std::chrono::milliseconds min_digest_interval{100};
constexpr std::chrono::milliseconds max_digest_interval = std::chrono::minutes{10};

/// Which events a stream of a scope has, and in which form; none if the request was refused.
std::optional<scope_watch_options> watch_options(const call_ptr& request) {
  std::vector<diagnostic> diagnostics;
  scope_watch_options how;
  how.digest_interval =
      request->query().duration("digest", max_digest_interval, diagnostics, min_digest_interval);
  if (request->reject_if_invalid(std::move(diagnostics))) return std::nullopt;
  // The flows of the files are in the default scope.
  if (request->in().name() == default_scope()) how.flow_files = request->with().flow_files;
  const auto now = std::chrono::floor<time_point::duration>(std::chrono::system_clock::now());
  auto filter =
      event_filter::parse(request->query().text("filter"), request->query().words("kind"), now);
  if (!filter) {
    request->fail(filter.error());
    return std::nullopt;
  }
  how.filter = *std::move(filter);
  const auto given = request->request().fields.find("Last-Event-ID");
  if (!given || given->empty()) return how;
  const auto position = parse_journal_position(*given);
  if (!position) {
    request->fail(position.error());
    return std::nullopt;
  }
  how.after = *position;
  return how;
}

void watch_scope(const call_ptr& request) {
  auto how = watch_options(request);
  if (!how) return;
  if (request->request().method == "HEAD") return request->answer_text(event_stream_type, "");
  const auto stream = request->answer_with_stream(
      {200, {{"Content-Type", std::string{event_stream_type}}, {"Cache-Control", "no-store"}}});
  if (!stream) return;
  const auto watch = std::make_shared<scope_watch>(request->with().live, request->in(),
                                                   *std::move(how), make_sse_sink(stream));
  watch->set_permission([request] { return request->recheck(); });
  watch->begin();
  stream->on_closed([weak = std::weak_ptr{watch}] {
    if (const auto ended = weak.lock()) ended->stop();
  });
}

}  // namespace

void add_event_routes(router& to) {
  to.add(get_route("/v1/runs/{id}/events", "runs.events", role::reader, watch_events)
             .with_query({"follow"})
             .producing(event_stream_type));
  to.add(get_route("/v1/events", "events.watch", role::reader, watch_scope)
             .with_query({"filter", "kind", "digest"})
             .producing(event_stream_type));
}

}  // namespace pawl::server
