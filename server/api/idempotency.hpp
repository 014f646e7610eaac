#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/http/message.hpp"

namespace pawl::server {

/// Remembers what requests with an `Idempotency-Key` were answered, so that one that is sent again
/// is answered the same and changes nothing. In memory: a restart of the server forgets it.
/// (Starts, restarts and signals do not need it: the engine keeps their keys for good.) Safe for
/// concurrent use; nothing of it waits.
class idempotency_table {
 public:
  using steady_time = std::chrono::steady_clock::time_point;

  struct limits {
    std::size_t max_entries = 100'000;
    std::size_t max_bytes = std::size_t{64} << 20;  ///< of answers and keys
    std::chrono::hours keep{24};
  };

  /// The right, and the duty, to do a request: what it is answered is remembered under its key. If
  /// it goes away without an answer, the key is forgotten.
  class ticket {
   public:
    ticket() = default;
    ticket(ticket&& other) noexcept;
    ticket& operator=(ticket&& other) noexcept;
    ~ticket() { give_up(); }

    /// Gives the answer to those who wait for it, and remembers it, unless the same request could
    /// be answered otherwise when it is made again (429 and 5xx).
    void answered(const http::response& answer);

   private:
    friend class idempotency_table;
    ticket(idempotency_table& of, std::string key) : table_(&of), key_(std::move(key)) {}
    void give_up();

    idempotency_table* table_ = nullptr;
    std::string key_;
  };

  /// Told what the first request was answered; null if it went away without an answer.
  using waiter = std::function<void(const http::response* answer)>;

  enum class standing : std::uint8_t {
    first,     ///< do it, with the ticket
    known,     ///< it was done: `answer` has what was answered
    awaited,   ///< it is being done: the waiter will be told
    mismatch,  ///< the key belongs to another request
    full,      ///< no room: too many are being done
  };
  struct begun {
    server::idempotency_table::standing standing;
    server::idempotency_table::ticket ticket = {};
    http::response answer = {};
  };

  explicit idempotency_table(limits allowed,
                             std::function<steady_time()> now = std::chrono::steady_clock::now);

  /// `key`: all that tells requests of different callers apart. `fingerprint`: of what is asked.
  [[nodiscard]] begun begin(const std::string& key, std::string_view fingerprint, waiter told);

 private:
  struct entry {
    std::string fingerprint;
    std::optional<http::response> answer;
    std::vector<waiter> waiters;
    std::list<std::string>::iterator place;  ///< among `order_`
    steady_time since;
    std::size_t bytes = 0;
  };
  using entries = std::unordered_map<std::string, entry>;

  void finish(const std::string& key, const http::response* answer);
  void make_room(steady_time now);
  void erase(entries::iterator found);

  const limits allowed_;
  const std::function<steady_time()> now_;
  std::mutex mutex_;  ///< guards what follows
  entries entries_;
  std::list<std::string> order_;  ///< keys, the oldest first
  std::size_t bytes_ = 0;
};

/// SHA-256 of texts, each with its length: different lists of texts have different fingerprints.
[[nodiscard]] std::string fingerprint_of(std::initializer_list<std::string_view> texts);

}  // namespace pawl::server
