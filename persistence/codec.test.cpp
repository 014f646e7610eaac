#include "persistence/codec.hpp"

#include "flow/testing/random_source.hpp"
#include "persistence/record.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::persistence;

namespace {

time_point at(std::int64_t us) {
  return from_unix_us(us);
}

flow::token token_of(flow::token_id id, flow::node_index node, flow::token_phase phase,
                     std::uint32_t visit, std::uint32_t attempt) {
  flow::token t;
  t.id = id;
  t.node = node;
  t.phase = phase;
  t.visit = visit;
  t.attempt = attempt;
  return t;
}

/// A state with a value in every field.
flow::run_state full_state() {
  flow::run_state run;
  run.key = {scope_name{"acme"}, run_id{"r-1"}};
  run.flow = {flow_name{"order"}, {1, 2, 3}};
  run.status = run_status::failed;
  run.data =
      flow::shared_json{{{"text", "\u00e9"}, {"null", nullptr}, {"big", ~0ull}, {"neg", -5}}};
  run.metadata = {{"by", "ada"}};
  using enum flow::token_phase;
  run.tokens = {token_of(7, 2, halted, 3, 2), token_of(9, 0, ended, 1, 1),
                token_of(12, 1, leaving, 1, 1), token_of(13, 1, arriving, 0, 0),
                token_of(14, 5, sleeping, 2, 4)};
  run.tokens[0].condition_result = true;
  run.tokens[1].branch = {0, 3};
  run.tokens[1].forks = {2, 4};
  run.tokens[1].writes = {{"k", 1}, {"own", 2}};
  run.tokens[1].inherited = {{"k", 1}};
  run.tokens[2].condition_result = false;
  run.tokens[2].branch = {1};
  run.tokens[2].forks = {6};
  run.tokens[2].compensates = true;
  run.tokens[3].timer = flow::timer{at(70), true};
  run.tokens[4].timer = flow::timer{at(71), false};
  run.tokens[4].tries = 3;
  run.tokens[4].first_try_at = at(72);
  run.tokens[4].question = json{{"ok", nullptr}};
  run.tokens[4].answer = json(nullptr);
  run.tokens[4].in_doubt = true;
  run.frozen_at = at(73);
  run.compensating =
      flow::compensating{run_status::failed, run_error{"card_declined", "no", "charge", 2}};
  run.compensations = {{1, 2, {{"a", 1}}}, {3, 4, json::object()}};
  run.maps[12] = {json::array({1, "b"}), json::array({nullptr, 7}), 2, 1, 0, 33};
  run.visits = {1, 0, 300};
  run.sequence = 41;
  run.next_token = 15;
  run.data_bytes = 99;
  run.error = run_error{"card_declined", "no", "charge", 2};
  run.restarted_from = run_id{"r-0"};
  run.parent = run_id{"r-p"};
  run.trace = trace_context{{1, 0xff}, {2}, 3};
  run.depth = 2;
  run.start_fingerprint = ~0ull;
  run.created_at = at(1);
  run.started_at = at(2);
  run.finished_at = at(-3);  // clocks may be wrong
  run.updated_at = at(1'700'000'000'000'000);
  return run;
}

std::vector<flow::event> some_events() {
  return {{flow::event_kind::run_created, std::nullopt, 0, 0, nullptr},
          {flow::event_kind::step_started, 3, 70'000, 2, nullptr},
          {flow::event_kind::step_failed, 0, 1, 1, {{"type", "x"}}},
          {flow::event_kind::run_failed, std::nullopt, 0, 0, {{"message", "m"}}}};
}

flow::delta full_delta() {
  const auto run = full_state();
  flow::delta d;
  d.sequence = 42;
  d.at = at(5);
  d.events = some_events();
  d.status = run_status::paused;
  d.error = run.error;
  d.started_at = at(6);
  d.finished_at = std::optional{at(7)};
  d.data_set = {{"a", {1, 2}}, {"b", nullptr}};
  d.metadata_set = {{"m", true}};
  d.tokens_set = run.tokens;
  for (auto& t : d.tokens_set) t.writes = json::object();
  d.tokens_removed = {3, 4};
  d.frozen_at = std::optional{at(8)};
  d.compensating = run.compensating;
  d.compensations_added = run.compensations;
  d.compensations_dropped = 2;
  d.maps_set[12] = {json::array({1, 2}), {{0, "done"}, {1, nullptr}}, 2, 1};
  d.maps_removed = {7};
  d.writes_set = {{9, {{"k", 1}}}, {12, json::object()}};
  d.next_token = 15;
  d.visits = {{0, 5}, {1000, 1}};
  return d;
}

json body_of(record_kind kind, std::string_view bytes) {
  auto record = open(kind, bytes);
  REQUIRE(record);
  return record->body;
}

/// "good", or the code of the error.
template <class Decoded>
std::string outcome(const Decoded& decoded) {
  return decoded ? "good" : std::string{to_string(decoded.error().code)};
}

struct sealed_sample {
  const char* what;
  record_kind kind;
  std::string bytes;
  std::string (*decode)(std::string_view);
};

std::vector<sealed_sample> samples() {
  return {
      {"snapshot", record_kind::checkpoint_snapshot, encode_snapshot(full_state(), some_events()),
       [](std::string_view b) { return outcome(decode_snapshot(b)); }},
      {"delta", record_kind::checkpoint_delta, encode_delta(full_delta()),
       [](std::string_view b) { return outcome(decode_delta(b)); }},
      {"run", record_kind::run_summary, encode_run(full_state()),
       [](std::string_view b) { return outcome(decode_run(b)); }},
      {"flow head", record_kind::flow_head, encode_flow_head({{1, 2, 3}, version{1, 0, 0}}),
       [](std::string_view b) { return outcome(decode_flow_head(b)); }},
      {"flow version", record_kind::flow_version, encode_flow({{{"name", "x"}}, at(1)}),
       [](std::string_view b) { return outcome(decode_flow(b)); }},
  };
}

}  // namespace

TEST_CASE("a snapshot decodes to the same state", "[codec]") {
  for (const auto& run : {full_state(), flow::run_state{}}) {
    const std::string bytes = encode_snapshot(run, some_events());
    const auto back = decode_snapshot(bytes);
    REQUIRE(back);
    CHECK(back->run == run);
    CHECK(back->events == some_events());
    CHECK(encode_snapshot(back->run, back->events) == bytes);
    CHECK(is_snapshot(bytes));
  }
}

TEST_CASE("a delta decodes to the same delta", "[codec]") {
  flow::delta empty;
  empty.sequence = 1;
  for (const auto& change : {full_delta(), empty}) {
    const std::string bytes = encode_delta(change);
    const auto back = decode_delta(bytes);
    REQUIRE(back);
    CHECK(*back == change);
    CHECK(encode_delta(*back) == bytes);
    CHECK_FALSE(is_snapshot(bytes));
  }
}

TEST_CASE("a delta that removes a value differs from one that keeps it", "[codec]") {
  flow::delta removes;
  removes.error.emplace(std::nullopt);
  removes.finished_at.emplace(std::nullopt);
  removes.frozen_at.emplace(std::nullopt);
  removes.compensating.emplace(std::nullopt);
  const auto back = decode_delta(encode_delta(removes));
  REQUIRE(back);
  CHECK(*back == removes);
  REQUIRE(back->error.has_value());
  CHECK_FALSE(back->error->has_value());
  REQUIRE(back->finished_at.has_value());
  CHECK_FALSE(back->finished_at->has_value());
  CHECK(back->frozen_at.has_value());
  CHECK(back->compensating.has_value());
  CHECK_FALSE(decode_delta(encode_delta(flow::delta{}))->error.has_value());
}

TEST_CASE("a run record holds the summary", "[codec]") {
  const auto run = full_state();
  const auto back = decode_run(encode_run(run));
  REQUIRE(back);
  CHECK(back->summary == flow::summarize(run));
  CHECK(back->start_fingerprint == run.start_fingerprint);
  const auto bare = decode_run(encode_run(flow::run_state{}));
  REQUIRE(bare);
  CHECK(bare->summary == flow::summarize(flow::run_state{}));
}

TEST_CASE("flow heads and versions decode to the same values", "[codec]") {
  const auto head = decode_flow_head(encode_flow_head({{1, 2, 3}, version{1, 0, 0}}));
  REQUIRE(head);
  CHECK(head->latest == version{1, 2, 3});
  CHECK(head->published == version{1, 0, 0});
  CHECK_FALSE(head->deleted);
  CHECK(decode_flow_head(encode_flow_head({{1, 2, 3}, std::nullopt, true}))->deleted);
  CHECK_FALSE(decode_flow_head(encode_flow_head({{1, 2, 3}, std::nullopt}))->published.has_value());
  const json definition = {{"name", "x"}, {"nodes", json::array({{{"id", "a"}}})}};
  const auto flow = decode_flow(encode_flow({definition, at(77)}));
  REQUIRE(flow);
  CHECK(flow->definition == definition);
  CHECK(flow->created_at == at(77));
}

TEST_CASE("the layout of records does not change", "[codec][golden]") {
  flow::run_state run;
  run.key = {scope_name{"s"}, run_id{"r"}};
  run.flow = {flow_name{"f"}, {1, 0, 2}};
  run.status = run_status::running;
  run.data = flow::shared_json{{{"x", 1}}};
  run.tokens = {token_of(2, 1, flow::token_phase::waiting, 1, 1)};
  run.tokens[0].branch = {0};
  run.tokens[0].forks = {0};
  run.tokens[0].writes = {{"k", 1}};
  run.tokens[0].tries = 1;
  run.visits = {1, 1};
  run.sequence = 1;
  run.next_token = 3;
  run.data_bytes = 13;
  run.created_at = run.updated_at = at(5);
  run.started_at = at(5);
  const json summary = {{"sc", "s"}, {"id", "r"}, {"fn", "f"}, {"fv", {1, 0, 2}},
                        {"st", 1},   {"ct", 5},   {"bt", 5},   {"fp", 0}};
  CHECK(body_of(record_kind::run_summary, encode_run(run)) == summary);
  json whole = summary;
  whole.update({{"d", {{"x", 1}}},
                {"m", json::object()},
                {"k", {{2, 1, 1, 1, 1, {{"b", {0}}, {"f", {0}}, {"w", {{"k", 1}}}}}}},
                {"v", {1, 1}},
                {"q", 1},
                {"n", 3},
                {"b", 13},
                {"t", 5},
                {"e", {{2, 1, 1, 1}, {10}}}});
  CHECK(body_of(record_kind::checkpoint_snapshot,
                encode_snapshot(run, {{flow::event_kind::step_started, 1, 1, 1, nullptr},
                                      {flow::event_kind::run_completed, {}, 0, 0, nullptr}})) ==
        whole);
  flow::delta change;
  change.sequence = 2;
  change.at = at(6);
  change.events = {{flow::event_kind::step_finished, 1, 1, 1, {{"us", 9}}}};
  change.data_set = {{"y", 2}};
  auto waiting = token_of(1, 2, flow::token_phase::waiting, 1, 1);
  waiting.tries = 1;
  change.tokens_set = {waiting};
  change.visits = {{2, 1}};
  CHECK(body_of(record_kind::checkpoint_delta, encode_delta(change)) ==
        json{{"q", 2},
             {"t", 6},
             {"e", {{3, 1, 1, 1, {{"us", 9}}}}},
             {"d", {{"y", 2}}},
             {"k", {{1, 2, 1, 1, 1}}},
             {"v", {{2, 1}}}});
  CHECK(encode_delta(change).size() < 64);
}

TEST_CASE("a record with another layout version is refused as newer", "[codec]") {
  const auto newer = [](record_kind kind) { return seal(kind, 2, {{"anything", 1}}); };
  const auto refused = decode_delta(newer(record_kind::checkpoint_delta));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::schema_newer);
  CHECK(refused.error().message.find("version 2") != std::string::npos);
  CHECK(decode_snapshot(newer(record_kind::checkpoint_snapshot)).error().code ==
        errc::schema_newer);
  CHECK(decode_run(newer(record_kind::run_summary)).error().code == errc::schema_newer);
}

TEST_CASE("a record of another kind is corrupt", "[codec]") {
  for (const auto& one : samples()) {
    for (const auto& other : samples()) {
      CAPTURE(one.what, other.what);
      CHECK(one.decode(other.bytes) == (one.kind == other.kind ? "good" : "corrupt"));
    }
  }
}

TEST_CASE("a record with any byte changed or missing is corrupt", "[codec]") {
  for (const auto& s : samples()) {
    CAPTURE(s.what);
    for (std::size_t i = 0; i < s.bytes.size(); ++i) {
      std::string flipped = s.bytes;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 8)));
      REQUIRE(s.decode(flipped) == "corrupt");
      REQUIRE(s.decode(s.bytes.substr(0, i)) == "corrupt");
    }
    CHECK(s.decode(s.bytes + '\0') == "corrupt");
  }
}

TEST_CASE("a body with another layout is reported as corrupt or decoded, never worse", "[codec]") {
  const std::vector<json> odd = {nullptr,
                                 true,
                                 -1,
                                 300,
                                 ~0ull,
                                 1.5,
                                 "text",
                                 json::array(),
                                 json::array({1, 2}),
                                 {{"x", 1}},
                                 json::array({json::array({0, 0, 99})}),
                                 json::array({json::array()})};
  for (const auto& s : samples()) {
    CAPTURE(s.what);
    for (const auto& value : odd) CHECK(s.decode(seal(s.kind, 1, value)) == "corrupt");
    const json good = body_of(s.kind, s.bytes);
    for (std::uint64_t seed = 1; seed <= 400; ++seed) {
      flow::testing::random_source random{seed};
      json body = good;
      // Replaces or removes a random part of the body.
      json* place = &body;
      std::string key;
      while (place->is_structured() && !place->empty()) {
        auto child = place->begin();
        std::advance(child, static_cast<std::ptrdiff_t>(random.below(place->size())));
        if (place->is_object()) key = child.key();
        if (random.chance(4) && place->is_object()) {
          place->erase(key);
          break;
        }
        place = &*child;
        if (random.chance(3)) break;
      }
      *place = random.pick(odd);
      INFO("seed " << seed << ": " << body.dump());
      const std::string decoded = s.decode(seal(s.kind, 1, body));
      REQUIRE((decoded == "corrupt" || decoded == "good"));
    }
  }
}
