#include "persistence/journal.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "persistence/journal_index.hpp"
#include "persistence/keys.hpp"
#include "persistence/record.hpp"

namespace pawl::persistence {
namespace {

constexpr std::uint8_t journal_version = 1;
constexpr std::uint32_t last_index = std::numeric_limits<std::uint32_t>::max();

// Until the end of the body: what the scope is (0: that of the entry before, else its length + 1
// and its text), the run and the checkpoint.
std::vector<journal_entry> decode_journal_v1(byte_reader& from) {
  std::vector<journal_entry> group;
  std::string_view scope;
  while (from.left() > 0) {
    if (const std::uint64_t size = from.varint(); size > 0) scope = from.bytes(size - 1);
    run_id run{std::string{from.text()}};
    group.push_back({{scope_name{std::string{scope}}, std::move(run)}, from.varint()});
  }
  return group;
}

/// Reads a page of the transitions of a scope.
class page_reader {
 public:
  page_reader(const view& from, const scope_name& scope, const journal_position& after,
              journal_limits limits, journal_page& to)
      : from_(from), scope_(scope), after_(after), limits_(limits), page_(to) {}

  /// Reads the groups from `first` to `last`, until the page is full.
  result<void> read(std::uint64_t first, std::uint64_t last) {
    while (first <= last && !page_.more) {
      const std::uint64_t block = block_of(first);
      const std::uint64_t end = std::min(last, last_group_of(block));
      auto index = from_.get(column::indexes, keys::journal_block(block));
      if (!index) return std::move(index).error();
      auto done = *index ? read_indexed(first, end, **index) : read_all(first, end);
      if (!done) return done;
      first = end + 1;
    }
    return {};
  }

 private:
  result<void> read_all(std::uint64_t first, std::uint64_t last) {
    result<void> done;
    const view::range range{keys::journal_group(first), keys::journal_group(last + 1), false};
    const auto scanned =
        from_.scan(column::indexes, range, [&](std::string_view key, std::string_view bytes) {
          done = read_group(keys::group_of(key).value_or(0), bytes);
          return done && !page_.more ? view::next::more : view::next::stop;
        });
    return scanned ? done : scanned;
  }

  /// The same for groups of a block with an index.
  result<void> read_indexed(std::uint64_t first, std::uint64_t last, std::string_view index) {
    const auto found = find_groups(index, scope_);
    if (!found && is_unreadable(found.error())) return read_all(first, last);
    if (!found) return found.error();
    for (std::uint64_t number = first; number <= last; ++number) {
      if (!found->groups.test(number % groups_per_block)) continue;
      const auto bytes = from_.get(column::indexes, keys::journal_group(number));
      if (!bytes) return bytes.error();
      if (!*bytes) continue;  // deleted meanwhile
      if (auto done = read_group(number, **bytes); !done || page_.more) return done;
    }
    page_.steps += found->scopes;
    page_.next = std::max(page_.next, journal_position{last, last_index, last_index});
    return {};
  }

  result<void> read_group(std::uint64_t number, std::string_view bytes) {
    const auto group = decode_journal(bytes);
    if (!group && is_unreadable(group.error())) {
      page_.lost = true;
      page_.next = {number, last_index, last_index};
      return {};
    }
    if (!group) return group.error();
    // A transition whose events were delivered in part is read again.
    const bool is_delivered = after_.event == last_index && after_.entry < last_index;
    const std::uint32_t begin = after_.entry + (is_delivered ? 1 : 0);
    for (std::uint32_t i = number == after_.group ? begin : 0; i < group->size(); ++i) {
      page_.more = page_.entries.size() == limits_.entries || page_.steps >= limits_.steps;
      if (page_.more) return {};
      ++page_.steps;
      page_.next = {number, i, last_index};
      if ((*group)[i].run.scope == scope_)
        page_.entries.emplace_back(journal_position{number, i, 0}, (*group)[i]);
    }
    return {};
  }

  const view& from_;
  const scope_name& scope_;
  const journal_position after_;
  const journal_limits limits_;
  journal_page& page_;
};

}  // namespace

journal_writer::journal_writer(std::string& to)
    : buffer_(to), record_(to, record_kind::journal_group, journal_version), scope_at_(to.size()) {}

void journal_writer::add(const run_key& run, std::uint64_t checkpoint) {
  const std::string& scope = run.scope.str();
  if (buffer_.compare(scope_at_, scope_size_, scope) == 0) {
    record_.varint(0);
  } else {
    record_.varint(scope.size() + 1);
    scope_at_ = buffer_.size();
    scope_size_ = scope.size();
    record_.bytes(scope);
  }
  record_.text(run.id.str());
  record_.varint(checkpoint);
}

std::string encode_journal(const std::vector<journal_entry>& group) {
  std::string record;
  record.reserve(64 + 64 * group.size());
  journal_writer out{record};
  for (const auto& entry : group) out.add(entry.run, entry.checkpoint);
  out.finish();
  return record;
}

result<std::vector<journal_entry>> decode_journal(std::string_view bytes) {
  return decode_record<std::vector<journal_entry>>(record_kind::journal_group, bytes,
                                                   {decode_journal_v1});
}

result<std::optional<journal_span>> span_of_journal(const view& from) {
  std::optional<journal_span> span;
  for (const bool reverse : {false, true}) {
    auto range = keys::journal();
    range.reverse = reverse;
    const auto scanned = from.scan(column::indexes, range, [&](std::string_view key, auto) {
      const auto number = keys::group_of(key).value_or(0);
      if (!span) span = journal_span{number, number};
      span->last = number;
      return view::next::stop;
    });
    if (!scanned) return scanned.error();
  }
  return span;
}

result<journal_page> read_journal(const view& from, const scope_name& scope,
                                  std::optional<journal_position> after, journal_limits limits) {
  const auto span = span_of_journal(from);
  if (!span) return span.error();
  journal_page page;
  const journal_position end{*span ? (*span)->last : 0, last_index, last_index};
  page.next = after.value_or(end);
  if (!after || !*span) return page;
  // A position after the end belongs to a store that was lost or replaced.
  page.lost = after->group + 1 < (*span)->first || after->group > (*span)->last;
  if (after->group > (*span)->last) page.next = end;
  page_reader reader{from, scope, *after, limits, page};
  if (auto read = reader.read(std::max(after->group, (*span)->first), (*span)->last); !read)
    return std::move(read).error();
  return page;
}

}  // namespace pawl::persistence
