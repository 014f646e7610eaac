// The merge alone; fork.test.cpp and nodes/join.test.cpp test it in runs.

#include "flow/machine/merge.hpp"

#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;

namespace {

token branch_of(std::vector<std::uint32_t> branch, json writes,
                std::map<std::string, std::uint32_t> inherited = {}) {
  token t;
  t.branch = std::move(branch);
  t.forks.resize(t.branch.size());
  t.writes = std::move(writes);
  t.inherited = std::move(inherited);
  return t;
}

/// The merged values; for a conflict, its key as a text.
json merged(const std::vector<token>& branches, merge_policy policy, std::size_t depth = 0) {
  std::vector<const token*> all;
  for (const auto& t : branches) all.push_back(&t);
  const auto done = merge_branches(all, depth, policy);
  if (const auto* const conflict = std::get_if<merge_conflict>(&done)) return conflict->key;
  json values = json::object();
  for (const auto& [key, written] : std::get<merged_writes>(done)) values[key] = written.value;
  return values;
}

}  // namespace

TEST_CASE("branches are merged in edge order, not in the order of the tokens", "[merge]") {
  const std::vector<token> branches{branch_of({2}, {{"k", 3}}), branch_of({0}, {{"k", 1}}),
                                    branch_of({1}, {{"k", 2}})};
  CHECK(merged(branches, merge_policy::first) == json{{"k", 1}});
  CHECK(merged(branches, merge_policy::last) == json{{"k", 3}});
  CHECK(merged(branches, merge_policy::collect) == json{{"k", {1, 2, 3}}});
  CHECK(merged(branches, merge_policy::error) == "k");
}

TEST_CASE("equal values do not conflict, and are collected all the same", "[merge]") {
  const std::vector<token> branches{branch_of({0}, {{"k", 1}}), branch_of({1}, {{"k", 1}})};
  CHECK(merged(branches, merge_policy::error) == json{{"k", 1}});
  CHECK(merged(branches, merge_policy::collect) == json{{"k", {1, 1}}});
}

TEST_CASE("a value that only one branch wrote is not collected into an array", "[merge]") {
  const std::vector<token> branches{branch_of({0}, {{"k", 1}}), branch_of({1}, {{"l", 2}})};
  CHECK(merged(branches, merge_policy::collect) == json{{"k", 1}, {"l", 2}});
  CHECK(merged({branch_of({4}, {{"k", 1}})}, merge_policy::collect) == json{{"k", 1}});
}

TEST_CASE("a write after the fork replaces a value from before it", "[merge]") {
  const std::vector<token> branches{branch_of({0, 0}, {{"k", 1}}, {{"k", 1}}),
                                    branch_of({0, 1}, {{"k", 2}}),
                                    branch_of({0, 2}, {{"k", 1}}, {{"k", 1}})};
  for (const auto policy :
       {merge_policy::error, merge_policy::first, merge_policy::last, merge_policy::collect})
    CHECK(merged(branches, policy, 1) == json{{"k", 2}});
}

TEST_CASE("inner forks are merged before outer ones, with the same policy", "[merge]") {
  const std::vector<token> branches{branch_of({0, 0}, {{"k", 1}}), branch_of({0, 1}, {{"k", 2}}),
                                    branch_of({1}, {{"k", 3}})};
  CHECK(merged(branches, merge_policy::first) == json{{"k", 1}});
  CHECK(merged(branches, merge_policy::last) == json{{"k", 3}});
  CHECK(merged(branches, merge_policy::collect) == json{{"k", {{1, 2}, 3}}});
}

TEST_CASE("a merge reports how deep each key was written", "[merge]") {
  const std::vector<token> branches{branch_of({0, 0}, {{"old", 1}, {"new", 2}}, {{"old", 1}}),
                                    branch_of({0, 1}, {{"old", 1}}, {{"old", 1}})};
  std::vector<const token*> all{&branches[0], &branches[1]};
  const auto done = merge_branches(all, 1, merge_policy::error);
  const auto& writes = std::get<merged_writes>(done);
  CHECK(writes.at("old").depth == 1);
  CHECK(writes.at("new").depth == 1);  // now a write of the branch
  const std::vector<token> deeper{branch_of({0, 0, 0}, {{"old", 1}}, {{"old", 1}}),
                                  branch_of({0, 0, 1}, {{"old", 1}}, {{"old", 1}})};
  all = {&deeper[0], &deeper[1]};
  const auto inner = merge_branches(all, 2, merge_policy::error);
  CHECK(std::get<merged_writes>(inner).at("old").depth == 1);
}
