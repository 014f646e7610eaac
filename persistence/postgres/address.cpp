#include "persistence/postgres/address.hpp"

#include <map>
#include <memory>
#include <utility>

#include <libpq-fe.h>

namespace pawl::persistence::postgres {
namespace {

struct free_options {
  void operator()(PQconninfoOption* all) const noexcept { PQconninfoFree(all); }
};

std::string one_line_of(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  return text;
}

/// libpq repeats the URL in what it says about one that it cannot parse.
std::string without_quotes(const std::string& text) {
  std::string kept;
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (!quoted && c != '"') kept += c;
  }
  return kept;
}

}  // namespace

result<address> parse_address(std::string_view url) {
  address made{std::string{url}, {}};
  const error unknown{errc::invalid_argument,
                      "storage.url must be postgres://USER@HOST:PORT/DATABASE"};
  if (!url.starts_with("postgres://") && !url.starts_with("postgresql://")) return unknown;
  char* why = nullptr;
  const std::unique_ptr<PQconninfoOption, free_options> options{
      PQconninfoParse(made.url.c_str(), &why)};
  if (!options) {
    error failure = unknown;
    if (why != nullptr) failure.message += " (" + without_quotes(one_line_of(why)) + ")";
    PQfreemem(why);
    return failure;
  }
  std::map<std::string, std::string> given;
  for (const auto* each = options.get(); each->keyword != nullptr; ++each) {
    if (each->val != nullptr) given[each->keyword] = each->val;
  }
  made.shown = "postgres://";
  if (!given["user"].empty()) made.shown += given["user"] + "@";
  made.shown += given["host"].empty() ? given["hostaddr"] : given["host"];
  if (!given["port"].empty()) made.shown += ":" + given["port"];
  made.shown += "/" + given["dbname"];
  return made;
}

std::string doing_to(std::string_view doing, const address& at) {
  return std::string{doing} + " the store in " + at.shown;
}

}  // namespace pawl::persistence::postgres
