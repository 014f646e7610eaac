#pragma once

#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pawl/callback.hpp>
#include <pawl/detail/scope_ref.hpp>
#include <pawl/flow.hpp>
#include <pawl/ids.hpp>
#include <pawl/json.hpp>
#include <pawl/result.hpp>

namespace pawl {

/// Selects a page of flows, or of the versions of a flow.
struct flow_filter {
  std::size_t limit = 100;  ///< 1 to 1000
  std::string cursor = {};  ///< `next` of the previous page
};

/// A page of the versions of a flow, oldest first.
struct flow_version_page {
  std::vector<flow_version> versions;
  std::string next;  ///< cursor of the next page; empty on the last page
  /// Versions that could not be listed because their record is damaged, each with the reason.
  std::vector<std::string> damaged = {};
};

/// A page of flows, ordered by name.
struct flow_page {
  std::vector<flow_summary> flows;
  std::string next;  ///< cursor of the next page; empty on the last page
  /// Flows that could not be listed because their record is damaged, each with the reason.
  std::vector<std::string> damaged = {};
};

/// The flows of one scope; `scope::flows` returns it. A handle: cheap to copy, safe for concurrent
/// use, and valid after the engine has stopped (every call then fails with `unavailable`).
///
/// `withdrawn`, of queries: once it is requested, a query that still waits for its turn is answered
/// with `cancelled`.
///
/// Calls that change something return after the change is durable. In addition to errors listed for
/// each call, they fail with `overloaded` if the engine is full (nothing was changed) and with
/// `unavailable` if the engine is not open, is stopping, or its store has failed.
class scope_flows {
 public:
  explicit scope_flows(detail::scope_ref at) : at_(std::move(at)) {}

  /// Checks a flow definition, in the long or the short form, and stores it as a version. Two
  /// spellings of the same flow are equal definitions. Errors: `invalid_flow` with all
  /// diagnostics; `already_exists` if `options.version` is stored with another definition;
  /// `conflict` if a condition of `options` does not hold; `limit_exceeded`; `invalid_argument` if
  /// the definition has a value that JSON cannot express.
  result<flow_stored> put(const json& definition, put_flow_options options = {}) const;
  void put_async(const json& definition, put_flow_options options,
                 callback<flow_stored> done) const;

  /// Parses JSON text and stores it as `put` does. Errors: as `put`, and `invalid_argument` with
  /// line and column if the text is not JSON.
  result<flow_stored> put_text(std::string_view text, put_flow_options options = {}) const;
  void put_text_async(std::string_view text, put_flow_options options,
                      callback<flow_stored> done) const;

  /// Makes a stored version the default for new runs. Errors: `not_found`.
  result<void> publish(const flow_version_id& id) const;
  void publish_async(const flow_version_id& id, callback<void> done) const;

  /// Deletes a flow: it is no longer listed and can no longer be started. Runs keep the versions
  /// they were started on; version numbers are not reused. Errors: `not_found`; `conflict` while
  /// unfinished runs use the flow.
  result<void> remove(const flow_name& name) const;
  void remove_async(const flow_name& name, callback<void> done) const;

  /// Returns one version of a flow, by default the published one. Errors: `not_found`.
  [[nodiscard]] result<flow_version> get(const flow_name& name,
                                         std::optional<version> v = {}) const;
  void get_async(const flow_name& name, std::optional<version> v, callback<flow_version> done,
                 std::stop_token withdrawn = {}) const;

  /// Returns all flows, ordered by name. Errors: `corrupt` if one is damaged; a page lists the
  /// rest.
  [[nodiscard]] result<std::vector<flow_summary>> list() const;
  void list_async(callback<std::vector<flow_summary>> done, std::stop_token withdrawn = {}) const;

  /// Returns a page of flows, ordered by name. Errors: `invalid_argument` (cursor, limit).
  [[nodiscard]] result<flow_page> list(const flow_filter& filter) const;
  void list_async(const flow_filter& filter, callback<flow_page> done,
                  std::stop_token withdrawn = {}) const;

  /// Returns all versions of a flow, oldest first. Errors: `not_found`; `corrupt` if one is
  /// damaged; a page lists the rest.
  [[nodiscard]] result<std::vector<flow_version>> versions(const flow_name& name) const;
  void versions_async(const flow_name& name, callback<std::vector<flow_version>> done,
                      std::stop_token withdrawn = {}) const;

  /// Returns a page of the versions of a flow, oldest first. A page also ends when it reaches some
  /// megabytes. Errors: `not_found`, `invalid_argument` (cursor, limit).
  [[nodiscard]] result<flow_version_page> versions(const flow_name& name,
                                                   const flow_filter& filter) const;
  void versions_async(const flow_name& name, const flow_filter& filter,
                      callback<flow_version_page> done, std::stop_token withdrawn = {}) const;

  /// Checks a definition under this engine's limits and stores nothing. Returns every diagnostic,
  /// including warnings. Errors: `invalid_argument` and `limit_exceeded`, as `put`.
  [[nodiscard]] result<std::vector<diagnostic>> validate(const json& definition) const;
  void validate_async(json definition, callback<std::vector<diagnostic>> done,
                      std::stop_token withdrawn = {}) const;

 private:
  detail::scope_ref at_;
};

}  // namespace pawl
