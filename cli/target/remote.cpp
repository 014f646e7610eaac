#include "cli/target/remote.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "cli/session.hpp"
#include "cli/target/blob_client.hpp"
#include "cli/target/decode.hpp"
#include "cli/target/http_client.hpp"
#include "cli/target/job_answers.hpp"
#include "cli/target/remote_follower.hpp"
#include "cli/target/scope_events.hpp"
#include "persistence/query/run_sorting.hpp"

namespace pawl::cli {
namespace {

constexpr std::size_t history_page_size = 1'000;
/// Maximum `wait` of one request; a limit of the server.
constexpr std::chrono::milliseconds max_server_wait{60'000};

/// A backup or a compaction reads the whole store.
constexpr std::chrono::milliseconds max_upkeep_time = std::chrono::hours{24};

json options_json(const command_options& how) {
  json body = json::object();
  if (!how.reason.empty()) body["reason"] = how.reason;
  if (how.if_status) body["only_if"] = to_string(*how.if_status);
  return body;
}

json start_json(const start_options& how) {
  json body = json::object();
  if (how.id) body["id"] = how.id->str();
  if (!how.key.empty()) body["key"] = how.key;
  if (!how.metadata.empty()) body["metadata"] = how.metadata;
  if (!how.attributes.empty()) body["attributes"] = attributes_to_json(how.attributes);
  return body;
}

std::vector<std::string> trace_headers(const start_options& how) {
  if (!how.trace) return {};
  return {"traceparent: " + to_traceparent(*how.trace)};
}

/// The parameters that select runs, each after an ampersand.
std::string selection_query(const run_filter& filter) {
  std::string query;
  if (filter.status) query += "&status=" + std::string{to_string(*filter.status)};
  if (filter.flow) query += "&flow=" + percent_encoded(filter.flow->str());
  if (!filter.where.empty()) query += "&filter=" + percent_encoded(filter.where);
  return query;
}

/// The parameters of a page of a history or of steps.
template <class Options>
std::string page_query(const Options& how) {
  std::string query = "?limit=" + std::to_string(how.limit);
  if (how.from != 0) query += "&first=" + std::to_string(how.from);
  if (how.newest_first) query += "&reverse=true";
  if (!how.node.empty()) query += "&node=" + percent_encoded(how.node);
  return query;
}

class remote_target final : public target {
 public:
  remote_target(server_access access, const std::string& flags, std::function<bool()> is_cancelled)
      : http_(std::move(access), is_cancelled), blobs_(http_.access(), std::move(is_cancelled)) {
    hints_.read_flags = flags;
    hints_.run_flags = flags;
    hints_.remote = true;
  }

  [[nodiscard]] const command_hints& hints() const noexcept override { return hints_; }
  [[nodiscard]] bool logs_to_terminal() const noexcept override { return false; }

  result<flow_stored> put_flow(const json& definition, const put_flow_options& how) override {
    std::string query = how.publish ? "?publish=true" : "?publish=false";
    if (how.version) query += "&version=" + to_string(*how.version);
    return read(http_.send("POST", "/v1/flows" + query, definition), read_flow_stored);
  }
  result<void> publish_flow(const flow_version_id& id) override {
    const auto done = http_.send("POST", flow_path(id.name) + "/publish",
                                 json{{"version", to_string(id.version)}});
    return done ? result<void>{} : done.error();
  }
  result<void> delete_flow(const flow_name& name) override {
    const auto done = http_.send("DELETE", flow_path(name));
    return done ? result<void>{} : done.error();
  }
  result<flow_version> get_flow(const flow_name& name, std::optional<version> v) override {
    const std::string query = v ? "?version=" + to_string(*v) : "";
    return read(http_.send("GET", flow_path(name) + query), read_flow_version);
  }
  result<version> find_version(const flow_name& name, const std::string& text) override {
    if (const auto numbers = parse_version(text)) return *numbers;
    if (text.empty()) return parse_version(text);  // it cannot be a segment of a path
    const auto found =
        read(http_.send("GET", flow_path(name) + "/versions/" + percent_encoded(text)),
             read_flow_version);
    if (!found) return found.error();
    return found->id.version;
  }
  result<flow_page> list_flows() override {
    flow_page all;
    auto flows = read_pages<flow_summary>("/v1/flows", "flows", read_flow_summary, all.damaged);
    if (!flows) return std::move(flows).error();
    all.flows = *std::move(flows);
    return all;
  }
  result<flow_version_page> flow_versions(const flow_name& name) override {
    flow_version_page all;
    auto versions = read_pages<flow_version>(flow_path(name) + "/versions", "versions",
                                             read_flow_version, all.damaged);
    if (!versions) return std::move(versions).error();
    all.versions = *std::move(versions);
    return all;
  }
  result<std::vector<function_info>> functions() override {
    return read(http_.send("GET", "/v1/functions"), [](const json& answer) {
      return read_list<function_info>(answer, "functions", read_function);
    });
  }
  result<worker_overview> workers() override {
    return read(http_.send("GET", "/v1/workers"), read_workers);
  }

  result<run_started> start(std::string_view flow, const json& input,
                            const start_options& how) override {
    json body = start_json(how);
    body["flow"] = flow;
    body["input"] = input;
    if (how.version) body["version"] = to_string(*how.version);
    return read(http_.send("POST", "/v1/runs", body, {}, trace_headers(how)), read_run_started);
  }
  result<run_started> restart(const run_id& id, const start_options& how) override {
    return read(
        http_.send("POST", run_path(id) + "/restart", start_json(how), {}, trace_headers(how)),
        read_run_started);
  }
  result<run_started> fork(const run_id& id, const fork_options& how) override {
    json body = start_json(how.start);
    if (how.checkpoint != 0) body["checkpoint"] = how.checkpoint;
    if (!how.data.empty()) body["data"] = how.data;
    return read(http_.send("POST", run_path(id) + "/fork", body, {}, trace_headers(how.start)),
                read_run_started);
  }
  result<run_view> get(const run_id& id, std::chrono::milliseconds wait) override {
    wait = std::min(wait, max_server_wait);
    const std::string query =
        wait.count() == 0 ? "" : "?wait=" + std::to_string(wait.count()) + "ms";
    return read(http_.send("GET", run_path(id) + query, {}, wait),
                [&](const json& answer) { return read_run_view(answer, scope()); });
  }
  result<run_page> list(const run_filter& filter) override {
    std::string query = "?limit=" + std::to_string(filter.limit) + selection_query(filter);
    if (filter.order != run_order::newest)
      query += "&order=" + persistence::to_string({filter.order, filter.order_by});
    if (!filter.cursor.empty()) query += "&cursor=" + percent_encoded(filter.cursor);
    return read(http_.send("GET", "/v1/runs" + query),
                [&](const json& answer) { return read_run_page(answer, scope()); });
  }
  result<run_total> count(const run_filter& filter) override {
    std::string query = selection_query(filter);
    if (!query.empty()) query.front() = '?';
    return read(http_.send("GET", "/v1/stats/runs" + query), read_run_total);
  }
  result<run_error_groups> errors(const run_filter& filter, std::size_t limit) override {
    run_filter all = filter;
    all.status.reset();
    const std::string query = "?limit=" + std::to_string(limit) + selection_query(all);
    return read(http_.send("GET", "/v1/stats/errors" + query), read_error_groups);
  }
  result<std::vector<run_count>> counts() override {
    return read(http_.send("GET", "/v1/stats"), read_run_counts);
  }
  result<json> statistics(std::size_t days) override {
    return read(http_.send("GET", "/v1/stats/daily?days=" + std::to_string(days)), read_statistics);
  }
  result<json> explain(const run_id& id) override {
    return read(http_.send("GET", run_path(id) + "/explain"),
                [&](const json& answer) { return read_explanation(answer, scope()); });
  }
  result<json> state_at(const run_id& id, std::uint64_t checkpoint) override {
    return read(http_.send("GET", run_path(id) + "/states/" + std::to_string(checkpoint)),
                read_past_state);
  }
  result<json> diff(const run_id& id, std::uint64_t from, std::uint64_t to) override {
    const std::string end = to == 0 ? "" : "&to=" + std::to_string(to);
    return read(http_.send("GET", run_path(id) + "/diff?from=" + std::to_string(from) + end),
                read_state_diff);
  }
  result<std::vector<history_event>> history(const run_id& id) override {
    std::vector<history_event> all;
    std::uint64_t first = 1;
    while (true) {
      const auto answer =
          http_.send("GET", run_path(id) + "/history?first=" + std::to_string(first) +
                                "&limit=" + std::to_string(history_page_size));
      if (!answer) return answer.error();
      auto page = read_list<history_event>(*answer, "events", read_history_event);
      if (!page) return page;
      all.insert(all.end(), std::make_move_iterator(page->begin()),
                 std::make_move_iterator(page->end()));
      const auto next = answer->find("next");
      if (next == answer->end() || !next->is_number_unsigned()) return all;
      const auto further = next->get<std::uint64_t>();
      if (further <= first) return all;  // guards against an endless loop
      first = further;
    }
  }

  result<pawl::history_page> history_page(const run_id& id, const history_options& how) override {
    std::string query = page_query(how);
    if (how.values) query += "&values=true";
    std::string kinds;
    for (const auto& each : how.kinds) kinds += (kinds.empty() ? "" : ",") + each;
    if (!kinds.empty()) query += "&kind=" + percent_encoded(kinds);
    return read(http_.send("GET", run_path(id) + "/history" + query), read_history_page);
  }
  result<json> steps(const run_id& id, const step_options& how) override {
    return read(http_.send("GET", run_path(id) + "/steps" + page_query(how)), read_step_page);
  }

  result<run_changed> cancel(const run_id& id, const command_options& how) override {
    return command(id, "/cancel", options_json(how));
  }
  result<run_changed> terminate(const run_id& id, const command_options& how) override {
    return command(id, "/terminate", options_json(how));
  }
  result<run_changed> skip(const run_id& id, const std::string& node,
                           const command_options& how) override {
    json body = options_json(how);
    body["node"] = node;
    return command(id, "/skip", body);
  }
  result<run_changed> pause(const run_id& id, const command_options& how) override {
    return command(id, "/pause", options_json(how));
  }
  result<run_changed> retry(const run_id& id, const command_options& how) override {
    return command(id, "/retry", options_json(how));
  }
  result<run_changed> resume(const run_id& id, const resume_options& how) override {
    json body = options_json({how.if_status, how.reason, {}});
    if (!how.update.empty()) body["update"] = how.update;
    if (how.answer) body["answer"] = *how.answer;
    if (!how.question.empty()) body["question"] = how.question;
    return command(id, "/resume", body);
  }
  result<run_changed> set_data(const run_id& id, const json& changes,
                               const command_options& how) override {
    json body = options_json(how);
    body["update"] = changes;
    return command(id, "/update", body);
  }
  result<run_changed> signal(const run_id& id, const std::string& type, const json& payload,
                             const signal_options& how) override {
    json body{{"type", type}, {"payload", payload}};
    if (!how.id.empty()) body["id"] = how.id;
    return command(id, "/signal", body);
  }

  result<run_removed> remove(const run_id& id) override {
    return read(http_.send("DELETE", run_path(id)), read_run_removed);
  }
  result<void> keep(const run_id& id, bool kept) override {
    const auto done = http_.send(kept ? "PUT" : "DELETE", run_path(id) + "/keep");
    return done ? result<void>{} : done.error();
  }
  result<cleanup_page> clean_up(const cleanup_options& how) override {
    std::string query = "?limit=" + std::to_string(how.limit);
    if (how.older_than) query += "&older_than=" + std::to_string(how.older_than->count()) + "ms";
    if (how.dry_run) query += "&dry_run=true";
    if (!how.cursor.empty()) query += "&cursor=" + percent_encoded(how.cursor);
    return read(http_.send("POST", "/v1/cleanup" + query), read_cleanup_page);
  }

  result<compaction_result> compact() override {
    return read(http_.send("POST", "/v1/store/compact", {}, max_upkeep_time), read_compaction);
  }
  result<backup_info> back_up(const std::filesystem::path&) override {
    return read(http_.send("POST", "/v1/backups", {}, max_upkeep_time), read_backup);
  }

  result<job_started> start_job(const job_request& what, const job_options& how) override {
    return read(http_.send("POST", "/v1/jobs", job_json(what, how)), read_job_started);
  }
  result<job_view> get_job(const job_id& id, std::chrono::milliseconds wait) override {
    wait = std::min(wait, max_server_wait);
    const std::string query =
        wait.count() == 0 ? "" : "?wait=" + std::to_string(wait.count()) + "ms";
    return read(http_.send("GET", job_path(id) + query, {}, wait), read_job);
  }
  result<job_page> list_jobs(const job_list_options& how) override {
    std::string query = "?limit=" + std::to_string(how.limit);
    if (!how.cursor.empty()) query += "&cursor=" + percent_encoded(how.cursor);
    return read(http_.send("GET", "/v1/jobs" + query), read_job_page);
  }
  result<job_results> results_of_job(const job_id& id, const job_results_options& how) override {
    std::string query =
        "?limit=" + std::to_string(how.limit) + "&first=" + std::to_string(how.first);
    if (how.outcome) query += "&outcome=" + std::string{to_string(*how.outcome)};
    return read(http_.send("GET", job_path(id) + "/results" + query), read_job_results);
  }
  result<job_view> abort_job(const job_id& id) override {
    return read(http_.send("POST", job_path(id) + "/abort"), read_job);
  }
  result<void> remove_job(const job_id& id) override {
    const auto done = http_.send("DELETE", job_path(id));
    return done ? result<void>{} : done.error();
  }

  result<blob_info> put_blob(const blob_source& from, const std::string& type,
                             const std::string& hash) override {
    return blobs_.put(from, type, hash);
  }
  result<blob_info> get_blob(const std::string& hash) override { return blobs_.get(hash); }
  result<void> read_blob(const std::string& hash, const blob_sink& to) override {
    return blobs_.read(hash, to);
  }

  result<follow_result> follow(session& s, watcher& shown, std::vector<followed_run> runs,
                               const follow_options& how) override {
    s.stop_signals().enable_graceful_stop();
    remote_follower all{s, http_.access(), *this, shown, how};
    for (auto& run : runs) {
      const result<void> begun = run.refused ? *run.refused : how.begin(run.id);
      if (!begun && !how.several) return begun.error();
      if (begun) {
        all.add(std::move(run));
      } else {
        all.refuse(run.id, begun.error());
      }
    }
    return all.follow();
  }

  result<void> events(std::optional<journal_position> after, const event_selection& which,
                      const event_listener& listener) override {
    // A wrong address or key fails now, and is not taken for an outage.
    if (const auto there = http_.send("GET", "/v1/stats"); !there) return there.error();
    return stream_scope_events(http_.access(), after, which, listener);
  }

  result<void> close() override { return {}; }

 private:
  [[nodiscard]] const scope_name& scope() const { return http_.access().scope; }
  static std::string run_path(const run_id& id) { return "/v1/runs/" + percent_encoded(id.str()); }
  static std::string job_path(const job_id& id) { return "/v1/jobs/" + percent_encoded(id.str()); }
  static std::string flow_path(const flow_name& name) {
    return "/v1/flows/" + percent_encoded(name.str());
  }

  template <class Read>
  static auto read(const result<json>& answer, Read reader) -> decltype(reader(*answer)) {
    if (!answer) return answer.error();
    return reader(*answer);
  }

  /// Reads all pages of a list, and appends what could not be listed.
  template <class T, class Read>
  result<std::vector<T>> read_pages(const std::string& path, const char* field, Read reader,
                                    std::vector<std::string>& damaged) {
    std::vector<T> all;
    for (std::string cursor;;) {
      const auto answer = http_.send("GET", path + "?limit=1000" + cursor);
      if (!answer) return answer.error();
      auto page = read_list<T>(*answer, field, reader);
      if (!page) return page;
      std::move(page->begin(), page->end(), std::back_inserter(all));
      auto unread = read_damaged(*answer);
      if (!unread) return std::move(unread).error();
      const bool is_empty = page->empty() && unread->empty();
      std::move(unread->begin(), unread->end(), std::back_inserter(damaged));
      const auto next = answer->find("next");
      if (next == answer->end() || !next->is_string() || is_empty) return all;
      cursor = "&cursor=" + percent_encoded(next->get<std::string>());
    }
  }

  result<run_changed> command(const run_id& id, const char* what, const json& body) {
    return read(http_.send("POST", run_path(id) + what, body),
                [&](const json& answer) { return read_run_changed(answer, scope()); });
  }

  http_client http_;
  blob_client blobs_;
  command_hints hints_;
};

}  // namespace

std::unique_ptr<target> make_remote_target(server_access access, std::string flags,
                                           std::function<bool()> is_cancelled) {
  return std::make_unique<remote_target>(std::move(access), flags, std::move(is_cancelled));
}

}  // namespace pawl::cli
