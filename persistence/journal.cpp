#include "persistence/journal.hpp"

#include <limits>
#include <utility>

#include "persistence/keys.hpp"

namespace pawl::persistence {
namespace {

constexpr std::uint8_t journal_version = 1;

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
                                  std::optional<journal_position> after, std::size_t limit) {
  constexpr std::uint32_t last_index = std::numeric_limits<std::uint32_t>::max();
  const auto span = span_of_journal(from);
  if (!span) return span.error();
  journal_page page;
  const journal_position end{*span ? (*span)->last : 0, last_index, last_index};
  page.next = after.value_or(end);
  if (!after || !*span) return page;
  // A position after the end belongs to a store that was lost or replaced.
  page.lost = after->group + 1 < (*span)->first || after->group > (*span)->last;
  if (after->group > (*span)->last) page.next = end;
  // A transition whose events were delivered in part is read again.
  const std::uint32_t first =
      after->event == last_index && after->entry < last_index ? after->entry + 1 : after->entry;
  std::optional<error> failure;
  auto range = keys::journal();
  range.from = keys::journal_group(after->group);
  const auto scanned =
      from.scan(column::indexes, range, [&](std::string_view key, std::string_view bytes) {
        const std::uint64_t number = keys::group_of(key).value_or(0);
        const auto group = decode_journal(bytes);
        if (!group) {
          failure = group.error();
          return view::next::stop;
        }
        for (std::uint32_t i = number == after->group ? first : 0; i < group->size(); ++i) {
          if (page.entries.size() == limit) return view::next::stop;
          page.next = {number, i, last_index};
          if ((*group)[i].run.scope == scope)
            page.entries.emplace_back(journal_position{number, i, 0}, (*group)[i]);
        }
        return view::next::more;
      });
  if (!scanned) return scanned.error();
  if (failure) return *failure;
  return page;
}

}  // namespace pawl::persistence
