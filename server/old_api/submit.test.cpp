#include <future>
#include <string>

#include "server/testing/api_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace pawl::server;
using namespace pawl::server::testing;

TEST_CASE("a form is refused while too many bodies wait, because it must not wait for the disk",
          "[old_api]") {
  api_fixture f{api_fixture::quiet(), /*old_api=*/true};
  f.put("f", {f.signal("s", "go")});
  const auto submit = [&] {
    return f.call("POST", "/api/flows/f/submit", "a=1",
                  {{"Content-Type", "application/x-www-form-urlencoded"}});
  };
  CHECK(submit().status == 302);
  std::promise<void> opened;
  std::promise<void> begun;
  REQUIRE(f.bodies->try_post("other", 1, [&begun, open = opened.get_future().share()] {
    begun.set_value();
    open.wait();
  }));
  begun.get_future().wait();
  REQUIRE(f.bodies->try_post("other", long_bodies::most_waiting, [] {}));
  const auto refused = submit();
  opened.set_value();
  CHECK(refused.status == 429);
  CHECK(refused.field("Retry-After") == "1");
  CHECK(refused.body["error"] == "Form submission failed: too many forms wait; retry later");
  CHECK(refused.body["detail"] == refused.body["error"]);
}
