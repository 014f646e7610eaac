// The log keeper among actors of the test, which decides when a commit is durable.

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>

#include "actors/log_keeper.hpp"
#include "persistence/conformance.hpp"
#include "persistence/keys.hpp"
#include "tests/simulation/fixtures.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::simulation;
using namespace std::chrono_literals;
using persistence::column;

namespace {

/// What the keeper wants to be durable.
using commits = std::deque<std::shared_ptr<const persistence::batch>>;

/// Stands for the persister.
class commit_recorder final : public actors::actor_base {
 public:
  commit_recorder(caf::actor_config& config, commits& to) : actor_base(config), to_(to) {}
  caf::behavior make_behavior() override {
    return {
        [this](actors::commit& c) { to_.push_back(std::move(c.writes)); },
        [this](const actors::shutdown_run&) { quit(); },
    };
  }

 private:
  commits& to_;
};

class kept_logs {
 public:
  kept_logs()
      : system_(config_),
        scheduler_(dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler())) {
    const auto clock = std::make_shared<world_clock>(world_);
    context_ = std::make_shared<actors::engine_context>(
        settings{}, std::make_unique<world_store>(world_, store_), clock,
        std::make_shared<actors::engine_time>(clock), std::make_unique<world_rng>(world_),
        simulated_functions(1, true), std::make_unique<world_executor>(world_),
        std::make_unique<world_loader>(world_),
        std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::null_sink_mt>()));
    persister_ = system_.spawn<commit_recorder>(std::ref(sent_));
    keeper_ = system_.spawn<actors::log_keeper>(context_, persister_);
    scheduler_.run();
  }
  ~kept_logs() {
    for (const auto& each : {keeper_, persister_}) actors::post(each, actors::shutdown_run{});
    make_all_durable();
  }

  static run_key key_of(const std::string& run) { return {in, run_id{run}}; }
  void store_run(const std::string& run) {
    persistence::batch writes;
    writes.put(column::runs, persistence::keys::run(key_of(run)), "a record");
    write(writes);
  }
  /// What a deletion whose view is the present one does.
  void remove_run(const std::string& run) {
    persistence::batch writes;
    writes.erase(column::runs, persistence::keys::run(key_of(run)));
    for (const auto& each : records()) writes.erase(column::checkpoints, each.first);
    write(writes);
  }
  void store_run(const std::string& run, time_point created) {
    persistence::run_record record;
    record.summary.key = key_of(run);
    record.summary.created_at = created;
    persistence::batch writes;
    writes.put(column::runs, persistence::keys::run(key_of(run)), persistence::encode_run(record));
    write(writes);
  }
  /// `created`: when the run was created that the line is of.
  void say(const std::string& run, const std::string& message,
           std::optional<time_point> created = {}) {
    context_->log_lines.add(key_of(run), {{}, "info", "n", 1, 1, message}, created);
    scheduler_.run();
  }
  /// Returns whether the answer has come, later.
  std::shared_ptr<bool> flush() {
    auto answered = std::make_shared<bool>(false);
    post(actors::flush_log_lines{
        actors::reply<void>{[answered](const result<void>&) { *answered = true; }}});
    return answered;
  }
  std::shared_ptr<bool> hold(const std::string& run) {
    auto answered = std::make_shared<bool>(false);
    post(actors::hold_log{
        key_of(run), actors::reply<void>{[answered](const result<void>&) { *answered = true; }}});
    return answered;
  }
  template <class Message>
  void post(Message&& message) {
    actors::post(keeper_, std::forward<Message>(message));
    scheduler_.run();
  }

  void make_next_durable() {
    write(*sent_.front());
    sent_.pop_front();
    post(actors::committed{});
  }
  void make_all_durable() {
    scheduler_.run();
    while (!sent_.empty()) make_next_durable();
  }
  void fail_next() {
    sent_.pop_front();
    post(actors::commit_failed{std::make_shared<error>(errc::io_failed, "a fault")});
  }
  void advance(std::chrono::milliseconds time) {
    scheduler_.clock().advance_time(time);
    scheduler_.run();
  }

  [[nodiscard]] std::size_t pending() const noexcept { return sent_.size(); }
  [[nodiscard]] std::uint64_t lost() const { return context_->log_lines.lost(); }
  [[nodiscard]] persistence::conformance::records records() const {
    return persistence::conformance::scan(*store_->durable_view(), column::checkpoints);
  }
  [[nodiscard]] std::vector<std::string> log_of(const std::string& run) const {
    std::vector<std::string> newest_first;
    REQUIRE(persistence::visit_run_log_back(
        *store_->durable_view(), key_of(run), persistence::after_last_chunk,
        [&](std::uint64_t, const std::vector<run_log_line>& lines, std::size_t) {
          for (auto each = lines.rbegin(); each != lines.rend(); ++each)
            newest_first.push_back(each->message);
          return persistence::view::next::more;
        }));
    return {newest_first.rbegin(), newest_first.rend()};
  }

 private:
  void write(const persistence::batch& writes) {
    const persistence::batch* const all[] = {&writes};
    store_->publish(store_->write(all).value());
  }

  world world_{1};
  std::shared_ptr<persistence::memory_store> store_ = std::make_shared<persistence::memory_store>();
  commits sent_;
  system_config config_;
  caf::actor_system system_;
  caf::scheduler::test_coordinator& scheduler_;
  actors::engine_context_ptr context_;
  caf::actor persister_;
  caf::actor keeper_;
};

using lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a flush ends with the group that has its lines, although more are logged",
          "[simulation][logs]") {
  kept_logs logs;
  logs.store_run("r");
  logs.say("r", "1");
  logs.say("r", "2");  // waits for the first group
  const auto flushed = logs.flush();
  logs.make_next_durable();
  CHECK_FALSE(*flushed);
  logs.say("r", "3");
  REQUIRE(logs.pending() == 1);
  logs.make_next_durable();
  CHECK(*flushed);
  CHECK(logs.log_of("r") == lines{"1", "2"});
  CHECK(logs.pending() == 1);
}

TEST_CASE("a flush has the lines of a run that was stored before it", "[simulation][logs]") {
  kept_logs logs;
  logs.store_run("r");
  logs.say("early", "1");  // its run is not stored yet
  logs.say("r", "1");
  REQUIRE(logs.pending() == 1);
  logs.store_run("early");
  const auto flushed = logs.flush();
  logs.make_next_durable();
  CHECK_FALSE(*flushed);
  logs.make_next_durable();
  CHECK(*flushed);
  CHECK(logs.log_of("early") == lines{"1"});
}

TEST_CASE("the log of a run is held until what was sent is durable", "[simulation][logs]") {
  kept_logs logs;
  logs.store_run("r");
  logs.say("r", "1");
  REQUIRE(logs.pending() == 1);
  const auto held = logs.hold("r");
  CHECK_FALSE(*held);
  logs.make_next_durable();
  CHECK(*held);
  logs.say("r", "2");
  CHECK(logs.pending() == 0);

  SECTION("a removed run leaves no line, and its successor has none of them") {
    logs.remove_run("r");
    logs.post(actors::release_log{kept_logs::key_of("r"), true});
    logs.store_run("r");
    logs.advance(100ms);
    logs.make_all_durable();
    CHECK(logs.records().empty());
    CHECK(logs.lost() == 1);
  }
  SECTION("a run that is not removed gets the lines that came meanwhile") {
    logs.post(actors::release_log{kept_logs::key_of("r"), false});
    logs.advance(100ms);
    logs.make_all_durable();
    CHECK(logs.log_of("r") == lines{"1", "2"});
    CHECK(logs.lost() == 0);
  }
}

TEST_CASE("a line of a call that outlives its run is not in the log of a new run of the same id",
          "[simulation][logs]") {
  kept_logs logs;
  const time_point first = from_unix_us(1'000'000), second = from_unix_us(2'000'000);
  logs.store_run("r", first);
  logs.say("r", "in time", first);
  logs.make_all_durable();
  CHECK(logs.log_of("r") == lines{"in time"});
  logs.remove_run("r");
  logs.store_run("r", second);
  logs.say("r", "late", first);
  logs.say("r", "new", second);
  logs.say("r", "of nobody knows which", {});
  logs.make_all_durable();
  CHECK(logs.log_of("r") == lines{"new", "of nobody knows which"});
  CHECK(logs.lost() == 1);
}

TEST_CASE("a group that cannot be made durable is counted as lost", "[simulation][logs]") {
  kept_logs logs;
  logs.store_run("r");
  logs.say("r", "1");
  const auto held = logs.hold("r");
  const auto flushed = logs.flush();
  logs.fail_next();
  CHECK(*held);
  CHECK(*flushed);
  CHECK(logs.lost() == 1);
}

TEST_CASE("lines wait two seconds for their run, however busy the keeper is",
          "[simulation][logs]") {
  kept_logs logs;
  logs.store_run("busy");
  logs.say("late", "1");
  for (int i = 0; i < 200; ++i) {
    logs.say("busy", std::to_string(i));
    logs.make_all_durable();
  }
  logs.advance(1900ms);
  CHECK(logs.lost() == 0);
  SECTION("its run is stored in time") {
    logs.store_run("late");
    logs.advance(50ms);
    logs.make_all_durable();
    CHECK(logs.log_of("late") == lines{"1"});
  }
  SECTION("its run is never stored") {
    logs.advance(200ms);
    CHECK(logs.lost() == 1);
  }
}

TEST_CASE("the lines that wait for their run are bounded", "[simulation][logs]") {
  kept_logs logs;
  for (int i = 0; i < 100; ++i) logs.say("never", std::string(20'000, 'x'));
  CHECK(logs.lost() > 40);
  CHECK(logs.lost() < 60);
}
