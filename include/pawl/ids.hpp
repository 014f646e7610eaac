#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include <pawl/result.hpp>

namespace pawl {

/// A string that identifies one kind of object, so that a flow name cannot be passed as a run id.
/// Does not check the text; the `parse_…` functions below do.
template <class Tag>
class strong_id {
 public:
  strong_id() = default;
  explicit strong_id(std::string text) : text_(std::move(text)) {}

  [[nodiscard]] const std::string& str() const noexcept { return text_; }
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }

  friend auto operator<=>(const strong_id&, const strong_id&) = default;
  friend bool operator==(const strong_id&, const strong_id&) = default;

 private:
  std::string text_;
};

using run_id = strong_id<struct run_id_tag>;          ///< a run, unique within its scope
using flow_name = strong_id<struct flow_name_tag>;    ///< a flow, unique within its scope
using scope_name = strong_id<struct scope_name_tag>;  ///< a scope (namespace, tenant)

/// Maximum length of run ids and flow names, in bytes.
inline constexpr std::size_t max_id_bytes = 255;
/// Maximum length of all other names: of scopes, queues, workers, jobs, keys and nodes, in bytes.
inline constexpr std::size_t max_name_bytes = 128;

/// Prefixes of the run ids that Pawl derives: from the idempotency key of a start, and from the
/// parent of a child run. If callers could choose such ids, they could block or impersonate those
/// runs.
inline constexpr std::string_view key_id_prefix = "key:";
inline constexpr std::string_view child_id_prefix = "sub-";

/// Whether a text is "." or "..": in the path of a URL these are not names, even if escaped.
[[nodiscard]] constexpr bool is_dot_segment(std::string_view text) noexcept {
  return text == "." || text == "..";
}

/// The default scope.
[[nodiscard]] const scope_name& default_scope();

/// Checks a name: 1 to `max_name_bytes` bytes of `[A-Za-z0-9._:-]`, but not "." or "..", which no
/// URL can contain as a segment of its path. `what` ("queue's name") names it in the error,
/// `invalid_argument`.
[[nodiscard]] result<void> check_name(std::string_view text, std::string_view what);
/// Any UTF-8 text of 1 to `max_id_bytes` bytes without control characters, but not "." or "..". It
/// is kept as given: two ids are the same if their bytes are. Error: `invalid_argument`.
[[nodiscard]] result<run_id> parse_run_id(std::string_view text);
/// The same for the id that a caller chooses for a new run: it must not begin with a prefix of ids
/// that Pawl derives.
[[nodiscard]] result<run_id> parse_new_run_id(std::string_view text);
/// As `parse_run_id`.
[[nodiscard]] result<flow_name> parse_flow_name(std::string_view text);
/// As `check_name`.
[[nodiscard]] result<scope_name> parse_scope_name(std::string_view text);

/// Identifies a run in an engine.
struct run_key {
  scope_name scope;
  run_id id;

  friend auto operator<=>(const run_key&, const run_key&) = default;
  friend bool operator==(const run_key&, const run_key&) = default;
};

/// A version of a flow: "major.minor.patch", ordered by these numbers.
struct version {
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  std::uint32_t patch = 0;

  friend auto operator<=>(const version&, const version&) = default;
  friend bool operator==(const version&, const version&) = default;
};

/// Parses "1", "1.2" or "1.2.3"; missing parts are 0. Error: `invalid_argument`.
[[nodiscard]] result<version> parse_version(std::string_view text);
[[nodiscard]] std::string to_string(const version& v);

/// Identifies one version of a flow. Versions are immutable; a run keeps the one it started on.
struct flow_version_id {
  flow_name name;
  pawl::version version;

  friend auto operator<=>(const flow_version_id&, const flow_version_id&) = default;
  friend bool operator==(const flow_version_id&, const flow_version_id&) = default;
};

/// "order@1.0.2"
[[nodiscard]] std::string to_string(const flow_version_id& id);

}  // namespace pawl

template <class Tag>
struct std::hash<pawl::strong_id<Tag>> {
  std::size_t operator()(const pawl::strong_id<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.str());
  }
};

template <>
struct std::hash<pawl::run_key> {
  std::size_t operator()(const pawl::run_key& key) const noexcept {
    return std::hash<std::string>{}(key.id.str()) * 31 + std::hash<std::string>{}(key.scope.str());
  }
};
