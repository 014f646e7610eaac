#include "server/views.hpp"

namespace pawl::server {
namespace {

template <class Id>
json id_or_null(const std::optional<Id>& id) {
  return id ? json(id->str()) : json(nullptr);
}

json error_or_null(const std::optional<run_error>& e) {
  if (!e) return nullptr;
  return {{"type", e->type}, {"message", e->message}, {"node", e->node}, {"attempt", e->attempt}};
}

json view_of(const waiting_on& what) {
  json object{{"node", what.node}, {"kind", what.kind}, {"name", what.name}};
  if (what.until) object["until"] = to_rfc3339(*what.until);
  if (what.kind == "answer") object["question"] = what.question;
  if (what.calls > 0) object["calls"] = what.calls;
  return object;
}

}  // namespace

json to_json(const run_summary& run) {
  json object{{"id", run.key.id.str()},
              {"flow", run.flow.name.str()},
              {"version", to_string(run.flow.version)},
              {"status", to_string(run.status)},
              {"created_at", to_rfc3339(run.created_at)},
              {"started_at", time_or_null(run.started_at)},
              {"finished_at", time_or_null(run.finished_at)},
              {"error", error_or_null(run.error)},
              {"restarted_from", id_or_null(run.restarted_from)},
              {"parent", id_or_null(run.parent)}};
  for (const auto& each : run.waits)
    object["waits"].push_back({{"kind", each.kind}, {"name", each.name}, {"node", each.node}});
  if (!run.attributes.values.empty())
    object["attributes"] = attributes_to_json(run.attributes.values);
  if (!run.attributes.problems.empty()) object["attribute_problems"] = run.attributes.problems;
  return object;
}

json to_json(const run_search& search) {
  return {{"index", search.index}, {"keys_read", search.keys_read}};
}

json to_json(const run_error_groups& errors) {
  json groups = json::array();
  for (const auto& each : errors.groups) {
    groups.push_back({{"type", each.type},
                      {"node", each.node},
                      {"count", each.count},
                      {"newest", each.newest.str()},
                      {"message", each.message}});
  }
  return {{"groups", std::move(groups)},
          {"runs", errors.runs},
          {"others", errors.others},
          {"exact", errors.exact},
          {"search", to_json(errors.search)}};
}

json to_json(const run_view& run) {
  json object = to_json(run.summary);
  object["pausing"] = run.pausing;
  object["undoing"] = run.undoing;
  object["parked"] = run.parked;
  object["waiting_on"] = json::array();
  for (const auto& each : run.waiting_on) object["waiting_on"].push_back(view_of(each));
  object["inbox"] = json::array();
  for (const auto& each : run.inbox)
    object["inbox"].push_back({{"type", each.type}, {"id", each.id}, {"payload", each.payload}});
  object["checkpoint"] = run.checkpoint;
  object["updated_at"] = to_rfc3339(run.updated_at);
  object["at"] = run.at;
  if (!run.input.is_null()) {
    object["input"] = run.input;
    object["started_by"] = run.started_by;
  }
  if (run.kept) object["kept"] = *run.kept;
  object["data"] = run.data;
  if (run.output) object["output"] = *run.output;
  object["metadata"] = run.metadata;
  return object;
}

json to_json(const run_started& run) {
  return {{"id", run.id.str()},
          {"flow", run.flow.name.str()},
          {"version", to_string(run.flow.version)},
          {"status", to_string(run.status)},
          {"created", run.created}};
}

json to_json(const run_changed& change) {
  return {{"run", to_json(change.run)},
          {"before", to_string(change.before)},
          {"changed", change.changed},
          {"pausing", change.pausing},
          {"warnings", change.warnings}};
}

json to_json(const run_removed& removed) {
  return {{"id", removed.id.str()},
          {"runs", removed.runs},
          {"records", removed.records},
          {"bytes", removed.bytes}};
}

json to_json(const cleanup_page& page) {
  return {
      {"completed", page.completed}, {"failed", page.failed},
      {"cancelled", page.cancelled}, {"runs", page.runs},
      {"records", page.records},     {"bytes", page.bytes},
      {"kept", page.kept},           {"in_use", page.in_use},
      {"damaged", page.damaged},     {"next", page.next.empty() ? json(nullptr) : json(page.next)}};
}

json to_json(const backup_info& backup) {
  return {{"id", backup.id},
          {"created_at", to_rfc3339(backup.created_at)},
          {"bytes", backup.bytes},
          {"files", backup.files}};
}

json to_json(const compaction_result& space) {
  return {{"bytes_before", space.bytes_before}, {"bytes_after", space.bytes_after}};
}

json to_json(const history_event& event, std::size_t place) {
  json object{{"at", to_rfc3339(event.at)},
              {"kind", event.kind},
              {"node", event.node},
              {"visit", event.visit},
              {"attempt", event.attempt},
              {"detail", event.detail.is_null() ? json::object() : event.detail}};
  if (event.checkpoint != 0) {
    object["id"] = event_id(event.checkpoint, place);
    object["checkpoint"] = event.checkpoint;
  }
  return object;
}

json to_json(const std::vector<history_event>& events) {
  json list = json::array();
  for (const auto& each : events) list.push_back(to_json(each, each.place));
  return list;
}

json to_json(const run_step& step) {
  json object{{"checkpoint", step.checkpoint},
              {"node", step.node},
              {"type", step.type},
              {"visit", step.visit},
              {"attempt", step.attempt},
              {"calls", step.calls},
              {"status", step.status},
              {"started_at", to_rfc3339(step.started_at)}};
  if (step.ended_in != 0) object["ended_in"] = step.ended_in;
  if (step.item) object["item"] = *step.item;
  if (step.compensates) object["compensates"] = true;
  if (step.finished_at) object["finished_at"] = to_rfc3339(*step.finished_at);
  if (step.duration_us) object["duration_us"] = *step.duration_us;
  for (const auto& [name, text] :
       {std::pair{"function", &step.function}, std::pair{"queue", &step.queue},
        std::pair{"worker", &step.worker}, std::pair{"child", &step.child}})
    if (!text->empty()) object[name] = *text;
  if (step.input) object["input"] = *step.input;
  if (step.output) object["output"] = *step.output;
  if (step.error) object["error"] = {{"type", step.error->type}, {"message", step.error->message}};
  return object;
}

json to_json(const step_page& page) {
  json steps = json::array();
  for (const auto& each : page.steps) steps.push_back(to_json(each));
  return {{"steps", std::move(steps)}, {"next", page.next == 0 ? json(nullptr) : json(page.next)}};
}

json to_json(const run_log_line& line) {
  json shown{{"at", to_rfc3339(line.at)}, {"level", line.level},     {"node", line.node},
             {"visit", line.visit},       {"attempt", line.attempt}, {"message", line.message}};
  if (!line.about.empty()) shown["about"] = line.about;
  if (line.context.is_object()) shown["context"] = line.context;
  return shown;
}

json to_json(const flow_summary& flow) {
  return {{"name", flow.name.str()},
          {"latest", to_string(flow.latest)},
          {"published", flow.published ? json(to_string(*flow.published)) : json(nullptr)}};
}

json to_json(const flow_version& flow) {
  json object = outline(flow);
  object["definition"] = flow.definition;
  if (flow.written) object["written"] = *flow.written;
  return object;
}

json outline(const flow_version& flow) {
  return {{"name", flow.id.name.str()},
          {"version", to_string(flow.id.version)},
          {"published", flow.published},
          {"created_at", to_rfc3339(flow.created_at)}};
}

json to_json(const flow_stored& stored) {
  return {{"name", stored.id.name.str()},
          {"version", to_string(stored.id.version)},
          {"created", stored.created},
          {"warnings", to_json(stored.warnings)}};
}

json to_json(const function_info& function) {
  return {{"code_ref", function.code_ref}, {"description", function.options.description},
          {"built_in", function.built_in}, {"inline", function.options.run_inline},
          {"pure", function.options.pure}, {"max_concurrency", function.options.max_concurrency}};
}

json time_or_null(const std::optional<time_point>& t) {
  return t ? json(to_rfc3339(*t)) : json(nullptr);
}

std::string event_id(std::uint64_t checkpoint, std::size_t place) {
  return std::to_string(checkpoint) + "." + std::to_string(place);
}

std::string text_of(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json to_json(const cluster_info& known) {
  json object{{"role", to_string(known.role)}, {"node", known.node},
              {"owner", known.owner},          {"owner_url", known.owner_url},
              {"epoch", known.epoch},          {"takeovers", known.takeovers},
              {"losses", known.losses}};
  if (known.since) object["since"] = to_rfc3339(*known.since);
  if (known.lease_age) object["lease_age_ms"] = known.lease_age->count();
  if (known.role == cluster_role::owner) {
    object["survives"] = {{"power_loss", known.survives_power_loss},
                          {"machine_loss", known.survives_machine_loss}};
  }
  return object;
}

}  // namespace pawl::server
