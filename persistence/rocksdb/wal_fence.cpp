#include "persistence/rocksdb/wal_fence.hpp"

#include <array>
#include <cstdarg>
#include <cstdio>
#include <ctime>
#include <string>
#include <utility>

#include <rocksdb/file_system.h>

#include <pawl/assert.hpp>

#include "persistence/rocksdb/manifest.hpp"

namespace pawl::persistence::rocks {

rocksdb::IOStatus wal_fence::begin_sync() {
  const std::lock_guard lock{mutex_};
  PAWL_ASSERT(!syncing_, "only one thread syncs");
  syncing_ = failure_.ok();
  return failure_;
}

void wal_fence::end_sync() {
  const std::lock_guard lock{mutex_};
  syncing_ = false;
  idle_.notify_all();
}

void wal_fence::close(const rocksdb::IOStatus& why) {
  std::unique_lock lock{mutex_};
  if (failure_.ok()) failure_ = why;
  idle_.wait(lock, [this] { return !syncing_; });
}

void wal_fence::fail(const rocksdb::IOStatus& why) {
  const std::lock_guard lock{mutex_};
  if (failure_.ok()) failure_ = why;
}

rocksdb::IOStatus wal_fence::failure() {
  const std::lock_guard lock{mutex_};
  return failure_;
}

namespace {

class fenced_log final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  fenced_log(std::unique_ptr<rocksdb::FSWritableFile> file, wal_fence& fence)
      : rocksdb::FSWritableFileOwnerWrapper(std::move(file)), fence_(fence) {}

  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
    return checked(target()->Append(data, options, debug));
  }
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           const rocksdb::DataVerificationInfo& verification,
                           rocksdb::IODebugContext* debug) override {
    return checked(target()->Append(data, options, verification, debug));
  }
  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                         rocksdb::IODebugContext* debug) override {
    return hidden(target()->Sync(options, debug));
  }
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                          rocksdb::IODebugContext* debug) override {
    return hidden(target()->Fsync(options, debug));
  }

 private:
  /// A sync of RocksDB's own may be waiting for this one, and would then sync the same log.
  rocksdb::IOStatus hidden(const rocksdb::IOStatus& status) {
    if (!status.ok()) fence_.fail(status);
    return rocksdb::IOStatus::OK();
  }

  rocksdb::IOStatus checked(rocksdb::IOStatus status) {
    if (!status.ok()) fence_.close(status);
    return status;
  }

  wal_fence& fence_;
};

/// A MANIFEST. Its synced size is marked before RocksDB learns that it is synced.
class marked_manifest final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  marked_manifest(std::unique_ptr<rocksdb::FSWritableFile> file, std::uint64_t number,
                  wal_fence& fence, synced_end& mark)
      : rocksdb::FSWritableFileOwnerWrapper(std::move(file)),
        number_(number),
        fence_(fence),
        mark_(mark) {}

  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
    if (auto failed = fence_.failure(); !failed.ok()) return failed;
    bytes_ += data.size();
    return target()->Append(data, options, debug);
  }
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           const rocksdb::DataVerificationInfo& verification,
                           rocksdb::IODebugContext* debug) override {
    if (auto failed = fence_.failure(); !failed.ok()) return failed;
    bytes_ += data.size();
    return target()->Append(data, options, verification, debug);
  }
  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                         rocksdb::IODebugContext* debug) override {
    return marked(target()->Sync(options, debug));
  }
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                          rocksdb::IODebugContext* debug) override {
    return marked(target()->Fsync(options, debug));
  }

 private:
  rocksdb::IOStatus marked(rocksdb::IOStatus status) {
    if (!status.ok()) return status;
    if (auto noted = mark_.note_manifest(number_, bytes_); !noted)
      return rocksdb::IOStatus::IOError(noted.error().message);
    return status;
  }

  const std::uint64_t number_;
  std::uint64_t bytes_ = 0;  ///< appended by one thread at a time, which also syncs
  wal_fence& fence_;
  synced_end& mark_;
};

/// RocksDB's info log. A line that cannot be written is lost. After a failed line, RocksDB's own
/// logger treats the next one as a programming error, and the library of Debian aborts.
class best_effort_logger final : public rocksdb::Logger {
 public:
  explicit best_effort_logger(const std::string& path) : file_(std::fopen(path.c_str(), "ae")) {}

  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    if (!file_) return;
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    std::array<char, 32> time{};
    std::strftime(time.data(), time.size(), "%FT%TZ", ::gmtime_r(&now, &parts));
    const std::lock_guard lock{mutex_};
    std::fprintf(file_.get(), "%s ", time.data());
    std::vfprintf(file_.get(), format, arguments);
    std::fputc('\n', file_.get());
    std::fflush(file_.get());
  }
  std::size_t GetLogFileSize() const override {
    if (!file_) return 0;
    const auto size = std::ftell(file_.get());
    return size > 0 ? static_cast<std::size_t>(size) : 0;
  }

 private:
  struct closer {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };
  std::mutex mutex_;
  const std::unique_ptr<std::FILE, closer> file_;
};

class fenced_files final : public rocksdb::FileSystemWrapper {
 public:
  fenced_files(wal_fence& fence, synced_end& mark)
      : rocksdb::FileSystemWrapper(rocksdb::FileSystem::Default()), fence_(fence), mark_(mark) {}

  const char* Name() const override { return "pawl.fenced_files"; }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* made,
                                    rocksdb::IODebugContext* debug) override {
    auto status = target()->NewWritableFile(name, options, made, debug);
    if (!status.ok()) return status;
    const std::string file = name.substr(name.rfind('/') + 1);
    if (const auto log = log_number(file)) {
      mark_.note_log(*log);
      *made = std::make_unique<fenced_log>(std::move(*made), fence_);
    } else if (const auto manifest = manifest_number(file)) {
      *made = std::make_unique<marked_manifest>(std::move(*made), *manifest, fence_, mark_);
    }
    return status;
  }

  rocksdb::IOStatus NewLogger(const std::string& name, const rocksdb::IOOptions&,
                              std::shared_ptr<rocksdb::Logger>* made,
                              rocksdb::IODebugContext*) override {
    *made = std::make_shared<best_effort_logger>(name);
    return rocksdb::IOStatus::OK();
  }

 private:
  wal_fence& fence_;
  synced_end& mark_;
};

}  // namespace

std::unique_ptr<rocksdb::Env> fenced_environment(wal_fence& fence, synced_end& mark) {
  return rocksdb::NewCompositeEnv(std::make_shared<fenced_files>(fence, mark));
}

}  // namespace pawl::persistence::rocks
