#include "server/api/long_bodies.hpp"

#include <future>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "server/testing/api_fixture.hpp"

using namespace pawl::server;
using namespace pawl::server::testing;
using pawl::json;

TEST_CASE("a request with a long body is not handled on the thread of its connection",
          "[api][bodies]") {
  api_fixture f;
  f.put("f", {f.signal("s", "go")});
  CHECK(f.post("/v1/runs", {{"flow", "f"}, {"id", "short"}}).status == 201);
  CHECK(f.bodies->handled_elsewhere() == 0);
  const json input{{"text", std::string(long_bodies::long_bytes, 'x')}};
  CHECK(f.post("/v1/runs", {{"flow", "f"}, {"id", "long"}, {"input", input}}).status == 201);
  CHECK(f.bodies->handled_elsewhere() == 1);
  CHECK(f.get("/v1/runs/long/state").body == input);
  const std::string cut = json{{"flow", "f"}, {"input", input}}.dump().substr(0, 100'000 - 40'000);
  CHECK(f.begin("POST", "/v1/runs", cut)->wait().status == 400);
}

TEST_CASE("long bodies wait in turn by scope, and beyond the share of a scope nowhere",
          "[bodies]") {
  long_bodies bodies;
  std::promise<void> opened;
  const auto open = opened.get_future().share();
  std::promise<std::thread::id> begun;
  bodies.handle("a", long_bodies::long_bytes + 1, [&] {
    begun.set_value(std::this_thread::get_id());
    open.wait();
  });
  const auto thread = begun.get_future().get();
  CHECK(thread != std::this_thread::get_id());
  std::vector<std::string> order;  // changed by that thread, then read by this one
  const std::size_t each = long_bodies::most_waiting / 4;
  for (const char* name : {"a1", "a2"})
    bodies.handle("a", each, [&order, name] { order.emplace_back(name); });
  std::thread::id in_place;
  const auto note_thread = [&in_place] { in_place = std::this_thread::get_id(); };
  bodies.handle("a", each, note_thread);  // its third quarter
  CHECK(in_place == std::this_thread::get_id());
  bodies.handle("b", each, [&order] { order.emplace_back("b1"); });
  in_place = {};
  bodies.handle("b", each, note_thread);
  CHECK(in_place == std::this_thread::get_id());
  bodies.handle("b", long_bodies::long_bytes, [&in_place] { in_place = {}; });
  CHECK(in_place == std::thread::id{});
  CHECK_FALSE(bodies.try_post("b", each, [&order] { order.emplace_back("refused"); }));
  CHECK_FALSE(bodies.try_post("a", each, [&order] { order.emplace_back("refused"); }));
  CHECK(bodies.handled_elsewhere() == 4);
  opened.set_value();
  bodies.stop();
  CHECK(order == std::vector<std::string>{"a1", "b1", "a2"});
}

TEST_CASE("what must not be done in place is posted, whatever its length", "[bodies]") {
  long_bodies bodies;
  std::promise<std::thread::id> done_by;
  REQUIRE(bodies.try_post("a", 1, [&] { done_by.set_value(std::this_thread::get_id()); }));
  CHECK(done_by.get_future().get() != std::this_thread::get_id());
}
