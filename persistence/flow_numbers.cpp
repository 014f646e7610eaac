#include "persistence/flow_numbers.hpp"

#include <algorithm>
#include <utility>

#include <pawl/code_ref.hpp>
#include <pawl/detail/utf8.hpp>

#include "persistence/codec/fields.hpp"
#include "persistence/keys.hpp"
#include "persistence/not_found.hpp"
#include "persistence/record.hpp"

namespace pawl::persistence {

using namespace codec;

namespace {

constexpr std::uint8_t flow_numbers_version = 1;

/// The highest number that every JSON reader takes exactly.
constexpr std::uint64_t max_number = std::uint64_t{1} << 53;

flow_numbers decode_flow_numbers_v1(byte_reader& from) {
  flow_numbers numbers;
  numbers.id.name = decode_id<flow_name>(from);
  numbers.id.version = decode_version(from);
  numbers.flow = from.varint();
  numbers.version = from.varint();
  numbers.label = from.text();
  numbers.withdrawn = from.flag();
  return numbers;
}

result<std::optional<flow_numbers>> read_numbers(const view& in, const std::string& key) {
  auto bytes = in.get(column::flows, key);
  if (!bytes) return std::move(bytes).error();
  if (!*bytes) return std::optional<flow_numbers>{};
  auto numbers = decode_flow_numbers(**bytes);
  if (!numbers) return std::move(numbers).error();
  return std::optional{*std::move(numbers)};
}

result<void> check_label(const std::string& label) {
  const bool has_control = std::any_of(label.begin(), label.end(),
                                       [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (!label.empty() && label.size() <= max_label_bytes && !has_control &&
      pawl::detail::valid_utf8_prefix(label) == label.size())
    return {};
  return error{errc::invalid_argument, "the label of a version must be UTF-8 text of 1 to " +
                                           std::to_string(max_label_bytes) +
                                           " bytes without control characters"};
}

}  // namespace

void encode_flow_numbers(const flow_numbers& numbers, std::string& to) {
  record_writer out{to, record_kind::flow_numbers, flow_numbers_version};
  encode_id(out, numbers.id.name);
  encode_version(out, numbers.id.version);
  out.varint(numbers.flow);
  out.varint(numbers.version);
  out.text(numbers.label);
  out.flag(numbers.withdrawn);
  out.finish();
}

std::string encode_flow_numbers(const flow_numbers& numbers) {
  std::string bytes;
  encode_flow_numbers(numbers, bytes);
  return bytes;
}

result<flow_numbers> decode_flow_numbers(std::string_view bytes) {
  return decode_record<flow_numbers>(record_kind::flow_numbers, bytes, {decode_flow_numbers_v1});
}

result<std::optional<flow_numbers>> find_numbers(const view& in, const scope_name& scope,
                                                 const flow_version_id& id) {
  return read_numbers(in, keys::version_number(scope, id));
}

result<std::optional<flow_numbers>> find_number(const view& in, const scope_name& scope,
                                                std::uint64_t version) {
  auto named = read_numbers(in, keys::numbered_version(scope, version));
  if (!named || !*named) return named;
  return find_numbers(in, scope, (*named)->id);
}

result<std::optional<flow_numbers>> find_label(const view& in, const scope_name& scope,
                                               const flow_name& flow, std::string_view label) {
  auto named = read_numbers(in, keys::labelled_version(scope, flow, label));
  if (!named || !*named) return named;
  return find_numbers(in, scope, (*named)->id);
}

result<void> withdraw_versions(const view& in, const scope_name& scope, const flow_name& flow,
                               batch& to) {
  std::optional<error> failure;
  const auto read =
      in.scan(column::flows, keys::version_numbers(scope, flow),
              [&](std::string_view key, std::string_view bytes) {
                auto numbers = decode_flow_numbers(bytes);
                if (!numbers) {
                  failure = std::move(numbers).error();
                  return view::next::stop;
                }
                if (numbers->withdrawn) return view::next::more;
                numbers->withdrawn = true;
                to.put(column::flows, std::string{key}, encode_flow_numbers(*numbers));
                return view::next::more;
              });
  if (!read) return read.error();
  return failure ? result<void>{*std::move(failure)} : result<void>{};
}

result<void> restore_version(const view& in, const scope_name& scope, const flow_version_id& id,
                             batch& to) {
  auto numbers = find_numbers(in, scope, id);
  if (!numbers) return std::move(numbers).error();
  if (!*numbers || !(*numbers)->withdrawn) return {};
  (*numbers)->withdrawn = false;
  to.put(column::flows, keys::version_number(scope, id), encode_flow_numbers(**numbers));
  return {};
}

result<std::optional<flow_numbers>> flow_numbering::known(const flow_version_id& id) const {
  if (const auto found = changed_.find(id); found != changed_.end())
    return std::optional{found->second};
  return find_numbers(before_, scope_, id);
}

result<std::uint64_t> flow_numbering::highest(view::range given) const {
  given.reverse = true;
  std::uint64_t found = 0;
  const auto read = before_.scan(column::flows, given, [&](std::string_view key, std::string_view) {
    found = keys::number_in(key);
    return view::next::stop;
  });
  if (!read) return read.error();
  return found;
}

result<std::uint64_t> flow_numbering::next(const view::range& given,
                                           std::optional<std::uint64_t>& last) const {
  if (!last) {
    const auto found = highest(given);
    if (!found) return found;
    last = *found;
  }
  return ++*last;
}

result<std::uint64_t> flow_numbering::known_number(const flow_name& name) const {
  if (const auto known = new_flows_.find(name); known != new_flows_.end()) return known->second;
  const auto stored = read_numbers(before_, keys::flow_number(scope_, name));
  if (!stored) return stored.error();
  return *stored ? (*stored)->flow : 0;
}

void flow_numbering::put_flow(const flow_name& name, std::uint64_t number) {
  const std::string record = encode_flow_numbers({{name, {}}, number, 0});
  writes_.put(column::flows, keys::flow_number(scope_, name), record);
  writes_.put(column::flows, keys::numbered_flow(scope_, number), record);
  new_flows_.emplace(name, number);
  new_flow_numbers_.insert(number);
}

result<std::uint64_t> flow_numbering::number_of_flow(const flow_name& name) {
  const auto known = known_number(name);
  if (!known || *known != 0) return known;
  const auto number = next(keys::numbered_flows(scope_), last_flow_);
  if (number) put_flow(name, *number);
  return number;
}

result<bool> flow_numbering::claim_flow(const flow_name& name, std::uint64_t number) {
  const auto known = known_number(name);
  if (!known) return known.error();
  if (*known != 0) return *known == number;
  const auto holder = read_numbers(before_, keys::numbered_flow(scope_, number));
  if (!holder) return holder.error();
  const bool is_taken = *holder || new_flow_numbers_.contains(number);
  if (number == 0 || number > max_number || is_taken) return false;
  if (!last_flow_) {
    const auto last = highest(keys::numbered_flows(scope_));
    if (!last) return last.error();
    last_flow_ = *last;
  }
  put_flow(name, number);
  last_flow_ = std::max(*last_flow_, number);
  return true;
}

void flow_numbering::put(const flow_numbers& numbers) {
  writes_.put(column::flows, keys::version_number(scope_, numbers.id),
              encode_flow_numbers(numbers));
  changed_.insert_or_assign(numbers.id, numbers);
}

result<std::optional<flow_numbers>> flow_numbering::holder_of(const flow_name& flow,
                                                              const std::string& label) const {
  std::optional<flow_version_id> id;
  if (const auto found = new_labels_.find({flow, label}); found != new_labels_.end()) {
    id = found->second;
  } else {
    const auto stored = find_label(before_, scope_, flow, label);
    if (!stored) return stored.error();
    if (*stored) id = (*stored)->id;
  }
  if (!id) return std::optional<flow_numbers>{};
  auto holder = known(*id);  // it may have lost the label, or be withdrawn, in `writes_`
  if (holder && *holder && (*holder)->label != label) return std::optional<flow_numbers>{};
  return holder;
}

result<void> flow_numbering::set_label(flow_numbers& to, const std::string& label) {
  if (auto good = check_label(label); !good) return good;
  auto holder = holder_of(to.id.name, label);
  if (!holder) return std::move(holder).error();
  const bool is_other = *holder && (*holder)->id != to.id;
  if (is_other && !(*holder)->withdrawn) {
    return error{errc::already_exists, "another version of flow " + to.id.name.str() +
                                           " has the label " + pawl::quoted(label)};
  }
  if (!to.label.empty()) {
    return error{errc::conflict, "version " + to_string(to.id) + " has the label " +
                                     pawl::quoted(to.label) + ", which is never changed"};
  }
  if (is_other) {
    (*holder)->label.clear();
    put(**holder);
  }
  to.label = label;
  new_labels_.insert_or_assign({to.id.name, label}, to.id);
  writes_.put(column::flows, keys::labelled_version(scope_, to.id.name, label),
              encode_flow_numbers(to));
  return {};
}

result<flow_numbers> flow_numbering::apply(const flow_numbers_change& change) {
  const auto existing = known(change.id);
  if (!existing) return existing.error();
  flow_numbers numbers;
  if (*existing) {
    numbers = **existing;
  } else {
    const auto stored = before_.get(column::flows, keys::flow_version(scope_, change.id));
    if (!stored) return stored.error();
    if (!*stored) return no_such_version(change.id);
    numbers.id = change.id;
    const auto flow = number_of_flow(change.id.name);
    if (!flow) return flow.error();
    const auto version = next(keys::numbered_versions(scope_), last_version_);
    if (!version) return version.error();
    numbers.flow = *flow;
    numbers.version = *version;
    new_versions_.insert(*version);
    writes_.put(column::flows, keys::numbered_version(scope_, *version),
                encode_flow_numbers(numbers));
  }
  const flow_numbers before = numbers;
  if (!change.label.empty() && change.label != numbers.label)
    if (auto set = set_label(numbers, change.label); !set) return std::move(set).error();
  numbers.withdrawn = change.withdrawn.value_or(numbers.withdrawn);
  if (!*existing || numbers != before) put(numbers);
  return numbers;
}

result<bool> flow_numbering::claim(const flow_version_id& id, std::uint64_t version,
                                   const std::string& label) {
  const auto existing = known(id);
  if (!existing) return existing.error();
  if (*existing) return (*existing)->version == version;
  const auto holder = find_number(before_, scope_, version);
  if (!holder) return holder.error();
  const bool is_taken = *holder || new_versions_.contains(version);
  if (version == 0 || version > max_number || is_taken) return false;
  if (!last_version_) {
    const auto last = highest(keys::numbered_versions(scope_));
    if (!last) return last.error();
    last_version_ = *last;
  }
  const auto flow = number_of_flow(id.name);
  if (!flow) return flow.error();
  flow_numbers numbers{id, *flow, version};
  if (!label.empty()) {
    // A label that is taken or invalid is left out.
    const auto set = set_label(numbers, label);
    const bool is_refused = !set && (set.error().code == errc::already_exists ||
                                     set.error().code == errc::invalid_argument);
    if (!set && !is_refused) return set.error();
  }
  writes_.put(column::flows, keys::numbered_version(scope_, version), encode_flow_numbers(numbers));
  put(numbers);
  new_versions_.insert(version);
  last_version_ = std::max(*last_version_, version);
  return true;
}

}  // namespace pawl::persistence
