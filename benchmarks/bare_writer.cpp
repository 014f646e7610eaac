#include "benchmarks/bare_writer.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

#include <pawl/detail/placement.hpp>
#include "flow/machine/delta.hpp"
#include "persistence/codec.hpp"

#include "persistence/keys.hpp"
#include "persistence/rocksdb/rocksdb_store.hpp"

namespace pawl::benchmark {
namespace {

template <class T>
T or_die(result<T> r) {
  if (!r) {
    std::fprintf(stderr, "pawl_bench: %s\n", r.error().message.c_str());
    std::exit(6);
  }
  return *std::move(r);
}

/// The record of a typical step: one token moves, one key of the data is set.
std::string step_record(std::uint64_t sequence) {
  flow::delta d;
  d.sequence = sequence;
  d.at = from_unix_us(1'800'000'000'000'000 + static_cast<std::int64_t>(sequence));
  d.events.push_back({flow::event_kind::step_finished, 3, 1, 1, {{"us", 2}}});
  d.events.push_back({flow::event_kind::step_started, 4, 1, 1, nullptr});
  d.data_set["n"] = sequence;
  flow::token t;
  t.id = 1;
  t.node = 4;
  t.phase = flow::token_phase::waiting;
  t.visit = t.attempt = t.tries = 1;
  d.tokens_set.push_back(t);
  d.visits.emplace_back(4, 1);
  return persistence::encode_delta(d);
}

}  // namespace

double bare_writer(const std::filesystem::path& folder, durability mode, std::size_t in_flight,
                   std::size_t records) {
  persistence::rocksdb_options options;
  options.mode = mode;
  const auto store = or_die(persistence::open_rocksdb_store(folder, options));
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t written = 0, durable = 0;
  bool done = false;
  std::thread syncer{[&] {
    std::unique_lock lock{mutex};
    while (!done || durable < written) {
      changed.wait(lock, [&] { return done || durable < written; });
      const std::size_t covered = written;
      lock.unlock();
      const auto synced = store->sync();
      lock.lock();
      if (!synced) std::exit(6);
      durable = covered;
      changed.notify_all();
    }
  }};
  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t next = 0; next < records;) {
    std::vector<persistence::batch> group(in_flight);
    std::vector<const persistence::batch*> pointers;
    for (auto& b : group) {
      const run_key key{default_scope(), run_id{"01a20679-01fb-79b0-bd0e-" +
                                                std::to_string(100'000'000 + next % in_flight)}};
      b.put(persistence::column::checkpoints,
            persistence::keys::checkpoint(pawl::detail::run_hash(key), next), step_record(next));
      pointers.push_back(&b);
      ++next;
    }
    static_cast<void>(or_die(store->write(pointers)));
    std::unique_lock lock{mutex};
    written = next;
    changed.notify_all();
    // At most two groups are not durable, as with runs that wait for their checkpoint.
    changed.wait(lock, [&] { return written - durable <= 2 * in_flight; });
  }
  {
    std::unique_lock lock{mutex};
    done = true;
    changed.notify_all();
    changed.wait(lock, [&] { return durable == written; });
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  syncer.join();
  return static_cast<double>(records) / took.count();
}

}  // namespace pawl::benchmark
