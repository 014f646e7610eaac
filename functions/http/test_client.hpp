#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "functions/builtins/builtins.hpp"
#include "functions/test_step.hpp"
#include "tests/support/catch.hpp"

namespace pawl::functions::http {

/// The policy of tests: allows 127.0.0.1, where test servers run, on every port.
inline policy loopback_policy() {
  policy rules;
  rules.allow_hosts = {"127.0.0.1"};
  return rules;
}

/// Calls core.http as an engine does.
struct test_client {
  registry functions;
  explicit test_client(const policy& rules = loopback_policy()) {
    add_builtins(functions, {}, rules);
  }

  [[nodiscard]] result<json> call(test_step& step) const {
    return step.call(**functions.find(default_scope(), "core.http"));
  }
  [[nodiscard]] result<json> call(json args) const {
    auto step = step_with(std::move(args));
    return call(step);
  }
  /// Returns the result of a call that must succeed.
  json good(json args) const {
    const auto got = call(std::move(args));
    if (!got) FAIL(got.error().type << ": " << got.error().message);
    return *got;
  }
  /// Returns the message of a call that must fail with this type.
  std::string failure(json args, std::string_view type) const {
    const auto got = call(std::move(args));
    if (got) FAIL("the call succeeded: " << *got);
    INFO(got.error().message);
    CHECK(got.error().code == errc::function_failed);
    CHECK(got.error().type == type);
    return got.error().message;
  }
};

}  // namespace pawl::functions::http
