#include "persistence/journal.hpp"

#include <limits>

#include "persistence/keys.hpp"
#include "persistence/record.hpp"

namespace pawl::persistence {
namespace {

constexpr std::uint8_t journal_version = 1;

}  // namespace

std::string encode_journal(const std::vector<journal_entry>& group) {
  json body = json::array();
  for (const auto& entry : group)
    body.push_back(json::array({entry.run.scope.str(), entry.run.id.str(), entry.checkpoint}));
  return seal(record_kind::journal_group, journal_version, body);
}

result<std::vector<journal_entry>> decode_journal(std::string_view bytes) {
  const auto record = open(record_kind::journal_group, bytes);
  if (!record) return record.error();
  if (record->version != journal_version)
    return error{errc::schema_newer, "a journal record was written by a newer Pawl"};
  std::vector<journal_entry> group;
  try {
    for (const auto& item : record->body) {
      group.push_back(
          {{scope_name{item.at(0).get<std::string>()}, run_id{item.at(1).get<std::string>()}},
           item.at(2).get<std::uint64_t>()});
    }
  } catch (const json::exception& failure) {
    return error{errc::corrupt,
                 std::string{"a journal record has an unexpected layout: "} + failure.what()};
  }
  return group;
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
