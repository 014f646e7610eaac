#include "persistence/postgres/postgres_store.hpp"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include <pawl/assert.hpp>

#include "persistence/migrations.hpp"
#include "persistence/postgres/changes.hpp"
#include "persistence/postgres/database_view.hpp"
#include "persistence/postgres/reader_pool.hpp"
#include "persistence/postgres/writer.hpp"
#include "persistence/store_ownership.hpp"
#include "persistence/values/keys_in_use.hpp"
#include "persistence/values/value_codec.hpp"

namespace pawl::persistence {
namespace postgres {
namespace {

/// Writes that wait for a sync. With more, a write commits them itself, so that they are bounded.
constexpr std::size_t max_pending_bytes = std::size_t{64} << 20;

/// How soon a lost connection is noticed: another process waits a second before it takes an owner
/// without a session for dead.
constexpr std::chrono::milliseconds between_looks{100};

class postgres_store final : public store, public store_ownership {
 public:
  postgres_store(address at, std::unique_ptr<writer> owned, values::codec_ptr codec)
      : at_(std::move(at)),
        writer_(std::move(owned)),
        codec_(std::move(codec)),
        pool_(std::make_shared<reader_pool>(at_)),
        pending_(codec_),
        renewing_([this] { renew_in_time(); }) {}

  ~postgres_store() override {
    // A caller that needs the error calls `close` itself.
    static_cast<void>(postgres_store::close());
  }

  result<std::shared_ptr<const view>> write(std::span<const batch* const> batches) override {
    bool full = false;
    {
      const std::lock_guard lock{mutex_};
      if (failure_) return refusal();
      for (const batch* each : batches) {
        if (pending_.append(*each)) continue;
        failure_ = values::cannot_encrypt();
        return *failure_;
      }
      full = pending_.bytes() > max_pending_bytes;
    }
    if (full) {
      if (auto done = flush(); !done) return std::move(done).error();
    }
    return std::shared_ptr<const view>{std::make_shared<const database_view>(pool_, codec_)};
  }

  result<void> sync() override { return flush(); }

  void publish(std::shared_ptr<const view> written) override {
    PAWL_ASSERT(written != nullptr, "the view is not null");
    // What is committed is what is durable: `durable_view` needs to know nothing of it.
  }

  std::shared_ptr<const view> durable_view() const override {
    return std::make_shared<const database_view>(pool_, codec_);
  }

  store_ownership* ownership() noexcept override { return this; }

  result<void> check_writable() override {
    auto reached = connection::open(at_, "pawl reader");
    if (!reached) return std::move(reached).error();
    return {};
  }

  result<void> close() override {
    stop_renewing();
    const std::lock_guard committing{commit_mutex_};
    {
      const std::lock_guard lock{mutex_};
      if (closed_) return {};
    }
    auto done = flush_under_lock();
    writer_->release();  // also after a failure, so that this process can open it again at once
    const std::lock_guard lock{mutex_};
    closed_ = true;
    if (done) failure_ = error{errc::unavailable, doing_to("using", at_) + ": the store is closed"};
    return done;
  }

  [[nodiscard]] bool may_act() const noexcept override { return writer_->may_act(); }
  [[nodiscard]] survived_losses survives() const noexcept override { return writer_->survives(); }
  [[nodiscard]] std::int64_t epoch() const noexcept override { return writer_->epoch(); }
  [[nodiscard]] std::chrono::milliseconds lease_age() const noexcept override {
    return writer_->lease_age();
  }
  void at_loss(std::function<void(const error&)> what) override {
    const std::lock_guard lock{mutex_};
    at_loss_ = std::move(what);
  }

 private:
  /// Commits what was written.
  result<void> flush() {
    const std::lock_guard committing{commit_mutex_};
    return flush_under_lock();
  }

  result<void> flush_under_lock() {
    changes group{codec_};
    {
      const std::lock_guard lock{mutex_};
      if (failure_) return refusal();
      std::swap(group, pending_);
    }
    if (group.empty()) return {};
    auto done = writer_->commit(group);
    if (!done) stop(done.error());
    return done;
  }

  void renew_in_time() {
    std::unique_lock committing{commit_mutex_};
    while (!is_closing_) {
      if (renewal_.wait_for(committing, between_looks, [&] { return is_closing_; })) return;
      {
        const std::lock_guard lock{mutex_};
        if (failure_) return;
      }
      if (!writer_->is_renewal_due()) continue;
      const auto done = writer_->renew();
      if (done) continue;
      std::function<void(const error&)> tell;
      {
        stop(done.error());
        const std::lock_guard lock{mutex_};
        tell = at_loss_;
      }
      committing.unlock();
      if (tell) tell(done.error());
      return;
    }
  }

  void stop_renewing() {
    {
      const std::lock_guard committing{commit_mutex_};
      is_closing_ = true;
      renewal_.notify_all();
    }
    const std::lock_guard joining{join_mutex_};
    if (renewing_.joinable()) renewing_.join();
  }

  /// Refuses all further writes: whether the last one was committed is unknown.
  void stop(const error& why) {
    const std::lock_guard lock{mutex_};
    if (!failure_) failure_ = why;
  }

  /// Under `mutex_`.
  [[nodiscard]] error refusal() const {
    if (closed_) return *failure_;
    return {errc::unavailable, "the store accepts no writes after this error: " + failure_->message,
            failure_->type};
  }

  const address at_;
  const std::unique_ptr<writer> writer_;  ///< commits only under commit_mutex_
  const values::codec_ptr codec_;
  const std::shared_ptr<reader_pool> pool_;

  mutable std::mutex mutex_;
  changes pending_;                            ///< guarded by mutex_
  std::optional<error> failure_;               ///< guarded by mutex_; also after `close`
  bool closed_ = false;                        ///< guarded by mutex_
  std::function<void(const error&)> at_loss_;  ///< guarded by mutex_

  std::mutex commit_mutex_;  ///< before mutex_
  std::condition_variable renewal_;
  bool is_closing_ = false;  ///< guarded by commit_mutex_
  std::mutex join_mutex_;
  std::thread renewing_;  ///< the last member: it uses the others
};

/// Checks that the records can be read with the keys of `codec`, migrates them, and lists the keys.
result<void> prepare_records(store& in, const values::value_codec& codec) {
  if (auto readable = values::check_keys(*in.durable_view(), codec); !readable) return readable;
  if (auto prepared = prepare_schema(in); !prepared) return prepared;
  return values::note_keys(in, codec);
}

}  // namespace
}  // namespace postgres

bool has_postgres() noexcept {
  return true;
}

result<std::unique_ptr<store>> open_postgres_store(const std::string& url,
                                                   const postgres_options& options) {
  using namespace postgres;
  auto at = parse_address(url);
  if (!at) return std::move(at).error();
  auto owned = writer::open(
      *at,
      {options.cluster, options.node, options.url, options.lease, options.require_sync_standby},
      options.mode);
  if (!owned) return std::move(owned).error();
  const values::codec_ptr codec =
      options.codec ? options.codec : std::make_shared<const values::value_codec>();
  std::unique_ptr<store> made = std::make_unique<postgres_store>(*at, *std::move(owned), codec);
  if (auto prepared = prepare_records(*made, *codec); !prepared) {
    error failure = std::move(prepared).error();
    if (failure.message.find(at->shown) == std::string::npos)
      failure.message.insert(0, doing_to("opening", *at) + ": ");
    return failure;
  }
  return made;
}

}  // namespace pawl::persistence
