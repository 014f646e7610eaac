#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <pawl/flow_numbers.hpp>
#include <pawl/result.hpp>

#include "persistence/store.hpp"

/// Numbers of flows and of their versions, for clients of the previous engine. A number is given at
/// the first request for it, so flows that no client asks for by number have none.
namespace pawl::persistence {

/// The record of all keys of numbers. That of a flow has the version 0.0.0 and the number 0.
void encode_flow_numbers(const flow_numbers& numbers, std::string& to);
[[nodiscard]] std::string encode_flow_numbers(const flow_numbers& numbers);
[[nodiscard]] result<flow_numbers> decode_flow_numbers(std::string_view bytes);

/// None: the version has no numbers yet. Errors: as `view::get`, and `corrupt`.
[[nodiscard]] result<std::optional<flow_numbers>> find_numbers(const view& in,
                                                               const scope_name& scope,
                                                               const flow_version_id& id);
/// The version with a number; none if no version has it.
[[nodiscard]] result<std::optional<flow_numbers>> find_number(const view& in,
                                                              const scope_name& scope,
                                                              std::uint64_t version);
/// The version of a flow with a label; none if no version has it.
[[nodiscard]] result<std::optional<flow_numbers>> find_label(const view& in,
                                                             const scope_name& scope,
                                                             const flow_name& flow,
                                                             std::string_view label);

/// Adds to `to` what marks all numbered versions of a flow as withdrawn: the flow is deleted. Their
/// labels become free, see `flow_numbering`.
[[nodiscard]] result<void> withdraw_versions(const view& in, const scope_name& scope,
                                             const flow_name& flow, batch& to);
/// Adds to `to` what marks a version as not withdrawn, if it is: it was stored again.
[[nodiscard]] result<void> restore_version(const view& in, const scope_name& scope,
                                           const flow_version_id& id, batch& to);

/// Gives numbers: the next one of the scope, which follows the highest that was given. A label
/// of a withdrawn version is free: that version loses it to another one. Collects what is to be
/// written. Only one object at a time may write the numbers of a scope. Not
/// thread-safe.
class flow_numbering {
 public:
  flow_numbering(const view& before, scope_name scope)
      : before_(before), scope_(std::move(scope)) {}

  /// Returns the numbers of a version after the change. Errors: as `scope_flow_numbers`.
  [[nodiscard]] result<flow_numbers> apply(const flow_numbers_change& change);
  /// Gives a version this number, if neither has one, and this label, if it is free and not empty:
  /// for an import of flows that had numbers elsewhere. Returns whether the version has the number
  /// now. Only puts records. Errors: those of the store.
  [[nodiscard]] result<bool> claim(const flow_version_id& id, std::uint64_t version,
                                   const std::string& label = {});

  /// Gives a flow this number, if neither has one. Call it before other flows get numbers.
  /// Otherwise as `claim`.
  [[nodiscard]] result<bool> claim_flow(const flow_name& name, std::uint64_t number);

  [[nodiscard]] const batch& writes() const noexcept { return writes_; }
  [[nodiscard]] batch take_writes() noexcept { return std::move(writes_); }

 private:
  [[nodiscard]] result<std::optional<flow_numbers>> known(const flow_version_id& id) const;
  /// The highest number that is stored; 0: none.
  [[nodiscard]] result<std::uint64_t> highest(view::range given) const;
  [[nodiscard]] result<std::uint64_t> next(const view::range& given,
                                           std::optional<std::uint64_t>& last) const;
  [[nodiscard]] result<std::uint64_t> number_of_flow(const flow_name& name);
  /// The number of a flow; 0: it has none yet.
  [[nodiscard]] result<std::uint64_t> known_number(const flow_name& name) const;
  void put_flow(const flow_name& name, std::uint64_t number);
  /// The version that has a label; none if it is free.
  [[nodiscard]] result<std::optional<flow_numbers>> holder_of(const flow_name& flow,
                                                              const std::string& label) const;
  result<void> set_label(flow_numbers& to, const std::string& label);
  void put(const flow_numbers& numbers);

  const view& before_;
  const scope_name scope_;
  batch writes_;
  std::map<flow_version_id, flow_numbers> changed_;  ///< in `writes_`
  std::map<flow_name, std::uint64_t> new_flows_;     ///< in `writes_`
  std::set<std::uint64_t> new_flow_numbers_;         ///< the numbers of `new_flows_`
  std::set<std::uint64_t> new_versions_;             ///< numbers given in `writes_`
  std::map<std::pair<flow_name, std::string>, flow_version_id> new_labels_;  ///< as above
  std::optional<std::uint64_t> last_flow_;     ///< the highest number; none: not read yet
  std::optional<std::uint64_t> last_version_;  ///< as above
};

}  // namespace pawl::persistence
