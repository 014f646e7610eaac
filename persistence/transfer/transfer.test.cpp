#include <algorithm>
#include <set>
#include <sstream>

#include <pawl/detail/hex.hpp>
#include <pawl/detail/placement.hpp>

#include "flow/testing/driven_run.hpp"
#include "persistence/blobs.hpp"
#include "persistence/commit_durably.hpp"
#include "persistence/conformance.hpp"
#include "persistence/history_pruning.hpp"
#include "persistence/keys.hpp"
#include "persistence/memory/memory_store.hpp"
#include "persistence/run_log.hpp"
#include "persistence/run_recorder.hpp"
#include "persistence/run_removal.hpp"
#include "persistence/runs.hpp"
#include "persistence/testing/wrapped_store.hpp"
#include "persistence/transfer/run_exporter.hpp"
#include "persistence/transfer/run_importer.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::persistence;
using flow::testing::chain;
using flow::testing::driven_run;
using flow::testing::end;
using flow::testing::start;
using flow::testing::task;

namespace {

/// A flow with a task, a subflow and an attribute, and one with a step.
json parent_flow() {
  json flow = chain({start(),
                     task("a"),
                     {{"id", "sub"}, {"type", "subflow"}, {"data", {{"flow", "child"}}}},
                     end()});
  flow["name"] = "parent";
  flow["attributes"] = {{"n", {{"var", "n"}}}};
  return flow;
}
json waiting_flow() {
  json flow = chain({start(), {{"id", "wait"}, {"type", "signal"}, {"data", {{"name", "go"}}}}});
  flow["name"] = "waiting";
  return flow;
}
json child_flow() {
  json flow = chain({start(), task("work"), end()});
  flow["name"] = "child";
  return flow;
}

/// Every record, and every counter that is not zero.
std::vector<conformance::records> all_in(const store& of) {
  auto all = conformance::contents(*of.durable_view());
  auto& counters = all[static_cast<std::size_t>(column::counters)];
  std::erase_if(counters, [](const auto& each) { return decode_counter(each.second) == 0; });
  return all;
}

/// A store whose writes fail after some of them.
class failing_store final : public persistence::testing::wrapped_store {
 public:
  failing_store(std::shared_ptr<store> inner, std::size_t allowed)
      : wrapped_store(std::move(inner)), left_(allowed) {}
  result<std::shared_ptr<const view>> write(std::span<const batch* const> batches) override {
    if (left_ == 0) return error{errc::io_failed, "no more writes"};
    --left_;
    return wrapped_store::write(batches);
  }

 private:
  std::size_t left_;
};

void commit_batch(store& to, const batch& changes) {
  conformance::commit(to, {changes});
}

/// A run of a flow whose transitions are stored.
class recorded_run {
 public:
  recorded_run(store& to, const json& flow, const std::string& id, std::uint64_t min_tail = 100'000)
      : store_(to),
        min_tail_(min_tail),
        run_(flow),
        recorder_(run_key{default_scope(), run_id{id}}) {
    flow::start_command start;
    start.key = {default_scope(), run_id{id}};
    start.flow = run_.flow().id();
    start.input = {{"n", 1}};
    begin_ = std::move(start);
  }
  recorded_run& child_of(const run_id& parent) {
    begin_.parent = parent;
    begin_.depth = 1;
    begin_.parent_attempt = 1;
    return *this;
  }
  recorded_run& begin() {
    give(std::move(begin_));
    return *this;
  }
  void give(flow::command c) {
    const auto done = run_.apply(std::move(c));
    INFO((done ? std::string{} : done.error().message));
    REQUIRE(done);
    commit_batch(store_,
                 recorder_.record(run_.state(), run_.flow(), run_.last().change, min_tail_).writes);
  }
  recorded_run& finish(const std::string& node, json value = json::object()) {
    give(run_.outcome_of(*run_.call_of(node), std::move(value)));
    return *this;
  }
  [[nodiscard]] driven_run& run() { return run_; }

 private:
  store& store_;
  std::uint64_t min_tail_;
  driven_run run_;
  run_recorder recorder_;
  flow::start_command begin_;
};

void put_version(store& to, const json& definition) {
  const auto compiled = flow::compile(definition, {1, 0, 0}, {});
  REQUIRE(compiled.flow);
  batch writes;
  const auto& id = compiled.flow->id();
  writes.put(column::flows, keys::flow_version(default_scope(), id),
             encode_flow({flow::to_json(compiled.source), from_unix_us(1'234'567)}));
  writes.put(column::flows, keys::flow_head(default_scope(), id.name),
             encode_flow_head({id.version, id.version}));
  commit_batch(to, writes);
}

/// The id of the run that the only token of a run has started.
run_id child_id_of(const driven_run& run) {
  return run.calls().begin()->second.child->id;
}

/// A family whose parent waits for its child, a completed run with whole states, a failed one, and
/// one that is paused.
void fill_store(store& to) {
  put_version(to, parent_flow());
  put_version(to, child_flow());
  recorded_run parent{to, parent_flow(), "p", 1};
  parent.begin().finish("a", {{"big", std::string(1000, 'x')}});
  const run_id child = child_id_of(parent.run());
  const auto token = parent.run().calls().begin()->first;
  recorded_run{to, child_flow(), child.str()}.child_of(run_id{"p"}).begin();
  parent.give(flow::child_started_command{token, child});
  recorded_run{to, child_flow(), "done", 1}.begin().finish("work", {{"pi", 3.25}, {"text", "ä"}});
  recorded_run failed{to, child_flow(), "failed"};
  failed.begin();
  failed.give(failed.run().outcome_of(*failed.run().call_of("work"),
                                      error{errc::function_failed, "it broke", "broken"}));
  recorded_run paused{to, parent_flow(), "paused"};
  paused.begin();
  paused.give(flow::pause_command{});
  paused.finish("a");
  batch kept;
  kept.put(column::indexes, keys::kept_run({default_scope(), run_id{"done"}}), {});
  commit_batch(to, kept);
}

line_sink collecting(std::string& text) {
  return [&text](const json& line) -> result<void> {
    text += line.dump() + "\n";
    return {};
  };
}

std::string exported(const store& from, const export_selection& selected = {},
                     const scope_name& in = default_scope()) {
  std::string text;
  const auto done = export_runs(*from.durable_view(), in, selected, collecting(text));
  INFO((done ? std::string{} : done.error().message));
  REQUIRE(done);
  CHECK(done->left_out.empty());
  CHECK(done->damaged.empty());
  return text;
}

result<import_report> imported(store& to, const std::string& text, import_options how = {}) {
  if (how.into.empty()) how.into = default_scope();
  how.now = from_unix_us(9'000'000'000);
  std::istringstream file{text};
  return import_runs(to, file, how);
}

import_options as_they_were() {
  import_options how;
  how.keep_running = true;
  return how;
}

}  // namespace

TEST_CASE("an exported store that is imported is equal to the one it comes from", "[transfer]") {
  memory_store from;
  fill_store(from);
  const std::string text = exported(from);
  memory_store to;
  const auto done = imported(to, text, as_they_were());
  INFO((done ? std::string{} : done.error().message));
  REQUIRE(done);
  CHECK(done->imported.runs == 5);
  CHECK(done->imported.flows == 2);
  CHECK(exported(to) == text);
  CHECK(all_in(to) == all_in(from));
}

TEST_CASE("pruned histories are moved as they are", "[transfer][pruning]") {
  memory_store from, to, third;
  fill_store(from);
  const run_key parent{default_scope(), run_id{"p"}};
  const auto part = prune_history(*from.durable_view(), parent, 1);
  REQUIRE(part);
  REQUIRE(*part);
  REQUIRE(commit_durably(from, (*part)->writes));
  const auto children = load_children(*from.durable_view(), parent);
  REQUIRE(children);
  REQUIRE(children->size() == 1);
  // As if its parent had named it in pruned checkpoints only.
  batch noted;
  noted.put(column::indexes, keys::child_of_pruned({parent, children->front()}), {});
  REQUIRE(commit_durably(from, noted));
  REQUIRE(imported(to, exported(from), as_they_were()));
  CHECK(exported(to) == exported(from));
  CHECK(all_in(to) == all_in(from));
  import_options renamed = as_they_were();
  int made = 0;
  renamed.make_id = [&made] { return run_id{"n" + std::to_string(++made)}; };
  REQUIRE(imported(third, exported(from), renamed));
  CHECK(exported(third).find("\"pruned\"") != std::string::npos);
}

TEST_CASE("log lines are moved with their run", "[transfer][logs]") {
  memory_store from, to, third;
  fill_store(from);
  const run_key run{default_scope(), run_id{"done"}};
  // The first chunks are dropped, so that numbers do not begin with 1.
  for (int i = 0; i < 5; ++i) {
    const auto now = from.durable_view();
    run_log_writer writer{*now, {4, 1'000'000}};
    REQUIRE(writer.append(run, {{from_unix_us(i), "info", "work", 1, 1, std::to_string(i)},
                                {from_unix_us(i), "error", "work", 1, 1, "ä"}}));
    commit_batch(from, writer.writes());
  }
  const std::string text = exported(from);
  const auto done = imported(to, text, as_they_were());
  INFO((done ? std::string{} : done.error().message));
  REQUIRE(done);
  CHECK(exported(to) == text);
  CHECK(all_in(to) == all_in(from));

  import_options renamed = as_they_were();
  int made = 0;
  renamed.make_id = [&made] { return run_id{"n" + std::to_string(++made)}; };
  REQUIRE(imported(third, text, renamed));
  CHECK(exported(third).find("\"log_chunk\"") != std::string::npos);

  const auto with = [&text](const std::string& what, const std::string& instead) {
    std::string changed = text;
    const auto at = changed.find(what);
    REQUIRE(at != std::string::npos);
    return changed.replace(at, what.size(), instead);
  };
  memory_store empty;
  CHECK_FALSE(imported(empty, with("\"lines\":2", "\"lines\":3")));
  CHECK_FALSE(imported(empty, with("\"lines\":2,\"number\":5", "\"lines\":2,\"number\":3")));
}

TEST_CASE("a run whose oldest state is damaged is not exported", "[transfer][pruning]") {
  memory_store from;
  fill_store(from);
  const run_key parent{default_scope(), run_id{"p"}};
  const auto part = prune_history(*from.durable_view(), parent, 1);
  REQUIRE(part);
  REQUIRE(*part);
  REQUIRE(commit_durably(from, (*part)->writes));
  batch damage;
  damage.put(column::checkpoints, keys::base_state(pawl::detail::run_hash(parent)), "damaged");
  commit_batch(from, damage);
  std::string text;
  const auto done = export_runs(*from.durable_view(), default_scope(), {}, collecting(text));
  REQUIRE(done);
  REQUIRE(done->damaged.size() == 1);
  CHECK(done->damaged.front().find("oldest state") != std::string::npos);
  CHECK(text.find("\"run\":\"p\"") == std::string::npos);
}

TEST_CASE("what cannot be read is left out of an export, and the rest can be imported",
          "[transfer]") {
  memory_store from;
  fill_store(from);
  const run_key done_key{default_scope(), run_id{"done"}},
      paused_key{default_scope(), run_id{"paused"}};
  const auto child = load_children(*from.durable_view(), {default_scope(), run_id{"p"}});
  REQUIRE(child);
  batch damage;
  SECTION("the record of a run") {
    damage.put(column::runs, keys::run(done_key), "damaged");
  }
  SECTION("a checkpoint") {
    damage.put(column::checkpoints, keys::checkpoint(pawl::detail::run_hash(done_key), 2),
               "damaged");
  }
  SECTION("a record of a child: its whole family") {
    damage.put(column::checkpoints,
               keys::input(pawl::detail::run_hash({default_scope(), child->front()})), "damaged");
  }
  commit_batch(from, damage);
  std::string text;
  const auto done = export_runs(*from.durable_view(), default_scope(), {}, collecting(text));
  REQUIRE(done);
  CAPTURE(text);
  CHECK(done->damaged.size() == 1);
  memory_store to;
  const auto back = imported(to, text, as_they_were());
  INFO((back ? std::string{} : back.error().message));
  REQUIRE(back);
  CHECK(back->imported == done->totals);
  CHECK(back->imported.runs >= 3);
  CHECK(load_record(*to.durable_view(), paused_key)->has_value());
}

TEST_CASE("a base state that does not fit the checkpoints is refused", "[transfer][pruning]") {
  memory_store from;
  json steps = chain({start(), task("a"), task("b"), task("c"), end()});
  steps["name"] = "steps";
  put_version(from, steps);
  recorded_run recorded{from, steps, "r"};
  recorded.begin().finish("a").finish("b").finish("c");
  const run_key run{default_scope(), run_id{"r"}};
  batch state;
  state.put(column::checkpoints, keys::state(pawl::detail::run_hash(run)),
            encode_state(recorded.run().state()));
  commit_batch(from, state);
  const std::string whole = exported(from);
  const auto pruned_to = [&](std::uint64_t keep) {
    const auto copy = from.after_process_death();
    const auto part = prune_history(*copy->durable_view(), run, keep);
    REQUIRE(part);
    REQUIRE(*part);
    REQUIRE(commit_durably(*copy, (*part)->writes));
    return exported(*copy);
  };
  const auto lines_of = [](const std::string& text) {
    std::vector<json> lines;
    std::istringstream read{text};
    for (std::string line; std::getline(read, line);) lines.push_back(json::parse(line));
    return lines;
  };
  const auto find_part = [](std::vector<json>& lines, const std::string& part) {
    return std::find_if(lines.begin(), lines.end(),
                        [&](const json& line) { return line.value("part", "") == part; });
  };
  const auto refused = [&](const std::vector<json>& lines) {
    std::string text;
    for (const auto& line : lines) text += line.dump() + "\n";
    memory_store to;
    const auto done = imported(to, text, as_they_were());
    REQUIRE_FALSE(done);
    return done.error().message;
  };
  /// Adds to the number of records of the run, and of the file.
  const auto count = [](std::vector<json>& lines, int more) {
    for (auto& line : lines)
      if (line.contains("run") || line.contains("end"))
        line["records"] = line["records"].get<int>() + more;
  };

  // Nothing but the base state is left: that is whole.
  memory_store to;
  REQUIRE(imported(to, pruned_to(0), as_they_were()));
  CHECK(exported(to) == pruned_to(0));

  auto one_left = lines_of(pruned_to(1));
  const auto of_all = lines_of(pruned_to(0));
  SECTION("the base state of another checkpoint") {
    auto other = of_all;
    *find_part(one_left, "base_state") = *find_part(other, "base_state");
    CHECK(refused(one_left).find("it is the state at checkpoint") != std::string::npos);
  }
  SECTION("none") {
    one_left.erase(find_part(one_left, "base_state"));
    count(one_left, -1);
    CHECK(refused(one_left).find("records are missing") != std::string::npos);
  }
  SECTION("two") {
    const auto at = find_part(one_left, "base_state");
    const json copy = *at;
    one_left.insert(at, copy);
    count(one_left, 1);
    CHECK(refused(one_left).find("not the next one") != std::string::npos);
  }
  SECTION("a gap between checkpoints") {
    auto gapped = lines_of(whole);
    auto second = find_part(gapped, "checkpoint") + 1;
    REQUIRE(second->value("part", "") == "checkpoint");
    REQUIRE((second + 1)->value("part", "") == "checkpoint");
    gapped.erase(second);
    count(gapped, -1);
    CHECK_FALSE(refused(gapped).empty());
  }
}

TEST_CASE("runs that were running come paused", "[transfer]") {
  memory_store from, to;
  fill_store(from);
  put_version(from, waiting_flow());
  recorded_run{from, waiting_flow(), "waits"}.begin();
  const auto done = imported(to, exported(from));
  REQUIRE(done);
  CHECK(done->paused == 1);   // it waits for a signal
  CHECK(done->pausing == 2);  // the child, whose call is under way, and its parent
  const auto state_of = [&to](const std::string& id) {
    const auto found = load_run(*to.durable_view(), {default_scope(), run_id{id}});
    REQUIRE(found);
    REQUIRE(*found);
    return (*found)->state;
  };
  CHECK(state_of("waits").status == run_status::paused);
  CHECK(state_of("p").pausing());
  CHECK(exported(to) != exported(from));
  memory_store third;
  REQUIRE(imported(third, exported(to), as_they_were()));
  CHECK(exported(third) == exported(to));
  CHECK(all_in(third) == all_in(to));
}

TEST_CASE("new ids and another scope reach all that a run has stored", "[transfer]") {
  memory_store from;
  fill_store(from);
  int made = 0;
  std::vector<std::string> shown;
  import_options how = as_they_were();
  how.into = scope_name{"acme"};
  how.make_id = [&made] { return run_id{"n" + std::to_string(++made)}; };
  how.on_family = [&](const run_id& old, const run_id& now) {
    shown.push_back(old.str() + ">" + now.str());
  };
  memory_store to;
  const auto done = imported(to, exported(from), how);
  INFO((done ? std::string{} : done.error().message));
  REQUIRE(done);
  CHECK(shown.size() == 4);
  const std::string text = exported(to, {}, scope_name{"acme"});
  CHECK(text.find("\"default\"") == std::string::npos);
  // The parent finds its child by the id that follows from its own.
  std::optional<run_id> root;
  for (const auto& pair : shown)
    if (pair.starts_with("p>")) root = run_id{pair.substr(2)};
  REQUIRE(root);
  const auto parent = load_run(*to.durable_view(), {scope_name{"acme"}, *root});
  REQUIRE(parent);
  REQUIRE(*parent);
  const auto compiled = flow::compile(parent_flow(), {1, 0, 0}, {});
  const auto children = load_children(*to.durable_view(), {scope_name{"acme"}, *root});
  REQUIRE(children);
  REQUIRE(children->size() == 1);
  CHECK(flow::find_visit_of(*compiled.flow, (*parent)->state, children->front()) != nullptr);
  const auto child = load_run(*to.durable_view(), {scope_name{"acme"}, children->front()});
  REQUIRE(child);
  CHECK((*child)->state.parent == root);
}

TEST_CASE("a selected run comes with its whole family", "[transfer]") {
  memory_store from;
  fill_store(from);
  const auto child = load_children(*from.durable_view(), {default_scope(), run_id{"p"}});
  REQUIRE(child);
  const std::string by_child = exported(from, {.ids = {child->front()}});
  CHECK(by_child == exported(from, {.ids = {run_id{"p"}}}));
  CHECK(by_child == exported(from, {.query = *parse_run_query("status=running", {})}));
  memory_store to;
  const auto done = imported(to, by_child, as_they_were());
  REQUIRE(done);
  CHECK(done->imported.runs == 2);
  const auto no = export_runs(*from.durable_view(), default_scope(), {.ids = {run_id{"nobody"}}},
                              [](const json&) { return result<void>{}; });
  REQUIRE_FALSE(no);
  CHECK(no.error().code == errc::not_found);
}

TEST_CASE("an import refuses runs that exist, and changes nothing", "[transfer]") {
  memory_store from, to;
  fill_store(from);
  REQUIRE(imported(to, exported(from, {.ids = {run_id{"done"}}})));
  const auto before = all_in(to);
  const auto refused = imported(to, exported(from));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::already_exists);
  CHECK(refused.error().message.find("done") != std::string::npos);
  CHECK(all_in(to) == before);
  import_options rest = as_they_were();
  rest.skip_existing = true;
  const auto done = imported(to, exported(from), rest);
  REQUIRE(done);
  CHECK(done->skipped == 1);
  CHECK(exported(to) == exported(from));
}

TEST_CASE("a damaged file is refused with the number of the line", "[transfer]") {
  memory_store from;
  fill_store(from);
  const std::string text = exported(from);
  std::vector<std::string> lines;
  std::istringstream read{text};
  for (std::string line; std::getline(read, line);) lines.push_back(line);
  const memory_store empty;
  const auto refused = [&](const std::vector<std::string>& changed) {
    std::string joined;
    for (const auto& line : changed) joined += line + "\n";
    memory_store to;
    const auto done = imported(to, joined);
    REQUIRE_FALSE(done);
    CHECK(all_in(to) == all_in(empty));
    return done.error().message;
  };
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto without = lines;
    without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
    CHECK_FALSE(refused(without).empty());
    auto cut = lines;
    cut.resize(i);
    CHECK_FALSE(refused(cut).empty());
    auto twice = lines;
    twice.insert(twice.begin() + static_cast<std::ptrdiff_t>(i), lines[i]);
    CHECK_FALSE(refused(twice).empty());
    auto broken = lines;
    broken[i].resize(broken[i].size() / 2);
    CHECK(refused(broken).find("line " + std::to_string(i + 1) + ":") != std::string::npos);
  }
  auto edited = lines;
  for (auto& line : edited)
    if (const auto at = line.find("3.25"); at != std::string::npos) line.replace(at, 4, "3.50");
  CHECK(refused(edited).find("differ") != std::string::npos);
  memory_store to;
  CHECK_FALSE(imported(to, text + "{}\n"));
  CHECK_FALSE(imported(to, text.substr(0, text.size() - 1)));
}

TEST_CASE("a crash during an import leaves whole families only", "[transfer]") {
  memory_store from;
  put_version(from, parent_flow());
  put_version(from, child_flow());
  for (const std::string id : {"big", "small"}) {
    recorded_run parent{from, parent_flow(), id};
    parent.begin().finish("a", {{"big", std::string(1'500'000, id[0])}});
    const run_id child = child_id_of(parent.run());
    recorded_run{from, child_flow(), child.str()}
        .child_of(run_id{id})
        .begin()
        .finish("work", {{"big", std::string(1'500'000, 'c')}});
  }
  const std::string text = exported(from);
  import_options how = as_they_were();
  std::size_t writes = 0;
  for (std::size_t allowed = 0;; ++allowed) {
    const auto to = std::make_shared<memory_store>();
    failing_store limited{to, allowed};
    std::istringstream file{text};
    how.into = default_scope();
    if (import_runs(limited, file, how)) break;
    ++writes;
    const auto crashed = to->after_power_loss();
    REQUIRE(finish_removals(*crashed));
    how.skip_existing = true;
    REQUIRE(imported(*crashed, text, how));
    CHECK(exported(*crashed) == text);
    CHECK(all_in(*crashed) == all_in(from));
  }
  CHECK(writes >= 3);
}

TEST_CASE("imported runs hold the blobs that they name, and missing ones are reported",
          "[transfer][blobs]") {
  const std::string digits(64, '5');
  memory_store from;
  put_version(from, child_flow());
  recorded_run{from, child_flow(), "named", 1}.begin().finish(
      "work", {{"file", {{"$blob", "sha256:" + digits}}}});
  const std::string text = exported(from);
  memory_store to;
  const auto done = imported(to, text, as_they_were());
  REQUIRE(done);
  CHECK(done->missing_blobs == std::set<std::string>{digits});
  CHECK(all_in(to) == all_in(from));
  CHECK_FALSE(conformance::scan(*to.durable_view(), column::indexes, keys::held_blobs()).empty());

  memory_store with_blob;
  batch blob;
  const std::string hash = pawl::detail::from_hex(digits).value();
  put_blob_head(blob, {default_scope(), hash}, {std::string(16, 'c'), 0, "a/b", {}, {}});
  commit_batch(with_blob, blob);
  CHECK(imported(with_blob, text, as_they_were()).value().missing_blobs.empty());
}
