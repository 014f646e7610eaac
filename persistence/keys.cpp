#include "persistence/keys.hpp"

#include <algorithm>
#include <bit>
#include <chrono>

namespace pawl::persistence::keys {
namespace {

void add_name(std::string& key, std::string_view name) {
  key += name;
  key += '\0';
}

void add_number(std::string& key, std::uint64_t number, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8)
    key += static_cast<char>((number >> shift) & 0xff);
}

void add_version(std::string& key, const flow_version_id& flow) {
  add_name(key, flow.name.str());
  add_number(key, flow.version.major, 4);
  add_number(key, flow.version.minor, 4);
  add_number(key, flow.version.patch, 4);
}

void add_newest_first(std::string& key, time_point created) {
  add_number(key, ~static_cast<std::uint64_t>(to_unix_us(created)), 8);
}

/// All keys that start with `prefix`, whose last byte is not 0xff.
view::range with_prefix(std::string prefix) {
  std::string to = prefix;
  to.back() = static_cast<char>(static_cast<unsigned char>(to.back()) + 1);
  return {std::move(prefix), std::move(to)};
}

std::string with_kind(char kind, const scope_name& scope) {
  std::string key{kind};
  add_name(key, scope.str());
  return key;
}

/// The keys of a kind in the scopes whose names come after this one.
view::range in_scopes_after(char kind, const scope_name& scope) {
  view::range all = with_prefix(std::string{kind});
  if (!scope.empty()) all.from = with_prefix(with_kind(kind, scope)).to;
  return all;
}

/// Removes a name from the front and returns it.
std::optional<std::string_view> take_name(std::string_view& bytes) {
  const auto end = bytes.find('\0');
  if (end == bytes.npos) return std::nullopt;
  const auto name = bytes.substr(0, end);
  bytes.remove_prefix(end + 1);
  return name;
}

/// Removes the two names of a run from the front and returns them; `between` bytes separate them.
std::optional<run_key> take_run(std::string_view& bytes, std::size_t between = 0) {
  const auto scope = take_name(bytes);
  if (!scope || bytes.size() < between) return std::nullopt;
  bytes.remove_prefix(between);
  const auto id = take_name(bytes);
  if (!id) return std::nullopt;
  return run_key{scope_name{std::string{*scope}}, run_id{std::string{*id}}};
}

/// Removes a number from the front and returns it. `bytes` has at least `size` bytes.
std::uint64_t take_number(std::string_view& bytes, std::size_t size) {
  std::uint64_t number = 0;
  for (const char c : bytes.substr(0, size)) number = number << 8 | static_cast<unsigned char>(c);
  bytes.remove_prefix(size);
  return number;
}

/// Removes the kind 'q' and the names of a task queue from the front and returns them.
std::optional<task_queue> take_task_queue(std::string_view& bytes) {
  if (bytes.empty() || bytes.front() != 'q') return std::nullopt;
  bytes.remove_prefix(1);
  const auto scope = take_name(bytes);
  const auto queue = scope ? take_name(bytes) : std::nullopt;
  const auto function = queue ? take_name(bytes) : std::nullopt;
  if (!function) return std::nullopt;
  return task_queue{scope_name{std::string{*scope}}, std::string{*queue}, std::string{*function}};
}

}  // namespace

std::string schema() {
  return "schema";
}

std::string clock_lead() {
  return "clock_lead";
}

std::string keys_in_use() {
  return "keys_in_use";
}

std::string copy_mark() {
  return "copy_mark";
}

std::string flow_head(const scope_name& scope, const flow_name& flow) {
  std::string key = with_kind('h', scope);
  add_name(key, flow.str());
  return key;
}

view::range flow_heads(const scope_name& scope) {
  return with_prefix(with_kind('h', scope));
}

view::range flow_heads_after(const scope_name& scope) {
  return in_scopes_after('h', scope);
}

std::optional<scope_name> scope_in(std::string_view key) {
  if (key.empty()) return std::nullopt;
  key.remove_prefix(1);
  const auto name = take_name(key);
  if (!name) return std::nullopt;
  return scope_name{std::string{*name}};
}

std::string flow_version(const scope_name& scope, const flow_version_id& flow) {
  std::string key = with_kind('v', scope);
  add_version(key, flow);
  return key;
}

view::range flow_versions(const scope_name& scope, const flow_name& flow) {
  std::string prefix = with_kind('v', scope);
  add_name(prefix, flow.str());
  return with_prefix(std::move(prefix));
}

version version_in(std::string_view flow_version_key) noexcept {
  PAWL_ASSERT(flow_version_key.size() >= 12, "a key of a version ends in three numbers");
  std::string_view numbers = flow_version_key.substr(flow_version_key.size() - 12);
  version found;
  for (std::uint32_t* const part : {&found.major, &found.minor, &found.patch})
    *part = static_cast<std::uint32_t>(take_number(numbers, 4));
  return found;
}

std::string flow_number(const scope_name& scope, const flow_name& flow) {
  std::string key = with_kind('f', scope);
  add_name(key, flow.str());
  return key;
}

std::string numbered_flow(const scope_name& scope, std::uint64_t number) {
  std::string key = with_kind('g', scope);
  add_number(key, number, 8);
  return key;
}

view::range numbered_flows(const scope_name& scope) {
  return with_prefix(with_kind('g', scope));
}

std::string version_number(const scope_name& scope, const flow_version_id& flow) {
  std::string key = with_kind('i', scope);
  add_version(key, flow);
  return key;
}

view::range version_numbers(const scope_name& scope, const flow_name& flow) {
  std::string prefix = with_kind('i', scope);
  add_name(prefix, flow.str());
  return with_prefix(std::move(prefix));
}

std::string numbered_version(const scope_name& scope, std::uint64_t number) {
  std::string key = with_kind('n', scope);
  add_number(key, number, 8);
  return key;
}

view::range numbered_versions(const scope_name& scope) {
  return with_prefix(with_kind('n', scope));
}

std::string labelled_version(const scope_name& scope, const flow_name& flow,
                             std::string_view label) {
  std::string key = with_kind('l', scope);
  add_name(key, flow.str());
  add_name(key, label);
  return key;
}

std::uint64_t number_in(std::string_view numbered_key) noexcept {
  PAWL_ASSERT(numbered_key.size() >= 8, "a key of a number ends in eight bytes");
  std::string_view number = numbered_key.substr(numbered_key.size() - 8);
  return take_number(number, 8);
}

std::string run(const run_key& key) {
  std::string bytes;
  bytes.reserve(key.scope.str().size() + key.id.str().size() + 10);
  add_name(bytes, key.scope.str());
  add_name(bytes, key.id.str());
  return bytes;
}

namespace {

constexpr char state_part = 1, input_part = 2, checkpoint_part = 3, base_part = 4, log_part = 5,
               log_head_part = 6, blob_part_kind = 7;

std::string run_record(std::string_view run_hash, char part) {
  std::string bytes;
  bytes.reserve(run_hash_bytes + 1 + 8);
  return bytes.append(run_hash).append(1, part);
}

bool is_part(std::string_view key, char part) noexcept {
  return key.size() == run_hash_bytes + 1 && key.back() == part;
}

constexpr std::size_t before_scope_of_listed = 2;  // kind and status

}  // namespace

std::string state(std::string_view run_hash) {
  return run_record(run_hash, state_part);
}

std::string input(std::string_view run_hash) {
  return run_record(run_hash, input_part);
}

std::string base_state(std::string_view run_hash) {
  return run_record(run_hash, base_part);
}

std::string checkpoint(std::string_view run_hash, std::uint64_t sequence) {
  std::string bytes = run_record(run_hash, checkpoint_part);
  add_number(bytes, sequence, 8);
  return bytes;
}

std::string log_chunk(std::string_view run_hash, std::uint64_t number) {
  std::string key = run_record(run_hash, log_part);
  add_number(key, number, 8);
  return key;
}

view::range log_chunks(std::string_view run_hash) {
  return {run_record(run_hash, log_part), run_record(run_hash, log_part + 1)};
}

std::string log_head(std::string_view run_hash) {
  return run_record(run_hash, log_head_part);
}

view::range log_of_run(std::string_view run_hash) {
  return {run_record(run_hash, log_part), run_record(run_hash, log_head_part + 1)};
}

bool is_of_log(std::string_view key) noexcept {
  if (key.size() <= run_hash_bytes) return false;
  const char part = key[run_hash_bytes];
  return (part == log_part && key.size() == run_hash_bytes + 9) || is_part(key, log_head_part);
}

std::optional<std::uint64_t> log_chunk_number(std::string_view key) noexcept {
  if (key.size() != run_hash_bytes + 9 || key[run_hash_bytes] != log_part) return std::nullopt;
  key.remove_prefix(run_hash_bytes + 1);
  return take_number(key, 8);
}

std::string named_blob(std::string_view run_hash, std::string_view blob, std::uint64_t sequence) {
  std::string key = run_record(run_hash, blob_part_kind);
  key += blob;
  add_number(key, sequence, 8);
  return key;
}

view::range named_blobs(std::string_view run_hash) {
  return {run_record(run_hash, blob_part_kind), run_record(run_hash, blob_part_kind + 1)};
}

view::range named_blobs(std::string_view run_hash, std::string_view blob, std::uint64_t last) {
  return {named_blob(run_hash, blob, 0), named_blob(run_hash, blob, last) + '\0'};
}

std::optional<blob_naming> blob_naming_of(std::string_view key) noexcept {
  if (key.size() != run_hash_bytes + 1 + blob_hash_bytes + 8 ||
      key[run_hash_bytes] != blob_part_kind)
    return std::nullopt;
  blob_naming found{key.substr(run_hash_bytes + 1, blob_hash_bytes)};
  key.remove_prefix(run_hash_bytes + 1 + blob_hash_bytes);
  found.sequence = take_number(key, 8);
  return found;
}

view::range records_of_run(std::string_view run_hash) {
  return {std::string{run_hash}, run_record(run_hash, '\xff')};
}

view::range state_and_input(std::string_view run_hash) {
  return {state(run_hash), run_record(run_hash, checkpoint_part)};
}

view::range checkpoints(std::string_view run_hash, std::uint64_t first) {
  return {checkpoint(run_hash, first), run_record(run_hash, checkpoint_part + 1)};
}

bool is_state(std::string_view checkpoint_key) noexcept {
  return is_part(checkpoint_key, state_part);
}

bool is_input(std::string_view checkpoint_key) noexcept {
  return is_part(checkpoint_key, input_part);
}

bool is_base_state(std::string_view checkpoint_key) noexcept {
  return is_part(checkpoint_key, base_part);
}

std::optional<std::uint64_t> sequence_of(std::string_view key) noexcept {
  if (key.size() != run_hash_bytes + 9 || key[run_hash_bytes] != checkpoint_part)
    return std::nullopt;
  key.remove_prefix(run_hash_bytes + 1);
  return take_number(key, 8);
}

std::string listed_run(const run_key& key, run_status status, bool runnable, time_point created) {
  std::string bytes = listed_runs(key.scope, status, runnable).from;
  add_newest_first(bytes, created);
  add_name(bytes, key.id.str());
  return bytes;
}

view::range listed_runs(const scope_name& scope, run_status status, bool runnable) {
  std::string prefix{runnable ? 'm' : 's', static_cast<char>(status)};
  add_name(prefix, scope.str());
  return with_prefix(std::move(prefix));
}

std::string order_at(time_point time) {
  std::string bytes;
  add_newest_first(bytes, time);
  return bytes;
}

std::optional<run_id> run_in_order(std::string_view order) {
  if (order.size() < 8) return std::nullopt;
  order.remove_prefix(8);
  const auto id = take_name(order);
  if (!id || !order.empty()) return std::nullopt;
  return run_id{std::string{*id}};
}

std::string runs_with_term(const scope_name& scope, std::uint64_t term) {
  std::string bytes = with_kind('i', scope);
  add_number(bytes, term, 8);
  return bytes;
}

std::string run_with_term(const run_key& key, std::uint64_t term, time_point created) {
  std::string bytes = runs_with_term(key.scope, term);
  add_newest_first(bytes, created);
  add_name(bytes, key.id.str());
  return bytes;
}

std::string finished_runs(const scope_name& scope) {
  return with_kind('f', scope);
}

std::string finished_run(const run_key& key, time_point finished) {
  std::string bytes = finished_runs(key.scope);
  add_newest_first(bytes, finished);
  add_name(bytes, key.id.str());
  return bytes;
}

namespace {

std::string attribute_key(const scope_name& scope, std::string_view name, attribute_type type) {
  std::string bytes = runs_by_attribute(scope, name);
  bytes += static_cast<char>(type);
  return bytes;
}

constexpr std::size_t bytes_of_rank = 8;

}  // namespace

std::string runs_by_attribute(const scope_name& scope, std::string_view name) {
  std::string bytes = with_kind('a', scope);
  add_name(bytes, name);
  return bytes;
}

std::string_view order_after_type(std::string_view place) noexcept {
  if (place.empty()) return {};
  return order_after_attribute(place.substr(1), static_cast<attribute_type>(place.front()));
}

view::range runs_with_type(const scope_name& scope, std::string_view name, attribute_type type) {
  return with_prefix(attribute_key(scope, name, type));
}

std::string runs_with_attribute(const scope_name& scope, std::string_view name,
                                const attribute_value& value) {
  std::string bytes = attribute_key(scope, name, attribute_type_of(value));
  if (const auto* const text = std::get_if<std::string>(&value)) add_name(bytes, *text);
  if (const auto* const truth = std::get_if<bool>(&value)) bytes += *truth ? '\1' : '\0';
  if (const auto* const number = std::get_if<double>(&value))
    add_number(bytes, attribute_rank(*number), bytes_of_rank);
  if (const auto* const time = std::get_if<time_point>(&value))
    add_number(bytes, attribute_rank(*time), bytes_of_rank);
  return bytes;
}

std::string run_with_attribute(const run_key& key, std::string_view name,
                               const attribute_value& value, time_point created) {
  std::string bytes = runs_with_attribute(key.scope, name, value);
  add_newest_first(bytes, created);
  add_name(bytes, key.id.str());
  return bytes;
}

view::range runs_with_text(const scope_name& scope, std::string_view name, std::string_view begin) {
  return with_prefix(attribute_key(scope, name, attribute_type::text).append(begin));
}

std::uint64_t attribute_rank(double number) noexcept {
  constexpr std::uint64_t sign = std::uint64_t{1} << 63;
  const auto bits = std::bit_cast<std::uint64_t>(number == 0 ? 0.0 : number);
  return (bits & sign) != 0 ? ~bits : bits | sign;
}

std::uint64_t attribute_rank(time_point time) noexcept {
  return static_cast<std::uint64_t>(to_unix_us(time)) ^ std::uint64_t{1} << 63;
}

view::range runs_with_ranks(const scope_name& scope, std::string_view name, attribute_type type,
                            std::uint64_t first, std::uint64_t last) {
  const std::string prefix = attribute_key(scope, name, type);
  view::range found{prefix, prefix, false};
  add_number(found.from, first, bytes_of_rank);
  if (last == ~std::uint64_t{0}) {
    found.to = with_prefix(prefix).to;
  } else {
    add_number(found.to, last + 1, bytes_of_rank);
  }
  return found;
}

std::string_view order_after_attribute(std::string_view value_and_order,
                                       attribute_type type) noexcept {
  const std::size_t value = type == attribute_type::text      ? value_and_order.find('\0')
                            : type == attribute_type::boolean ? 0
                                                              : bytes_of_rank - 1;
  if (value >= value_and_order.size()) return {};  // `npos`, too
  return value_and_order.substr(value + 1);
}

view::range runnable_runs() {
  return with_prefix("m");
}

view::range other_runs() {
  return with_prefix("s");
}

std::optional<run_status> listed_status(std::string_view key) noexcept {
  if (key.size() < before_scope_of_listed || (key.front() != 's' && key.front() != 'm'))
    return std::nullopt;
  for (const auto status : all_run_statuses)
    if (static_cast<char>(status) == key[1]) return status;
  return std::nullopt;
}

std::string timer(timer_kind kind, const run_key& key, time_point due) {
  due = std::max(due, time_point{});  // earlier times would sort after all others
  std::string bytes{static_cast<char>(kind)};
  add_number(bytes, static_cast<std::uint64_t>(to_unix_us(due)), 8);
  return bytes + run(key);
}

view::range timers(timer_kind kind) {
  return with_prefix(std::string{static_cast<char>(kind)});
}

view::range timers(timer_kind kind, time_point to) {
  view::range due = timers(kind);
  due.to = due.from;
  add_number(due.to, static_cast<std::uint64_t>(to_unix_us(to)), 8);
  return due;
}

std::optional<time_point> due_of(std::string_view timer_key) noexcept {
  if (timer_key.size() < 9 || !timer_kind_of(timer_key)) return std::nullopt;
  std::uint64_t us = 0;
  for (const char c : timer_key.substr(1, 8)) us = us << 8 | static_cast<unsigned char>(c);
  if (us >> 63 != 0) return std::nullopt;  // no timer is due before 1970
  return from_unix_us(static_cast<std::int64_t>(us));
}

std::optional<timer_kind> timer_kind_of(std::string_view timer_key) noexcept {
  for (const auto kind : {timer_kind::time, timer_kind::duration})
    if (!timer_key.empty() && timer_key.front() == static_cast<char>(kind)) return kind;
  return std::nullopt;
}

std::string orphaned_run(const run_key& key) {
  return "u" + run(key);
}

view::range orphaned_runs() {
  return with_prefix("u");
}

std::string suspect(const run_key& key) {
  return "x" + run(key);
}

view::range suspects() {
  return with_prefix("x");
}

std::string kept_run(const run_key& key) {
  return "k" + run(key);
}

std::string removed_run(const run_key& key) {
  return "z" + run(key);
}

view::range removed_runs() {
  return with_prefix("z");
}

namespace {

/// What the entries of the holders of a blob begin with.
std::string holders_of(const scope_name& scope, std::string_view blob) {
  return with_kind('h', scope).append(blob);
}

}  // namespace

std::string held_blob(const run_key& key, std::string_view blob, std::uint64_t sequence) {
  std::string bytes = holders_of(key.scope, blob);
  add_name(bytes, key.id.str());
  add_number(bytes, sequence, 8);
  return bytes;
}

view::range holders(const scope_name& scope, std::string_view blob) {
  std::string from = holders_of(scope, blob);
  std::string to = from + '\xff';  // no id of a run begins with this byte, which is not UTF-8
  return {std::move(from), std::move(to)};
}

view::range held_blobs() {
  return with_prefix("h");
}

std::optional<blob_holder> blob_holder_of(std::string_view key) {
  if (key.empty() || key.front() != 'h') return std::nullopt;
  key.remove_prefix(1);
  const auto scope = take_name(key);
  if (!scope || key.size() < blob_hash_bytes) return std::nullopt;
  const auto blob = key.substr(0, blob_hash_bytes);
  key.remove_prefix(blob_hash_bytes);
  const auto id = take_name(key);
  if (!id || key.size() != 8) return std::nullopt;
  return blob_holder{{scope_name{std::string{*scope}}, run_id{std::string{*id}}},
                     std::string{blob},
                     take_number(key, 8)};
}

std::string blob_head(const scope_name& scope, std::string_view blob) {
  return with_kind('h', scope).append(blob);
}

view::range blob_heads(const scope_name& scope) {
  return with_prefix(with_kind('h', scope));
}

view::range blob_heads() {
  return with_prefix("h");
}

std::string blob_chunk(const scope_name& scope, std::string_view content, std::uint32_t number) {
  std::string key = with_kind('c', scope).append(content);
  add_number(key, number, 4);
  return key;
}

view::range blob_chunks(const scope_name& scope, std::string_view content) {
  constexpr std::uint32_t last = 0xffff'ffff;
  return {blob_chunk(scope, content, 0), blob_chunk(scope, content, last) + '\0'};
}

view::range all_blob_chunks() {
  return with_prefix("c");
}

std::string loose_chunks(const scope_name& scope, std::string_view content) {
  return with_kind('u', scope).append(content);
}

view::range all_loose_chunks() {
  return with_prefix("u");
}

std::optional<blob_part> blob_part_of(std::string_view key) {
  if (key.empty()) return std::nullopt;
  const char kind = key.front();
  key.remove_prefix(1);
  const auto scope = take_name(key);
  if (!scope) return std::nullopt;
  const std::size_t id_bytes = kind == 'h' ? blob_hash_bytes : blob_content_bytes;
  const std::size_t size = id_bytes + (kind == 'c' ? 4 : 0);
  if ((kind != 'h' && kind != 'c' && kind != 'u') || key.size() != size) return std::nullopt;
  return blob_part{scope_name{std::string{*scope}}, std::string{key.substr(0, id_bytes)}};
}

namespace {

std::string job_record(const job_key& key, job_part part) {
  std::string bytes = records_of_job(key).from;
  bytes += static_cast<char>(part);
  return bytes;
}

/// Removes the kind 'w' or 'c' and the names of a job from the front and returns them.
std::optional<job_key> take_job(std::string_view& bytes) {
  if (bytes.empty() || (bytes.front() != 'w' && bytes.front() != 'c')) return std::nullopt;
  bytes.remove_prefix(1);
  const auto scope = take_name(bytes);
  const auto id = scope ? take_name(bytes) : std::nullopt;
  if (!id) return std::nullopt;
  return job_key{scope_name{std::string{*scope}}, job_id{std::string{*id}}};
}

}  // namespace

std::string job_request(const job_key& key) {
  return job_record(key, job_part::request);
}

std::string job_progress(const job_key& key) {
  return job_record(key, job_part::progress);
}

std::string job_page(const job_key& key, std::uint64_t page) {
  std::string bytes = job_record(key, job_part::page);
  add_number(bytes, page, 8);
  return bytes;
}

view::range records_of_job(const job_key& key) {
  std::string prefix = with_kind('w', key.scope);
  add_name(prefix, key.id.str());
  return with_prefix(std::move(prefix));
}

view::range jobs(const scope_name& scope) {
  return with_prefix(with_kind('w', scope));
}

view::range all_jobs() {
  return with_prefix("w");
}

std::string unfinished_job(const job_key& key) {
  std::string bytes = with_kind('c', key.scope);
  add_name(bytes, key.id.str());
  return bytes;
}

view::range unfinished_jobs() {
  return with_prefix("c");
}

std::optional<job_key> job_of(std::string_view index_key) {
  return take_job(index_key);
}

std::optional<job_part> job_part_of(std::string_view index_key) {
  if (!index_key.starts_with('w') || !take_job(index_key) || index_key.empty()) return std::nullopt;
  for (const auto part : {job_part::request, job_part::progress, job_part::page})
    if (index_key.front() == static_cast<char>(part)) return part;
  return std::nullopt;
}

namespace {

std::string child_key(char kind, const parent_and_child& which) {
  std::string bytes = kind + run(which.parent);
  add_name(bytes, which.child.str());
  return bytes;
}

std::optional<parent_and_child> child_of(char kind, std::string_view key) {
  if (key.empty() || key.front() != kind) return std::nullopt;
  key.remove_prefix(1);
  auto parent = take_run(key);
  const auto child = parent ? take_name(key) : std::nullopt;
  if (!child || !key.empty()) return std::nullopt;
  return parent_and_child{*std::move(parent), run_id{std::string{*child}}};
}

}  // namespace

std::string ended(const parent_and_child& which) {
  return child_key('o', which);
}

view::range ended_children() {
  return with_prefix("o");
}

std::optional<parent_and_child> ended_of(std::string_view index_key) {
  return child_of('o', index_key);
}

std::string child_of_pruned(const parent_and_child& which) {
  return child_key('p', which);
}

view::range children_of_pruned(const run_key& parent) {
  return with_prefix("p" + run(parent));
}

std::optional<parent_and_child> child_of_pruned_of(std::string_view index_key) {
  return child_of('p', index_key);
}

std::string resumed(const parent_and_child& which) {
  return child_key('r', which);
}

view::range resumed_children() {
  return with_prefix("r");
}

std::optional<parent_and_child> resumed_of(std::string_view index_key) {
  return child_of('r', index_key);
}

std::optional<run_key> run_of(std::string_view index_key) {
  if (index_key.empty()) return std::nullopt;
  const char kind = index_key.front();
  const bool is_listed = kind == 's' || kind == 'm';
  const std::size_t before_scope = is_listed                  ? before_scope_of_listed
                                   : timer_kind_of(index_key) ? 9
                                                              : 1;
  const std::size_t before_id = is_listed ? 8 : 0;
  if (index_key.size() < before_scope) return std::nullopt;
  index_key.remove_prefix(before_scope);
  auto run = take_run(index_key, before_id);
  return index_key.empty() ? run : std::nullopt;
}

std::string queued(const queued_task& task) {
  std::string bytes = queued_in(task.queue).from;
  add_number(bytes, static_cast<std::uint64_t>(to_unix_us(task.since)), 8);
  add_name(bytes, task.key.run.id.str());
  add_number(bytes, task.key.token, 4);
  add_number(bytes, task.visit, 4);
  add_number(bytes, task.attempt, 4);
  return bytes;
}

view::range queued_in(const task_queue& queue) {
  return with_prefix(queued_count(queue));
}

std::optional<queued_task> queued_of(std::string_view key) {
  constexpr std::size_t numbers = 12;
  if (key.size() < numbers) return std::nullopt;
  std::string_view bytes = key;
  auto queue = take_task_queue(bytes);
  if (!queue || bytes.size() < 8 + numbers) return std::nullopt;
  queued_task task;
  task.since = from_unix_us(static_cast<std::int64_t>(take_number(bytes, 8)));
  const auto run = take_name(bytes);
  if (!run || bytes.size() != numbers) return std::nullopt;
  task.key.run = {queue->scope, run_id{std::string{*run}}};
  task.queue = *std::move(queue);
  task.key.token = static_cast<std::uint32_t>(take_number(bytes, 4));
  task.visit = static_cast<std::uint32_t>(take_number(bytes, 4));
  task.attempt = static_cast<std::uint32_t>(take_number(bytes, 4));
  return task;
}

std::string leased(const task_key& task) {
  std::string bytes = "l" + run(task.run);
  add_number(bytes, task.token, 4);
  return bytes;
}

view::range all_leased() {
  return with_prefix("l");
}

std::optional<task_key> leased_of(std::string_view key) {
  if (key.size() < 5 || key.front() != 'l') return std::nullopt;
  std::string_view number = key.substr(key.size() - 4);
  key = key.substr(1, key.size() - 5);
  auto run = take_run(key);
  if (!run || !key.empty()) return std::nullopt;
  return task_key{*std::move(run), static_cast<std::uint32_t>(take_number(number, 4))};
}

std::string journal_block(std::uint64_t number) {
  std::string key{'b'};
  add_number(key, number, 8);
  return key;
}

std::string journal_group(std::uint64_t number) {
  std::string key{'j'};
  add_number(key, number, 8);
  return key;
}

view::range journal() {
  return with_prefix("j");
}

std::optional<std::uint64_t> group_of(std::string_view key) {
  if (key.size() != 9 || key.front() != 'j') return std::nullopt;
  key.remove_prefix(1);
  return take_number(key, 8);
}

std::string queued_count(const task_queue& queue) {
  std::string key = with_kind('q', queue.scope);
  add_name(key, queue.queue);
  add_name(key, queue.code_ref);
  return key;
}

view::range queued_counts() {
  return with_prefix("q");
}

view::range queued_counts(const scope_name& scope) {
  return with_prefix(with_kind('q', scope));
}

std::optional<task_queue> task_queue_of(std::string_view counter_key) {
  auto queue = take_task_queue(counter_key);
  return queue && counter_key.empty() ? queue : std::nullopt;
}

std::string runs_with_status(const scope_name& scope, run_status status) {
  std::string key = with_kind('s', scope);
  key += static_cast<char>(status);
  return key;
}

std::string unfinished_runs(const scope_name& scope, const flow_name& flow) {
  std::string key = with_kind('u', scope);
  add_name(key, flow.str());
  return key;
}

view::range run_counts() {
  return with_prefix("s");
}

view::range run_counts_after(const scope_name& scope) {
  return in_scopes_after('s', scope);
}

std::optional<run_status> counted_status(std::string_view key) {
  if (key.size() < 3 || key.front() != 's') return std::nullopt;
  for (const auto status : all_run_statuses)
    if (static_cast<char>(status) == key.back()) return status;
  return std::nullopt;
}

std::string runs_in_hour(const scope_name& scope, const counted_hour& what) {
  std::string key = with_kind('h', scope);
  add_number(key, what.hour, 4);
  add_name(key, what.flow.str());
  key += what.ended ? static_cast<char>(*what.ended) : '\0';
  return key;
}

view::range runs_in_hours(const scope_name& scope, std::uint32_t first) {
  view::range range = with_prefix(with_kind('h', scope));
  add_number(range.from, first, 4);
  return range;
}

std::optional<counted_hour> counted_hour_of(std::string_view key) {
  if (key.empty() || key.front() != 'h') return std::nullopt;
  key.remove_prefix(1);
  if (!take_name(key) || key.size() < 4) return std::nullopt;
  counted_hour found;
  found.hour = static_cast<std::uint32_t>(take_number(key, 4));
  const auto flow = take_name(key);
  if (!flow || key.size() != 1) return std::nullopt;
  found.flow = flow_name{std::string{*flow}};
  if (key.front() == '\0') return found;
  for (const auto status : all_run_statuses)
    if (static_cast<char>(status) == key.front()) found.ended = status;
  return found.ended ? std::optional{std::move(found)} : std::nullopt;
}

std::uint32_t hour_of(time_point time) noexcept {
  constexpr std::int64_t last = 0xffffffff;
  const auto hour = std::chrono::floor<std::chrono::hours>(time).time_since_epoch().count();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(hour, 0, last));
}

}  // namespace pawl::persistence::keys
