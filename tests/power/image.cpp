// Builds folders as a loss leaves them.
#include <algorithm>
#include <cstddef>
#include <fstream>

#include "tests/power/disk.hpp"

namespace pawl::power {
namespace {

namespace fs = std::filesystem;

std::uint64_t draw(std::mt19937_64& random, std::uint64_t below) {
  return random() % below;
}

/// The contents after the first `count` changes.
std::string after(const file_state& file, std::size_t count) {
  std::string now = file.durable;
  for (std::size_t i = 0; i < count; ++i) apply_change(now, file.pending[i]);
  return now;
}

/// Replaces what was never synced, sector by sector. A sector that was overwritten has its contents
/// of some time, because a disk writes a sector as a whole. A sector that is new may also have been
/// left as zeros, or have what an earlier file left there.
std::string torn(const file_state& file, std::mt19937_64& random) {
  const std::size_t sector = draw(random, 2) == 0 ? 512 : 4096;
  std::string now = after(file, file.pending.size());
  const std::string before = after(file, draw(random, file.pending.size() + 1));
  const auto style = draw(random, 4);
  for (std::size_t at = 0; at < now.size(); at += sector) {
    const std::size_t size = std::min(sector, now.size() - at);
    const bool was_there = at < file.durable.size();
    const auto same = [&](const std::string& other) {
      return at < other.size() && other.compare(at, size, now, at, size) == 0;
    };
    if (same(file.durable) || draw(random, 3) != 0) continue;
    if (was_there) {
      // The durable part of the sector stays; bytes after it are of the earlier time, or zeros.
      const std::string& old = draw(random, 2) == 0 ? before : file.durable;
      for (std::size_t i = at; i < at + size; ++i) now[i] = i < old.size() ? old[i] : '\0';
    } else if (style == 0 || (style == 1 && draw(random, 2) == 0)) {
      std::fill_n(now.begin() + static_cast<std::ptrdiff_t>(at), size, '\0');
    } else {
      std::generate_n(now.begin() + static_cast<std::ptrdiff_t>(at), size,
                      [&] { return static_cast<char>(random()); });
    }
  }
  return now;
}

std::string after_loss(const file_state& file, std::mt19937_64& random) {
  if (file.pending.empty()) return file.durable;
  switch (draw(random, 4)) {
    case 0:
      return file.durable;
    case 1:
      return after(file, file.pending.size());
    case 2: {  // some changes, the last one in part
      const auto count = draw(random, file.pending.size());
      std::string now = after(file, count);
      auto part = file.pending[count];
      if (part.resize) return now;
      part.data.resize(draw(random, part.data.size() + 1));
      const file_state rest{std::move(now), {std::move(part)}, 0};
      return after(rest, 1);
    }
    default:
      return torn(file, random);
  }
}

void apply(const name_change& change, std::map<std::string, int>& names) {
  const auto forget = [&] {
    const auto found = names.find(change.from);
    if (found != names.end() && found->second == change.file) names.erase(found);
  };
  switch (change.what) {
    case name_change::kind::create:
      names[change.to] = change.file;
      break;
    case name_change::kind::rename:
      forget();
      names[change.to] = change.file;
      break;
    case name_change::kind::unlink:
      forget();
      break;
  }
}

/// The entries after the loss. A journaling file system keeps creations and renames in order, so a
/// prefix of them survives. Unlinks survive in any subset: the file system may delay them, and
/// RocksDB deletes files in any order.
std::map<std::string, int> names_after(const cut& from, loss what, std::mt19937_64& random) {
  auto names = from.names;
  const bool keeps_all = what != loss::power || draw(random, 3) == 0;
  const std::size_t kept = keeps_all ? from.pending.size() : draw(random, from.pending.size() + 1);
  const bool any_unlink = what == loss::power || what == loss::late_power;
  const bool in_order = draw(random, 4) == 0;
  for (std::size_t i = 0; i < from.pending.size(); ++i) {
    const auto& change = from.pending[i];
    if (change.what == name_change::kind::unlink && any_unlink && !in_order) {
      if (draw(random, 2) == 0) apply(change, names);
    } else if (i < kept) {
      apply(change, names);
    }
  }
  return names;
}

}  // namespace

void build_image(const cut& from, loss what, std::mt19937_64& random, const fs::path& into) {
  fs::remove_all(into);
  fs::create_directories(into);
  const bool keeps_bytes = what == loss::process || what == loss::late_power;
  for (const auto& [name, id] : names_after(from, what, random)) {
    const auto& file = from.files.at(id);
    const std::string bytes =
        keeps_bytes ? after(file, file.pending.size()) : after_loss(file, random);
    std::ofstream{into / name, std::ios::binary} << bytes;
  }
}

}  // namespace pawl::power
