#include <pawl/caf.hpp>

#include <caf/all.hpp>

#include "tests/support/catch.hpp"

using namespace pawl;
using namespace std::chrono_literals;

TEST_CASE("an engine runs on a program's actor system and takes messages", "[engine][caf]") {
  caf::actor_system_config config;
  caf::actor_system system{config};
  settings s;
  s.log.level = log_level::error;
  engine e{s};
  const auto gateway = open_on(system, e);
  REQUIRE(gateway);
  caf::scoped_actor self{system};
  const json definition{
      {"name", "f"},
      {"nodes", {{{"id", "a"}, {"type", "task"}, {"data", {{"code_ref", "core.echo"}}}}}},
      {"edges", json::array()}};
  const auto failed = [](const caf::error&) { FAIL("the gateway did not answer"); };

  self->request(*gateway, 10s, messages::put_flow{definition})
      .receive([](const result<flow_stored>& r) { CHECK(r.has_value()); }, failed);
  run_id id;
  self->request(*gateway, 10s, messages::start{"f", {{"a", 1}}})
      .receive(
          [&](const result<run_started>& r) {
            REQUIRE(r.has_value());
            id = r->id;
          },
          failed);
  self->request(*gateway, 10s, messages::wait{id, 10s})
      .receive(
          [](const result<run_view>& r) {
            REQUIRE(r.has_value());
            CHECK(r->data == json{{"a", 1}});
          },
          failed);
  self->request(*gateway, 10s, messages::cancel{id})
      .receive(
          [](const result<run_changed>& r) {
            REQUIRE_FALSE(r.has_value());
            CHECK(r.error().code == errc::illegal_transition);
          },
          failed);
  const auto refused = [](const result<run_changed>& r) {
    REQUIRE_FALSE(r.has_value());
    CHECK(r.error().code == errc::illegal_transition);
  };
  self->request(*gateway, 10s, messages::pause{id}).receive(refused, failed);
  self->request(*gateway, 10s, messages::resume{id}).receive(refused, failed);
  self->request(*gateway, 10s, messages::set_data{id, {{"a", 2}}}).receive(refused, failed);
  self->request(*gateway, 10s, messages::signal{id, "hello"}).receive(refused, failed);
  self->request(*gateway, 10s, messages::get{run_id{"none"}})
      .receive([](const result<run_view>& r) { CHECK(r.error().code == errc::not_found); }, failed);
  REQUIRE(e.stop());
}
