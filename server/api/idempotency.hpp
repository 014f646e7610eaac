#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <pawl/detail/fair_budget.hpp>
#include <pawl/engine.hpp>
#include <pawl/run.hpp>

#include "server/holder_shares.hpp"
#include "server/http/message.hpp"

namespace pawl::server {

/// Answers of requests with an `Idempotency-Key`, so that a repeated request gets the same answer
/// and has no further effect. Kept in memory, so a restart of the server clears it. (Starts,
/// restarts and signals do not use it: the engine stores their keys permanently.) When the table is
/// full, the owner whose answers take the most space loses its oldest ones (`holder_shares`), and
/// of the requests that are not answered yet each owner can have as many as remain free
/// (`detail::fair_budget`). So no owner displaces another. Safe for concurrent use; does not
/// block.
class idempotency_table {
 public:
  using steady_time = std::chrono::steady_clock::time_point;

  struct limits {
    std::size_t max_entries = 100'000;
    std::size_t max_bytes = std::size_t{64} << 20;  ///< size of keys and answers
    std::chrono::hours max_age{24};
  };

  /// Held by the first request with a key. Its answer is stored under the key; without an answer
  /// the key is removed when the ticket is destroyed.
  class ticket {
   public:
    ticket() = default;
    ticket(ticket&& other) noexcept;
    ticket& operator=(ticket&& other) noexcept;
    ~ticket() { abandon(); }

    /// Passes the answer to the waiting requests and stores it, except for statuses that a retry
    /// may change: 408, 429 and 5xx.
    void complete(const http::response& answer);

    /// Notes that the answer has data of a run, as `forget_run` names it. Any thread, also while
    /// another one completes the ticket: then without effect.
    void concern(const std::string& run);

   private:
    friend class idempotency_table;
    ticket(idempotency_table& of, std::string key) : table_(&of), key_(std::move(key)) {}
    void abandon();

    std::atomic<idempotency_table*> table_ = nullptr;
    std::string key_;
  };

  /// Receives the answer of the first request; null if it was not answered.
  using waiter = std::function<void(const http::response* answer)>;

  enum class entry_status : std::uint8_t {
    created,      ///< the first request with this key: handle it, with the ticket
    completed,    ///< `answer` is the stored answer
    in_progress,  ///< the first request is pending; the waiter is called later
    mismatch,     ///< the key belongs to a different request
    full,         ///< too many pending requests
  };
  enum class kept_answers : std::uint8_t {
    final_ones,  ///< those that a retry would not change
    successes,
  };
  struct begun {
    entry_status status;
    server::idempotency_table::ticket ticket = {};
    http::response answer = {};
  };

  explicit idempotency_table(limits allowed,
                             std::function<steady_time()> now = std::chrono::steady_clock::now);

  /// `key`: unique over all callers. `fingerprint`: hash of the request's content. `owner`: whose
  /// share the answer uses. `kept`: the answers to store. `run`: the run that the request is for,
  /// as `forget_run` names it, or "".
  [[nodiscard]] begun begin(const std::string& key, std::string_view fingerprint, waiter on_answer,
                            const std::string& owner = {},
                            kept_answers kept = kept_answers::final_ones,
                            const std::string& run = {});

  /// Forgets the keys and answers of requests for a run that is deleted. A request that is not
  /// answered yet is answered, and forgotten then.
  void forget_run(const std::string& run);

 private:
  using keys_by_run = std::multimap<std::string, std::string>;
  struct entry {
    std::string fingerprint;
    std::optional<http::response> answer;
    std::vector<waiter> waiters;
    std::list<std::string>::iterator place;  ///< among `order_`
    steady_time since;
    std::string owner;
    kept_answers kept = kept_answers::final_ones;
    std::list<std::string>::iterator answered_place = {};  ///< in its share, if it has an answer
    std::size_t bytes = 0;
    std::vector<keys_by_run::iterator> runs = {};  ///< that the answer has data of
    bool outdated = false;                         ///< one of them is deleted
  };
  using entries = std::unordered_map<std::string, entry>;
  void finish(const std::string& key, const http::response* answer);
  void make_room(steady_time now);
  [[nodiscard]] bool is_full() const;
  void erase(entries::iterator found);
  void add_run(entries::iterator found, const std::string& run);
  void add_to_share(const std::string& key, entry& answered);
  void remove_from_share(const entry& answered);

  const limits allowed_;
  const std::function<steady_time()> now_;
  std::mutex mutex_;  ///< guards the members below
  entries entries_;
  std::list<std::string> order_;                                      ///< keys, oldest first
  std::unordered_map<std::string, std::list<std::string>> answered_;  ///< by owner, oldest first
  holder_shares shares_;                                              ///< of the answers
  keys_by_run by_run_;
  detail::fair_budget pending_;  ///< requests that are not answered, by owner
  std::size_t bytes_ = 0;
};

/// The texts with their lengths, so that different lists have different keys.
[[nodiscard]] std::string joined_key(std::initializer_list<std::string_view> texts);

/// Lets the table forget what concerns a run as soon as an engine has deleted it, as long as the
/// result lives.
[[nodiscard]] std::shared_ptr<subscription> forget_deleted_runs(
    engine& of, std::shared_ptr<idempotency_table> in);

/// How the table names a run.
[[nodiscard]] std::string run_in_answers(const run_key& run);

/// SHA-256 of the texts with their lengths, so that different lists have different fingerprints.
[[nodiscard]] std::string fingerprint_of(std::initializer_list<std::string_view> texts);

}  // namespace pawl::server
