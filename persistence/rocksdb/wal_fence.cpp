#include "persistence/rocksdb/wal_fence.hpp"

#include <array>
#include <cstdarg>
#include <cstdio>
#include <ctime>
#include <string>
#include <utility>

#include <rocksdb/file_system.h>

#include <pawl/assert.hpp>

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

 private:
  rocksdb::IOStatus checked(rocksdb::IOStatus status) {
    if (!status.ok()) fence_.close(status);
    return status;
  }

  wal_fence& fence_;
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
  explicit fenced_files(wal_fence& fence)
      : rocksdb::FileSystemWrapper(rocksdb::FileSystem::Default()), fence_(fence) {}

  const char* Name() const override { return "pawl.fenced_files"; }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* made,
                                    rocksdb::IODebugContext* debug) override {
    auto status = target()->NewWritableFile(name, options, made, debug);
    if (!status.ok()) return status;
    if (name.ends_with(".log")) *made = std::make_unique<fenced_log>(std::move(*made), fence_);
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
};

}  // namespace

std::unique_ptr<rocksdb::Env> fenced_environment(wal_fence& fence) {
  return rocksdb::NewCompositeEnv(std::make_shared<fenced_files>(fence));
}

}  // namespace pawl::persistence::rocks
