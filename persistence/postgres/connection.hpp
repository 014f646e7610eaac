#pragma once

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <pawl/result.hpp>

#include "persistence/postgres/address.hpp"
#include "persistence/postgres/failure.hpp"

struct pg_conn;    // libpq's PGconn
struct pg_result;  // libpq's PGresult

namespace pawl::persistence::postgres {

/// What a statement returned, in the binary format.
class rows {
 public:
  explicit rows(pg_result* owned) : result_(owned) {}

  [[nodiscard]] int count() const noexcept;
  /// Valid as long as this object. Empty for null.
  [[nodiscard]] std::string_view bytes(int row, int column) const noexcept;
  [[nodiscard]] std::string text(int row, int column) const {
    return std::string{bytes(row, column)};
  }
  [[nodiscard]] std::int64_t number(int row, int column) const noexcept;

  [[nodiscard]] bool is_failure() const noexcept;
  [[nodiscard]] const pg_result* get() const noexcept { return result_.get(); }

 private:
  struct clear {
    void operator()(pg_result* owned) const noexcept;
  };
  std::unique_ptr<pg_result, clear> result_;
};

/// The outcome of the statements that were sent together.
struct answer {
  std::vector<rows> results;           ///< one for each statement before the first that failed
  std::optional<failure> failed = {};  ///< the first failure
  /// The last warning of the server. After a COMMIT that waited for a synchronous standby, one says
  /// that the standby may not have it.
  std::string warning = {};

  [[nodiscard]] bool is_good() const noexcept { return !failed && warning.empty(); }
};

/// A connection to the server, always in libpq's pipeline mode: statements are queued, then sent
/// together, so that any number of them costs one round trip. Statements are prepared when they are
/// first used. Not thread-safe.
class connection {
 public:
  /// Connects and checks that this is a server that Pawl can use. `application` is what the server
  /// shows in pg_stat_activity. Errors: `unavailable`; `not_supported` (an older server, a pooler
  /// between), `read_only` (a standby).
  [[nodiscard]] static result<std::unique_ptr<connection>> open(const address& to,
                                                                const char* application);
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// Queues a statement with the binary forms of its parameters, which are copied.
  void queue(std::string_view sql, std::initializer_list<std::string_view> parameters = {});
  /// Sends what is queued and waits for all of it. There is no limit of time: the kernel reports a
  /// peer that is gone, and a COMMIT may wait for a standby as long as it takes.
  [[nodiscard]] answer exchange();
  /// Queues and exchanges one statement.
  [[nodiscard]] answer run(std::string_view sql,
                           std::initializer_list<std::string_view> parameters = {});
  /// Sends what is queued and waits for nothing; the next `exchange` drops the results.
  void send();

  [[nodiscard]] bool is_lost() const noexcept { return lost_; }
  /// Looks whether the server has closed the connection meanwhile; does not wait.
  void look();

 private:
  enum class expected : std::uint8_t { result, dropped, end, dropped_end };

  explicit connection(pg_conn* owned);
  [[nodiscard]] result<void> check_server(const address& at);
  /// The prepared statement for `sql`, which is prepared now if it was not yet.
  [[nodiscard]] const std::string& statement_of(std::string_view sql);
  [[nodiscard]] bool send_all();
  [[nodiscard]] bool wait(bool for_writing);
  [[nodiscard]] pg_result* next_result();
  void lose();

  pg_conn* const conn_;
  std::unordered_map<std::string, std::string> prepared_;  ///< statements and their names
  std::uint64_t names_ = 0;
  std::deque<expected> expected_;
  std::string warning_;
  std::string lost_message_;
  bool lost_ = false;
};

}  // namespace pawl::persistence::postgres
