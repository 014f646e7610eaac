#pragma once

#include <string>
#include <vector>

#include "flow/machine/delta.hpp"
#include "flow/machine/state.hpp"
#include "persistence/blobs.hpp"
#include "persistence/codec.hpp"
#include "persistence/flow_numbers.hpp"
#include "persistence/jobs.hpp"
#include "persistence/journal.hpp"
#include "persistence/journal_index.hpp"
#include "persistence/quarantine.hpp"
#include "persistence/run_log.hpp"
#include "persistence/values/keys_in_use.hpp"

/// Values with something in every field, for tests. The golden records of version 1 hold them, so
/// they never change: a field that is added later gets its value in the sample of its version.
namespace pawl::persistence::samples {

inline time_point at(std::int64_t us) {
  return from_unix_us(us);
}

inline flow::token token_of(flow::token_id id, flow::node_index node, flow::token_phase phase,
                            std::uint32_t visit, std::uint32_t attempt) {
  flow::token t;
  t.id = id;
  t.node = node;
  t.phase = phase;
  t.visit = visit;
  t.attempt = attempt;
  return t;
}

inline std::vector<flow::token> tokens() {
  using enum flow::token_phase;
  std::vector<flow::token> all{token_of(7, 2, halted, 3, 2),     token_of(9, 0, ended, 1, 1),
                               token_of(12, 1, leaving, 1, 1),   token_of(13, 1, arriving, 0, 0),
                               token_of(14, 5, sleeping, 2, 4),  token_of(15, 6, waiting, 1, 300),
                               token_of(16, 7, waiting, 1, 1),   token_of(17, 8, waiting, 1, 2),
                               token_of(18, 300, waiting, 1, 1), token_of(19, 9, gathering, 1, 1)};
  all[0].condition_result = true;
  all[1].branch = {0, 3};
  all[1].forks = {2, 4};
  all[1].writes = json{{"k", 1}, {"own", 2}};
  all[1].inherited = {{"k", 1}};
  all[2].condition_result = false;
  all[2].branch = {1};
  all[2].forks = {6};
  all[2].compensates = true;
  all[3].timer = flow::timer{at(70), true};
  all[4].timer = flow::timer{at(71), false};
  all[4].tries = 3;
  all[4].first_try_at = at(72);
  all[4].question = json{{"ok", nullptr}};
  all[4].answer = json(nullptr);
  all[4].in_doubt = true;
  all[5].task = flow::remote_task{"mail", "mail.send", at(74)};
  all[6].task = flow::remote_task{
      "", "core.echo", at(75), 0xfedc'ba98'7654'3210u, "worker-1", at(76), std::chrono::seconds{30},
      2};
  all[7].child = flow::child_run{run_id{"sub-1"}, true};
  all[7].replaced_children = 1;
  all[8].child = flow::child_run{run_id{"sub-2"}, false};
  all[8].repeated_calls = 4;
  all[8].failures_of = {2, 0, 300};
  all[9].tries = 1;
  all[9].rules_time = at(9);
  return all;
}

inline std::vector<flow::signal> signals() {
  return {{3, "", "paid", {{"amount", 4.5}}}, {4, "id-4", "ready", nullptr}};
}

inline flow::run_state state() {
  flow::run_state run;
  run.key = {scope_name{"acme"}, run_id{"r-1"}};
  run.flow = {flow_name{"order"}, {1, 2, 3}};
  run.status = run_status::failed;
  run.data =
      flow::shared_json{{{"text", "\u00e9"}, {"null", nullptr}, {"big", ~0ull}, {"neg", -5}}};
  run.metadata = {{"by", "ada"}};
  run.tokens = tokens();
  run.frozen_at = at(73);
  run.compensating =
      flow::compensating{run_status::failed, run_error{"card_declined", "no", "charge", 2}};
  run.compensations = {{1, 2, {{"a", 1}}}, {3, 4, json::object()}};
  run.maps[12] = {json::array({1, "b"}), json::array({nullptr, 7}), 2, 1, 0, 33};
  run.inbox = signals();
  run.signal_ids = std::vector<std::string>{"id-1", "id-4"};
  measure(run);
  run.next_signal = 5;
  run.visits = {1, 0, 300};
  run.sequence = 41;
  run.next_token = 20;
  run.data_bytes = 99;
  run.error = run_error{"card_declined", "no", "charge", 2};
  run.output = json{{"sum", 1}};
  run.restarted_from = run_id{"r-0"};
  run.parent = run_id{"r-p"};
  run.parent_attempt = 3;
  run.trace = trace_context{{1, 0xff}, {2}, 3};
  run.depth = 2;
  run.start_fingerprint = ~0ull;
  run.created_at = at(1);
  run.started_at = at(2);
  run.finished_at = at(-3);  // clocks may be wrong
  run.updated_at = at(1'700'000'000'000'000);
  return run;
}

inline attribute_map given_attributes() {
  return {{"a.text", "acme \u00e9"},
          {"b-number", -0.5},
          {"c_true", true},
          {"d", at(1'700'000'000'250'000)},
          {"e", false}};
}

inline run_attributes attributes() {
  return {given_attributes(), {{"f", "the value must be a number, not a text"}}};
}

/// Version 2 adds attributes, variables, and what sections and joins that compensate need.
inline flow::run_state state_v2() {
  auto run = state();
  run.attributes = flow::shared_attributes{attributes()};
  run.vars = json{{"limit", 100}, {"of", {"x", nullptr}}};
  run.tokens.find(15)->stopping = true;
  run.tokens.find(18)->exit.emplace();
  run.tokens.find(19)->exit =
      flow::pending_exit{300, json{{"type", "card_declined"}, {"message", "no"}}};
  run.tokens.settle();
  run.compensations[1].within = {0, 300};
  return run;
}

inline std::vector<flow::event> events() {
  return {{flow::event_kind::run_created, std::nullopt, 0, 0, nullptr},
          {flow::event_kind::step_started, 3, 70'000, 2, nullptr},
          {flow::event_kind::step_failed, 0, 1, 1, {{"type", "x"}}},
          {flow::event_kind::step_restarted, 1, 1, 1, {{"by", "crash"}}},
          {flow::event_kind::run_failed, std::nullopt, 0, 0, {{"message", "m"}}}};
}

inline flow::delta delta() {
  const auto run = state();
  flow::delta d;
  d.sequence = 42;
  d.at = at(5);
  d.events = events();
  d.status = run_status::paused;
  d.error.emplace(run.error);
  d.output = json::array({nullptr});
  d.started_at = at(6);
  d.finished_at.emplace(at(7));
  d.frozen_at.emplace(at(8));
  d.data_set = {{"a", {1, 2}}, {"b", nullptr}};
  d.metadata_set = {{"m", true}};
  d.tokens_set = tokens();
  for (auto& t : d.tokens_set) t.writes = {};
  d.tokens_removed = {3, 4};
  d.writes_set = {{9, {{"k", 1}}}, {12, json::object()}};
  d.signals_added = signals();
  d.signals_claimed = {1, 2};
  d.compensating.emplace(run.compensating);
  d.compensations_added = run.compensations;
  d.compensations_dropped = 2;
  d.maps_set[12] = {json::array({1, 2}), {{0, "done"}, {1, nullptr}}, 2, 1};
  d.maps_set[13] = {std::nullopt, {}, 3, 0};
  d.maps_removed = {7};
  d.next_token = 20;
  d.visits = {{0, 5}, {1000, 1}};
  d.children_abandoned = {{run_id{"sub-1"}, flow::child_fate::halt, 1},
                          {run_id{"sub-2"}, flow::child_fate::terminate, 70'000}};
  d.parent_attempt = 9;
  return d;
}

inline flow::delta delta_v2() {
  const auto run = state_v2();
  auto d = delta();
  d.attributes = run.attributes;
  d.vars = run.vars;
  d.tokens_set = {run.tokens.begin(), run.tokens.end()};
  for (auto& t : d.tokens_set) t.writes = {};
  d.compensations_added = run.compensations;
  return d;
}

/// What an ordinary step changes.
inline flow::delta step(std::uint64_t sequence) {
  flow::delta d;
  d.sequence = sequence;
  d.at = at(1'800'000'000'000'000);
  d.events = {{flow::event_kind::step_finished, 3, 1, 1, {{"us", 2}}},
              {flow::event_kind::step_started, 4, 1, 1, nullptr}};
  d.data_set["n"] = sequence;
  d.tokens_set = {token_of(1, 4, flow::token_phase::waiting, 1, 1)};
  d.tokens_set[0].tries = 1;
  d.visits = {{4, 1}};
  return d;
}

inline run_record record() {
  const auto run = state();
  run_record record{flow::summarize(run), run.start_fingerprint, run.parent_attempt};
  record.summary.waits = {{"signal", "approved", "ask"}, {"timer", "", "later"}};
  return record;
}

inline run_record record_v2() {
  auto made = record();
  made.summary.attributes = attributes();
  return made;
}

inline flow::run_input input() {
  const auto run = state();
  flow::run_input input;
  input.key = run.key;
  input.flow = run.flow;
  input.data = flow::shared_json{{{"amount", 42}, {"items", {"a", 1.5}}}};
  input.metadata = {{"by", "ada"}};
  input.restarted_from = run.restarted_from;
  input.parent = run.parent;
  input.depth = run.depth;
  input.parent_attempt = run.parent_attempt;
  input.start_fingerprint = run.start_fingerprint;
  input.created_at = run.created_at;
  input.trace = run.trace;
  input.started_by = "ada";
  return input;
}

inline flow::run_input input_v2() {
  auto made = input();
  made.attributes = given_attributes();
  return made;
}

inline flow::abandoned_child orphan() {
  return {run_id{}, flow::child_fate::cancel, 300};
}

inline suspect suspected() {
  return {run_key{}, 2, "SIGSEGV", run_status::paused, true};
}

inline started_job job() {
  started_job sample;
  sample.created_at = at(77);
  sample.request.command = job_command::signal;
  sample.request.filter = "flow=order status=running";
  sample.request.reason = "late";
  sample.request.signal = "go";
  sample.request.payload = {{"by", "ada"}};
  sample.request.rate = 300;
  sample.request.dry_run = true;
  sample.request.by = "ada";
  return sample;
}

inline job_progress progress_of_job() {
  return {job_state::failed, true, {1000, 500, 20, 3, 1}, 523, at(78), at(79), "no room"};
}

inline std::vector<job_result> page_of_job() {
  return {{run_id{"r-1"}, job_outcome::done, ""},
          {run_id{"r-2"}, job_outcome::refused, "it is paused"},
          {run_id{"r-3"}, job_outcome::waiting, ""}};
}

inline flow_numbers numbers() {
  return {{flow_name{"order"}, {1, 2, 300}}, 7, 400, "v1", true};
}

inline run_log_head log_head() {
  return {2, 300, 1000, 70'000};
}
/// As version 1 has them; version 2 adds what a line is about, and its context.
inline std::vector<run_log_line> log_lines_v1() {
  return {{at(77), "info", "a", 1, 2, "at work"}, {at(78), "error", "", 300, 1, ""}};
}
inline std::vector<run_log_line> log_lines() {
  auto lines = log_lines_v1();
  lines.front().about = "loop";
  lines.front().context = {{"n", 0}};
  return lines;
}

inline flow_head head() {
  return {{1, 2, 300}, version{1, 0, 0}, true};
}

/// As version 1 has it; version 2 adds what its author wrote.
inline flow_record definition_v1() {
  return {{{"name", "x"}, {"nodes", json::array({{{"id", "a"}}})}}, at(77)};
}
inline flow_record definition() {
  flow_record flow = definition_v1();
  flow.written = json{{"name", "x"}, {"nodes", json::array({{{"id", "a"}, {"next", nullptr}}})}};
  return flow;
}

inline std::vector<journal_entry> journal() {
  const scope_name acme{"acme"};
  return {{{acme, run_id{"r-1"}}, 1},
          {{acme, run_id{"r-2"}}, 70'000},
          {{scope_name{"other"}, run_id{"r-1"}}, 3}};
}

inline journal_block block() {
  journal_block made;
  made.add(256, scope_name{"acme"});
  made.add(256, scope_name{"other"});
  made.add(320, scope_name{"acme"});
  made.add(511, scope_name{"acme"});
  return made;
}

inline std::vector<values::key_in_use> keys_in_use() {
  return {{0x0a1b2c3d, "k1"}, {0xfedcba98, "acme-2026"}};
}

inline std::chrono::microseconds clock_lead() {
  return std::chrono::microseconds{3'600'000'001};
}

inline blob_head blob() {
  return {"0123456789abcdef", 300'000, "image/png", from_unix_us(1'700'000'000'000'000),
          from_unix_us(1'700'000'005'000'000)};
}

inline std::string blob_chunk() {
  return {"a chunk\0", 8};
}

inline schema_record schema() {
  return {2, std::string{"key\0\xff", 5}};
}

}  // namespace pawl::persistence::samples
