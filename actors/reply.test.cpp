#include "actors/reply.hpp"

#include <optional>
#include <string>

#include "tests/support/catch.hpp"

using namespace pawl;
using actors::reply;

TEST_CASE("a reply delivers its first answer and ignores later ones", "[reply]") {
  int calls = 0;
  std::optional<result<int>> received;
  const reply<int> answer{[&](result<int> r) {
    ++calls;
    received = std::move(r);
  }};
  const auto copy = answer;
  copy(7);
  answer(8);
  CHECK(calls == 1);
  CHECK(**received == 7);
}

TEST_CASE("a reply that is dropped answers unavailable, after its last copy", "[reply]") {
  std::optional<result<int>> received;
  {
    const reply<int> answer{[&](result<int> r) { received = std::move(r); }};
    { const auto copy = answer; }
    CHECK_FALSE(received);
  }
  REQUIRE(received);
  CHECK(received->error().code == errc::unavailable);
}

TEST_CASE("a reply without a receiver drops its answer", "[reply]") {
  const reply<int> none;
  none(1);
}

TEST_CASE("a reply releases its receiver when it has answered", "[reply]") {
  const auto owned = std::make_shared<int>(0);
  const reply<int> answer{[owned](const result<int>&) {}};
  CHECK(owned.use_count() == 2);
  answer(1);
  CHECK(owned.use_count() == 1);
}

TEST_CASE("a converted reply passes values and errors on, and a drop as well", "[reply]") {
  std::optional<result<std::string>> received;
  const auto make = [&] {
    received.reset();
    return reply<std::string>{[&](result<std::string> r) { received = std::move(r); }};
  };
  const auto text = [](int n) { return std::to_string(n); };
  make().after<int>(text)(12);
  CHECK(**received == "12");
  make().after<int>(text)(error{errc::not_found, "none"});
  CHECK(received->error().code == errc::not_found);
  static_cast<void>(make().after<int>(text));
  CHECK(received->error().code == errc::unavailable);
  make().after<void>([] { return std::string{"done"}; })({});
  CHECK(**received == "done");
}

TEST_CASE("a caller can wait for a reply", "[reply]") {
  auto waiting = actors::make_awaited_reply<int>();
  waiting.answer(3);
  CHECK(*waiting.future.get() == 3);
  auto dropped = actors::make_awaited_reply<int>();
  dropped.answer = {};
  CHECK(dropped.future.get().error().code == errc::unavailable);
}
