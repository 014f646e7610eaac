#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <pawl/result.hpp>

struct sqlite3;
struct sqlite3_stmt;

namespace pawl::cli {

/// A row of the answer to a query, valid during one call. Columns are numbered from 0.
class sqlite_row {
 public:
  explicit sqlite_row(sqlite3_stmt* at) : at_(at) {}

  [[nodiscard]] bool is_null(int column) const;
  /// A number as text, a blob as its bytes; "" for null.
  [[nodiscard]] std::string text(int column) const;
  /// 0 for null and for text that is not a number.
  [[nodiscard]] std::int64_t number(int column) const;

 private:
  sqlite3_stmt* at_;
};

/// A SQLite database that is only read: the file and its folder are not changed. A database that a
/// program has open, or did not close, has a journal or a write-ahead log beside it; then all of
/// them are copied to a temporary folder, and the copy is read. Not thread-safe.
class sqlite_file {
 public:
  /// Opens a database and checks every page of it. Errors: `not_found`, `invalid_argument` (not a
  /// database), `corrupt` (damaged, or cut), `locked` (a program is writing), `io_failed`,
  /// `storage_full`.
  [[nodiscard]] static result<sqlite_file> open(const std::filesystem::path& file);
  sqlite_file(sqlite_file&&) noexcept = default;
  sqlite_file& operator=(sqlite_file&&) noexcept = default;
  ~sqlite_file();

  /// The columns of a table; empty if the table does not exist. Errors: as `open`.
  [[nodiscard]] result<std::vector<std::string>> columns_of(const std::string& table) const;
  /// Calls `visit` for each row. An error of `visit` ends the query. Errors: also as `open`.
  result<void> query(const std::string& sql, const std::vector<std::string>& arguments,
                     const std::function<result<void>(const sqlite_row& row)>& visit) const;

 private:
  struct closing {
    void operator()(sqlite3* open) const noexcept;
  };
  struct removing {
    std::filesystem::path folder;
    explicit removing(std::filesystem::path of) : folder(std::move(of)) {}
    removing(const removing&) = delete;
    removing& operator=(const removing&) = delete;
    ~removing();
  };

  explicit sqlite_file(std::filesystem::path file) : file_(std::move(file)) {}
  [[nodiscard]] error failure(int code, const std::string& doing) const;
  result<void> connect(const std::filesystem::path& file, int flags);
  result<void> check() const;

  std::filesystem::path file_;  ///< as the user has named it
  std::unique_ptr<removing> copy_;
  std::unique_ptr<sqlite3, closing> open_;
};

}  // namespace pawl::cli
