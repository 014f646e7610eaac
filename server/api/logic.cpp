#include <chrono>
#include <utility>

#include "flow/logic/trial.hpp"
#include "server/api/call.hpp"
#include "server/api/long_bodies.hpp"
#include "server/api/object_reader.hpp"
#include "server/api/routes.hpp"

namespace pawl::server {
namespace {

using flow::logic::source_form;

/// Calls in an answer.
constexpr std::size_t max_shown_calls = 1'000;
/// What one evaluation may build, its result included.
constexpr std::uint64_t max_built_bytes = std::uint64_t{4} << 20;
/// What a waiting evaluation counts for, besides its body.
constexpr std::size_t waiting_weight = std::size_t{64} << 10;

struct logic_trial {
  json source;
  source_form form = source_form::rule;
  json data;
  bool trace = false;
};

logic_trial read_trial(object_reader& fields) {
  logic_trial what;
  auto rule = fields.optional_value("rule");
  auto source = fields.optional_value("template");
  if (rule.has_value() == source.has_value())
    fields.refuse("rule", "give either a rule or a template");
  if (source) what.form = source_form::value_template;
  what.source = rule ? *std::move(rule) : std::move(source).value_or(nullptr);
  what.data = fields.optional_value("data").value_or(nullptr);
  what.trace = fields.flag("trace", false);
  return what;
}

json view_of_failure(const error& why) {
  return {{"type", why.error_class()},
          {"message", why.message},
          {"diagnostics", to_json(why.diagnostics)}};
}

json view_of(const flow::logic::inspection& found, bool trace, const flow::logic::limits& allowed) {
  json answer{{"steps", found.steps},
              {"max_steps", allowed.max_steps},
              {"bytes", found.bytes},
              {"max_bytes", allowed.max_bytes}};
  if (found.value) {
    answer["result"] = *found.value;
  } else {
    answer["error"] = view_of_failure(found.value.error());
  }
  if (!trace) return answer;
  json calls = json::array();
  for (const auto& each : found.calls) {
    if (calls.size() == max_shown_calls) break;
    json call{{"depth", each.depth}, {"call", each.call}};
    if (!each.value.empty()) call["value"] = each.value;
    calls.push_back(std::move(call));
  }
  answer["cut"] = found.is_cut || calls.size() < found.calls.size();
  answer["calls"] = std::move(calls);
  return answer;
}

void evaluate(const call_ptr& request, const logic_trial& what) {
  const auto now = std::chrono::floor<time_point::duration>(std::chrono::system_clock::now());
  const flow::logic::fixed_context context{to_unix_us(now), request->request().id};
  flow::logic::limits allowed;
  allowed.max_bytes = max_built_bytes;
  const auto found =
      flow::logic::try_out(what.source, what.form, what.data, context, what.trace, allowed);
  request->answer(200, view_of(found, what.trace, allowed));
}

/// An evaluation may take many milliseconds, so connections do not wait for it.
void try_logic(const call_ptr& request) {
  auto body = request->take_body();
  if (!body) return;
  std::vector<diagnostic> diagnostics;
  object_reader fields{*body, "", diagnostics};
  auto what = read_trial(fields);
  fields.finish();
  if (request->reject_if_invalid(std::move(diagnostics))) return;
  const bool is_accepted = request->with().bodies->try_post(
      request->by().scope.str(), request->request().body.size() + waiting_weight,
      [request, what = std::move(what)] { evaluate(request, what); });
  if (is_accepted) return;
  request->fail(
      problem{problem_code::too_many_requests, "too many evaluations of rules wait; retry later"});
}

}  // namespace

void add_logic_routes(router& to) {
  to.add(post_route("/v1/logic", "logic.evaluate", role::reader, try_logic).unaudited());
}

}  // namespace pawl::server
