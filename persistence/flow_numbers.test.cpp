#include "persistence/flow_numbers.hpp"

#include "persistence/codec.hpp"
#include "persistence/commit_durably.hpp"
#include "persistence/keys.hpp"
#include "persistence/memory/memory_store.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::persistence;

namespace {

const scope_name numbered_scope{"acme"};

flow_version_id numbered(const std::string& flow, std::uint32_t patch) {
  return {flow_name{flow}, {1, 0, patch}};
}

/// A store with two versions of "order" and one of "post".
struct numbering_fixture {
  numbering_fixture() {
    batch writes;
    for (const auto& id : {numbered("order", 0), numbered("order", 1), numbered("post", 0)})
      writes.put(column::flows, keys::flow_version(numbered_scope, id),
                 encode_flow({json::object(), {}}));
    REQUIRE(commit_durably(store, writes));
  }

  /// Applies changes one by one, each in a batch of its own.
  result<flow_numbers> apply(const flow_numbers_change& change) {
    const auto now = store.durable_view();
    flow_numbering numbering{*now, numbered_scope};
    auto numbers = numbering.apply(change);
    if (!numbering.writes().empty()) REQUIRE(commit_durably(store, numbering.writes()));
    return numbers;
  }

  memory_store store;
};

}  // namespace

TEST_CASE("flows and versions are numbered from 1 as they are asked for", "[flow_numbers]") {
  numbering_fixture f;
  CHECK(*f.apply({numbered("order", 1)}) == flow_numbers{numbered("order", 1), 1, 1});
  CHECK(*f.apply({numbered("post", 0)}) == flow_numbers{numbered("post", 0), 2, 2});
  CHECK(*f.apply({numbered("order", 0)}) == flow_numbers{numbered("order", 0), 1, 3});
  CHECK(*f.apply({numbered("order", 1)}) == flow_numbers{numbered("order", 1), 1, 1});
  const auto now = f.store.durable_view();
  CHECK((*find_number(*now, numbered_scope, 3))->id == numbered("order", 0));
  CHECK_FALSE(*find_number(*now, numbered_scope, 4));
  CHECK_FALSE(*find_number(*now, default_scope(), 3));
}

TEST_CASE("several versions get numbers in one batch", "[flow_numbers]") {
  numbering_fixture f;
  const auto now = f.store.durable_view();
  flow_numbering numbering{*now, numbered_scope};
  CHECK(numbering.apply({numbered("post", 0)})->version == 1);
  CHECK(numbering.apply({numbered("order", 0)})->version == 2);
  CHECK(*numbering.apply({numbered("order", 1)}) == flow_numbers{numbered("order", 1), 2, 3});
  CHECK(numbering.apply({numbered("order", 0)})->version == 2);
}

TEST_CASE("a version that is not stored gets no number", "[flow_numbers]") {
  numbering_fixture f;
  const auto refused = f.apply({numbered("order", 7)});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "no such version: order@1.0.7");
}

TEST_CASE("a label names one version of a flow", "[flow_numbers]") {
  numbering_fixture f;
  REQUIRE(f.apply({numbered("order", 0), "v1"}));
  REQUIRE(f.apply({numbered("post", 0), "v1"}));  // of another flow
  CHECK(f.apply({numbered("order", 1), "v1"}).error().code == errc::already_exists);
  CHECK((*find_label(*f.store.durable_view(), numbered_scope, flow_name{"order"}, "v1"))->id ==
        numbered("order", 0));
  CHECK(f.apply({numbered("order", 0), "v1"})->label == "v1");
  CHECK(f.apply({numbered("order", 0), "v2"}).error().code == errc::conflict);
  CHECK_FALSE(*find_label(*f.store.durable_view(), numbered_scope, flow_name{"order"}, "v2"));
  CHECK(f.apply({numbered("order", 1), "v2"})->label == "v2");
  for (const std::string& bad : {std::string(201, 'x'), std::string{"a\nb"}, std::string{"\xff"}})
    CHECK(f.apply({numbered("order", 0), bad}).error().code == errc::invalid_argument);
}

TEST_CASE("a withdrawn version keeps its number", "[flow_numbers]") {
  numbering_fixture f;
  CHECK(f.apply({numbered("order", 0), "", true})->withdrawn);
  CHECK((*find_number(*f.store.durable_view(), numbered_scope, 1))->withdrawn);
  CHECK(f.apply({numbered("order", 1)})->version == 2);
  CHECK_FALSE(f.apply({numbered("order", 0), "", false})->withdrawn);
}

TEST_CASE("a label of a withdrawn version is free", "[flow_numbers]") {
  numbering_fixture f;
  REQUIRE(f.apply({numbered("order", 0), "v1", true}));
  CHECK(f.apply({numbered("order", 1), "v1"})->label == "v1");
  CHECK((*find_label(*f.store.durable_view(), numbered_scope, flow_name{"order"}, "v1"))->id ==
        numbered("order", 1));
  // The other one comes back without it.
  CHECK(f.apply({numbered("order", 0), "", false})->label.empty());
  CHECK(f.apply({numbered("order", 0), "v1"}).error().code == errc::already_exists);
  CHECK(f.apply({numbered("order", 0), "v0"})->label == "v0");
}

TEST_CASE("a label is free as soon as its version is withdrawn in the same batch",
          "[flow_numbers]") {
  numbering_fixture f;
  const auto now = f.store.durable_view();
  flow_numbering numbering{*now, numbered_scope};
  REQUIRE(numbering.apply({numbered("order", 0), "v1"}));
  CHECK(numbering.apply({numbered("order", 1), "v1"}).error().code == errc::already_exists);
  REQUIRE(numbering.apply({numbered("order", 0), "", true}));
  CHECK(numbering.apply({numbered("order", 1), "v1"})->label == "v1");
  CHECK(numbering.apply({numbered("order", 0)})->label.empty());
  REQUIRE(commit_durably(f.store, numbering.writes()));
  CHECK((*find_label(*f.store.durable_view(), numbered_scope, flow_name{"order"}, "v1"))->id ==
        numbered("order", 1));
}

TEST_CASE("the versions of a deleted flow are withdrawn, and one that is stored again is not",
          "[flow_numbers]") {
  numbering_fixture f;
  for (const auto& id : {numbered("order", 0), numbered("order", 1), numbered("post", 0)})
    REQUIRE(f.apply({id}));
  batch writes;
  REQUIRE(withdraw_versions(*f.store.durable_view(), numbered_scope, flow_name{"order"}, writes));
  CHECK(writes.operations().size() == 2);
  REQUIRE(commit_durably(f.store, writes));
  CHECK(f.apply({numbered("order", 1)})->withdrawn);
  CHECK_FALSE(f.apply({numbered("post", 0)})->withdrawn);
  batch restored;
  REQUIRE(restore_version(*f.store.durable_view(), numbered_scope, numbered("order", 1), restored));
  REQUIRE(restore_version(*f.store.durable_view(), numbered_scope, numbered("post", 0), restored));
  CHECK(restored.operations().size() == 1);
  REQUIRE(commit_durably(f.store, restored));
  CHECK_FALSE(f.apply({numbered("order", 1)})->withdrawn);
  CHECK(f.apply({numbered("order", 0)})->withdrawn);
}

TEST_CASE("an import keeps free numbers, and later ones follow them", "[flow_numbers]") {
  numbering_fixture f;
  {
    const auto now = f.store.durable_view();
    flow_numbering numbering{*now, numbered_scope};
    CHECK(*numbering.claim(numbered("order", 0), 17, "v1"));
    CHECK(*numbering.claim(numbered("order", 0), 17));
    CHECK(*numbering.claim(numbered("order", 1), 16, "v1"));  // without the label
    CHECK_FALSE(*numbering.claim(numbered("order", 0), 18));  // it has one
    CHECK_FALSE(*numbering.claim(numbered("post", 0), 17));   // another version has it
    CHECK_FALSE(*numbering.claim(numbered("post", 0), 0));
    CHECK_FALSE(*numbering.claim(numbered("post", 0), UINT64_MAX));
    REQUIRE(commit_durably(f.store, numbering.writes()));
  }
  CHECK(f.apply({numbered("post", 0)})->version == 18);
  CHECK(f.apply({numbered("order", 0)})->label == "v1");
  CHECK(f.apply({numbered("order", 1)})->label.empty());
}

TEST_CASE("an import of a low number does not lower the next one", "[flow_numbers]") {
  numbering_fixture f;
  for (const std::uint64_t number : {17u, 5u}) {
    const auto now = f.store.durable_view();
    flow_numbering numbering{*now, numbered_scope};
    CHECK(*numbering.claim(numbered("order", number == 17 ? 0u : 1u), number));
    if (number == 5) CHECK(numbering.apply({numbered("post", 0)})->version == 18);
    REQUIRE(commit_durably(f.store, numbering.writes()));
  }
}

TEST_CASE("an import keeps free numbers of flows, and later ones follow them", "[flow_numbers]") {
  numbering_fixture f;
  {
    const auto now = f.store.durable_view();
    flow_numbering numbering{*now, numbered_scope};
    CHECK(*numbering.claim_flow(flow_name{"order"}, 7));
    CHECK(*numbering.claim_flow(flow_name{"order"}, 7));
    CHECK_FALSE(*numbering.claim_flow(flow_name{"order"}, 8));  // it has one
    CHECK_FALSE(*numbering.claim_flow(flow_name{"post"}, 7));   // another flow has it
    CHECK_FALSE(*numbering.claim_flow(flow_name{"post"}, 0));
    CHECK_FALSE(*numbering.claim_flow(flow_name{"post"}, UINT64_MAX));
    CHECK(*numbering.claim(numbered("order", 0), 17));
    REQUIRE(commit_durably(f.store, numbering.writes()));
  }
  CHECK(f.apply({numbered("order", 0)})->flow == 7);
  CHECK(f.apply({numbered("order", 1)})->flow == 7);
  CHECK(f.apply({numbered("post", 0)})->flow == 8);
  const auto now = f.store.durable_view();
  flow_numbering numbering{*now, numbered_scope};
  CHECK(*numbering.claim_flow(flow_name{"order"}, 7));
  CHECK_FALSE(*numbering.claim_flow(flow_name{"order"}, 9));
}
