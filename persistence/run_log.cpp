#include "persistence/run_log.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include <pawl/detail/placement.hpp>

#include "persistence/codec/payload.hpp"
#include "persistence/keys.hpp"
#include "persistence/record.hpp"

namespace pawl::persistence {
namespace {

constexpr std::uint8_t log_head_version = 1;
constexpr std::uint8_t log_chunk_version = 2;

run_log_head decode_log_head_v1(byte_reader& from) {
  run_log_head head;
  head.first = from.varint();
  head.next = from.varint();
  head.lines = from.varint();
  head.bytes = from.varint();
  return head;
}

run_log_line decode_log_line_v1(byte_reader& from) {
  run_log_line line;
  line.at = from.time();
  line.level = from.text();
  line.node = from.text();
  line.visit = from.varint32();
  line.attempt = from.varint32();
  line.message = from.text();
  return line;
}

/// Version 2 adds what the line is about, and its context.
run_log_line decode_log_line_v2(byte_reader& from) {
  run_log_line line = decode_log_line_v1(from);
  line.about = from.text();
  line.context = codec::decode_payload(from);
  return line;
}

/// Fewest bytes of a line.
constexpr std::size_t min_line_bytes_v1 = 6;
constexpr std::size_t min_line_bytes_v2 = min_line_bytes_v1 + 4;

std::vector<run_log_line> decode_log_lines(byte_reader& from, std::size_t least_bytes,
                                           body_decoder<run_log_line> decode) {
  std::vector<run_log_line> lines;
  const auto count = from.count(least_bytes);
  lines.reserve(count);
  for (std::size_t i = 0; i < count && from.ok(); ++i) lines.push_back(decode(from));
  return lines;
}

std::vector<run_log_line> decode_log_chunk_v1(byte_reader& from) {
  return decode_log_lines(from, min_line_bytes_v1, decode_log_line_v1);
}

std::vector<run_log_line> decode_log_chunk_v2(byte_reader& from) {
  return decode_log_lines(from, min_line_bytes_v2, decode_log_line_v2);
}

/// What a change of one log erases besides what it writes.
struct log_cleanup {
  std::vector<std::string> keys;
  std::uint64_t damaged = 0;  ///< records
};

/// Makes the head of a log of its chunks from number `first` on. Erases those that cannot be read.
result<run_log_head> make_head(const view& from, std::string_view run_hash, std::uint64_t first,
                               log_cleanup& cleanup) {
  run_log_head head{first, first};
  view::range chunks{keys::log_chunk(run_hash, first), keys::log_chunks(run_hash).to};
  const auto scanned =
      from.scan(column::checkpoints, chunks, [&](std::string_view key, std::string_view bytes) {
        const auto number = keys::log_chunk_number(key);
        if (const auto lines = decode_log_chunk(bytes); lines && number) {
          add_chunk(head, *number, lines->size(), bytes.size());
        } else {
          cleanup.keys.emplace_back(key);
          ++cleanup.damaged;
        }
        if (number) head.next = *number + 1;
        return view::next::more;
      });
  if (!scanned) return scanned.error();
  return head;
}

/// The head of a log. One that cannot be read is made again.
result<run_log_head> load_head(const view& from, std::string_view run_hash, log_cleanup& cleanup) {
  const auto bytes = from.get(column::checkpoints, keys::log_head(run_hash));
  if (!bytes) return bytes.error();
  if (!*bytes) return run_log_head{};
  if (auto head = decode_log_head(**bytes)) return head;
  ++cleanup.damaged;
  return make_head(from, run_hash, 1, cleanup);
}

/// Drops the oldest chunk of a log.
result<void> drop_oldest(const view& from, std::string_view run_hash, run_log_head& head,
                         log_cleanup& cleanup) {
  std::string key = keys::log_chunk(run_hash, head.first);
  const auto bytes = from.get(column::checkpoints, key);
  if (!bytes) return bytes.error();
  ++head.first;
  const auto& erased = cleanup.keys;
  if (!*bytes || std::find(erased.begin(), erased.end(), key) != erased.end()) return {};
  const auto lines = decode_log_chunk(**bytes);
  cleanup.keys.push_back(std::move(key));
  if (lines) {
    head.lines -= std::min<std::uint64_t>(head.lines, lines->size());
    head.bytes -= std::min<std::uint64_t>(head.bytes, (*bytes)->size());
    return {};
  }
  // How many lines it had is not known, so the others are counted.
  ++cleanup.damaged;
  auto counted = make_head(from, run_hash, head.first, cleanup);
  if (!counted) return std::move(counted).error();
  head.first = counted->lines > 0 ? counted->first : head.next;
  head.lines = counted->lines;
  head.bytes = counted->bytes;
  return {};
}

}  // namespace

void add_chunk(run_log_head& head, std::uint64_t number, std::size_t lines,
               std::size_t bytes) noexcept {
  if (head.lines == 0) head.first = number;
  head.next = number + 1;
  head.lines += lines;
  head.bytes += bytes;
}

void encode_log_head(const run_log_head& head, std::string& to) {
  record_writer out{to, record_kind::run_log_head, log_head_version};
  out.varint(head.first);
  out.varint(head.next);
  out.varint(head.lines);
  out.varint(head.bytes);
  out.finish();
}

std::string encode_log_head(const run_log_head& head) {
  std::string bytes;
  encode_log_head(head, bytes);
  return bytes;
}

result<run_log_head> decode_log_head(std::string_view bytes) {
  return decode_record<run_log_head>(record_kind::run_log_head, bytes, {decode_log_head_v1});
}

void encode_log_chunk(const std::vector<run_log_line>& lines, std::string& to) {
  record_writer out{to, record_kind::run_log_chunk, log_chunk_version};
  out.varint(lines.size());
  for (const auto& each : lines) {
    out.time(each.at);
    out.text(each.level);
    out.text(each.node);
    out.varint(each.visit);
    out.varint(each.attempt);
    out.text(each.message);
    out.text(each.about);
    codec::encode_payload(out, each.context);
  }
  out.finish();
}

std::string encode_log_chunk(const std::vector<run_log_line>& lines) {
  std::string bytes;
  encode_log_chunk(lines, bytes);
  return bytes;
}

result<std::vector<run_log_line>> decode_log_chunk(std::string_view bytes) {
  return decode_record<std::vector<run_log_line>>(record_kind::run_log_chunk, bytes,
                                                  {decode_log_chunk_v1, decode_log_chunk_v2});
}

result<std::uint64_t> run_log_writer::append(const run_key& run,
                                             const std::vector<run_log_line>& lines) {
  const std::string hash = pawl::detail::run_hash(run);
  log_cleanup cleanup;
  auto head = load_head(before_, hash, cleanup);
  if (!head) return std::move(head).error();
  std::string chunk = encode_log_chunk(lines);
  const std::uint64_t newest = head->next;
  const auto exceeds = [&] {
    return head->lines + lines.size() > limits_.lines || head->bytes + chunk.size() > limits_.bytes;
  };
  while (head->first < newest && exceeds())
    if (auto dropped = drop_oldest(before_, hash, *head, cleanup); !dropped)
      return std::move(dropped).error();
  if (head->first >= newest) *head = {newest, newest};  // whatever it counted, nothing is left
  add_chunk(*head, newest, lines.size(), chunk.size());
  // Only now, so that a log that cannot be read leaves nothing here.
  for (auto& key : cleanup.keys) writes_.erase(column::checkpoints, std::move(key));
  writes_.put_of(run.scope, column::checkpoints, keys::log_chunk(hash, newest), std::move(chunk));
  writes_.put_of(run.scope, column::checkpoints, keys::log_head(hash), encode_log_head(*head));
  return cleanup.damaged;
}

result<void> visit_run_log_back(const view& from, const run_key& run, std::uint64_t before,
                                const log_visitor& visit) {
  const std::string hash = pawl::detail::run_hash(run);
  std::optional<error> failure;
  view::range chunks{keys::log_chunks(hash).from, keys::log_chunk(hash, before)};
  chunks.reverse = true;
  const auto scanned =
      from.scan(column::checkpoints, chunks, [&](std::string_view key, std::string_view bytes) {
        auto lines = decode_log_chunk(bytes);
        if (!lines) {
          failure = std::move(lines).error();
          return view::next::stop;
        }
        return visit(keys::log_chunk_number(key).value_or(0), *std::move(lines), bytes.size());
      });
  if (!scanned) return scanned.error();
  if (failure) return *std::move(failure);
  return {};
}

}  // namespace pawl::persistence
