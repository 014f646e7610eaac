#include "server/http/outbox.hpp"

#include "tests/support/catch.hpp"

using pawl::server::http::outbox;

TEST_CASE("An outbox refuses what is beyond its limit, and lets one last message past it") {
  int woken = 0;
  outbox box{10, [&] { ++woken; }, nullptr};
  CHECK(box.put("12345"));
  CHECK(box.put("67890"));
  CHECK(woken == 1);
  CHECK_FALSE(box.too_slow());
  CHECK_FALSE(box.put("x"));
  CHECK(box.too_slow());
  CHECK(box.put("a farewell that is longer than the limit"));
  CHECK_FALSE(box.put("x"));
  CHECK(box.take().parts.size() == 3);
}

TEST_CASE("An outbox has room again for what was sent") {
  outbox box{10, [] {}, nullptr};
  CHECK(box.put("a message longer than the limit"));
  CHECK(box.take().parts.size() == 1);
  box.sent(31);
  CHECK(box.put("1234567890"));
  CHECK_FALSE(box.too_slow());
}

TEST_CASE("An outbox that was closed gives what it has, and then that it ended") {
  int woken = 0, closed = 0;
  auto place = std::make_shared<int>(1);
  const std::weak_ptr<int> held = place;
  outbox box{10, [&] { ++woken; }, std::move(place)};
  box.on_closed([&] { ++closed; });
  CHECK(box.put("1"));
  box.close(1001, "bye");
  CHECK_FALSE(box.put("2"));
  CHECK(woken == 1);
  const auto last = box.take();
  CHECK(last.parts == std::vector<std::string>{"1"});
  CHECK(last.ended);
  CHECK(last.code == 1001);
  CHECK(last.reason == "bye");
  CHECK(closed == 0);
  CHECK_FALSE(held.expired());
  box.finish();
  box.finish();
  CHECK(closed == 1);
  CHECK(held.expired());
  box.on_closed([&] { ++closed; });
  CHECK(closed == 2);
}

TEST_CASE("An outbox tells when all has been sent, and at once if it has") {
  outbox box{10, [] {}, nullptr};
  int drained = 0;
  box.when_drained([&] { ++drained; });
  CHECK(drained == 1);
  CHECK(box.put("1234"));
  box.when_drained([&] { ++drained; });
  CHECK(box.take().parts.size() == 1);
  box.sent(3);
  CHECK(drained == 1);
  box.sent(1);
  CHECK(drained == 2);
  CHECK(box.put("1234"));
  box.when_drained([&] { ++drained; });
  box.finish();
  CHECK(drained == 2);
}
