#include "persistence/rocksdb/synced_end.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <utility>

#include "persistence/crc32c.hpp"
#include "persistence/rocksdb/status.hpp"

namespace pawl::persistence::rocks {
namespace {

namespace fs = std::filesystem;

constexpr auto mark_file_name = "SYNCED";
constexpr std::string_view mark_magic = "pawlend1";
constexpr std::size_t numbers = 8 + 2 * std::tuple_size_v<decltype(synced_state::logs)>;
constexpr std::size_t checked_bytes = mark_magic.size() + numbers * 8;
constexpr std::size_t sector_bytes = 512;  // disks write this much as a whole
constexpr std::size_t mark_file_bytes = 2 * sector_bytes;
constexpr std::chrono::seconds mark_idle{1};

void append_bytes(std::string& to, std::uint64_t number, int bytes = 8) {
  for (int i = 0; i < bytes; ++i) to.push_back(static_cast<char>(number >> (8 * i)));
}

std::uint64_t number_at(std::string_view from, int bytes = 8) noexcept {
  std::uint64_t number = 0;
  for (int i = bytes; i-- > 0;)
    number = number << 8 | static_cast<unsigned char>(from[static_cast<std::size_t>(i)]);
  return number;
}

std::optional<synced_sector> newest(std::string_view file) noexcept {
  std::optional<synced_sector> found;
  for (std::size_t at = 0; at + sector_bytes <= file.size(); at += sector_bytes) {
    const auto sector = decode_synced(file.substr(at, sector_bytes));
    if (sector && (!found || sector->generation > found->generation)) found = sector;
  }
  return found;
}

std::optional<synced_sector> read_mark(const fs::path& folder) {
  std::ifstream in{folder / mark_file_name, std::ios::binary};
  std::array<char, mark_file_bytes> bytes{};
  in.read(bytes.data(), bytes.size());
  return newest({bytes.data(), static_cast<std::size_t>(in.gcount())});
}

}  // namespace

std::string encode_synced(const synced_state& state, std::uint64_t generation) {
  std::string bytes{mark_magic};
  for (const std::uint64_t number :
       {generation, state.sequence, state.boot, std::uint64_t{state.promised_writes ? 1U : 0U},
        state.manifest.number, state.manifest.bytes, state.previous.number, state.previous.bytes})
    append_bytes(bytes, number);
  for (const auto& log : state.logs) {
    append_bytes(bytes, log.number);
    append_bytes(bytes, log.first);
  }
  append_bytes(bytes, crc32c(bytes), 4);
  bytes.resize(sector_bytes, '\0');
  return bytes;
}

std::optional<synced_sector> decode_synced(std::string_view sector) noexcept {
  if (sector.size() < checked_bytes + 4 || !sector.starts_with(mark_magic)) return std::nullopt;
  if (crc32c(sector.substr(0, checked_bytes)) != number_at(sector.substr(checked_bytes), 4))
    return std::nullopt;
  const auto number = [&](std::size_t n) {
    return number_at(sector.substr(mark_magic.size() + 8 * n));
  };
  synced_sector found;
  found.generation = number(0);
  found.state = {
      number(1), number(2), number(3) != 0, {number(4), number(5)}, {number(6), number(7)}, {}};
  for (std::size_t i = 0; i < found.state.logs.size(); ++i)
    found.state.logs[i] = {number(8 + 2 * i), number(9 + 2 * i)};
  return found;
}

std::optional<std::uint64_t> synced_state::start_of_logs(std::uint64_t number) const noexcept {
  // Entries before the first may have been dropped: it shows that none of them was needed.
  const bool complete = logs.front().number < number;
  for (const auto& log : logs) {
    if (!complete || log.number < number || log.number == 0) continue;
    return log.first != 0 ? std::optional{log.first} : std::nullopt;
  }
  return std::nullopt;
}

std::optional<synced_state> synced_end::read(const fs::path& folder) {
  const auto found = read_mark(folder);
  return found ? std::optional{found->state} : std::nullopt;
}

result<std::unique_ptr<synced_end>> synced_end::open(const fs::path& folder,
                                                     const synced_state& known) {
  const auto before = read_mark(folder);
  const fs::path path = folder / mark_file_name;
  descriptor file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
  if (!file.is_open()) return from_errno(errno, "opening", folder);
  std::unique_ptr<synced_end> made{new synced_end{folder, std::move(file), known}};
  made->generation_ = before ? before->generation : 0;
  if (!before) {
    // Both sectors exist from now on, so a later write needs no space and cannot fail for lack of
    // it.
    for (int i = 0; i < 2; ++i) {
      if (auto written = made->write_under_lock(); !written) return std::move(written).error();
    }
    if (auto settled = made->settle(); !settled) return std::move(settled).error();
    const descriptor parent{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!parent.is_open() || ::fsync(parent.number()) != 0)
      return from_errno(errno, "opening", folder);
  }
  return made;
}

synced_end::synced_end(const fs::path& folder, descriptor file, const synced_state& known)
    : folder_(folder),
      file_(std::move(file)),
      state_(known),
      settler_([this] { settle_when_idle(); }) {}

synced_end::~synced_end() {
  {
    const std::lock_guard lock{mutex_};
    ended_ = true;
    changed_.notify_all();
  }
  settler_.join();
}

result<void> synced_end::begin(std::uint64_t sequence, std::uint64_t boot, bool promised_writes) {
  note_written(sequence);
  {
    const std::lock_guard lock{mutex_};
    state_.sequence = sequence;
    state_.boot = boot;
    state_.promised_writes = promised_writes;
    // Logs that were created while the store was opened.
    for (auto& log : state_.logs)
      if (log.number != 0 && log.first == 0) log.first = sequence + 1;
    if (auto written = write_under_lock(); !written) return written;
  }
  return settle();
}

result<void> synced_end::note_sequence(std::uint64_t sequence) {
  const std::lock_guard lock{mutex_};
  if (sequence <= state_.sequence) return {};
  state_.sequence = sequence;
  if (!std::exchange(unsettled_, true)) changed_.notify_all();
  return write_under_lock();
}

result<void> synced_end::note_manifest(std::uint64_t number, std::uint64_t bytes) {
  {
    const std::lock_guard lock{mutex_};
    if (number != state_.manifest.number) state_.previous = state_.manifest;
    state_.manifest = {number, bytes};
    if (auto written = write_under_lock(); !written) return written;
  }
  return settle();
}

void synced_end::note_log(std::uint64_t number) {
  const auto written = written_.load(std::memory_order_acquire);
  const std::lock_guard lock{mutex_};
  auto& logs = state_.logs;
  // After a crash during recovery, RocksDB may give a number again.
  while (logs.back().number >= number) {
    std::rotate(logs.begin(), logs.end() - 1, logs.end());
    logs.front() = {};
  }
  std::rotate(logs.begin(), logs.begin() + 1, logs.end());
  logs.back() = {number, written == 0 ? 0 : written + 1};
}

result<void> synced_end::settle() {
  if (::fdatasync(file_.number()) != 0) return from_errno(errno, "marking", folder_);
  return {};
}

synced_state synced_end::state() const {
  const std::lock_guard lock{mutex_};
  return state_;
}

result<void> synced_end::write_under_lock() {
  const auto sector = encode_synced(state_, ++generation_);
  const auto at = static_cast<off_t>(generation_ % 2 * sector_bytes);
  const auto written = ::pwrite(file_.number(), sector.data(), sector.size(), at);
  if (written == static_cast<ssize_t>(sector.size())) return {};
  return from_errno(written < 0 ? errno : EIO, "marking", folder_);
}

void synced_end::settle_when_idle() {
  std::unique_lock lock{mutex_};
  while (true) {
    changed_.wait(lock, [this] { return unsettled_ || ended_; });
    std::uint64_t seen = 0;
    do {
      if (ended_) return;  // closing the store has settled it
      seen = generation_;
      changed_.wait_for(lock, mark_idle, [this] { return ended_; });
    } while (seen != generation_);
    unsettled_ = false;
    lock.unlock();
    // A failure leaves the mark of the last time on the disk, which is still true.
    static_cast<void>(settle());
    lock.lock();
  }
}

result<void> forget_synced(const fs::path& folder) {
  if (::unlink((folder / mark_file_name).c_str()) != 0 && errno != ENOENT)
    return from_errno(errno, "marking", folder);
  return {};
}

}  // namespace pawl::persistence::rocks
