#include "cli/target/decode.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace pawl::cli {
namespace {

/// Reads the fields of one object. Remembers the first invalid field.
class field_reader {
 public:
  explicit field_reader(const json& from) : from_(from) {
    if (!from.is_object()) bad_field_ = "the body";
  }

  [[nodiscard]] const json& value(const char* key) const {
    static const json nothing;
    if (!from_.is_object()) return nothing;
    const auto found = from_.find(key);
    return found == from_.end() ? nothing : *found;
  }
  [[nodiscard]] bool has(const char* key) const { return from_.is_object() && from_.contains(key); }
  std::string text(const char* key) {
    const json& given = value(key);
    if (given.is_string()) return given.get<std::string>();
    reject(key);
    return {};
  }
  /// Empty if missing or null.
  std::string optional_text(const char* key) {
    return value(key).is_null() ? std::string{} : text(key);
  }
  bool flag(const char* key) {
    const json& given = value(key);
    if (!given.is_boolean()) reject(key);
    return given.is_boolean() && given.get<bool>();
  }
  /// 0 if missing or null.
  template <class Number>
  Number number(const char* key) {
    const json& given = value(key);
    if (given.is_null()) return 0;
    const bool counts =
        given.is_number_unsigned() || (given.is_number_integer() && given.get<std::int64_t>() >= 0);
    const bool good = counts && given.get<std::uint64_t>() <= std::numeric_limits<Number>::max();
    if (!good) reject(key);
    return good ? given.get<Number>() : 0;
  }
  std::vector<std::string> texts(const char* key) {
    std::vector<std::string> all;
    const json& given = value(key);
    if (!given.is_array()) reject(key);
    for (const auto& each : given) {
      if (each.is_string()) {
        all.push_back(each.get<std::string>());
      } else {
        reject(key);
      }
    }
    return all;
  }
  json object(const char* key) {
    const json& given = value(key);
    if (!given.is_object()) reject(key);
    return given.is_object() ? given : json::object();
  }
  std::optional<time_point> time(const char* key) {
    const std::string given = optional_text(key);
    if (given.empty()) return std::nullopt;
    return parsed(key, parse_rfc3339(given));
  }
  time_point required_time(const char* key) {
    const auto given = time(key);
    if (!given) reject(key);
    return given.value_or(time_point{});
  }
  run_status status(const char* key) {
    const auto given = parse_run_status(text(key));
    if (!given) reject(key);
    return given.value_or(run_status::running);
  }
  std::optional<run_id> run(const char* key) {
    const std::string given = optional_text(key);
    if (given.empty()) return std::nullopt;
    return parsed(key, parse_run_id(given));
  }
  flow_version_id flow(const char* name_key) {
    flow_version_id id;
    id.name = parsed(name_key, parse_flow_name(text(name_key))).value_or(flow_name{});
    id.version = version_of("version").value_or(version{});
    return id;
  }
  std::optional<version> version_of(const char* key) {
    const std::string given = optional_text(key);
    if (given.empty()) return std::nullopt;
    return parsed(key, parse_version(given));
  }

  void reject(const char* key) {
    if (bad_field_.empty()) bad_field_ = key;
  }
  template <class T>
  result<T> finish(T value) const {
    if (bad_field_.empty()) return value;
    return error{errc::not_supported,
                 "invalid response: " + bad_field_ +
                     " is missing or has the wrong type; the server is not a Pawl server or has "
                     "an incompatible version"};
  }

 private:
  template <class T>
  std::optional<T> parsed(const char* key, result<T> given) {
    if (given) return *std::move(given);
    reject(key);
    return std::nullopt;
  }

  const json& from_;
  std::string bad_field_;
};

std::vector<diagnostic> read_diagnostics(const json& from) {
  std::vector<diagnostic> diagnostics;
  if (!from.is_array()) return diagnostics;
  for (const auto& each : from) {
    field_reader fields{each};
    diagnostics.push_back(
        {fields.text("severity") == "warning" ? severity::warning : severity::error,
         fields.text("pointer"), fields.text("code"), fields.text("message")});
  }
  return diagnostics;
}

std::optional<run_error> read_run_error(const json& from) {
  if (!from.is_object()) return std::nullopt;
  field_reader fields{from};
  return run_error{fields.text("type"), fields.text("message"), fields.optional_text("node"),
                   fields.number<std::uint32_t>("attempt")};
}

waiting_on read_waiting(const json& from) {
  field_reader fields{from};
  waiting_on waits{fields.text("node"), fields.text("kind"), fields.optional_text("name")};
  waits.until = fields.time("until");
  waits.question = fields.value("question");
  waits.calls = fields.number<std::uint32_t>("calls");
  return waits;
}

run_wait read_listed_wait(const json& from) {
  field_reader fields{from};
  return {fields.text("kind"), fields.optional_text("name"), fields.optional_text("node")};
}

run_search read_search(const json& from) {
  field_reader fields{from};
  return {fields.optional_text("index"), fields.number<std::uint64_t>("keys_read")};
}

pending_signal read_pending_signal(const json& from) {
  field_reader fields{from};
  return {fields.text("type"), fields.optional_text("id"), fields.value("payload")};
}

constexpr std::array known_codes = {
    std::pair{"invalid_argument", errc::invalid_argument},
    std::pair{"malformed_json", errc::invalid_flow},
    std::pair{"invalid_flow", errc::invalid_flow},
    std::pair{"invalid_rule", errc::invalid_rule},
    std::pair{"unauthorized", errc::invalid_argument},
    std::pair{"forbidden", errc::invalid_argument},
    std::pair{"not_found", errc::not_found},
    std::pair{"timed_out", errc::timed_out},
    std::pair{"already_exists", errc::already_exists},
    std::pair{"idempotency_mismatch", errc::already_exists},
    std::pair{"illegal_transition", errc::illegal_transition},
    std::pair{"conflict", errc::conflict},
    std::pair{"lease_lost", errc::conflict},
    std::pair{"precondition_failed", errc::conflict},
    std::pair{"body_too_large", errc::limit_exceeded},
    std::pair{"limit_exceeded", errc::limit_exceeded},
    std::pair{"too_many_requests", errc::overloaded},
    std::pair{"overloaded", errc::overloaded},
    std::pair{"unavailable", errc::unavailable},
    std::pair{"storage_full", errc::storage_full},
    std::pair{"io_failed", errc::io_failed},
    std::pair{"corrupt", errc::corrupt},
    std::pair{"internal", errc::io_failed},
};

errc code_of_status(int status) noexcept {
  if (status == 404) return errc::not_found;
  if (status == 408 || status == 504) return errc::timed_out;
  if (status == 413) return errc::limit_exceeded;
  if (status == 429) return errc::overloaded;
  return status >= 500 && status != 501 ? errc::unavailable : errc::not_supported;
}

}  // namespace

namespace {

run_attributes read_attributes(field_reader& fields) {
  run_attributes attributes;
  if (const json& values = fields.value("attributes"); !values.is_null()) {
    auto read = attributes_from_json(values);
    if (read) attributes.values = *std::move(read);
    if (!read) fields.reject("attributes");
  }
  if (const json& problems = fields.value("attribute_problems"); problems.is_object())
    for (const auto& [name, why] : problems.items())
      if (why.is_string()) attributes.problems.emplace(name, why.get<std::string>());
  return attributes;
}

}  // namespace

result<run_summary> read_run_summary(const json& from, const scope_name& scope) {
  field_reader fields{from};
  run_summary run;
  run.key.scope = scope;
  const auto id = fields.run("id");
  if (!id) fields.reject("id");
  run.key.id = id.value_or(run_id{});
  run.flow = fields.flow("flow");
  run.status = fields.status("status");
  run.created_at = fields.required_time("created_at");
  run.started_at = fields.time("started_at");
  run.finished_at = fields.time("finished_at");
  run.error = read_run_error(fields.value("error"));
  run.restarted_from = fields.run("restarted_from");
  run.parent = fields.run("parent");
  if (const json& waits = fields.value("waits"); waits.is_array())
    for (const auto& each : waits) run.waits.push_back(read_listed_wait(each));
  run.attributes = read_attributes(fields);
  return fields.finish(std::move(run));
}

result<run_view> read_run_view(const json& from, const scope_name& scope) {
  auto summary = read_run_summary(from, scope);
  if (!summary) return std::move(summary).error();
  field_reader fields{from};
  run_view run;
  run.summary = *std::move(summary);
  run.pausing = fields.flag("pausing");
  run.undoing = fields.flag("undoing");
  run.parked = fields.flag("parked");
  run.checkpoint = fields.number<std::uint64_t>("checkpoint");
  run.updated_at = fields.required_time("updated_at");
  run.started_by = fields.optional_text("started_by");
  if (fields.has("kept")) run.kept = fields.flag("kept");
  run.input = fields.value("input");
  run.data = fields.object("data");
  if (fields.has("output")) run.output = fields.value("output");
  run.metadata = fields.object("metadata");
  run.at = fields.texts("at");
  if (const json& inbox = fields.value("inbox"); inbox.is_array())
    for (const auto& each : inbox) run.inbox.push_back(read_pending_signal(each));
  if (const json& waits = fields.value("waiting_on"); waits.is_array())
    for (const auto& each : waits) run.waiting_on.push_back(read_waiting(each));
  return fields.finish(std::move(run));
}

/// Reads an element of a list as it is.
static result<json> copied(const json& each) {
  return each;
}

result<json> read_explanation(const json& from, const scope_name& scope) {
  field_reader fields{from};
  auto run = read_run_summary(fields.object("run"), scope);
  if (!run) return std::move(run).error();
  auto reasons = read_list<json>(from, "reasons", copied);
  if (!reasons) return std::move(reasons).error();
  return fields.finish(from);
}

result<json> read_cluster(const json& from) {
  field_reader fields{from};
  static_cast<void>(fields.text("role"));
  static_cast<void>(fields.number<std::uint64_t>("epoch"));
  return fields.finish(from);
}

result<json> read_statistics(const json& from) {
  field_reader fields{from};
  static_cast<void>(fields.object("runs"));
  static_cast<void>(fields.object("periods"));
  auto days = read_list<json>(from, "days", copied);
  if (!days) return std::move(days).error();
  return fields.finish(from);
}

result<json> read_past_state(const json& from) {
  field_reader fields{from};
  static_cast<void>(fields.number<std::uint64_t>("checkpoint"));
  static_cast<void>(fields.status("status"));
  static_cast<void>(fields.object("data"));
  auto places = read_list<json>(from, "places", copied);
  if (!places) return std::move(places).error();
  return fields.finish(from);
}

result<json> read_state_diff(const json& from) {
  auto changes = read_list<json>(from, "changes", copied);
  if (!changes) return std::move(changes).error();
  return from;
}

result<run_page> read_run_page(const json& from, const scope_name& scope) {
  auto runs = read_list<run_summary>(
      from, "runs", [&](const json& each) { return read_run_summary(each, scope); });
  if (!runs) return std::move(runs).error();
  field_reader fields{from};
  run_page page{*std::move(runs), fields.optional_text("next"),
                read_search(fields.value("search"))};
  if (fields.has("damaged")) page.damaged = fields.texts("damaged");
  return fields.finish(std::move(page));
}

result<std::vector<std::string>> read_damaged(const json& page) {
  field_reader fields{page};
  std::vector<std::string> damaged;
  if (fields.has("damaged")) damaged = fields.texts("damaged");
  return fields.finish(std::move(damaged));
}

result<run_total> read_run_total(const json& from) {
  field_reader fields{from};
  run_total total{fields.number<std::uint64_t>("count"), fields.flag("exact"),
                  read_search(fields.value("search"))};
  return fields.finish(std::move(total));
}

result<run_error_groups> read_error_groups(const json& from) {
  auto groups = read_list<run_error_group>(from, "groups", [](const json& each) {
    field_reader fields{each};
    run_error_group group{fields.text("type"), fields.text("node"),
                          fields.number<std::uint64_t>("count"),
                          fields.run("newest").value_or(run_id{}), fields.text("message")};
    return fields.finish(std::move(group));
  });
  if (!groups) return std::move(groups).error();
  field_reader fields{from};
  run_error_groups all{*std::move(groups), fields.number<std::uint64_t>("runs"),
                       fields.number<std::uint64_t>("others"), fields.flag("exact"),
                       read_search(fields.value("search"))};
  return fields.finish(std::move(all));
}

result<std::vector<run_count>> read_run_counts(const json& from) {
  field_reader body{from};
  const json runs = body.object("runs");
  field_reader fields{runs};
  std::vector<run_count> counts;
  for (const auto status : all_run_statuses)
    counts.push_back(
        {status, fields.number<std::uint64_t>(std::string{to_string(status)}.c_str())});
  return body.finish(std::move(counts));
}

result<run_started> read_run_started(const json& from) {
  field_reader fields{from};
  run_started run;
  run.id = fields.run("id").value_or(run_id{});
  if (run.id.empty()) fields.reject("id");
  run.flow = fields.flow("flow");
  run.status = fields.status("status");
  run.created = fields.flag("created");
  return fields.finish(std::move(run));
}

result<run_changed> read_run_changed(const json& from, const scope_name& scope) {
  field_reader fields{from};
  auto run = read_run_summary(fields.value("run"), scope);
  if (!run) return std::move(run).error();
  run_changed change{*std::move(run), fields.status("before"), fields.flag("changed"),
                     fields.flag("pausing"), fields.texts("warnings")};
  return fields.finish(std::move(change));
}

result<run_removed> read_run_removed(const json& from) {
  field_reader fields{from};
  run_removed removed;
  removed.id = fields.run("id").value_or(run_id{});
  removed.runs = fields.number<std::uint64_t>("runs");
  removed.records = fields.number<std::uint64_t>("records");
  removed.bytes = fields.number<std::uint64_t>("bytes");
  return fields.finish(std::move(removed));
}

result<cleanup_page> read_cleanup_page(const json& from) {
  field_reader fields{from};
  cleanup_page page;
  page.completed = fields.number<std::uint64_t>("completed");
  page.failed = fields.number<std::uint64_t>("failed");
  page.cancelled = fields.number<std::uint64_t>("cancelled");
  page.runs = fields.number<std::uint64_t>("runs");
  page.records = fields.number<std::uint64_t>("records");
  page.bytes = fields.number<std::uint64_t>("bytes");
  page.kept = fields.number<std::uint64_t>("kept");
  page.in_use = fields.number<std::uint64_t>("in_use");
  page.damaged = fields.number<std::uint64_t>("damaged");
  page.next = fields.optional_text("next");
  return fields.finish(std::move(page));
}

result<backup_info> read_backup(const json& from) {
  field_reader fields{from};
  backup_info made;
  made.id = fields.number<std::uint32_t>("id");
  if (made.id == 0) fields.reject("id");
  made.created_at = fields.required_time("created_at");
  made.bytes = fields.number<std::uint64_t>("bytes");
  made.files = fields.number<std::uint64_t>("files");
  return fields.finish(std::move(made));
}

result<compaction_result> read_compaction(const json& from) {
  field_reader fields{from};
  compaction_result space;
  space.bytes_before = fields.number<std::uint64_t>("bytes_before");
  space.bytes_after = fields.number<std::uint64_t>("bytes_after");
  return fields.finish(std::move(space));
}

result<history_event> read_history_event(const json& from) {
  field_reader fields{from};
  history_event event;
  event.checkpoint = fields.number<std::uint64_t>("checkpoint");
  event.at = fields.required_time("at");
  event.kind = fields.text("kind");
  event.node = fields.optional_text("node");
  event.visit = fields.number<std::uint32_t>("visit");
  event.attempt = fields.number<std::uint32_t>("attempt");
  event.detail = fields.value("detail").is_null() ? json::object() : fields.object("detail");
  return fields.finish(std::move(event));
}

result<history_page> read_history_page(const json& from) {
  field_reader fields{from};
  auto events = read_list<history_event>(from, "events", read_history_event);
  if (!events) return std::move(events).error();
  history_page page{*std::move(events), fields.number<std::uint64_t>("next"),
                    fields.number<std::uint64_t>("pruned")};
  return fields.finish(std::move(page));
}

result<json> read_step_page(const json& from) {
  field_reader fields{from};
  const auto steps = read_list<json>(from, "steps", [](const json& step) -> result<json> {
    field_reader of{step};
    of.text("node");
    of.text("status");
    of.required_time("started_at");
    return of.finish(step);
  });
  if (!steps) return steps.error();
  fields.number<std::uint64_t>("next");
  return fields.finish(from);
}

result<flow_stored> read_flow_stored(const json& from) {
  field_reader fields{from};
  flow_stored stored;
  stored.id = fields.flow("name");
  stored.created = fields.flag("created");
  stored.warnings = read_diagnostics(fields.value("warnings"));
  return fields.finish(std::move(stored));
}

result<flow_version> read_flow_version(const json& from) {
  field_reader fields{from};
  flow_version flow;
  flow.id = fields.flow("name");
  flow.published = fields.flag("published");
  flow.created_at = fields.required_time("created_at");
  flow.definition = fields.value("definition");
  if (const json& written = fields.value("written"); !written.is_null()) flow.written = written;
  return fields.finish(std::move(flow));
}

result<flow_summary> read_flow_summary(const json& from) {
  field_reader fields{from};
  flow_summary flow;
  flow.name = flow_name{fields.text("name")};
  const auto latest = fields.version_of("latest");
  if (!latest) fields.reject("latest");
  flow.latest = latest.value_or(version{});
  flow.published = fields.version_of("published");
  return fields.finish(std::move(flow));
}

result<function_info> read_function(const json& from) {
  field_reader fields{from};
  function_info function;
  function.code_ref = fields.text("code_ref");
  function.options.description = fields.optional_text("description");
  function.built_in = fields.flag("built_in");
  return fields.finish(std::move(function));
}

result<worker_overview> read_workers(const json& from) {
  auto workers = read_list<worker_info>(from, "workers", [](const json& each) {
    field_reader fields{each};
    worker_info worker;
    worker.name = fields.text("worker");
    worker.queue = fields.text("queue");
    worker.functions = fields.texts("functions");
    worker.leases = fields.number<std::size_t>("leases");
    worker.last_seen = fields.required_time("last_seen");
    return fields.finish(std::move(worker));
  });
  if (!workers) return std::move(workers).error();
  auto queues = read_list<task_queue_info>(from, "queues", [](const json& each) {
    field_reader fields{each};
    task_queue_info queue;
    queue.queue = fields.text("queue");
    queue.code_ref = fields.text("code_ref");
    queue.queued = fields.number<std::uint64_t>("queued");
    queue.leased = fields.number<std::size_t>("leased");
    queue.oldest_at = fields.time("oldest_at");
    return fields.finish(std::move(queue));
  });
  if (!queues) return std::move(queues).error();
  return worker_overview{*std::move(workers), *std::move(queues)};
}

error error_of_problem(const json& problem, int status) {
  field_reader fields{problem};
  const json& code = fields.value("code");
  const json& detail = fields.value("detail");
  const json& error_class = fields.value("class");
  error failure{code_of_status(status), "the server returned status " + std::to_string(status)};
  const auto* const known =
      std::find_if(known_codes.begin(), known_codes.end(),
                   [&](const auto& each) { return code.is_string() && code == each.first; });
  if (known != known_codes.end()) failure.code = known->second;
  if (detail.is_string()) failure.message = detail.get<std::string>();
  if (error_class.is_string()) failure.type = error_class.get<std::string>();
  const json& diagnostics = fields.value("diagnostics");  // "faults" in 0.1
  failure.diagnostics =
      read_diagnostics(diagnostics.is_null() ? fields.value("faults") : diagnostics);
  return failure;
}

}  // namespace pawl::cli
