#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

/// A disk that can lose its power.
///
/// `interpose.cpp` replaces the system calls that change files. For the files of one folder they
/// are recorded here: what was written, renamed and deleted, and what an fsync made durable. At a
/// random time the record is copied (a cut); from a cut, any number of folders can be built as a
/// power failure at that time can leave them.
namespace pawl::power {

/// A change of a file: bytes at an offset, or a new size.
struct file_change {
  std::uint64_t offset = 0;
  std::string data;
  bool resize = false;  ///< the size becomes `offset`
};

void apply_change(std::string& contents, const file_change& change);

struct file_state {
  std::string durable;               ///< contents at the last completed fsync
  std::vector<file_change> pending;  ///< later changes, in order
  std::uint64_t synced = 0;          ///< number of changes that are part of `durable`
};

/// A change of the directory.
struct name_change {
  enum class kind : std::uint8_t { create, rename, unlink };
  kind what = kind::create;
  std::string from;  ///< the name before; create: unused
  std::string to;    ///< the name after; unlink: unused
  int file = 0;
};

/// What is on the disk and what only in the memory of the operating system, at one time.
struct cut {
  std::map<std::string, int> names;  ///< durable entries of the directory
  std::vector<name_change> pending;  ///< later changes of it, in order
  std::map<int, file_state> files;
  std::uint64_t acknowledged = 0;  ///< what the workload had promised by then
};

/// How a folder is built from a cut.
enum class loss : std::uint8_t {
  process,     ///< kill -9: the operating system keeps everything
  power,       ///< unsynced bytes, renames and unlinks may be lost
  late_power,  ///< all bytes reached the disk, but unlinks may be lost
  bytes_only,  ///< a faulty disk lost unsynced bytes; the machine was not restarted
};

/// Builds a folder as `what` leaves it. The same `random` builds the same folder.
void build_image(const cut& from, loss what, std::mt19937_64& random,
                 const std::filesystem::path& into);

/// Which calls fail.
enum class operation : std::uint8_t { open, write, sync, rename };
struct failing_call {
  operation what = operation::write;
  int number = 0;              ///< the errno
  std::uint64_t after = 0;     ///< calls of this kind that still succeed
  std::uint64_t failures = 1;  ///< calls that fail then
};

/// The record of one folder. The functions below `record` are for interpose.cpp. Thread-safe.
class disk {
 public:
  static disk& instance();
  /// False until the first use. Before that no call is looked at.
  static std::atomic<bool> in_use;

  /// Starts to record `folder`. All that is in it counts as durable.
  void watch(const std::filesystem::path& folder);
  /// Ends it. Returns the cuts.
  std::vector<cut> stop();
  /// Makes a cut before one in `one_in` calls, at random, and at most `most` cuts.
  void make_cuts(std::uint64_t seed, std::uint64_t one_in, std::size_t most,
                 std::function<std::uint64_t()> acknowledged);
  /// Makes calls fail. `inject({})` ends it.
  void inject(std::vector<failing_call> faults);
  /// The faults that have failed a call.
  [[nodiscard]] std::uint64_t failed_calls();
  /// The state now.
  [[nodiscard]] cut now();
  /// The completed fsyncs of files whose names contain `part`.
  [[nodiscard]] std::uint64_t syncs_of(const std::string& part);

  /// The boot that the system reports to this process; nothing: the real one.
  void set_boot(std::optional<std::uint64_t> boot);
  [[nodiscard]] std::optional<std::string> boot_file();

  // record: each returns what the system call returns, and sets errno.
  int open(const char* path, int flags, unsigned mode);
  int close(int fd);
  long write(int fd, const void* data, std::size_t size, std::optional<std::int64_t> offset);
  int sync(int fd, bool data_only);
  int resize(int fd, std::int64_t size);
  int rename(const char* from, const char* to);
  int unlink(const char* path);

 private:
  struct handle {
    int file = 0;  ///< 0: the folder itself
    std::string name;
  };

  [[nodiscard]] std::optional<std::string> name_in_folder(const char* path) const;
  [[nodiscard]] bool fails(operation what);
  void before_call();
  [[nodiscard]] cut copy() const;

  std::recursive_mutex mutex_;
  bool watching_ = false;
  std::string folder_;
  int next_file_ = 1;
  std::map<std::string, int> names_;  ///< now
  std::map<int, handle> handles_;     ///< by descriptor
  cut state_;
  std::map<std::string, std::uint64_t> syncs_;

  std::mt19937_64 random_;
  std::uint64_t one_in_ = 0;
  std::size_t most_cuts_ = 0;
  std::function<std::uint64_t()> acknowledged_;
  std::vector<cut> cuts_;
  std::vector<failing_call> faults_;
  std::uint64_t failed_calls_ = 0;
  std::optional<std::string> boot_file_;
};

}  // namespace pawl::power
