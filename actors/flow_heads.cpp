#include "actors/flow_heads.hpp"

#include <utility>

#include <pawl/assert.hpp>

#include "persistence/flow_numbers.hpp"
#include "persistence/keys.hpp"
#include "persistence/not_found.hpp"

namespace pawl::actors {
namespace {

constexpr std::size_t max_listed_versions = 10;

/// Why no version fits a start. Lists the newest versions.
error no_version_in(const persistence::view& from, const scope_name& scope, const flow_name& flow,
                    const version& published, const version_range& among) {
  persistence::view::range all = persistence::keys::flow_versions(scope, flow);
  all.reverse = true;
  std::string listed;
  std::size_t count = 0;
  const auto visit = [&](std::string_view key, std::string_view) {
    const version each = persistence::keys::version_in(key);
    if (count == max_listed_versions) {
      listed += ", …";
      return persistence::view::next::stop;
    }
    listed += (count++ == 0 ? "" : ", ") + to_string(each);
    if (each == published) listed += " (published)";
    return persistence::view::next::more;
  };
  if (const auto read = from.scan(persistence::column::flows, all, visit); !read)
    return read.error();
  return {errc::not_found, "flow \"" + flow.str() + "\" has no version " + to_string(among) +
                               " up to the published one; it has " + listed};
}

}  // namespace

result<std::optional<persistence::flow_head>> find_flow_head(const persistence::view& from,
                                                             const scope_name& scope,
                                                             const flow_name& flow) {
  auto bytes = from.get(persistence::column::flows, persistence::keys::flow_head(scope, flow));
  if (!bytes) return std::move(bytes).error();
  if (!*bytes) return std::optional<persistence::flow_head>{};
  auto head = persistence::decode_flow_head(**bytes);
  if (!head) return std::move(head).error();
  return std::optional{*head};
}

result<persistence::flow_head> read_flow_head(const persistence::view& from,
                                              const scope_name& scope, const flow_name& flow) {
  const auto head = find_flow_head(from, scope, flow);
  if (!head) return head.error();
  if (!*head || (*head)->deleted) return persistence::no_such_flow(flow);
  return **head;
}

result<version> published_version(const persistence::flow_head& head, const flow_name& flow) {
  if (head.published) return *head.published;
  return error{errc::not_found, "flow \"" + flow.str() +
                                    "\" has no published version; name a version, or publish one"};
}

result<version> newest_version(const persistence::view& from, const scope_name& scope,
                               const flow_name& flow, const version& published,
                               const version_range& among) {
  std::optional<version> found;
  if (among.last < published) {
    const persistence::view::range range{
        persistence::keys::flow_version(scope, {flow, among.first}),
        persistence::keys::flow_version(scope, {flow, among.last}) + '\0', true};
    std::optional<error> failure;
    const auto visit = [&](std::string_view key, std::string_view) {
      const version each = persistence::keys::version_in(key);
      const auto numbers = persistence::find_numbers(from, scope, {flow, each});
      if (!numbers) {
        failure = numbers.error();
      } else if (!*numbers || !(*numbers)->withdrawn) {
        found = each;
      }
      return failure || found ? persistence::view::next::stop : persistence::view::next::more;
    };
    const auto read = from.scan(persistence::column::flows, range, visit);
    if (!read) return read.error();
    if (failure) return *std::move(failure);
  }
  if (found) return *found;
  return no_version_in(from, scope, flow, published, among);
}

std::optional<persistence::flow_head> flow_heads::find(const scope_name& scope,
                                                       const flow_name& flow) {
  const std::lock_guard lock{mutex_};
  const auto* const found = heads_.find({scope, flow});
  return found == nullptr ? std::nullopt : std::optional{*found};
}

flow_heads::ticket flow_heads::begin_read() const {
  const std::lock_guard lock{mutex_};
  return changes_;
}

void flow_heads::put(ticket taken, const scope_name& scope, const flow_name& flow,
                     const persistence::flow_head& head) {
  const std::lock_guard lock{mutex_};
  if (taken != changes_ || changes_ % 2 == 1) return;
  key of{scope, flow};
  if (heads_.find(of) == nullptr) heads_.add(std::move(of), head);
}

void flow_heads::begin_change(const scope_name& scope, const flow_name& flow) {
  const std::lock_guard lock{mutex_};
  PAWL_ASSERT(changes_ % 2 == 0, "changes of flow heads do not overlap");
  ++changes_;
  heads_.erase({scope, flow});
}

void flow_heads::end_change() {
  const std::lock_guard lock{mutex_};
  PAWL_ASSERT(changes_ % 2 == 1, "a change of a flow head that ends has begun");
  ++changes_;
}

std::size_t flow_heads::size() const {
  const std::lock_guard lock{mutex_};
  return heads_.size();
}

}  // namespace pawl::actors
