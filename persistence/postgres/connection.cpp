#include "persistence/postgres/connection.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <libpq-fe.h>

#include "persistence/postgres/values.hpp"

namespace pawl::persistence::postgres {
namespace {

/// The oldest server with all that is used here.
constexpr int oldest_server = 130000;

std::string first_line(const char* text) {
  std::string line = text == nullptr ? "" : text;
  line.resize(std::min(line.find('\n'), line.size()));
  constexpr std::string_view label = "ERROR:  ";
  if (line.starts_with(label)) line.erase(0, label.size());
  return line;
}

std::string field_of(const PGresult* from, int code) {
  const char* const text = PQresultErrorField(from, code);
  return text == nullptr ? "" : text;
}

void note_warning(void* into, const PGresult* notice) {
  if (field_of(notice, PG_DIAG_SEVERITY_NONLOCALIZED) == "WARNING")
    static_cast<std::string*>(into)->assign(field_of(notice, PG_DIAG_MESSAGE_PRIMARY));
}

failure failure_of(const PGresult* from) {
  failure why{field_of(from, PG_DIAG_SQLSTATE), field_of(from, PG_DIAG_MESSAGE_PRIMARY)};
  if (why.message.empty()) why.message = first_line(PQresultErrorMessage(from));
  const std::string severity = field_of(from, PG_DIAG_SEVERITY_NONLOCALIZED);
  why.lost = severity == "FATAL" || severity == "PANIC";
  return why;
}

error behind_pooler(const address& at) {
  return {errc::not_supported,
          doing_to("opening", at) +
              ": there is a connection pooler between, such as PgBouncer. Pawl needs sessions of "
              "its own, and few of them: name the server itself in storage.url"};
}

}  // namespace

int rows::count() const noexcept {
  return PQntuples(result_.get());
}

std::string_view rows::bytes(int row, int column) const noexcept {
  return {PQgetvalue(result_.get(), row, column),
          static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

std::int64_t rows::number(int row, int column) const noexcept {
  return decode_number(bytes(row, column));
}

bool rows::is_failure() const noexcept {
  return PQresultStatus(result_.get()) == PGRES_FATAL_ERROR;
}

void rows::clear::operator()(pg_result* owned) const noexcept {
  PQclear(owned);
}

connection::connection(pg_conn* owned) : conn_(owned) {
  PQsetNoticeReceiver(conn_, note_warning, &warning_);
}

connection::~connection() {
  PQfinish(conn_);
}

result<std::unique_ptr<connection>> connection::open(const address& to, const char* application) {
  // What comes after `dbname` overrides the URL, what comes before it is a default. A peer that is
  // gone is noticed in 5 s, in the middle of a send and while an answer is waited for.
  const char* const keywords[] = {"connect_timeout",  "tcp_user_timeout",
                                  "keepalives_idle",  "keepalives_interval",
                                  "keepalives_count", "target_session_attrs",
                                  "dbname",           "application_name",
                                  "client_encoding",  nullptr};
  const char* const values[] = {"5",          "5000",         "2",         "1",    "3",
                                "read-write", to.url.c_str(), application, "UTF8", nullptr};
  std::unique_ptr<connection> made{new connection{PQconnectdbParams(keywords, values, 1)}};
  if (PQstatus(made->conn_) != CONNECTION_OK) {
    const std::string why =
        doing_to("connecting to", to) + ": " + first_line(PQerrorMessage(made->conn_));
    // Not asked again as soon as what is unreachable: servers lock users out for that.
    if (PQconnectionNeedsPassword(made->conn_) != 0 || PQconnectionUsedPassword(made->conn_) != 0) {
      return error{errc::unavailable,
                   why +
                       ". Check the user and the password: in storage.url, in PGPASSWORD or in "
                       "~/.pgpass",
                   "refused"};
    }
    return error{errc::unavailable, why, "unreachable"};
  }
  if (PQsetnonblocking(made->conn_, 1) != 0 || PQenterPipelineMode(made->conn_) != 1)
    return error{errc::unavailable, doing_to("connecting to", to) + ": libpq has no pipeline mode"};
  if (auto good = made->check_server(to); !good) return std::move(good).error();
  return made;
}

result<void> connection::check_server(const address& at) {
  if (const int version = PQserverVersion(conn_); version < oldest_server) {
    return error{errc::not_supported, doing_to("opening", at) + ": the server is PostgreSQL " +
                                          std::to_string(version / 10000) +
                                          "; 13 or later is needed"};
  }
  // Reads by key and in its order use the primary keys, whatever the statistics say.
  for (const char* const each : {"SET enable_seqscan = off", "SET enable_bitmapscan = off",
                                 "SET plan_cache_mode = force_generic_plan"})
    queue(each);
  queue("SELECT pg_backend_pid(), pg_is_in_recovery()");
  const answer got = exchange();
  if (got.failed) {
    // Statements of another client are in this session, or those of this one in another.
    const bool is_shared = got.failed->state == "42P05" || got.failed->state == "26000";
    return is_shared ? behind_pooler(at) : to_error(*got.failed, "opening", at);
  }
  const rows& found = got.results.back();
  if (found.number(0, 1) != 0) return to_error({"25006", "it is in recovery"}, "opening", at);
  // A pooler invents the number that it tells its clients.
  if (found.number(0, 0) == PQbackendPID(conn_)) return {};
  return behind_pooler(at);
}

void connection::queue(std::string_view sql, std::initializer_list<std::string_view> parameters) {
  if (lost_) return;
  std::vector<const char*> values;
  std::vector<int> lengths;
  for (const std::string_view each : parameters) {
    values.push_back(each.data() == nullptr ? "" : each.data());  // null would be SQL's null
    lengths.push_back(static_cast<int>(each.size()));
  }
  const std::vector<int> formats(values.size(), 1);
  const std::string& name = statement_of(sql);
  if (lost_) return;
  if (PQsendQueryPrepared(conn_, name.c_str(), static_cast<int>(values.size()), values.data(),
                          lengths.data(), formats.data(), 1) != 1)
    return lose();
  expected_.push_back(expected::result);
}

const std::string& connection::statement_of(std::string_view sql) {
  auto [found, is_new] = prepared_.try_emplace(std::string{sql});
  if (is_new) {
    found->second = "s" + std::to_string(++names_);
    if (PQsendPrepare(conn_, found->second.c_str(), found->first.c_str(), 0, nullptr) == 1) {
      expected_.push_back(expected::dropped);
    } else {
      lose();
    }
  }
  return found->second;
}

answer connection::exchange() {
  answer got;
  warning_.clear();
  if (!lost_ && PQpipelineSync(conn_) != 1) lose();
  if (!lost_) expected_.push_back(expected::end);
  if (!lost_ && send_all()) {
    while (!expected_.empty()) {
      rows next{next_result()};
      if (lost_) break;
      const expected what = expected_.front();
      expected_.pop_front();
      if (what == expected::dropped_end) {
        // Whether what was dropped has failed concerns nobody.
        got.failed.reset();
        warning_.clear();
        continue;
      }
      if (next.is_failure() && !got.failed) got.failed = failure_of(next.get());
      if (what == expected::result && !got.failed) got.results.push_back(std::move(next));
    }
  }
  if (got.failed && got.failed->lost) lose();
  if (lost_ && (!got.failed || !got.failed->lost)) got.failed = failure{{}, lost_message_, true};
  // A statement that was to be prepared after the failure is not.
  if (got.failed) prepared_.clear();
  got.warning = std::exchange(warning_, {});
  return got;
}

answer connection::run(std::string_view sql, std::initializer_list<std::string_view> parameters) {
  queue(sql, parameters);
  return exchange();
}

void connection::send() {
  if (lost_) return;
  for (expected& each : expected_) {
    if (each == expected::result) each = expected::dropped;
  }
  if (PQpipelineSync(conn_) != 1) return lose();
  expected_.push_back(expected::dropped_end);
  // What does not fit into the socket goes with the next exchange.
  if (PQflush(conn_) < 0) lose();
}

void connection::look() {
  if (!lost_ && PQconsumeInput(conn_) != 1) lose();
}

bool connection::send_all() {
  while (true) {
    const int left = PQflush(conn_);
    if (left == 0) return true;
    if (left < 0 || !wait(true) || PQconsumeInput(conn_) != 1) {
      lose();
      return false;
    }
  }
}

bool connection::wait(bool for_writing) {
  const auto events = static_cast<short>(for_writing ? POLLIN | POLLOUT : POLLIN);
  pollfd watched{PQsocket(conn_), events, 0};
  while (::poll(&watched, 1, -1) < 0) {
    if (errno != EINTR) return false;
  }
  return true;
}

pg_result* connection::next_result() {
  // libpq returns null between the results of two statements, and for ever if it has none left.
  for (int nulls = 0; nulls < 3; ++nulls) {
    while (PQisBusy(conn_) != 0) {
      if (!wait(false) || PQconsumeInput(conn_) != 1) {
        lose();
        return nullptr;
      }
    }
    if (PGresult* const found = PQgetResult(conn_)) return found;
  }
  lose();
  return nullptr;
}

void connection::lose() {
  if (std::exchange(lost_, true)) return;
  lost_message_ = first_line(PQerrorMessage(conn_));
  if (lost_message_.empty()) lost_message_ = "the connection to the server was lost";
}

}  // namespace pawl::persistence::postgres
