#include "persistence/codec.hpp"

#include "persistence/codec/samples.hpp"
#include "persistence/record.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::persistence;
using samples::at;

TEST_CASE("a state decodes to the same state", "[codec]") {
  for (const auto& run : {samples::state(), flow::run_state{}}) {
    const std::string bytes = encode_state(run);
    const auto back = decode_state(bytes);
    REQUIRE(back);
    CHECK(*back == run);
    CHECK(encode_state(*back) == bytes);
  }
}

TEST_CASE("a delta decodes to the same delta", "[codec]") {
  flow::delta empty;
  empty.sequence = 1;
  for (const auto& change : {samples::delta(), samples::step(70'000), empty}) {
    const std::string bytes = encode_delta(change);
    const auto back = decode_delta(bytes);
    REQUIRE(back);
    CHECK(*back == change);
    CHECK(encode_delta(*back) == bytes);
  }
}

TEST_CASE("a delta is stored without the input, which has a record of its own", "[codec]") {
  auto change = samples::step(1);
  const std::string without = encode_delta(change);
  change.input = samples::input();
  CHECK(encode_delta(change) == without);
}

TEST_CASE("checkpoints that share a buffer are read one by one", "[codec]") {
  std::string buffer;
  encode_delta(samples::delta(), buffer);
  const std::size_t first = buffer.size();
  encode_state(samples::state(), buffer);
  const std::string_view both = buffer;
  CHECK(decode_delta(both.substr(0, first)).value() == samples::delta());
  CHECK(decode_state(both.substr(first)).value() == samples::state());
}

TEST_CASE("a delta that removes a value differs from one that keeps it", "[codec]") {
  flow::delta removes;
  removes.error.emplace(std::nullopt);
  removes.finished_at.emplace(std::nullopt);
  removes.frozen_at.emplace(std::nullopt);
  removes.compensating.emplace(std::nullopt);
  const auto back = decode_delta(encode_delta(removes));
  REQUIRE(back);
  CHECK(*back == removes);
  REQUIRE(back->error.has_value());
  CHECK_FALSE(back->error->has_value());
  REQUIRE(back->finished_at.has_value());
  CHECK_FALSE(back->finished_at->has_value());
  CHECK(back->frozen_at.has_value());
  CHECK(back->compensating.has_value());
  CHECK_FALSE(decode_delta(encode_delta(flow::delta{}))->error.has_value());
}

TEST_CASE("a run record holds the summary", "[codec]") {
  const auto run = samples::state();
  const auto back = decode_run(encode_run(run));
  REQUIRE(back);
  CHECK(back->summary == flow::summarize(run));
  CHECK(back->start_fingerprint == run.start_fingerprint);
  CHECK(back->parent_attempt == run.parent_attempt);
  CHECK(encode_run(*back) == encode_run(run));
  const auto bare = decode_run(encode_run(flow::run_state{}));
  REQUIRE(bare);
  CHECK(bare->summary == flow::summarize(flow::run_state{}));
}

TEST_CASE("flow heads and versions decode to the same values", "[codec]") {
  const auto head = decode_flow_head(encode_flow_head({{1, 2, 3}, version{1, 0, 0}}));
  REQUIRE(head);
  CHECK(head->latest == version{1, 2, 3});
  CHECK(head->published == version{1, 0, 0});
  CHECK_FALSE(head->deleted);
  CHECK(decode_flow_head(encode_flow_head({{1, 2, 3}, std::nullopt, true}))->deleted);
  CHECK_FALSE(decode_flow_head(encode_flow_head({{1, 2, 3}, std::nullopt}))->published.has_value());
  const json definition = {{"name", "x"}, {"nodes", json::array({{{"id", "a"}}})}};
  const auto flow = decode_flow(encode_flow({definition, at(77)}));
  REQUIRE(flow);
  CHECK(flow->definition == definition);
  CHECK(flow->created_at == at(77));
  CHECK_FALSE(flow->written.has_value());
  const json written = {{"name", "x"}, {"nodes", json::array({"b"})}};
  const auto both = decode_flow(encode_flow({definition, at(77), written}));
  REQUIRE(both);
  CHECK(both->definition == definition);
  CHECK(both->written == written);
}

TEST_CASE("an ordinary step takes few bytes", "[codec]") {
  CHECK(encode_delta(samples::step(70'000)).size() <= 54);
}

TEST_CASE("a state that could not be read is not stored as one that can", "[codec]") {
  auto run = samples::state();
  SECTION("data that is not an object") {
    run.data = flow::shared_json{json::array()};
  }
  SECTION("metadata that is not an object") {
    run.metadata = 1;
  }
  SECTION("a map with fewer results than items") {
    run.maps[12].results = json::array();
  }
  SECTION("a trace without an id") {
    run.trace = trace_context{{}, {2}, 3};
  }
  CHECK(decode_state(encode_state(run)).error().code == errc::corrupt);
}

TEST_CASE("the schema version is read from records of later layouts", "[codec]") {
  const auto with_version = [](std::uint8_t layout, std::string_view body) {
    std::string bytes;
    record_writer out{bytes, record_kind::schema, layout};
    out.bytes(body);
    out.finish();
    return decode_schema(bytes);
  };
  const auto back = decode_schema(encode_schema(samples::schema()));
  REQUIRE(back);
  CHECK(back->version == samples::schema().version);
  CHECK(back->resume == samples::schema().resume);
  CHECK(with_version(3, "\x07 and more")->version == 7);
  CHECK(with_version(1, "\xa1\x66schema\x01")->version == 1);
  CHECK(with_version(2, "\x07").error().code == errc::corrupt);
  CHECK(with_version(3, "").error().code == errc::corrupt);
}

#if PAWL_CATCH_MAJOR == 3 || defined(CATCH_CONFIG_ENABLE_BENCHMARKING)
TEST_CASE("encoding and decoding checkpoints", "[.][benchmark]") {
  const auto change = samples::step(70'000);
  const std::string bytes = encode_delta(change);
  std::string buffer;
  BENCHMARK("encode the delta of a step") {
    buffer.clear();
    encode_delta(change, buffer);
    return buffer.size();
  };
  BENCHMARK("decode the delta of a step") {
    return decode_delta(bytes).has_value();
  };
  const std::string whole = encode_state(samples::state());
  BENCHMARK("decode a state with a value in every field") {
    return decode_state(whole).has_value();
  };
}
#endif
