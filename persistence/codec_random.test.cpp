// Random values and random damage. A round depends only on its seed, which is printed on a failure.

#include <functional>
#include <limits>

#include "persistence/codec.hpp"
#include "persistence/codec/random_values.hpp"
#include "persistence/codec/samples.hpp"
#include "persistence/crc32c.hpp"
#include "persistence/journal.hpp"
#include "persistence/quarantine.hpp"
#include "persistence/record.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::persistence;
using namespace pawl::persistence::samples;

namespace {

/// Values with any number in any field, whether or not a run can have them.
class random_states {
 public:
  explicit random_states(std::uint64_t seed) : random_(seed) {}

  flow::run_state state() {
    flow::run_state run;
    run.key = {scope_name{text()}, run_id{text()}};
    run.flow = {flow_name{text()}, {small(), small(), small()}};
    run.status = status();
    run.data = flow::shared_json{random_object(random_)};
    run.metadata = random_object(random_);
    run.tokens = with_new(tokens(true), &flow::token::id);
    run.visits = list<std::uint32_t>([&] { return small(); });
    run.sequence = number();
    run.next_token = small();
    run.frozen_at = maybe<time_point>([&] { return time(); });
    run.compensating = maybe<flow::compensating>([&] { return compensating(); });
    run.compensations = compensations();
    for (std::size_t i = random_.below(3); i > 0; --i) run.maps[small()] = map();
    run.next_signal = 1 + number() / 2;
    if (run.next_signal > 1) {
      run.inbox = with_new(signals(), &flow::signal::number);
      run.signal_ids = list<std::string>([&] { return text(); });
    }
    run.data_bytes = number();
    measure(run);
    run.error = maybe<run_error>([&] { return failure(); });
    run.restarted_from = maybe<run_id>([&] { return run_id{text()}; });
    run.parent = maybe<run_id>([&] { return run_id{text()}; });
    run.depth = small();
    run.parent_attempt = small();
    run.start_fingerprint = number();
    run.created_at = time();
    run.started_at = maybe<time_point>([&] { return time(); });
    run.finished_at = maybe<time_point>([&] { return time(); });
    run.updated_at = time();
    if (random_.chance(3)) run.vars = random_object(random_);
    if (random_.chance(2)) run.trace = trace_context{{1, 2, 0xff}, {0, 7}, 1};
    run.attributes = attributes();
    return run;
  }

  flow::delta delta() {
    flow::delta d;
    d.sequence = number();
    d.at = time();
    d.events = events();
    d.status = maybe<run_status>([&] { return status(); });
    if (random_.chance(3)) d.vars = random_object(random_);
    if (random_.chance(3)) d.error.emplace(maybe<run_error>([&] { return failure(); }));
    d.started_at = maybe<time_point>([&] { return time(); });
    if (random_.chance(3)) d.finished_at.emplace(maybe<time_point>([&] { return time(); }));
    if (random_.chance(3)) d.frozen_at.emplace(maybe<time_point>([&] { return time(); }));
    d.data_set = random_object(random_);
    d.metadata_set = random_object(random_);
    d.tokens_set = tokens(false);
    d.tokens_removed = list<flow::token_id>([&] { return small(); });
    for (std::size_t i = random_.below(3); i > 0; --i)
      d.writes_set[small()] = random_object(random_);
    d.signals_added = signals();
    d.signals_claimed = list<std::uint64_t>([&] { return number(); });
    if (random_.chance(3))
      d.compensating.emplace(maybe<flow::compensating>([&] { return compensating(); }));
    d.compensations_added = compensations();
    d.compensations_dropped = small();
    for (std::size_t i = random_.below(3); i > 0; --i) d.maps_set[small()] = map_change();
    d.maps_removed = list<flow::token_id>([&] { return small(); });
    d.next_token = small();
    d.visits = list<std::pair<flow::node_index, std::uint32_t>>([&] {
      return std::pair{small(), small()};
    });
    d.children_abandoned = list<flow::abandoned_child>([&] {
      return flow::abandoned_child{run_id{text()}, static_cast<flow::child_fate>(random_.below(3)),
                                   small()};
    });
    d.parent_attempt = maybe<std::uint32_t>([&] { return small(); });
    d.attributes = maybe<flow::shared_attributes>([&] { return attributes(); });
    return d;
  }

  std::vector<flow::event> events() {
    return list<flow::event>([&] {
      flow::event e{static_cast<flow::event_kind>(
                        random_.below(static_cast<std::size_t>(flow::last_event_kind) + 1)),
                    std::nullopt, 0, 0, nullptr};
      if (random_.chance(2)) {
        e.node = small();
        e.visit = small();
        e.attempt = small();
      }
      if (random_.chance(2)) e.detail = random_object(random_);
      return e;
    });
  }

 private:
  std::string text() { return random_text(random_); }
  std::uint64_t number() { return random_number(random_); }
  std::uint32_t small() { return random_small(random_); }
  bool often() { return random_.chance(2); }

  time_point time() {
    switch (random_.below(8)) {
      case 0:
        return from_unix_us(std::numeric_limits<std::int64_t>::min());
      case 1:
        return from_unix_us(std::numeric_limits<std::int64_t>::max());
      default:
        return from_unix_us(static_cast<std::int64_t>(random_.next()) >> random_.below(64));
    }
  }
  run_status status() { return random_.pick(all_run_statuses); }
  run_error failure() { return {text(), text(), text(), small()}; }
  flow::compensating compensating() {
    return {status(), maybe<run_error>([&] { return failure(); })};
  }

  template <class T, class Make>
  std::optional<T> maybe(Make make) {
    return often() ? std::optional<T>{make()} : std::nullopt;
  }
  template <class T, class Make>
  std::vector<T> list(Make make) {
    std::vector<T> all;
    for (std::size_t i = random_.below(4); i > 0; --i) all.push_back(make());
    return all;
  }

  flow::remote_task task() {
    flow::remote_task t{text(), text(), time()};
    t.lost = small();
    t.lease = often() ? number() : 0;
    if (t.lease == 0) return t;
    t.worker = text();
    t.leased_at = time();
    t.lease_time = std::chrono::milliseconds{static_cast<std::int64_t>(number())};
    return t;
  }

  /// Items with numbers that none before has.
  template <class T, class Number>
  std::vector<T> with_new(std::vector<T> items, Number T::*number) {
    for (std::size_t i = 0; i < items.size(); ++i)
      items[i].*number = static_cast<Number>(3 * i + 1);
    return items;
  }

  std::vector<flow::token> tokens(bool with_writes) {
    return list<flow::token>([&] {
      flow::token t = token_of(small(), small(), static_cast<flow::token_phase>(random_.below(7)),
                               small(), small());
      if (often()) t.condition_result = often();
      for (std::size_t i = random_.below(3); i > 0; --i) {
        t.branch.push_back(small());
        t.forks.push_back(small());
      }
      if (with_writes) t.writes = random_object(random_);
      for (std::size_t i = random_.below(3); i > 0; --i) t.inherited[text()] = small();
      t.timer = maybe<flow::timer>([&] { return flow::timer{time(), often()}; });
      t.tries = often() ? 1 : small();
      t.first_try_at = maybe<time_point>([&] { return time(); });
      t.tries_limit = std::chrono::milliseconds{often() ? 0 : small()};
      for (std::size_t i = random_.below(3); i > 0; --i) t.retry_numbers.push_back(small() / 4.0);
      t.question = maybe<json>([&] { return random_value(random_); });
      t.answer = maybe<json>([&] { return random_value(random_); });
      t.in_doubt = often();
      t.compensates = often();
      t.task = maybe<flow::remote_task>([&] { return task(); });
      t.child = maybe<flow::child_run>([&] { return flow::child_run{run_id{text()}, often()}; });
      t.replaced_children = small();
      t.repeated_calls = small();
      t.rules_time = maybe<time_point>([&] { return time(); });
      t.stopping = often();
      t.exit = maybe<flow::pending_exit>([&] {
        return flow::pending_exit{maybe<std::uint32_t>([&] { return small(); }),
                                  maybe<json>([&] { return random_value(random_); })};
      });
      return t;
    });
  }

  flow::shared_attributes attributes() {
    run_attributes made;
    for (std::size_t i = random_.below(4); i > 0; --i) {
      const attribute_value values[] = {std::string(random_.below(257), 'v'),
                                        0.25 * static_cast<double>(random_.below(1000)), often(),
                                        from_unix_us(static_cast<std::int64_t>(number() >> 16))};
      made.values[text()] = values[random_.below(4)];
    }
    if (often()) made.problems[text()] = text();
    return flow::shared_attributes{std::move(made)};
  }

  std::vector<flow::compensation> compensations() {
    return list<flow::compensation>([&] {
      flow::compensation c{small(), small(), random_value(random_)};
      for (std::size_t i = random_.below(3); i > 0; --i) c.within.push_back(small());
      return c;
    });
  }
  std::vector<flow::signal> signals() {
    return list<flow::signal>([&] {
      return flow::signal{number(), text(), text(), random_value(random_)};
    });
  }
  flow::map_progress map() {
    flow::map_progress m;
    for (std::size_t i = random_.below(4); i > 0; --i) {
      m.items.push_back(random_value(random_));
      m.results.push_back(random_value(random_));
    }
    m.next = small();
    m.done = small();
    m.failed = small();
    m.bytes = number();
    return m;
  }
  flow::map_change map_change() {
    flow::map_change c;
    if (often()) c.items = json::array({random_value(random_)});
    c.results = list<std::pair<std::uint32_t, json>>([&] {
      return std::pair{small(), random_value(random_)};
    });
    c.next = small();
    c.failed = small();
    return c;
  }

  random_source random_;
};

/// Reads a record: what its value is encoded as again, or the code of the error in brackets.
template <class Decode, class Encode>
std::function<std::string(std::string_view)> reader(Decode decode, Encode encode) {
  return [=](std::string_view bytes) {
    const auto value = decode(bytes);
    if (value) return encode(*value);
    return "[" + std::string{to_string(value.error().code)} + "]";
  };
}

struct sealed_sample {
  const char* what;
  std::string bytes;
  std::function<std::string(std::string_view)> read;
};

std::vector<sealed_sample> sealed_samples() {
  return {
      {"schema", encode_schema(schema()),
       reader(decode_schema, [](const auto& v) { return encode_schema(v); })},
      {"state", encode_state(state_v2()),
       reader(decode_state, [](const auto& v) { return encode_state(v); })},
      {"delta", encode_delta(delta_v2()),
       reader(decode_delta, [](const auto& v) { return encode_delta(v); })},
      {"run", encode_run(record_v2()),
       reader(decode_run, [](const auto& v) { return encode_run(v); })},
      {"flow head", encode_flow_head(head()),
       reader(decode_flow_head, [](const auto& v) { return encode_flow_head(v); })},
      {"flow version", encode_flow(definition()),
       reader(decode_flow, [](const auto& v) { return encode_flow(v); })},
      {"lease", encode_lease(*tokens()[6].task),
       reader(decode_lease,
              [](const auto& v) {
                flow::remote_task t{v.queue, v.code_ref};
                t.worker = v.worker;
                t.lease = v.lease;
                t.lease_time = v.length;
                return encode_lease(t);
              })},
      {"journal", encode_journal(journal()),
       reader(decode_journal, [](const auto& v) { return encode_journal(v); })},
      {"input", encode_input(input_v2()),
       reader(decode_input, [](const auto& v) { return encode_input(v); })},
      {"orphan", encode_orphan(orphan()),
       reader(decode_orphan, [](const auto& v) { return encode_orphan(v); })},
      {"job request", encode_started_job(job()),
       reader(decode_started_job, [](const auto& v) { return encode_started_job(v); })},
      {"job progress", encode_job_progress(progress_of_job()),
       reader(decode_job_progress, [](const auto& v) { return encode_job_progress(v); })},
      {"job page", encode_job_page(page_of_job()),
       reader(decode_job_page, [](const auto& v) { return encode_job_page(v); })},
      {"suspect", encode_suspect(suspected()),
       reader(decode_suspect, [](const auto& v) { return encode_suspect(v); })},
  };
}

/// A record with a correct checksum instead of its own.
std::string resealed(std::string bytes) {
  bytes.resize(bytes.size() - 4);
  const std::uint32_t sum = crc32c(bytes);
  for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<char>(sum >> shift));
  return bytes;
}

/// Damaged bytes with a correct checksum are refused, or are another valid record.
void check_damaged(const sealed_sample& s, const std::string& damaged) {
  const std::string read = s.read(damaged);
  if (read == "[corrupt]" || read == "[schema_newer]") return;
  REQUIRE(read.front() != '[');
  REQUIRE(s.read(read) == read);
}

}  // namespace

TEST_CASE("random states and deltas decode to the same values", "[codec][random]") {
  for (std::uint64_t seed = 1; seed <= 3'000; ++seed) {
    INFO("seed " << seed);
    random_states random{seed};
    const auto run = random.state();
    const auto state = decode_state(encode_state(run));
    REQUIRE(state);
    REQUIRE(*state == run);
    const auto change = random.delta();
    const auto back = decode_delta(encode_delta(change));
    REQUIRE(back);
    REQUIRE(*back == change);
    const auto record = decode_run(encode_run(run));
    REQUIRE(record);
    REQUIRE(record->summary == flow::summarize(run));
  }
}

TEST_CASE("a record of another kind is corrupt", "[codec]") {
  for (const auto& one : sealed_samples()) {
    for (const auto& other : sealed_samples()) {
      CAPTURE(one.what, other.what);
      CHECK((one.read(other.bytes) == "[corrupt]") == (std::string{one.what} != other.what));
    }
  }
}

TEST_CASE("a record with another layout version is refused as newer", "[codec]") {
  for (const auto& s : sealed_samples()) {
    CAPTURE(s.what);
    std::string newer = s.bytes;
    newer[0] = 100;
    // The number in a schema record can be read: the store is newer, not its record.
    if (s.what != std::string{"schema"}) CHECK(s.read(resealed(newer)) == "[schema_newer]");
    newer[0] = 0;
    CHECK(s.read(resealed(newer)) == "[corrupt]");
  }
}

TEST_CASE("a record with any byte changed or missing is corrupt", "[codec]") {
  for (const auto& s : sealed_samples()) {
    CAPTURE(s.what);
    REQUIRE(s.read(s.bytes) == s.bytes);
    for (std::size_t i = 0; i < s.bytes.size(); ++i) {
      std::string flipped = s.bytes;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 8)));
      REQUIRE(s.read(flipped) == "[corrupt]");
      REQUIRE(s.read(s.bytes.substr(0, i)) == "[corrupt]");
    }
    CHECK(s.read(s.bytes + '\0') == "[corrupt]");
  }
}

TEST_CASE("a damaged body with a valid checksum is refused or decoded, never worse", "[codec]") {
  for (const auto& s : sealed_samples()) {
    CAPTURE(s.what);
    for (std::size_t i = 2; i < s.bytes.size() - 4; ++i) {
      CAPTURE(i);
      for (int bit = 0; bit < 8; ++bit) {
        std::string flipped = s.bytes;
        flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
        check_damaged(s, resealed(flipped));
      }
      for (const char value : {'\0', '\x7f', '\x80', '\xff'}) {
        std::string changed = s.bytes;
        changed[i] = value;
        check_damaged(s, resealed(changed));
      }
      // Four bytes after the cut are the place of the checksum. Only a journal can end earlier.
      const std::string cut = resealed(s.bytes.substr(0, i + 4));
      if (s.what == std::string{"journal"}) {
        check_damaged(s, cut);
      } else {
        REQUIRE(s.read(cut) == "[corrupt]");
      }
      check_damaged(s, resealed(s.bytes.substr(0, i) + s.bytes.substr(i + 1)));
    }
    REQUIRE(s.read(resealed(s.bytes.substr(0, s.bytes.size() - 4) + std::string(5, '\0'))) ==
            "[corrupt]");
  }
}

TEST_CASE("bodies of random bytes are refused or decoded, never worse", "[codec][random]") {
  for (const auto& s : sealed_samples()) {
    CAPTURE(s.what);
    for (std::uint64_t seed = 1; seed <= 2'000; ++seed) {
      CAPTURE(seed);
      random_source random{seed};
      std::string bytes = s.bytes.substr(0, 2);
      for (std::size_t i = random.below(60); i > 0; --i)
        bytes += static_cast<char>(random.chance(2) ? random.next() : random.below(4));
      check_damaged(s, resealed(bytes + "crc!"));
    }
  }
}
