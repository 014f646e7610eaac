#include "cli/view/tree_renderer.hpp"

#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::cli;

namespace {

followed_run run_of(const json& definition) {
  std::vector<diagnostic> diagnostics;
  followed_run run;
  run.id = run_id{"r1"};
  run.flow = {flow_name{"small"}, {1, 0, 0}};
  run.definition =
      std::make_shared<const flow::definition>(flow::parse_definition(definition, diagnostics));
  return run;
}

followed_run small_run() {
  return run_of(json::parse(R"({
    "name": "small",
    "nodes": [{"id": "fetch", "type": "task"}, {"id": "big", "type": "condition"},
              {"id": "split", "type": "task"}, {"id": "pack", "type": "task"}],
    "edges": [{"source": "fetch", "target": "big"},
              {"source": "big", "target": "split", "data": {"when": true}},
              {"source": "big", "target": "pack", "data": {"when": false}}]})"));
}

followed_run long_run(int nodes) {
  json definition{{"name", "long"}, {"nodes", json::array()}, {"edges", json::array()}};
  for (int i = 0; i < nodes; ++i) {
    definition["nodes"].push_back({{"id", "n" + std::to_string(i)}, {"type", "task"}});
    if (i > 0) {
      definition["edges"].push_back(
          {{"source", "n" + std::to_string(i - 1)}, {"target", "n" + std::to_string(i)}});
    }
  }
  return run_of(definition);
}

history_event event_at(std::string kind, std::string node, json detail = json::object(),
                       std::uint32_t visit = 1, std::uint32_t attempt = 1) {
  return {1,       from_unix_us(1'000'000), std::move(kind), std::move(node), visit,
          attempt, std::move(detail)};
}

canvas canvas_of(std::size_t columns, std::size_t rows = 24) {
  return {{false, true}, {columns, rows}, from_unix_us(3'500'000), 0};
}

std::vector<std::string> texts(const std::vector<styled_line>& lines) {
  std::vector<std::string> all;
  for (const auto& line : lines) {
    all.push_back(line.text);
    while (all.back().ends_with(' ')) all.back().pop_back();
  }
  return all;
}

}  // namespace

TEST_CASE("a drawing shows each node with its state, duration and progress") {
  const auto run = small_run();
  run_progress progress{*run.definition};
  progress.apply(event_at("step_started", "fetch"));
  progress.apply(event_at("step_finished", "fetch", {{"us", 1'200'000}}));
  progress.apply(event_at("condition_evaluated", "big", {{"result", true}}));
  progress.apply(event_at("step_started", "split", json::object(), 2, 3));
  progress.apply(event_at("step_progress", "split", {{"fraction", 0.5}}, 2, 3));
  const tree_renderer renderer{run};
  CHECK(texts(renderer.draw(progress, canvas_of(100), 0, false)) ==
        std::vector<std::string>{
            "small@1.0.0  run r1  3.50s",
            "",
            "  ✔ fetch     1.20s",
            "  ✔ big        true",
            "  ├─ ⠋ split  2.50s  ━━━━━━━━━━──────────  50%  visit 2  attempt 3",
            "  └─ · pack",
        });
}

TEST_CASE("a failed node shows its error") {
  const auto run = small_run();
  run_progress progress{*run.definition};
  progress.apply(event_at("step_started", "fetch"));
  progress.apply(
      event_at("step_failed", "fetch", {{"us", 5'000}, {"type", "x"}, {"message", "No\x1b[2J."}}));
  const auto lines = texts(tree_renderer{run}.draw(progress, canvas_of(60), 0, true));
  CHECK(lines.at(0) == "small@1.0.0  run r1");
  CHECK(lines.at(2) == "  ✖ fetch       5ms  x: No\\u001b[2J.");
}

TEST_CASE("a drawing fits the window") {
  const auto run = long_run(60);
  run_progress progress{*run.definition};
  for (int i = 0; i < 30; ++i)
    progress.apply(event_at("step_finished", "n" + std::to_string(i), {{"us", 5}}));
  progress.apply(event_at("step_started", "n30"));
  progress.apply(event_at("step_progress", "n30", {{"fraction", 0.25}}));
  const tree_renderer renderer{run};
  for (const std::size_t columns : {1, 2, 5, 10, 20, 39, 41, 60, 200}) {
    for (const std::size_t rows : {1, 3, 5, 10, 24}) {
      CAPTURE(columns, rows);
      const auto lines = renderer.draw(progress, canvas_of(columns, rows), 1, false);
      CHECK(lines.size() + 2 <= std::max<std::size_t>(rows, 5));
      for (const auto& line : lines) {
        CHECK(line.width < std::max<std::size_t>(columns, 2));
        CHECK(line.width == display_width(line.text));
      }
    }
  }
  const auto lines = texts(renderer.draw(progress, canvas_of(60, 12), 0, false));
  CHECK(lines.size() == 11);
  CHECK(lines.at(2) == "  … 27 nodes above");
  CHECK(lines.at(6).starts_with("  ⠋ n30"));
  CHECK(lines.at(10) == "  … 26 nodes below");
}

TEST_CASE("without UTF-8 a drawing is ASCII") {
  const auto run = small_run();
  run_progress progress{*run.definition};
  progress.apply(event_at("step_started", "fetch"));
  progress.apply(event_at("step_progress", "fetch", {{"fraction", 0.25}}));
  auto on = canvas_of(80);
  on.style.utf8 = false;
  for (const auto& line : tree_renderer{run}.draw(progress, on, 0, false))
    CHECK(std::all_of(line.text.begin(), line.text.end(), [](char c) { return c >= ' '; }));
}
