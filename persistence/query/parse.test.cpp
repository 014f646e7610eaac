#include "persistence/query/run_query.hpp"

#include "flow/testing/random_source.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::persistence;

namespace {

const time_point noon = *parse_rfc3339("2026-01-31T12:00:00Z");

run_query parsed_filter(std::string_view text) {
  INFO(text);
  auto query = parse_run_query(text, noon);
  REQUIRE(query);
  return *std::move(query);
}

bool names(const std::string& message, std::string_view part) {
  return message.find(part) != std::string::npos;
}

std::string filter_error(std::string_view text) {
  const auto refused = parse_run_query(text, noon);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::invalid_argument);
  return refused.error().message;
}

run_summary failed_order() {
  run_summary run;
  run.key = {default_scope(), run_id{"o-17"}};
  run.flow = {flow_name{"order"}, {1, 2, 0}};
  run.status = run_status::failed;
  run.created_at = noon - std::chrono::hours{1};
  run.finished_at = noon - std::chrono::minutes{30};
  run.error = run_error{"card_declined", "no", "charge", 1};
  return run;
}

bool selects(std::string_view filter, const run_summary& run) {
  return fits(run, parsed_filter(filter));
}

}  // namespace

TEST_CASE("an empty filter selects every run", "[query]") {
  CHECK(parsed_filter("").terms.empty());
  CHECK(parsed_filter(" \n ").terms.empty());
  CHECK(selects("", failed_order()));
}

TEST_CASE("a filter is a list of conditions with fields, operators and values", "[query]") {
  const auto query =
      parsed_filter("status=failed,paused flow=order started>-2h error!=\"a \\\"b\\\"\" id^=o-");
  REQUIRE(query.terms.size() == 5);
  CHECK(query.terms[0] ==
        run_term{run_field::status, comparison::equal, {run_status::failed, run_status::paused}});
  CHECK(query.terms[1] ==
        run_term{run_field::flow, comparison::equal, {flow_pattern{"order", std::nullopt}}});
  CHECK(query.terms[2] ==
        run_term{run_field::started, comparison::greater, {noon - std::chrono::hours{2}}});
  CHECK(query.terms[3] ==
        run_term{run_field::error, comparison::not_equal, {std::string{"a \"b\""}}});
  CHECK(query.terms[4] == run_term{run_field::id, comparison::prefix, {std::string{"o-"}}});
}

TEST_CASE("a flow is named with any text, in quotes also with an @", "[query]") {
  const auto flow_in = [](const std::string& filter) {
    return std::get<flow_pattern>(parsed_filter(filter).terms.at(0).values.at(0));
  };
  CHECK(flow_in("flow=a@b@1.2") == flow_pattern{"a@b", version{1, 2, 0}});
  CHECK(flow_in("flow=\"a@1.2\"") == flow_pattern{"a@1.2", std::nullopt});
  CHECK(flow_in("flow=\"入库 \\\"a\\\", b/c\"") == flow_pattern{"入库 \"a\", b/c", std::nullopt});
}

TEST_CASE("a run is selected if all conditions hold", "[query]") {
  const run_summary run = failed_order();
  for (const char* const good : {"status=failed",
                                 "status=failed,paused",
                                 "status!=running",
                                 "flow=order",
                                 "flow=order@1.2",
                                 "flow^=ord",
                                 "version=1.2.0",
                                 "version>=1.2",
                                 "version<2",
                                 "error=card_declined",
                                 "error^=card_",
                                 "node=charge",
                                 "id=o-17",
                                 "id^=o-,p-",
                                 "started>-2h",
                                 "started<=2026-01-31T11:00:00Z",
                                 "started>2026-01-31",
                                 "finished>-31m",
                                 "parent!=x",
                                 "waiting!=timer",
                                 "status=failed flow=order id=o-17"})
    CHECK(selects(good, run));
  for (const char* const bad :
       {"status=paused", "status!=failed", "flow=orders", "flow=order@1.3", "flow!=order",
        "version>1.2", "error=timed_out", "error!=card_declined", "node=ship", "id=o-1",
        "started>-59m", "finished<-31m", "parent=x", "waiting=timer", "status=failed flow=x"})
    CHECK_FALSE(selects(bad, run));
}

TEST_CASE("a run without an end or an error fits no range and no equality of it", "[query]") {
  run_summary run = failed_order();
  run.status = run_status::running;
  run.finished_at.reset();
  run.error.reset();
  run.waits = {{"signal", "approved", "ask"}, {"timer", "", "later"}};
  for (const char* const bad : {"finished<-1m", "finished>-100d", "error=card_declined",
                                "error^=\"\"", "waiting=signal:other", "waiting!=signal"})
    CHECK_FALSE(selects(bad, run));
  for (const char* const good : {"error!=card_declined", "waiting=signal:approved",
                                 "waiting=signal", "waiting=answer,timer", "node=later"})
    CHECK(selects(good, run));
}

TEST_CASE("a mistake names its position and what was probably meant", "[query]") {
  CHECK(filter_error("status=failed flwo=x") ==
        "invalid filter at position 15: unknown field \"flwo\"; did you mean \"flow\"?");
  CHECK(filter_error("status=faild") ==
        "invalid filter at position 8: unknown status \"faild\"; did you mean \"failed\"?");
  CHECK(filter_error("status>failed") ==
        "invalid filter at position 7: status does not take >; use !=, =");
  CHECK(filter_error("started>2h") ==
        "invalid filter at position 9: \"2h\" has no sign; did you mean \"-2h\"?");
  CHECK(names(filter_error("started>soon"), "position 9: \"soon\" is not a time"));
  CHECK(names(filter_error("status = failed"), "position 7: expected !=, = after \"status\""));
  CHECK(names(filter_error("flow="), "position 6: the value of flow is missing"));
  CHECK(names(filter_error("flow=a,"), "position 8: the value of flow is missing"));
  CHECK(names(filter_error("flow=\"a"), "position 6: a quote is not closed"));
  CHECK(names(filter_error("flow=a\"b\""), "position 7: a quote inside a value"));
  CHECK(names(filter_error("flow=\"a\"b"), "position 9: expected a space or a comma"));
  CHECK(names(filter_error("flow=a@x"), "position 8: \"x\" is not a version"));
  CHECK(names(filter_error("waiting=signl:x"), "did you mean \"signal\"?"));
  CHECK(names(filter_error("waiting=timer:x"), "only a signal has a name"));
  CHECK(names(filter_error("started>-1h,-2h"), "position 12: only =, != and ^="));
  CHECK(names(filter_error("(status=failed)"), "position 1: expected a field, not \"(\""));
  CHECK(names(filter_error("xyzzy=1"), "must be one of id, status, flow"));
}

TEST_CASE("a filter is bounded in bytes, conditions and values", "[query]") {
  std::string conditions, values = "flow=x", runs = "id=x";
  for (std::size_t i = 0; i < max_filter_terms; ++i) conditions += "id=x ";
  for (std::size_t i = 1; i < max_filter_values; ++i) values += ",x";
  for (std::size_t i = 1; i < max_filter_ids; ++i) runs += ",x";
  CHECK(parsed_filter(conditions).terms.size() == max_filter_terms);
  CHECK(parsed_filter(values).terms.front().values.size() == max_filter_values);
  CHECK(parsed_filter(runs).terms.front().values.size() == max_filter_ids);
  CHECK(names(filter_error(runs + ",x"), "more than 250 values"));
  CHECK(names(filter_error(conditions + "id=x"), "more than 32 conditions"));
  CHECK(names(filter_error(values + ",x"), "more than 64 values"));
  CHECK(names(filter_error("id=" + std::string(max_filter_bytes, 'x')), "4099 bytes"));
  std::string longest = "status=running,paused id=";
  for (std::size_t i = 0; i < max_filter_ids; ++i)
    longest += (i == 0 ? "" : ",") + quoted_value(std::string(max_id_bytes, '"'));
  CHECK(parse_run_query(longest, noon, max_job_filter_bytes));
}

TEST_CASE("a text in quotes is a value of a filter", "[query]") {
  for (const std::string_view text : {"a", "", "a b,c", R"(a "b" \ c)", "\\", "\"", "ä=1"}) {
    CAPTURE(text);
    const auto query = parsed_filter("id=" + quoted_value(text));
    REQUIRE(query.terms.size() == 1);
    CHECK(query.terms.front().values == std::vector<term_value>{std::string{text}});
  }
}

TEST_CASE("any text is parsed or refused at a position within it", "[query][random]") {
  const std::string good =
      "status=failed,paused flow=\"a b\\\"\" started>-2h waiting=signal:x id^=o-";
  const std::string letters = "=!^<>,\"\\ :@-abst\xff";
  for (std::uint64_t seed = 1; seed <= 3'000; ++seed) {
    flow::testing::random_source random{seed};
    std::string text = good.substr(random.below(good.size()));
    for (std::size_t i = random.below(6); i > 0; --i) {
      const std::size_t at = random.below(text.size());
      text.replace(at, random.below(2), 1, letters[random.below(letters.size())]);
    }
    CAPTURE(seed, text);
    const auto query = parse_run_query(text, noon);
    if (query) continue;
    CHECK(query.error().code == errc::invalid_argument);
    const std::string prefix = "invalid filter at position ";
    REQUIRE(query.error().message.starts_with(prefix));
    const auto position = std::stoul(query.error().message.substr(prefix.size()));
    CHECK(position >= 1);
    CHECK(position <= text.size() + 1);
  }
}

TEST_CASE("values of attributes have the type that they look like", "[query][attributes]") {
  const auto parsed = [](std::string_view filter) {
    const auto query = parse_run_query(filter, time_point{});
    return query ? query->terms : std::vector<run_term>{};
  };
  const auto term = [](comparison how, std::vector<term_value> values) {
    return std::vector<run_term>{{run_field::attribute, how, std::move(values), "a.B_2-c"}};
  };
  using enum comparison;
  CHECK(parsed("attr.a.B_2-c=acme") == term(equal, {std::string{"acme"}}));
  CHECK(parsed(R"(attr.a.B_2-c="42",42,true)") == term(equal, {std::string{"42"}, 42.0, true}));
  CHECK(parsed("attr.a.B_2-c^=4") == term(prefix, {std::string{"4"}}));
  CHECK(parsed("attr.a.B_2-c<-1.5") == term(less, {-1.5}));
  CHECK(parsed("attr.a.B_2-c>=-2h") == term(at_least, {time_point{} - std::chrono::hours{2}}));
  CHECK(parsed("attr.a.B_2-c!=1970-01-01") == term(not_equal, {time_point{}}));
}

TEST_CASE("mistakes in conditions on attributes are refused", "[query][attributes]") {
  const auto why = [](std::string_view filter) {
    const auto query = parse_run_query(filter, time_point{});
    REQUIRE_FALSE(query);
    return query.error().message;
  };
  CHECK(why("attr.=x").starts_with("invalid filter at position 6: the name of an attribute has"));
  CHECK(why("attr.a<acme") ==
        "invalid filter at position 8: only numbers and times are smaller or larger, and \"acme\" "
        "is a text; compare it with =, != or ^=");
  CHECK(why("attr.a>true").find("is a boolean") != std::string::npos);
  CHECK(why("attr.a=" + std::string(300, 'x')).find("the maximum is 256") != std::string::npos);
  CHECK(why("attr.a").find("expected !=, ^=") != std::string::npos);
  CHECK(why("atr.a=1").find("attr.NAME") != std::string::npos);
}
