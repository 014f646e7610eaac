#include "server/api/router.hpp"

#include <algorithm>
#include <utility>

#include "server/api/percent.hpp"

namespace pawl::server {
namespace {

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> segments;
  if (path.starts_with('/')) path.remove_prefix(1);
  while (true) {
    const auto slash = path.find('/');
    segments.push_back(path.substr(0, slash));
    if (slash == path.npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

bool is_variable(std::string_view segment) noexcept {
  return segment.starts_with('{');
}

/// The values of the pattern's variables; nothing if the path does not match.
std::optional<path_values> match_segments(const std::vector<std::string_view>& wanted,
                                          const std::vector<std::string>& path) {
  if (wanted.size() != path.size()) return std::nullopt;
  path_values values;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (is_variable(wanted[i])) {
      if (path[i].empty()) return std::nullopt;
      values.emplace(wanted[i].substr(1, wanted[i].size() - 2), path[i]);
    } else if (wanted[i] != path[i]) {
      return std::nullopt;
    }
  }
  return values;
}

/// Rank of a match: a literal segment is preferred to a variable one.
std::size_t literal_count(const std::vector<std::string_view>& pattern) {
  return static_cast<std::size_t>(
      std::count_if(pattern.begin(), pattern.end(), [](auto s) { return !is_variable(s); }));
}

}  // namespace

route route::with_query(std::vector<std::string_view> names) && {
  parameters = std::move(names);
  return std::move(*this);
}

route route::with_body(body_kind kind) && {
  body = kind;
  return std::move(*this);
}

route route::producing(std::string_view media_type) && {
  produces = media_type;
  return std::move(*this);
}

route route::idempotent_by_engine() && {
  idempotency = idempotency_mode::by_engine;
  return std::move(*this);
}

route route::for_whole_server() && {
  server_wide = true;
  return std::move(*this);
}

route route::answered_by_each_server() && {
  by_each_server = true;
  return std::move(*this);
}

route route::unaudited() && {
  audited = false;
  return std::move(*this);
}

route get_route(std::string_view pattern, std::string_view name, std::optional<role> open_to,
                route::handler handle) {
  return {"GET", pattern, name, open_to, handle};
}

route post_route(std::string_view pattern, std::string_view name, std::optional<role> open_to,
                 route::handler handle) {
  return {"POST", pattern, name, open_to, handle, body_kind::object, idempotency_mode::by_table};
}

route put_route(std::string_view pattern, std::string_view name, std::optional<role> open_to,
                route::handler handle) {
  return {"PUT", pattern, name, open_to, handle, body_kind::object};
}

route delete_route(std::string_view pattern, std::string_view name, std::optional<role> open_to,
                   route::handler handle) {
  return {"DELETE", pattern, name, open_to, handle};
}

void router::add(route r) {
  patterns_.push_back(segments_of(r.pattern));
  routes_.push_back(std::move(r));
}

router::match router::find(std::string_view method, std::string_view path) const& {
  match best;
  std::vector<std::string> segments;
  for (const auto segment : segments_of(path)) {
    auto plain = percent_decoded(segment);
    if (!plain) {
      best.bad_encoding = true;
      return best;
    }
    segments.push_back(*std::move(plain));
  }
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  std::size_t best_literals = 0;
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    const route& each = routes_[i];
    auto values = match_segments(patterns_[i], segments);
    if (!values) continue;
    best.allowed += (best.allowed.empty() ? "" : ", ") + std::string{each.method};
    if (each.method == "GET") best.allowed += ", HEAD";
    if (each.method != wanted) continue;
    const std::size_t literals = literal_count(patterns_[i]);
    if (best.route != nullptr && literals <= best_literals) continue;
    best.route = &each;
    best.values = *std::move(values);
    best_literals = literals;
  }
  return best;
}

}  // namespace pawl::server
