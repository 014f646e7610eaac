#include "persistence/journal_index.hpp"

#include <optional>

#include "persistence/keys.hpp"
#include "persistence/record.hpp"

namespace pawl::persistence {
namespace {

constexpr std::uint8_t block_version = 1;
constexpr std::size_t groups_per_word = 64;

}  // namespace

// The body of a record, until its end: a scope, and its groups as bits of 8-byte words.

void journal_block::add(std::uint64_t group, const scope_name& scope) {
  auto known = scopes_.find(scope.str());
  if (known == scopes_.end()) known = scopes_.emplace(scope.str(), block_groups{}).first;
  known->second.set(group % groups_per_block);
}

result<void> journal_block::load(const view& from, const journal_span& journal) {
  clear();
  const std::uint64_t block = block_of(journal.last + 1);
  if (journal.last == last_group_of(block_of(journal.last))) return {};
  std::optional<error> failure;
  auto range = keys::journal();
  range.from = keys::journal_group(block * groups_per_block);
  const auto scanned =
      from.scan(column::indexes, range, [&](std::string_view key, std::string_view bytes) {
        const auto group = decode_journal(bytes);
        // Readers would pass it over, too.
        if (!group && is_unreadable(group.error())) return view::next::more;
        if (!group) {
          failure = group.error();
          return view::next::stop;
        }
        for (const auto& each : *group) add(keys::group_of(key).value_or(0), each.run.scope);
        return view::next::more;
      });
  if (!scanned) return scanned;
  if (failure) return *failure;
  return {};
}

std::string journal_block::encode() const {
  std::string record;
  record_writer out{record, record_kind::journal_block, block_version};
  for (const auto& [scope, groups] : scopes_) {
    out.text(scope);
    for (std::size_t at = 0; at < groups_per_block; at += groups_per_word) {
      const auto word = (groups >> at) & block_groups{~std::uint64_t{0}};
      out.fixed64(word.to_ullong());
    }
  }
  out.finish();
  return record;
}

result<found_groups> find_groups(std::string_view block_record, const scope_name& scope) {
  auto opened = open_record(record_kind::journal_block, block_record);
  if (!opened) return std::move(opened).error();
  if (opened->version != block_version)
    return newer_version(record_kind::journal_block, opened->version);
  found_groups found;
  byte_reader& body = opened->body;
  while (body.ok() && body.left() > 0) {
    const std::string_view name = body.text();
    block_groups groups;
    for (std::size_t at = 0; at < groups_per_block; at += groups_per_word)
      groups |= block_groups{body.fixed64()} << at;
    ++found.scopes;
    if (name == scope.str()) found.groups = groups;
  }
  if (!body.ok()) return body_error(record_kind::journal_block, body);
  return found;
}

}  // namespace pawl::persistence
