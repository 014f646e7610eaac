#include "runtime/components.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <string>
#include <utility>

#include <spdlog/spdlog.h>
#include <pawl/detail/log_context.hpp>

#include "actors/thread_executor.hpp"
#include "functions/builtins/builtins.hpp"
#include "persistence/memory/memory_store.hpp"
#include "persistence/postgres/postgres_store.hpp"
#include "persistence/rocksdb/rocksdb_store.hpp"
#include "persistence/rocksdb/store_beside_writer.hpp"
#include "persistence/store_copy.hpp"
#include "persistence/store_ownership.hpp"
#include "runtime/store_codec.hpp"

namespace pawl {
namespace {

functions::exec_policy policy_of(const exec_settings& s) {
  functions::exec_policy policy;
  policy.allow = s.allow;
  policy.env = s.env;
  policy.step_env = s.step_env;
  policy.path = s.path;
  policy.output_limit_bytes = s.output_limit_bytes;
  policy.timeout = s.timeout_ms;
  return policy;
}

functions::http::policy policy_of(const http_settings& s) {
  functions::http::policy policy;
  policy.allow_hosts = s.allow_hosts;
  policy.max_response_bytes = s.max_response_bytes;
  policy.timeout = s.timeout_ms;
  policy.connect_timeout = s.connect_timeout_ms;
  policy.ca_file = s.ca_file.string();
  return policy;
}

persistence::rocksdb_options rocksdb_options_of(const storage_settings& s,
                                                persistence::values::codec_ptr codec) {
  persistence::rocksdb_options options;
  options.mode = s.durability;
  options.codec = std::move(codec);
  options.cache_bytes = s.cache_bytes;
  options.memtable_bytes = s.memtable_bytes;
  return options;
}

persistence::postgres_options postgres_options_of(const settings& s,
                                                  persistence::values::codec_ptr codec) {
  persistence::postgres_options options;
  options.mode = s.storage.durability;
  options.cluster = s.cluster.name;
  options.node = node_name(s.cluster);
  options.url = s.cluster.advertise;
  options.lease = s.cluster.lease_ttl_ms;
  options.require_sync_standby = s.cluster.require_sync_standby;
  options.codec = std::move(codec);
  return options;
}

/// The store, unless a copy to it did not end.
result<std::unique_ptr<persistence::store>> complete(
    result<std::unique_ptr<persistence::store>> opened) {
  if (!opened) return opened;
  const auto complete = persistence::check_complete(*(*opened)->durable_view());
  if (!complete) return complete.error();
  return opened;
}

}  // namespace

std::string node_name(const cluster_settings& s) {
  std::array<char, 256> host{};
  if (!s.node.empty()) return s.node;
  return ::gethostname(host.data(), host.size() - 1) == 0 ? host.data() : "unknown";
}

std::shared_ptr<functions::registry> make_registry(const settings& s) {
  auto made = std::make_shared<functions::registry>();
  functions::add_builtins(*made, policy_of(s.exec), policy_of(s.http));
  return made;
}

std::unique_ptr<actors::executor> make_executor(const settings& s, const actors::clock& time,
                                                std::shared_ptr<functions::call_timers> timers,
                                                const persistence::store_ownership* owned,
                                                const std::shared_ptr<spdlog::logger>& log) {
  actors::thread_executor_options options;
  options.threads = s.executor.thread_count();
  options.max_asynchronous = s.executor.max_http_calls;
  options.max_stuck = s.executor.max_stuck;
  options.grace = s.executor.stop_grace_ms;
  options.result_limits.max_bytes = s.run.max_result_bytes;
  options.now = [&time] { return time.now(); };
  options.timers = std::move(timers);
  if (owned != nullptr) options.may_begin = [owned] { return owned->may_act(); };
  options.on_stuck = [log](const actors::invocation& call, const error& why) {
    const detail::log_about here{about(call)};
    log->warn("function {} did not return and was given up: {}", call.function->code_ref,
              why.message);
  };
  options.on_no_thread = [log](const std::string& why) {
    log->warn("cannot start a thread for step functions: {}; their calls wait", why);
  };
  return actors::make_thread_executor(std::move(options));
}

void warn_if_shared(const std::filesystem::path& data_dir, spdlog::logger& log) {
  struct stat about {};
  if (data_dir.empty() || ::stat(data_dir.c_str(), &about) != 0) return;
  if ((about.st_mode & (S_IRWXG | S_IRWXO)) == 0) return;
  log.warn("other users can access the data folder {}; run chmod 700 {}",
           detail::log_value(data_dir.string()), detail::log_value(data_dir.string()));
}

result<std::unique_ptr<persistence::store>> open_store(const settings& s,
                                                       const std::shared_ptr<spdlog::logger>& log) {
  auto codec = make_store_codec(s.storage);
  if (!codec) return std::move(codec).error();
  if (!s.storage.is_kept()) {
    return std::unique_ptr<persistence::store>{
        std::make_unique<persistence::memory_store>(*std::move(codec))};
  }
  if (!s.storage.url.empty()) {
    return complete(
        persistence::open_postgres_store(s.storage.url, postgres_options_of(s, *std::move(codec))));
  }
  auto options = rocksdb_options_of(s.storage, *std::move(codec));
  options.on_damage = [log](const error& why) { log->critical("{}", why.message); };
  return complete(persistence::open_rocksdb_store(s.storage.data_dir, options));
}

result<std::unique_ptr<persistence::store>> open_store_to_read(const storage_settings& s) {
  auto codec = make_store_codec(s);
  if (!codec) return std::move(codec).error();
  return complete(
      persistence::open_store_beside_writer(s.data_dir, rocksdb_options_of(s, *std::move(codec))));
}

}  // namespace pawl
