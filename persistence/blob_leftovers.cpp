#include "persistence/blob_leftovers.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include <pawl/detail/hex.hpp>
#include <pawl/detail/placement.hpp>

#include "persistence/blobs.hpp"
#include "persistence/commit_durably.hpp"

namespace pawl::persistence {
namespace {

constexpr std::size_t max_leftovers_in_batch = 256;

using content_id = std::array<char, keys::blob_content_bytes>;

content_id content_of(std::string_view bytes) {
  content_id id{};
  std::copy_n(bytes.begin(), std::min(bytes.size(), id.size()), id.begin());
  return id;
}

class leftover_search {
 public:
  leftover_search(const view& of, const std::function<void(const blob_leftover&)>& found)
      : of_(of), found_(found) {}

  result<void> run() {
    if (auto done = search_holders(); !done) return done;
    if (auto done = read_contents(); !done) return done;
    return search_chunks();
  }

 private:
  result<bool> exists(column where, const std::string& key) const {
    const auto bytes = of_.get(where, key);
    if (!bytes) return bytes.error();
    return bytes->has_value();
  }

  result<void> search_holders() {
    std::optional<error> failure;
    const auto scanned =
        of_.scan(column::indexes, keys::held_blobs(), [&](std::string_view key, std::string_view) {
          const auto holder = keys::blob_holder_of(key);
          if (!holder) return view::next::more;
          if (auto looked = look_at(*holder); !looked) {
            failure = looked.error();
            return view::next::stop;
          }
          return view::next::more;
        });
    if (failure) return *std::move(failure);
    return scanned;
  }

  result<void> look_at(const keys::blob_holder& holder) {
    const auto is_named =
        exists(column::checkpoints,
               keys::named_blob(pawl::detail::run_hash(holder.run), holder.blob, holder.sequence));
    if (!is_named) return is_named.error();
    if (*is_named) {
      const auto known = has_run(holder.run);
      if (!known) return known.error();
      if (*known) return {};
    }
    found_({holder, *is_named, std::nullopt,
            "blob sha256:" + pawl::detail::to_hex(holder.blob) + " is held by run " +
                holder.run.id.str() + " of scope " + holder.run.scope.str() +
                (*is_named ? ", which does not exist" : ", which does not name it")});
    return {};
  }

  /// Whether a run exists, or is half deleted.
  result<bool> has_run(const run_key& run) {
    if (run == last_run_.first) return last_run_.second;
    auto known = exists(column::runs, keys::run(run));
    if (known && !*known) known = exists(column::indexes, keys::removed_run(run));
    if (known) last_run_ = {run, *known};
    return known;
  }

  /// Of all blobs.
  result<void> read_contents() {
    auto scanned = of_.scan(column::blobs, keys::blob_heads(),
                            [&](std::string_view key, std::string_view bytes) {
                              const auto head = decode_blob_head(bytes);
                              const auto part = keys::blob_part_of(key);
                              if (head) {
                                contents_.push_back(content_of(head->content));
                              } else if (part) {
                                unreadable_.insert(part->scope);
                              }
                              return view::next::more;
                            });
    std::sort(contents_.begin(), contents_.end());
    return scanned;
  }

  /// Reads the first chunk of each content.
  result<void> search_chunks() {
    auto range = keys::all_blob_chunks();
    range.stored = true;
    while (true) {
      std::string first;
      const auto scanned =
          of_.scan(column::blobs, range, [&](std::string_view key, std::string_view) {
            first.assign(key);
            return view::next::stop;
          });
      if (!scanned || first.empty()) return scanned;
      auto part = keys::blob_part_of(first);
      range.from = part ? keys::blob_chunks(part->scope, part->id).to : first + '\0';
      if (!part) continue;
      if (unreadable_.contains(part->scope) ||
          std::binary_search(contents_.begin(), contents_.end(), content_of(part->id)))
        continue;
      const auto is_loose = is_listed(*part);
      if (!is_loose) return is_loose.error();
      if (*is_loose) continue;
      const std::string what = "chunks " + pawl::detail::to_hex(part->id) + " of scope " +
                               part->scope.str() + " belong to no blob";
      found_({std::nullopt, false, std::move(part), what});
    }
  }

  result<bool> is_listed(const keys::blob_part& chunks) const {
    return exists(column::blobs, keys::loose_chunks(chunks.scope, chunks.id));
  }

  const view& of_;
  const std::function<void(const blob_leftover&)>& found_;
  std::pair<run_key, bool> last_run_;
  std::vector<content_id> contents_;
  std::set<scope_name> unreadable_;
};

}  // namespace

result<void> find_blob_leftovers(const view& of,
                                 const std::function<void(const blob_leftover&)>& found) {
  return leftover_search{of, found}.run();
}

result<std::uint64_t> erase_blob_leftovers(store& of) {
  const auto now = of.durable_view();
  batch changes;
  std::uint64_t all = 0;
  result<void> written;
  const auto commit = [&] {
    if (written && !changes.empty()) written = commit_durably(of, std::exchange(changes, {}));
  };
  const auto found = find_blob_leftovers(*now, [&](const blob_leftover& each) {
    if (each.holder) {
      const auto& [run, blob, sequence] = *each.holder;
      changes.erase(column::indexes, keys::held_blob(run, blob, sequence));
      changes.erase(column::checkpoints,
                    keys::named_blob(pawl::detail::run_hash(run), blob, sequence));
    } else {
      changes.put_of(each.chunks->scope, column::blobs,
                     keys::loose_chunks(each.chunks->scope, each.chunks->id), {});
    }
    if (++all % max_leftovers_in_batch == 0) commit();
  });
  if (!found) return found.error();
  commit();
  if (!written) return written.error();
  return all;
}

}  // namespace pawl::persistence
