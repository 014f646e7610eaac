#include "server/api/idempotency.hpp"

#include <utility>

#include <openssl/evp.h>

#include <pawl/assert.hpp>

#include "runtime/core.hpp"

namespace pawl::server {
namespace {

/// Whether a retry would get the same status.
bool is_final(unsigned status) noexcept {
  return status < 500 && status != 408 && status != 429;
}

std::size_t size_of(const http::response& answer) {
  std::size_t bytes = answer.body.size();
  for (const auto& each : answer.fields) bytes += each.name.size() + each.value.size();
  return bytes;
}

}  // namespace

idempotency_table::ticket::ticket(ticket&& other) noexcept
    : table_(other.table_.exchange(nullptr)), key_(std::move(other.key_)) {}

idempotency_table::ticket& idempotency_table::ticket::operator=(ticket&& other) noexcept {
  if (this != &other) {
    abandon();
    table_ = other.table_.exchange(nullptr);
    key_ = std::move(other.key_);
  }
  return *this;
}

void idempotency_table::ticket::complete(const http::response& answer) {
  if (auto* const table = table_.exchange(nullptr)) table->finish(key_, &answer);
}

void idempotency_table::ticket::concern(const std::string& run) {
  idempotency_table* const table = table_;
  if (table == nullptr) return;
  const std::lock_guard lock{table->mutex_};
  const auto found = table->entries_.find(key_);
  if (found != table->entries_.end()) table->add_run(found, run);
}

void idempotency_table::ticket::abandon() {
  if (auto* const table = table_.exchange(nullptr)) table->finish(key_, nullptr);
}

idempotency_table::idempotency_table(limits allowed, std::function<steady_time()> now)
    : allowed_(allowed), now_(std::move(now)), pending_(allowed.max_entries) {}

idempotency_table::begun idempotency_table::begin(const std::string& key,
                                                  std::string_view fingerprint, waiter on_answer,
                                                  const std::string& owner, kept_answers kept,
                                                  const std::string& run) {
  const std::lock_guard lock{mutex_};
  make_room(now_());
  const auto found = entries_.find(key);
  if (found != entries_.end()) {
    entry& known = found->second;
    if (known.fingerprint != fingerprint) return {entry_status::mismatch};
    if (known.answer) return {entry_status::completed, {}, *known.answer};
    known.waiters.push_back(std::move(on_answer));
    return {entry_status::in_progress};
  }
  if (is_full() || !pending_.try_take(owner, 1)) return {entry_status::full};
  entry added{std::string{fingerprint},
              std::nullopt,
              {},
              order_.insert(order_.end(), key),
              now_(),
              owner,
              kept};
  added.bytes = 3 * key.size() + 2 * owner.size() + fingerprint.size();
  bytes_ += added.bytes;
  const auto place = entries_.emplace(key, std::move(added)).first;
  if (!run.empty()) add_run(place, run);
  return {entry_status::created, ticket{*this, key}};
}

void idempotency_table::finish(const std::string& key, const http::response* answer) {
  std::vector<waiter> waiters;
  {
    const std::lock_guard lock{mutex_};
    const auto found = entries_.find(key);
    PAWL_ASSERT(found != entries_.end(), "an entry exists while its request is pending");
    waiters = std::exchange(found->second.waiters, {});
    pending_.give_back(found->second.owner, 1);
    const bool fails = answer == nullptr || answer->status >= 300;
    if (found->second.outdated) {
      erase(found);
    } else if (!fails || (answer != nullptr && found->second.kept == kept_answers::final_ones &&
                          is_final(answer->status))) {
      found->second.answer = *answer;
      found->second.bytes += size_of(*answer);
      bytes_ += size_of(*answer);
      add_to_share(key, found->second);
    } else {
      erase(found);
    }
  }
  for (const auto& each : waiters) each(answer);
}

void idempotency_table::add_run(entries::iterator found, const std::string& run) {
  found->second.runs.push_back(by_run_.emplace(run, found->first));
  const std::size_t bytes = run.size() + found->first.size();
  found->second.bytes += bytes;
  bytes_ += bytes;
}

void idempotency_table::forget_run(const std::string& run) {
  const std::lock_guard lock{mutex_};
  const auto [begin, end] = by_run_.equal_range(run);
  std::vector<std::string> keys;
  for (auto each = begin; each != end; ++each) keys.push_back(each->second);
  for (const auto& key : keys) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) continue;  // it names the run twice
    if (found->second.answer) {
      erase(found);
    } else {
      found->second.outdated = true;
    }
  }
}

bool idempotency_table::is_full() const {
  return entries_.size() >= allowed_.max_entries || bytes_ >= allowed_.max_bytes;
}

void idempotency_table::make_room(steady_time now) {
  auto place = order_.begin();
  while (place != order_.end()) {
    const auto found = entries_.find(*place++);
    if (now - found->second.since < allowed_.max_age) break;
    if (found->second.answer) erase(found);
  }
  while (is_full() && !shares_.empty())
    erase(entries_.find(answered_.find(shares_.largest())->second.front()));
}

void idempotency_table::erase(entries::iterator found) {
  if (found->second.answer) remove_from_share(found->second);
  for (const auto run : found->second.runs) by_run_.erase(run);
  bytes_ -= found->second.bytes;
  order_.erase(found->second.place);
  entries_.erase(found);
}

void idempotency_table::add_to_share(const std::string& key, entry& answered) {
  auto& keys = answered_[answered.owner];
  answered.answered_place = keys.insert(keys.end(), key);
  shares_.add(answered.owner, answered.bytes);
}

void idempotency_table::remove_from_share(const entry& answered) {
  const auto found = answered_.find(answered.owner);
  found->second.erase(answered.answered_place);
  if (found->second.empty()) answered_.erase(found);
  shares_.remove(answered.owner, answered.bytes);
}

std::string joined_key(std::initializer_list<std::string_view> texts) {
  std::string all;
  for (const auto text : texts) (all += std::to_string(text.size()) + ":") += text;
  return all;
}

std::shared_ptr<subscription> forget_deleted_runs(engine& of,
                                                  std::shared_ptr<idempotency_table> in) {
  // The queue is emptied by the thread that fills it.
  constexpr std::size_t capacity = 1'000;
  auto deleted = engine_access::core(of).watch_deletions(capacity);
  deleted->on_event([weak = std::weak_ptr{deleted}, in = std::move(in)] {
    const auto events = weak.lock();
    if (!events) return;
    while (const auto event = events->try_next()) in->forget_run(run_in_answers(event->run));
  });
  return deleted;
}

std::string run_in_answers(const run_key& run) {
  return joined_key({run.scope.str(), run.id.str()});
}

std::string fingerprint_of(std::initializer_list<std::string_view> texts) {
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  PAWL_ASSERT(context != nullptr && EVP_DigestInit_ex(context, EVP_sha256(), nullptr) == 1,
              "SHA-256 is always available");
  for (const auto text : texts) {
    const std::uint64_t size = text.size();
    EVP_DigestUpdate(context, &size, sizeof size);
    EVP_DigestUpdate(context, text.data(), text.size());
  }
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  EVP_DigestFinal_ex(context, reinterpret_cast<unsigned char*>(digest.data()), &size);
  EVP_MD_CTX_free(context);
  digest.resize(size);
  return digest;
}

}  // namespace pawl::server
