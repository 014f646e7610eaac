#include "cli/old_engine/sqlite_file.hpp"

#include <sqlite3.h>
#include <stdlib.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace pawl::cli {
namespace {

namespace fs = std::filesystem;

/// The files that hold changes which are not in the database yet.
constexpr std::array<const char*, 2> unmerged = {"-journal", "-wal"};

bool has_unmerged_changes(const fs::path& file) {
  for (const char* const suffix : unmerged) {
    std::error_code failed;
    const auto size = fs::file_size(file.string() + suffix, failed);
    if (!failed && size > 0) return true;
  }
  return false;
}

/// A URI of SQLite for a file.
std::string uri_of(const fs::path& file) {
  std::string uri = "file:";
  for (const char c : fs::absolute(file).string()) {
    if (c == '%' || c == '?' || c == '#') {
      constexpr const char* digits = "0123456789ABCDEF";
      uri += {'%', digits[static_cast<unsigned char>(c) >> 4], digits[c & 15]};
    } else {
      uri += c;
    }
  }
  return uri;
}

}  // namespace

bool sqlite_row::is_null(int column) const {
  return sqlite3_column_type(at_, column) == SQLITE_NULL;
}

std::string sqlite_row::text(int column) const {
  const void* const bytes = sqlite3_column_type(at_, column) == SQLITE_BLOB
                                ? sqlite3_column_blob(at_, column)
                                : sqlite3_column_text(at_, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(at_, column));
  return bytes == nullptr ? std::string{} : std::string{static_cast<const char*>(bytes), size};
}

std::int64_t sqlite_row::number(int column) const {
  return sqlite3_column_int64(at_, column);
}

void sqlite_file::closing::operator()(sqlite3* open) const noexcept {
  sqlite3_close_v2(open);
}

sqlite_file::removing::~removing() {
  std::error_code ignored;
  fs::remove_all(folder, ignored);
}

sqlite_file::~sqlite_file() = default;

error sqlite_file::failure(int code, const std::string& doing) const {
  const std::string about = doing + " " + file_.string();
  switch (code & 0xff) {
    case SQLITE_NOTADB:
      return {errc::invalid_argument, about + ": this is not a SQLite database"};
    case SQLITE_CORRUPT:
      return {errc::corrupt,
              about +
                  ": the database is damaged or was cut. Nothing was imported; use a whole "
                  "copy, or repair it with `sqlite3 FILE .recover`"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {errc::locked,
              about +
                  ": another program is writing to it. Stop that program, or copy the file "
                  "with those of the same name that end in -journal and -wal"};
    case SQLITE_FULL:
      return {errc::storage_full, about + ": no space is left"};
    default:
      break;
  }
  const char* const why = open_ ? sqlite3_errmsg(open_.get()) : sqlite3_errstr(code);
  return {errc::io_failed, about + ": " + why};
}

result<void> sqlite_file::connect(const fs::path& file, int flags) {
  sqlite3* made = nullptr;
  const int code = sqlite3_open_v2(uri_of(file).c_str(), &made, flags | SQLITE_OPEN_URI, nullptr);
  open_.reset(made);
  if (code != SQLITE_OK) return failure(code, "opening");
  constexpr int patience_ms = 5'000;
  sqlite3_busy_timeout(open_.get(), patience_ms);
  return {};
}

result<void> sqlite_file::check() const {
  std::string answer;
  auto done = query("PRAGMA quick_check(1)", {}, [&](const sqlite_row& row) -> result<void> {
    answer = row.text(0);
    return {};
  });
  if (!done) return done;
  return answer == "ok" ? result<void>{} : result<void>{failure(SQLITE_CORRUPT, "reading")};
}

result<sqlite_file> sqlite_file::open(const fs::path& file) {
  std::error_code failed;
  if (!fs::is_regular_file(file, failed))
    return error{errc::not_found, "no such file: " + file.string()};
  sqlite_file made{file};
  fs::path opened = file;
  int flags = SQLITE_OPEN_READONLY;
  if (has_unmerged_changes(file)) {
    std::string folder = (fs::temp_directory_path(failed) / "pawl-import-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) {
      return error{errc::io_failed, "cannot create a folder for a copy of the database: " + folder +
                                        ": " + std::strerror(errno)};
    }
    made.copy_ = std::make_unique<removing>(folder);
    opened = fs::path{folder} / "old.db";
    flags = SQLITE_OPEN_READWRITE;
    fs::copy_file(file, opened, failed);
    for (const char* const suffix : unmerged) {
      if (failed) break;
      const fs::path beside = file.string() + suffix;
      if (fs::exists(beside, failed)) fs::copy_file(beside, opened.string() + suffix, failed);
    }
    if (failed) {
      return error{failed == std::errc::no_space_on_device ? errc::storage_full : errc::io_failed,
                   "cannot copy " + file.string() + " to " + folder + ": " + failed.message()};
    }
  }
  if (auto connected = made.connect(opened, flags); !connected) return std::move(connected).error();
  if (auto whole = made.check(); !whole) return std::move(whole).error();
  return made;
}

result<std::vector<std::string>> sqlite_file::columns_of(const std::string& table) const {
  std::vector<std::string> names;
  auto done = query("SELECT name FROM pragma_table_info(?)", {table},
                    [&](const sqlite_row& row) -> result<void> {
                      names.push_back(row.text(0));
                      return {};
                    });
  if (!done) return std::move(done).error();
  return names;
}

result<void> sqlite_file::query(
    const std::string& sql, const std::vector<std::string>& arguments,
    const std::function<result<void>(const sqlite_row& row)>& visit) const {
  sqlite3_stmt* made = nullptr;
  const int code = sqlite3_prepare_v2(open_.get(), sql.c_str(), -1, &made, nullptr);
  const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement{made, sqlite3_finalize};
  if (code != SQLITE_OK) return failure(code, "reading");
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    sqlite3_bind_text(made, static_cast<int>(i + 1), arguments[i].data(),
                      static_cast<int>(arguments[i].size()), SQLITE_TRANSIENT);
  }
  while (true) {
    const int step = sqlite3_step(made);
    if (step == SQLITE_DONE) return {};
    if (step != SQLITE_ROW) return failure(step, "reading");
    if (auto visited = visit(sqlite_row{made}); !visited) return visited;
  }
}

}  // namespace pawl::cli
