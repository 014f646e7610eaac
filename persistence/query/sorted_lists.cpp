#include "persistence/query/sorted_lists.hpp"

#include <algorithm>
#include <utility>

namespace pawl::persistence {
namespace {

constexpr std::size_t first_chunk = 8;
constexpr std::size_t largest_chunk = 64;

}  // namespace

std::string after_prefix(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xff) prefix.pop_back();
  if (!prefix.empty())
    prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

sorted_list::sorted_list(const view& from, std::string prefix, order_limits limits, bool reverse)
    : from_(&from), prefix_(std::move(prefix)), limits_(std::move(limits)), reverse_(reverse) {}

sorted_list::sorted_list(const view& from, std::vector<std::string> orders, bool reverse,
                         std::uint64_t keys_read)
    : from_(&from), reverse_(reverse), is_read_to_end_(true), keys_read_(keys_read) {
  for (auto& order : orders) read_.push_back({std::move(order), {}});
}

bool sorted_list::comes_before(const std::string& a, const std::string& b) const noexcept {
  return reverse_ ? a > b : a < b;
}

bool sorted_list::is_before(const std::string& order, const list_place& place) const noexcept {
  if (place.order.empty()) return false;
  if (order == place.order) return place.after;
  return comes_before(order, place.order);
}

result<const list_entry*> sorted_list::at(const list_place& place,
                                          const std::optional<std::string>& before) {
  std::size_t passed = 0;
  for (; !read_.empty() && is_before(read_.front().order, place); ++passed) read_.pop_front();
  const bool is_known =
      is_read_to_end_ || (before && read_before_ && !comes_before(*read_before_, *before));
  if (read_.empty() && !is_known) {
    const bool leaps = passed > 1;  // entries were read in vain
    chunk_ = leaps ? first_chunk : std::min(2 * chunk_, largest_chunk);
    if (auto done = read(place, before); !done) return std::move(done).error();
  }
  return read_.empty() ? nullptr : &read_.front();
}

result<void> sorted_list::read(const list_place& place, const std::optional<std::string>& before) {
  view::range keys{prefix_ + limits_.from,
                   limits_.to.empty() ? after_prefix(prefix_) : prefix_ + limits_.to, reverse_};
  const auto begin_at = [&](const std::string& order, bool after) {
    std::string bound = prefix_ + order;
    if (after != reverse_) bound += '\0';
    if (!reverse_)
      keys.from = std::max(keys.from, std::move(bound));
    else if (keys.to.empty() || bound < keys.to)
      keys.to = std::move(bound);
  };
  if (!place.order.empty()) begin_at(place.order, place.after);
  if (read_before_) begin_at(*read_before_, false);
  if (before) {
    if (reverse_)
      keys.from = std::max(keys.from, prefix_ + *before + '\0');
    else if (keys.to.empty() || prefix_ + *before < keys.to)
      keys.to = prefix_ + *before;
  }
  is_read_to_end_ = !before;
  read_before_ = before;
  if (!keys.to.empty() && keys.to <= keys.from) return {};
  return from_->scan(column::indexes, keys, [&](std::string_view key, std::string_view value) {
    std::string order{key.substr(prefix_.size())};
    if (read_.size() == chunk_) {
      is_read_to_end_ = false;
      read_before_ = std::move(order);
      return view::next::stop;
    }
    ++keys_read_;
    read_.push_back({std::move(order), std::string{value}});
    return view::next::more;
  });
}

result<const list_entry*> merged_lists::at(const list_place& place) {
  const auto comes_before = [&](const list_entry* a, const list_entry* b) {
    return reverse_ ? a->order > b->order : a->order < b->order;
  };
  const list_entry* first = nullptr;
  const list_entry* last = nullptr;  // all lists are read up to here, unless an entry is before it
  for (auto& list : lists_) {
    const auto entry = list.at(place, last == nullptr ? std::nullopt : std::optional{last->order});
    if (!entry) return entry;
    if (*entry == nullptr) continue;
    if (first == nullptr || comes_before(*entry, first)) first = *entry;
    if (last == nullptr || comes_before(list.last_read(), last)) last = list.last_read();
  }
  return first;
}

std::uint64_t merged_lists::keys_read() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& list : lists_) sum += list.keys_read();
  return sum;
}

}  // namespace pawl::persistence
