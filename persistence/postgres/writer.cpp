#include "persistence/postgres/writer.hpp"

#include <time.h>

#include <string>
#include <thread>
#include <utility>

#include <pawl/json.hpp>

#include "persistence/postgres/schema.hpp"
#include "persistence/postgres/values.hpp"

namespace pawl::persistence::postgres {
namespace {

using std::chrono::milliseconds;

/// How long the lock of an owner must be free before its owner is taken for dead.
constexpr milliseconds dead_after{1'000};
constexpr milliseconds between_questions{100};
constexpr milliseconds between_connects{100};
/// How much earlier an owner stops to act than its lease ends.
constexpr milliseconds lease_margin{1'000};

/// Unlike the steady clock it goes on while the machine sleeps.
milliseconds since_boot() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::duration_cast<milliseconds>(std::chrono::seconds{now.tv_sec} +
                                                  std::chrono::nanoseconds{now.tv_nsec});
}

error owned_by(const ownership& row, const address& at) {
  std::string owner = row.owner.value_or("another process");
  const auto details =
      std::make_shared<const json>(json{{"owner", owner}, {"url", row.url}, {"epoch", row.epoch}});
  if (!row.url.empty()) owner += " (" + row.url + ")";
  return {errc::locked,
          doing_to("opening", at) + ": " + owner +
              " owns it. Send commands to it, stop it, or choose another database",
          "standby",
          {},
          details};
}

error same_name(const ownership& row, const address& at) {
  error refused = owned_by(row, at);
  refused.type = "same_name";
  refused.message = doing_to("opening", at) + ": a process of the same name, " +
                    row.owner.value_or("") + ", owns it. Give each its own name in cluster.node";
  return refused;
}

}  // namespace

writer::writer(address at, claimant who, durability mode, std::unique_ptr<connection> opened,
               const ownership& owned)
    : at_(std::move(at)),
      who_(std::move(who)),
      mode_(mode),
      connection_(std::move(opened)),
      epoch_(owned.epoch),
      last_group_(owned.last_group) {}

result<std::unique_ptr<connection>> writer::connect(const address& at, durability mode) {
  auto made = connection::open(at, "pawl writer");
  if (!made) return made;
  // A process that stops inside a transaction does not hold the row of the store for long. No
  // statement_timeout: it would cancel the wait for a standby, and the commit would count.
  (*made)->queue("SET idle_in_transaction_session_timeout = '2s'");
  (*made)->queue("SET statement_timeout = 0");
  (*made)->queue(mode == durability::sync ? "SET synchronous_commit = on"
                                          : "SET synchronous_commit = off");
  if (const answer got = (*made)->exchange(); got.failed)
    return to_error(*got.failed, "opening", at);
  return made;
}

result<bool> writer::may_claim(connection& on, const address& at, const claimant& who,
                               ownership& seen) {
  const auto claimable = [](const ownership& row) { return !row.owner || row.expired; };
  // Asks until the answer is no; returns false then, and true if it is yes for a second.
  const auto stays = [&](auto is_so) -> result<bool> {
    const auto end = std::chrono::steady_clock::now() + dead_after;
    while (is_so(seen)) {
      if (std::chrono::steady_clock::now() >= end) return true;
      std::this_thread::sleep_for(between_questions);
      auto now = read_ownership(on, at);
      if (!now) return std::move(now).error();
      seen = *std::move(now);
    }
    return false;
  };
  const auto epoch = seen.epoch;
  if (!claimable(seen) && seen.owner == who.node) {
    const auto lives = stays([&](const ownership& row) {
      return row.is_alive && row.epoch == epoch && !claimable(row);
    });
    if (!lives) return lives.error();
    if (*lives) return same_name(seen, at);
  }
  if (claimable(seen)) return false;
  auto dead = stays([epoch](const ownership& row) { return !row.is_alive && row.epoch == epoch; });
  if (!dead || *dead || claimable(seen)) return dead;
  return owned_by(seen, at);
}

result<std::unique_ptr<writer>> writer::open(const address& at, claimant who, durability mode) {
  auto connected = connect(at, mode);
  if (!connected) return std::move(connected).error();
  connection& on = **connected;
  if (auto good = prepare_tables(on, at, who.cluster); !good) return std::move(good).error();
  auto seen = read_ownership(on, at);
  if (!seen) return std::move(seen).error();
  const auto owner_is_dead = may_claim(on, at, who, *seen);
  if (!owner_is_dead) return owner_is_dead.error();
  const auto server = read_set_up(on, at);
  if (!server) return server.error();
  if (who.needs_standby && !server->has_standby) return no_standby("opening", at);
  const auto sent_at = since_boot();
  auto owned = claim(on, at, who, *seen, *owner_is_dead);
  if (!owned) return std::move(owned).error();
  if (!*owned) return owned_by(*seen, at);
  std::unique_ptr<writer> made{
      new writer{at, std::move(who), mode, *std::move(connected), **owned}};
  made->note_renewal(sent_at);
  if (auto good = made->check_set_up(*server); !good) return std::move(good).error();
  auto locked = take_lock(*made->connection_, at);
  if (!locked) return std::move(locked).error();
  made->has_lock_ = *locked;
  return made;
}

result<void> writer::commit(const changes& group) {
  const std::int64_t number = last_group_ + 1;
  while (true) {
    const auto sent_at = since_boot();
    connection_->queue("BEGIN");
    queue_fence(*connection_, epoch_, number, who_.lease);
    group.queue_to(*connection_);
    connection_->queue("COMMIT");
    const answer got = connection_->exchange();
    if (got.is_good()) {
      last_group_ = number;
      note_renewal(sent_at);
      return check_set_up(to_set_up(got.results.at(1), 1));
    }
    if (got.failed && !got.failed->lost) {
      static_cast<void>(connection_->run("ROLLBACK"));
      // The fence fails for a group that was committed before its answer was lost, too.
      if (got.failed->state != division_by_zero) return to_error(*got.failed, "writing to", at_);
    }
    const auto last = resolve();
    if (!last) return last.error();
    if (*last == number) {
      last_group_ = number;
      return {};
    }
    if (*last != number - 1) {
      return error{errc::unavailable,
                   doing_to("writing to", at_) + ": group " + std::to_string(number - 1) +
                       " was committed, but the database has group " + std::to_string(*last) +
                       " as its last: it lost commits, or another database answers"};
    }
  }
}

result<void> writer::renew() {
  if (!has_lock_ && !connection_->is_lost()) {
    const auto locked = take_lock(*connection_, at_);
    has_lock_ = locked && *locked;
  }
  const auto last = resolve();
  if (!last) return last.error();
  if (*last == last_group_) return {};
  return error{errc::unavailable, doing_to("writing to", at_) + ": the database has group " +
                                      std::to_string(*last) + " as its last instead of " +
                                      std::to_string(last_group_) +
                                      ": it lost commits, or another database answers"};
}

void writer::release() {
  queue_release(*connection_, epoch_);
  static_cast<void>(connection_->exchange());
}

bool writer::is_renewal_due() {
  connection_->look();
  // Until the lock is ours, others could take this process for dead.
  const milliseconds after = has_lock_ ? who_.lease / 3 : milliseconds{250};
  return connection_->is_lost() || std::chrono::steady_clock::now() >= renewed_at_ + after;
}

bool writer::may_act() const noexcept {
  return since_boot().count() < leased_at_ms_.load() + (who_.lease - lease_margin).count();
}

milliseconds writer::lease_age() const noexcept {
  return since_boot() - milliseconds{leased_at_ms_.load()};
}

result<std::int64_t> writer::resolve() {
  while (true) {
    if (connection_->is_lost()) {
      if (auto done = reconnect(); !done) return std::move(done).error();
    }
    const auto sent_at = since_boot();
    connection_->queue("BEGIN");
    // Whatever the mode: what was committed before is confirmed with it.
    connection_->queue("SET LOCAL synchronous_commit = on");
    queue_renewal(*connection_, epoch_, who_.lease);
    connection_->queue("COMMIT");
    const answer got = connection_->exchange();
    if (got.failed && got.failed->lost && !has_expired()) continue;
    if (got.failed) {
      if (!got.failed->lost) static_cast<void>(connection_->run("ROLLBACK"));
      return to_error(*got.failed, "writing to", at_);
    }
    const rows& found = got.results.at(2);
    if (found.count() == 0) return fenced();
    if (!got.warning.empty()) continue;  // the standby may not have it
    note_renewal(sent_at);
    if (auto good = check_set_up(to_set_up(found, 1)); !good) return std::move(good).error();
    return found.number(0, 0);
  }
}

result<void> writer::check_set_up(const set_up& server) {
  has_fsync_ = server.has_fsync;
  has_standby_ = server.has_standby;
  if (who_.needs_standby && !server.has_standby) return no_standby("writing to", at_);
  return {};
}

survived_losses writer::survives() const noexcept {
  if (mode_ != durability::sync) return {};
  return {has_fsync_, has_fsync_ && has_standby_};
}

result<void> writer::reconnect() {
  while (true) {
    auto made = connect(at_, mode_);
    if (made) {
      connection_ = *std::move(made);
      const auto locked = take_lock(*connection_, at_);
      has_lock_ = locked && *locked;
      return {};
    }
    if (has_expired()) return std::move(made).error();
    std::this_thread::sleep_for(between_connects);
  }
}

bool writer::has_expired() const noexcept {
  return since_boot().count() >= leased_at_ms_.load() + who_.lease.count();
}

void writer::note_renewal(milliseconds sent_at) noexcept {
  leased_at_ms_ = sent_at.count();
  // A commit that took long leaves a lease that must be renewed soon.
  renewed_at_ = std::chrono::steady_clock::now() - (since_boot() - sent_at);
}

error writer::fenced() const {
  return {errc::unavailable,
          doing_to("writing to", at_) + ": another process has taken it over (this one has epoch " +
              std::to_string(epoch_) + ")",
          "fenced"};
}

}  // namespace pawl::persistence::postgres
