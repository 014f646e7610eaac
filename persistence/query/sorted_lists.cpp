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

bool sorted_list::is_before(const std::string& order, const list_place& place) const noexcept {
  if (place.order.empty()) return false;
  if (order == place.order) return place.after;
  return reverse_ ? order > place.order : order < place.order;
}

result<const list_entry*> sorted_list::at(const list_place& place) {
  std::size_t passed = 0;
  for (; !read_.empty() && is_before(read_.front().order, place); ++passed) read_.pop_front();
  if (read_.empty() && !is_read_to_end_) {
    const bool leaps = passed > 1;  // entries were read in vain
    chunk_ = leaps ? first_chunk : std::min(2 * chunk_, largest_chunk);
    if (auto done = read(place); !done) return std::move(done).error();
  }
  return read_.empty() ? nullptr : &read_.front();
}

result<void> sorted_list::read(const list_place& place) {
  view::range keys{prefix_ + limits_.from,
                   limits_.to.empty() ? after_prefix(prefix_) : prefix_ + limits_.to, reverse_};
  if (!place.order.empty()) {
    std::string bound = prefix_ + place.order;
    if (place.after != reverse_) bound += '\0';
    if (reverse_) {
      if (keys.to.empty() || bound < keys.to) keys.to = std::move(bound);
    } else if (bound > keys.from) {
      keys.from = std::move(bound);
    }
  }
  if (!keys.to.empty() && keys.to <= keys.from) {
    is_read_to_end_ = true;
    return {};
  }
  is_read_to_end_ = true;
  return from_->scan(column::indexes, keys, [&](std::string_view key, std::string_view value) {
    if (read_.size() == chunk_) {
      is_read_to_end_ = false;
      return view::next::stop;
    }
    ++keys_read_;
    read_.push_back({std::string{key.substr(prefix_.size())}, std::string{value}});
    return view::next::more;
  });
}

result<const list_entry*> merged_lists::at(const list_place& place) {
  const list_entry* first = nullptr;
  for (auto& list : lists_) {
    const auto entry = list.at(place);
    if (!entry) return entry;
    if (*entry == nullptr) continue;
    const bool is_earlier = first == nullptr || (reverse_ ? (*entry)->order > first->order
                                                          : (*entry)->order < first->order);
    if (is_earlier) first = *entry;
  }
  return first;
}

std::uint64_t merged_lists::keys_read() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& list : lists_) sum += list.keys_read();
  return sum;
}

}  // namespace pawl::persistence
