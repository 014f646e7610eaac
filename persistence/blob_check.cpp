#include "persistence/blob_check.hpp"

#include <optional>
#include <set>
#include <utility>

#include <pawl/detail/hex.hpp>

#include "persistence/blob_leftovers.hpp"
#include "persistence/blob_verification.hpp"
#include "persistence/blobs.hpp"
#include "persistence/keys.hpp"
#include "persistence/values/unopened.hpp"

namespace pawl::persistence {
namespace {

class blob_checker {
 public:
  explicit blob_checker(const view& of) : of_(of) {}

  result<blob_check> run() {
    if (auto done = check_heads(); !done) return std::move(done).error();
    if (auto done = check_names(); !done) return std::move(done).error();
    if (auto done = check_holders(); !done) return std::move(done).error();
    if (auto done = check_leftovers(); !done) return std::move(done).error();
    if (named_ != held_) {
      add_damage("runs name blobs " + std::to_string(named_) + " times, but " +
                 std::to_string(held_) + " entries hold them");
    }
    return std::move(found_);
  }

 private:
  void add_damage(std::string what) {
    if (found_.damage.size() < blob_check::max_damage) found_.damage.push_back(std::move(what));
  }

  result<void> check_heads() {
    return of_.scan(column::blobs, keys::blob_heads(), [&](std::string_view key, std::string_view) {
      const auto part = keys::blob_part_of(key);
      if (!part) {
        add_damage("a record of the column blobs has an unknown key");
        return view::next::more;
      }
      ++found_.blobs;
      const auto good = check_blob({part->scope, part->id});
      if (good) return view::next::more;
      if (good.error().code == errc::not_supported) {
        ++found_.given_up;
      } else {
        add_damage("blob sha256:" + pawl::detail::to_hex(part->id) + " of scope " +
                   part->scope.str() + ": " + good.error().message);
      }
      return view::next::more;
    });
  }

  result<void> check_blob(const blob_key& key) {
    const auto head = load_blob(of_, key);
    if (!head) return head.error();
    if (!*head) return error{errc::corrupt, "its head cannot be read twice"};
    blob_verification bytes{key, **head};
    result<bool> good = false;
    do {
      good = bytes.read(of_, 1);
    } while (good && !*good);
    if (!good) return good.error();
    found_.bytes += (*head)->size;
    return {};
  }

  /// The names of each run against its records, which come before them.
  result<void> check_names() {
    std::string run;
    std::set<std::string> missing;
    bool is_whole = true;
    const auto end_run = [&] {
      if (is_whole && !missing.empty()) {
        add_damage("the run with the records " + pawl::detail::to_hex(run) + " names " +
                   std::to_string(missing.size()) + " blobs that it does not hold");
      }
      missing.clear();
      is_whole = true;
    };
    const auto scanned =
        of_.scan(column::checkpoints, {}, [&](std::string_view key, std::string_view value) {
          const auto hash = key.substr(0, keys::run_hash_bytes);
          if (hash != run) {
            end_run();
            run.assign(hash);
          }
          if (const auto naming = keys::blob_naming_of(key)) {
            ++named_;
            missing.erase(std::string{naming->blob});
          } else if (keys::is_of_log(key)) {
            // Logs hold nothing.
          } else if (values::reason_of(value)) {
            is_whole = false;
          } else {
            for (auto& blob : blobs_named_in(value)) missing.insert(std::move(blob));
          }
          return view::next::more;
        });
    end_run();
    return scanned;
  }

  /// Those without a name are not counted as holders.
  result<void> check_leftovers() {
    return find_blob_leftovers(of_, [this](const blob_leftover& each) {
      if (each.holder && !each.is_named) --held_;
      if (found_.leftovers.size() < blob_check::max_damage) found_.leftovers.push_back(each.what);
    });
  }

  /// Counts the entries of all blobs.
  result<void> check_holders() {
    blob_key last;
    return of_.scan(
        column::indexes, keys::held_blobs(), [&](std::string_view key, std::string_view) {
          const auto holder = keys::blob_holder_of(key);
          if (!holder) {
            add_damage("an entry of a blob that is held has an unknown key");
            return view::next::more;
          }
          ++held_;
          const blob_key blob{holder->run.scope, holder->blob};
          if (blob == last) return view::next::more;
          last = blob;
          const auto head = of_.get(column::blobs, keys::blob_head(blob.scope, blob.hash));
          if (head && !*head) ++found_.unknown;
          return view::next::more;
        });
  }

  const view& of_;
  blob_check found_;
  std::uint64_t named_ = 0;
  std::uint64_t held_ = 0;
};

}  // namespace

result<blob_check> check_all_blobs(const view& of) {
  return blob_checker{of}.run();
}

}  // namespace pawl::persistence
