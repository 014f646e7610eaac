#include "server/http/outbox.hpp"

#include "tests/support/catch.hpp"

using pawl::server::http::outbox;

TEST_CASE("A full outbox rejects messages but accepts one last message beyond its limit") {
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

TEST_CASE("Sent bytes free space in an outbox") {
  outbox box{10, [] {}, nullptr};
  CHECK(box.put("a message longer than the limit"));
  CHECK(box.take().parts.size() == 1);
  box.sent(31);
  CHECK(box.put("1234567890"));
  CHECK_FALSE(box.too_slow());
}

TEST_CASE("A closed outbox returns its remaining messages and then reports its end") {
  int woken = 0, closed = 0;
  auto slot = std::make_shared<int>(1);
  const std::weak_ptr<int> watched_slot = slot;
  outbox box{10, [&] { ++woken; }, std::move(slot)};
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
  CHECK_FALSE(watched_slot.expired());
  box.finish();
  box.finish();
  CHECK(closed == 1);
  CHECK(watched_slot.expired());
  box.on_closed([&] { ++closed; });
  CHECK(closed == 2);
}

TEST_CASE("An outbox calls when_drained after everything is sent, immediately if it is empty") {
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

TEST_CASE("Outboxes share a budget, in which an empty one always has room for a message") {
  const auto budget = std::make_shared<pawl::detail::fair_budget>(100);
  const pawl::server::http::outbox_account account{budget, "peer"};
  {
    outbox first{1000, [] {}, nullptr, account}, second{1000, [] {}, nullptr, account};
    CHECK(first.put(std::string(45, 'x')));
    CHECK(second.put(std::string(30, 'x')));  // it has nothing unsent
    CHECK(budget->used() == 75);
    CHECK_FALSE(second.put(std::string(10, 'x')));
    CHECK(second.too_slow());
    CHECK(second.put("the last"));
    first.sent(45);
    CHECK(budget->used() == 38);
    CHECK(first.put("more"));
    second.finish();
    CHECK(budget->used() == 4);
  }
  CHECK(budget->used() == 0);
}
