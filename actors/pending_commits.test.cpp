#include "actors/pending_commits.hpp"

#include <string>
#include <vector>

#include "tests/support/catch.hpp"

using namespace pawl;
using actors::pending_commits;

namespace {

actors::pending_commit commit_of(std::uint64_t sequence) {
  actors::pending_commit made;
  made.sequence = sequence;
  return made;
}

}  // namespace

TEST_CASE("without pending commits a continuation runs at once", "[commits]") {
  pending_commits commits;
  int calls = 0;
  commits.when_durable([&](const error* failure) {
    CHECK(failure == nullptr);
    ++calls;
  });
  CHECK(calls == 1);
}

TEST_CASE("a continuation waits for the newest commit", "[commits]") {
  pending_commits commits;
  commits.push(commit_of(1));
  commits.push(commit_of(2));
  CHECK(commits.newest().sequence == 2);
  int calls = 0;
  commits.when_durable([&](const error*) { ++calls; });
  const auto first = commits.pop();
  CHECK(first.sequence == 1);
  CHECK(first.continuations.empty());
  const auto second = commits.pop();
  CHECK(second.sequence == 2);
  REQUIRE(second.continuations.size() == 1);
  CHECK(calls == 0);
  second.continuations[0](nullptr);
  CHECK(calls == 1);
  CHECK(commits.empty());
}

TEST_CASE("when a commit fails all continuations get the reason, in order", "[commits]") {
  pending_commits commits;
  std::vector<std::string> seen;
  for (const char* const name : {"a", "b"}) {
    commits.push(commit_of(1));
    commits.when_durable([&seen, name](const error* failure) {
      REQUIRE(failure != nullptr);
      seen.push_back(name + (": " + failure->message));
    });
  }
  commits.fail({errc::io_failed, "disk"});
  CHECK(seen == std::vector<std::string>{"a: disk", "b: disk"});
  CHECK(commits.empty());
}
