#include "actors/pending_commits.hpp"

#include <utility>

#include <pawl/assert.hpp>

namespace pawl::actors {

pending_commit pending_commits::pop() {
  PAWL_ASSERT_RUN(!commits_.empty(), "a commit is durable that was not sent");
  pending_commit oldest = std::move(commits_.front());
  commits_.erase(commits_.begin());
  return oldest;
}

pending_commit& pending_commits::newest() {
  PAWL_ASSERT_RUN(!commits_.empty(), "no commit is pending");
  return commits_.back();
}

void pending_commits::when_durable(commit_continuation then) {
  if (commits_.empty()) {
    then(nullptr);
  } else {
    commits_.back().continuations.push_back(std::move(then));
  }
}

void pending_commits::fail(const error& reason) {
  for (const auto& lost : std::exchange(commits_, {}))
    for (const auto& then : lost.continuations) then(&reason);
}

}  // namespace pawl::actors
