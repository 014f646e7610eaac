#include "persistence/keys.hpp"

#include <set>

#include <pawl/detail/placement.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/hostile_names.hpp"

using namespace pawl;
using namespace pawl::persistence;
using namespace std::string_literals;

namespace {

const run_key a_run{scope_name{"acme"}, run_id{"r-1"}};
const job_key a_job{scope_name{"acme"}, job_id{"j-1"}};
const time_point then = from_unix_us(0x0102030405060708);

const std::string a_hash = pawl::detail::run_hash(a_run);

const keys::queued_task a_task{{scope_name{"acme"}, "gpu", "w.resize"}, then, {a_run, 9}, 2, 1};

}  // namespace

TEST_CASE("keys of runs and flows of any name are whole, and no range has those of others",
          "[keys]") {
  const scope_name in{"acme"};
  std::set<std::string> all;
  for (const auto& name : pawl::testing::hostile_names()) {
    CAPTURE(name);
    const run_key run{in, run_id{name}};
    CHECK(keys::run_of(keys::listed_run(run, run_status::failed, false, then)) == run);
    CHECK(keys::run_of(keys::timer(timer_kind::time, run, then)) == run);
    CHECK(keys::run_of(keys::kept_run(run)) == run);
    CHECK(keys::run_in_order(keys::order_at(then) + name + '\0') == run.id);
    const keys::parent_and_child pair{run, run_id{"/" + name}};
    CHECK(keys::ended_of(keys::ended(pair)) == pair);
    CHECK(keys::leased_of(keys::leased({run, 0x2f000000})) == keys::task_key{run, 0x2f000000});
    const keys::queued_task task{{in, "gpu", "f"}, then, {run, 9}, 2, 1};
    CHECK(keys::queued_of(keys::queued(task)) == task);
    CHECK(all.insert(keys::run(run)).second);
    for (const auto& other : pawl::testing::hostile_names()) {
      const auto of_other = keys::flow_versions(in, flow_name{other});
      const auto key = keys::flow_version(in, {flow_name{name}, {1, 0, 0}});
      CHECK((key >= of_other.from && key < of_other.to) == (name == other));
    }
  }
}

TEST_CASE("the bytes of keys do not change", "[keys]") {
  CHECK(keys::schema() == "schema");
  CHECK(keys::clock_lead() == "clock_lead");
  CHECK(keys::keys_in_use() == "keys_in_use");
  CHECK(keys::copy_mark() == "copy_mark");
  CHECK(keys::flow_head(scope_name{"acme"}, flow_name{"order"}) == "hacme\0order\0"s);
  CHECK(keys::flow_version(scope_name{"acme"}, {flow_name{"order"}, {1, 2, 258}}) ==
        "vacme\0order\0\0\0\0\1\0\0\0\2\0\0\1\2"s);
  CHECK(keys::version_in(keys::flow_version(
            scope_name{"acme"}, {flow_name{"order"}, {1, 2, 258}})) == version{1, 2, 258});
  CHECK(keys::flow_number(scope_name{"acme"}, flow_name{"order"}) == "facme\0order\0"s);
  CHECK(keys::numbered_flow(scope_name{"acme"}, 258) == "gacme\0\0\0\0\0\0\0\1\2"s);
  CHECK(keys::version_number(scope_name{"acme"}, {flow_name{"order"}, {1, 2, 258}}) ==
        "iacme\0order\0\0\0\0\1\0\0\0\2\0\0\1\2"s);
  CHECK(keys::numbered_version(scope_name{"acme"}, 258) == "nacme\0\0\0\0\0\0\0\1\2"s);
  CHECK(keys::number_in(keys::numbered_version(scope_name{"acme"}, 258)) == 258);
  CHECK(keys::version_numbers(scope_name{"acme"}, flow_name{"order"}).from == "iacme\0order\0"s);
  CHECK(keys::labelled_version(scope_name{"acme"}, flow_name{"order"}, "v1") ==
        "lacme\0order\0v1\0"s);
  CHECK(keys::run(a_run) == "acme\0r-1\0"s);
  CHECK(keys::state("0123456789abcdef") == "0123456789abcdef\1");
  CHECK(keys::input("0123456789abcdef") == "0123456789abcdef\2");
  CHECK(keys::checkpoint("0123456789abcdef", 513) == "0123456789abcdef\3\0\0\0\0\0\0\2\1"s);
  CHECK(keys::base_state("0123456789abcdef") == "0123456789abcdef\4");
  CHECK(keys::is_base_state(keys::base_state("0123456789abcdef")));
  CHECK_FALSE(keys::is_base_state(keys::state("0123456789abcdef")));
  CHECK(keys::log_chunk("0123456789abcdef", 513) == "0123456789abcdef\5\0\0\0\0\0\0\2\1"s);
  CHECK(keys::log_head("0123456789abcdef") == "0123456789abcdef\6");
  CHECK(keys::is_of_log(keys::log_chunk("0123456789abcdef", 1)));
  CHECK(keys::log_chunk_number(keys::log_chunk("0123456789abcdef", 513)) == 513u);
  CHECK_FALSE(keys::log_chunk_number(keys::log_head("0123456789abcdef")));
  CHECK_FALSE(keys::log_chunk_number(keys::checkpoint("0123456789abcdef", 1)));
  CHECK(keys::is_of_log(keys::log_head("0123456789abcdef")));
  CHECK_FALSE(keys::is_of_log(keys::state("0123456789abcdef")));
  CHECK_FALSE(keys::is_of_log(keys::checkpoint("0123456789abcdef", 1)));
  CHECK(keys::listed_run(a_run, run_status::failed, false, then) ==
        "s\4acme\0\xfe\xfd\xfc\xfb\xfa\xf9\xf8\xf7r-1\0"s);
  CHECK(keys::listed_run(a_run, run_status::running, true, then) ==
        "m\1acme\0\xfe\xfd\xfc\xfb\xfa\xf9\xf8\xf7r-1\0"s);
  CHECK(keys::run_with_term(a_run, 258, then) ==
        "iacme\0\0\0\0\0\0\0\1\2\xfe\xfd\xfc\xfb\xfa\xf9\xf8\xf7r-1\0"s);
  CHECK(keys::finished_run(a_run, then) == "facme\0\xfe\xfd\xfc\xfb\xfa\xf9\xf8\xf7r-1\0"s);
  CHECK(keys::run_with_attribute(a_run, "due", "x y", then) ==
        "aacme\0due\0\1x y\0\xfe\xfd\xfc\xfb\xfa\xf9\xf8\xf7r-1\0"s);
  CHECK(keys::run_with_attribute(a_run, "due", 1.0, then) ==
        "aacme\0due\0\2\xbf\xf0\0\0\0\0\0\0\xfe\xfd\xfc\xfb\xfa\xf9\xf8\xf7r-1\0"s);
  CHECK(keys::run_with_attribute(a_run, "due", true, then) ==
        "aacme\0due\0\3\1\xfe\xfd\xfc\xfb\xfa\xf9\xf8\xf7r-1\0"s);
  CHECK(keys::run_with_attribute(a_run, "due", then, then) ==
        "aacme\0due\0\4\x81\2\3\4\5\6\7\10\xfe\xfd\xfc\xfb\xfa\xf9\xf8\xf7r-1\0"s);
  CHECK(keys::runs_with_status(scope_name{"acme"}, run_status::running) == "sacme\0\1"s);
  CHECK(keys::unfinished_runs(scope_name{"acme"}, flow_name{"order"}) == "uacme\0order\0"s);
  CHECK(keys::timer(timer_kind::time, a_run, then) == "t\1\2\3\4\5\6\7\10acme\0r-1\0"s);
  CHECK(keys::timer(timer_kind::duration, a_run, then) == "d\1\2\3\4\5\6\7\10acme\0r-1\0"s);
  CHECK(keys::queued(a_task) ==
        "qacme\0gpu\0w.resize\0\1\2\3\4\5\6\7\10r-1\0\0\0\0\11\0\0\0\2\0\0\0\1"s);
  CHECK(keys::leased(a_task.key) == "lacme\0r-1\0\0\0\0\11"s);
  CHECK(keys::queued_count(a_task.queue) == "qacme\0gpu\0w.resize\0"s);
  CHECK(keys::orphaned_run(a_run) == "uacme\0r-1\0"s);
  CHECK(keys::kept_run(a_run) == "kacme\0r-1\0"s);
  CHECK(keys::removed_run(a_run) == "zacme\0r-1\0"s);
  CHECK(keys::job_request(a_job) == "wacme\0j-1\0\1"s);
  CHECK(keys::job_progress(a_job) == "wacme\0j-1\0\2"s);
  CHECK(keys::job_page(a_job, 258) == "wacme\0j-1\0\3\0\0\0\0\0\0\1\2"s);
  CHECK(keys::unfinished_job(a_job) == "cacme\0j-1\0"s);
  CHECK(keys::ended({a_run, run_id{"c"}}) == "oacme\0r-1\0c\0"s);
  CHECK(keys::child_of_pruned({a_run, run_id{"c"}}) == "pacme\0r-1\0c\0"s);
  CHECK(keys::journal_group(258) == "j\0\0\0\0\0\0\1\2"s);
  CHECK(keys::journal_block(258) == "b\0\0\0\0\0\0\1\2"s);
}

TEST_CASE("keys of tasks and of the journal can be decoded", "[keys]") {
  CHECK(keys::queued_of(keys::queued(a_task)) == a_task);
  CHECK(keys::leased_of(keys::leased(a_task.key)) == a_task.key);
  CHECK(keys::task_queue_of(keys::queued_count(a_task.queue)) == a_task.queue);
  CHECK(keys::group_of(keys::journal_group(258)) == 258u);
  for (const auto& key : {keys::queued(a_task), keys::leased(a_task.key)}) {
    for (std::size_t size = 0; size < key.size(); ++size) {
      const auto cut = std::string_view{key}.substr(0, size);
      CHECK_FALSE(keys::queued_of(cut));
      CHECK_FALSE(keys::leased_of(cut));
    }
  }
  CHECK_FALSE(keys::task_queue_of("qacme\0gpu\0"s));
  CHECK_FALSE(keys::group_of("j"));
}

TEST_CASE("the run of an index key can be decoded", "[keys]") {
  for (const auto& key : {keys::orphaned_run(a_run), keys::kept_run(a_run)})
    CHECK(keys::run_of(key) == a_run);
  const keys::parent_and_child ended{a_run, run_id{"c"}};
  const std::string key = keys::ended(ended);
  CHECK(keys::ended_of(key) == ended);
  for (std::size_t size = 0; size < key.size(); ++size)
    CHECK_FALSE(keys::ended_of(std::string_view{key}.substr(0, size)));
  CHECK_FALSE(keys::ended_of(keys::orphaned_run(a_run)));
  for (const bool runnable : {false, true}) {
    const auto listed = keys::listed_run(a_run, run_status::running, runnable, then);
    CHECK(keys::run_of(listed) == a_run);
    const std::string prefix = keys::listed_runs(a_run.scope, run_status::running, runnable).from;
    REQUIRE(listed.starts_with(prefix));
    CHECK(keys::run_in_order(listed.substr(prefix.size())) == a_run.id);
    CHECK(listed.substr(prefix.size()).starts_with(keys::order_at(then)));
    CHECK(keys::listed_status(listed) == run_status::running);
  }
  for (const auto kind : {timer_kind::time, timer_kind::duration}) {
    const std::string timer = keys::timer(kind, a_run, then);
    CHECK(keys::run_of(timer) == a_run);
    CHECK(keys::due_of(timer) == then);
    CHECK(keys::timer_kind_of(timer) == kind);
  }
  CHECK_FALSE(keys::due_of(keys::ended({a_run, run_id{"c"}})).has_value());
  CHECK_FALSE(keys::due_of("t\xc6\xc6\xc6\xc6\0\0\0\1acme\0r-1\0"s));
  for (const auto& bad : {""s, "short"s, "\1\2\3\4\5\6\7\10r-1"s, "\1\2\3\4\5\6\7\10r-1\0x"s})
    CHECK_FALSE(keys::run_in_order(bad));
  for (const char* const bad : {"", "s", "s\x7f", "t\1acme"}) CHECK_FALSE(keys::listed_status(bad));
  CHECK_FALSE(keys::run_of("").has_value());
  CHECK_FALSE(keys::run_of("sacme").has_value());
  CHECK_FALSE(keys::run_of("s\1acme\0short"s).has_value());
}

TEST_CASE("the parts of a run are told from each other by their keys", "[keys]") {
  CHECK(keys::sequence_of(keys::checkpoint(a_hash, 77)) == 77u);
  CHECK(keys::is_state(keys::state(a_hash)));
  CHECK(keys::is_input(keys::input(a_hash)));
  for (const auto& key : {keys::state(a_hash), keys::input(a_hash), "short"s})
    CHECK_FALSE(keys::sequence_of(key).has_value());
  CHECK_FALSE(keys::is_state(keys::input(a_hash)));
  CHECK_FALSE(keys::is_input(keys::checkpoint(a_hash, 2)));
}

TEST_CASE("the job of a key and the part that its record is can be decoded", "[keys]") {
  using keys::job_part;
  const std::pair<std::string, job_part> parts[] = {{keys::job_request(a_job), job_part::request},
                                                    {keys::job_progress(a_job), job_part::progress},
                                                    {keys::job_page(a_job, 7), job_part::page}};
  const job_key longer{scope_name{"acme"}, job_id{"j-10"}};
  for (const auto& [key, part] : parts) {
    CHECK(keys::job_of(key) == a_job);
    CHECK(keys::job_part_of(key) == part);
    for (const auto& range :
         {keys::records_of_job(a_job), keys::jobs(a_job.scope), keys::all_jobs()}) {
      CHECK(range.from <= key);
      CHECK(key < range.to);
    }
    CHECK_FALSE(key >= keys::records_of_job(longer).from);
  }
  CHECK(keys::job_of(keys::unfinished_job(a_job)) == a_job);
  CHECK_FALSE(keys::job_part_of(keys::unfinished_job(a_job)));
  for (const auto& bad : {""s, "w"s, "wacme\0j-1"s, "wacme\0j-1\0"s, "wacme\0j-1\0\4"s})
    CHECK_FALSE(keys::job_part_of(bad));
}

TEST_CASE("a range contains its own keys and no others", "[keys]") {
  const auto within = [](const view::range& r, const std::string& key) {
    return r.from <= key && key < r.to;
  };
  const run_key longer{scope_name{"acme"}, run_id{"r-10"}};
  const run_key foreign{scope_name{"acme2"}, run_id{"r-1"}};
  const std::string other = pawl::detail::run_hash(longer);
  CHECK(within(keys::checkpoints(a_hash), keys::checkpoint(a_hash, 1)));
  CHECK(within(keys::checkpoints(a_hash), keys::checkpoint(a_hash, ~0ull)));
  CHECK_FALSE(within(keys::checkpoints(a_hash), keys::input(a_hash)));
  CHECK_FALSE(within(keys::checkpoints(a_hash, 5), keys::checkpoint(a_hash, 4)));
  CHECK_FALSE(within(keys::checkpoints(a_hash), keys::checkpoint(other, 1)));
  for (const auto& key : {keys::state(a_hash), keys::input(a_hash), keys::checkpoint(a_hash, 1),
                          keys::checkpoint(a_hash, ~0ull)})
    CHECK(within(keys::records_of_run(a_hash), key));
  CHECK_FALSE(within(keys::records_of_run(a_hash), keys::state(other)));
  CHECK(within(keys::state_and_input(a_hash), keys::state(a_hash)));
  CHECK(within(keys::state_and_input(a_hash), keys::input(a_hash)));
  CHECK_FALSE(within(keys::state_and_input(a_hash), keys::checkpoint(a_hash, 0)));
  const auto listed = [&](const run_key& run, run_status status, bool runnable) {
    return keys::listed_run(run, status, runnable, then);
  };
  const auto acme = keys::listed_runs(scope_name{"acme"}, run_status::running, false);
  CHECK(within(acme, listed(longer, run_status::running, false)));
  CHECK_FALSE(within(acme, listed(longer, run_status::running, true)));
  CHECK_FALSE(within(acme, listed(longer, run_status::paused, false)));
  CHECK_FALSE(within(acme, listed(foreign, run_status::running, false)));
  CHECK(within(keys::runnable_runs(), listed(foreign, run_status::running, true)));
  CHECK_FALSE(within(keys::runnable_runs(), listed(foreign, run_status::running, false)));
}

TEST_CASE("the status of a run counter can be decoded", "[keys]") {
  for (const auto status : all_run_statuses)
    CHECK(keys::counted_status(keys::runs_with_status(scope_name{"acme"}, status)) == status);
  CHECK_FALSE(keys::counted_status("s"));
  CHECK_FALSE(keys::counted_status(keys::queued_count({scope_name{"acme"}, "q", "f"})));
}

TEST_CASE("the counters of an hour are in the order of the hours", "[keys]") {
  const scope_name acme{"acme"};
  const keys::counted_hour started{0x01020304, flow_name{"order"}};
  CHECK(keys::runs_in_hour(acme, started) == "hacme\0\1\2\3\4order\0\0"s);
  const keys::counted_hour ended{0x01020304, flow_name{"order"}, run_status::failed};
  CHECK(keys::runs_in_hour(acme, ended) == "hacme\0\1\2\3\4order\0\4"s);
  for (const auto& each : {started, ended})
    CHECK(keys::counted_hour_of(keys::runs_in_hour(acme, each)) == each);
  for (const auto& bad : {"hacme\0\1\2\3\4order\0\x9"s, "hacme\0\1\2\3\4order\0"s, "h"s, "hacme\0"s,
                          keys::runs_with_status(acme, run_status::failed)})
    CHECK_FALSE(keys::counted_hour_of(bad));
  const auto since = keys::runs_in_hours(acme, 0x01020304);
  CHECK(since.from <= keys::runs_in_hour(acme, started));
  CHECK(keys::runs_in_hour(acme, {0xffffffff, flow_name{"order"}}) < since.to);
  CHECK(keys::runs_in_hour(acme, {0x01020303, flow_name{"z"}}) < since.from);
  CHECK(keys::hour_of(*parse_rfc3339("1970-01-02T01:59:59Z")) == 25);
  CHECK(keys::hour_of(from_unix_us(-1)) == 0);
}

TEST_CASE("newer runs come first in an index", "[keys]") {
  const auto made = [](std::int64_t us) {
    return keys::listed_run(a_run, run_status::running, false, from_unix_us(us));
  };
  CHECK(made(2000) < made(1999));
  CHECK(keys::order_at(from_unix_us(2000)) < keys::order_at(from_unix_us(1999)));
}

TEST_CASE("the keys of attributes sort by value, and give the order of their run", "[keys]") {
  const scope_name in{"acme"};
  const double numbers[] = {-1e300, -2, -0.5, -0.0, 0.25, 3, 1e300};
  std::string last;
  for (const double number : numbers) {
    const std::string key = keys::run_with_attribute(a_run, "n", number, then);
    CHECK(last < key);
    last = key;
    const auto all = keys::runs_with_type(in, "n", attribute_type::number);
    CHECK(keys::order_after_attribute(std::string_view{key}.substr(all.from.size()),
                                      attribute_type::number) ==
          keys::order_at(then) + a_run.id.str() + '\0');
    CHECK(keys::order_after_type(
              std::string_view{key}.substr(keys::runs_by_attribute(in, "n").size())) ==
          keys::order_at(then) + a_run.id.str() + '\0');
  }
  CHECK(keys::attribute_rank(-0.0) == keys::attribute_rank(0.0));
  CHECK(keys::attribute_rank(from_unix_us(-1)) < keys::attribute_rank(from_unix_us(0)));
  const auto whole = keys::runs_with_ranks(in, "n", attribute_type::number, 0, ~std::uint64_t{0});
  CHECK(whole.to == keys::runs_with_type(in, "n", attribute_type::number).to);
  const auto text = keys::run_with_attribute(a_run, "t", "ab", then);
  const auto begun = keys::runs_with_text(in, "t", "a");
  CHECK(begun.from <= text);
  CHECK(text < begun.to);
  CHECK(keys::run_with_attribute(a_run, "t", "b", then) >= begun.to);
  CHECK(keys::order_after_attribute("no end", attribute_type::text).empty());
  CHECK(keys::order_after_attribute("", attribute_type::boolean).empty());
  CHECK(keys::order_after_type("").empty());
  CHECK(keys::order_after_type("?short").empty());
}

TEST_CASE("the keys of later scopes follow those of a scope", "[keys]") {
  const scope_name scope{"acme"};
  const auto heads = keys::flow_heads_after(scope);
  CHECK(heads.from > keys::flow_head(scope, flow_name{"~~~"}));
  CHECK(heads.from < keys::flow_head(scope_name{"acme-2"}, flow_name{"a"}));
  CHECK(keys::flow_heads_after(scope_name{}).from < keys::flow_head(scope, flow_name{"a"}));
  CHECK(heads.to < keys::flow_version(scope_name{"a"}, {flow_name{"a"}, {0, 0, 0}}));
  const auto counts = keys::run_counts_after(scope);
  CHECK(counts.from > keys::runs_with_status(scope, run_status::cancelled));
  CHECK(counts.from < keys::runs_with_status(scope_name{"acme-2"}, run_status::running));
  CHECK(keys::scope_in(keys::flow_head(scope, flow_name{"a"})) == scope);
  CHECK(keys::scope_in(keys::runs_with_status(scope, run_status::failed)) == scope);
  CHECK_FALSE(keys::scope_in(""));
  CHECK_FALSE(keys::scope_in("sacme"));
}

TEST_CASE("the bytes of the keys of blobs do not change, and are decoded", "[keys][blobs]") {
  const std::string hash = "0123456789abcdef", blob = "\0abcdefghijklmnopqrstuvwxyz0123\xff"s;
  REQUIRE(blob.size() == keys::blob_hash_bytes);
  const scope_name acme{"acme"};
  CHECK(keys::named_blob(hash, blob, 513) == hash + "\7" + blob + "\0\0\0\0\0\0\2\1"s);
  const std::string named = keys::named_blob(hash, blob, 513);
  const auto naming = keys::blob_naming_of(named);
  REQUIRE(naming);
  CHECK((naming->blob == blob && naming->sequence == 513));
  CHECK_FALSE(keys::blob_naming_of(keys::checkpoint(hash, 513)));
  CHECK_FALSE(keys::sequence_of(named));
  CHECK_FALSE(keys::is_of_log(named));
  const auto some = keys::named_blobs(hash, blob, 513);
  CHECK((some.from <= keys::named_blob(hash, blob, 0) && named < some.to &&
         keys::named_blob(hash, blob, 514) >= some.to));
  const auto of_run = keys::records_of_run(hash);
  CHECK((of_run.from <= named && named < of_run.to));

  CHECK(keys::held_blob(a_run, blob, 513) == "hacme\0"s + blob + "r-1\0\0\0\0\0\0\0\2\1"s);
  const keys::blob_holder holder{a_run, blob, 513};
  CHECK(keys::blob_holder_of(keys::held_blob(a_run, blob, 513)) == holder);
  CHECK_FALSE(keys::blob_holder_of(keys::kept_run(a_run)));
  const auto holders = keys::holders(acme, blob);
  const auto entry = keys::held_blob(a_run, blob, 513);
  CHECK((holders.from < entry && entry < holders.to));

  CHECK(keys::blob_head(acme, blob) == "hacme\0"s + blob);
  CHECK(keys::blob_chunk(acme, hash, 258) == "cacme\0"s + hash + "\0\0\1\2"s);
  CHECK(keys::loose_chunks(acme, hash) == "uacme\0"s + hash);
  CHECK(keys::blob_part_of(keys::blob_head(acme, blob)) == keys::blob_part{acme, blob});
  CHECK(keys::blob_part_of(keys::blob_chunk(acme, hash, 1)) == keys::blob_part{acme, hash});
  CHECK(keys::blob_part_of(keys::loose_chunks(acme, hash)) == keys::blob_part{acme, hash});
  CHECK_FALSE(keys::blob_part_of("hacme"));
  const auto chunks = keys::blob_chunks(acme, hash);
  CHECK((chunks.from <= keys::blob_chunk(acme, hash, 0) &&
         keys::blob_chunk(acme, hash, 0xffff'ffff) < chunks.to));
}
