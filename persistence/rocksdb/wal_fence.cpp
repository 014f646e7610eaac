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
  PAWL_ASSERT(!syncing_, "two syncs at once");
  syncing_ = failure_.ok();
  return failure_;
}

void wal_fence::end_sync() {
  const std::lock_guard lock{mutex_};
  syncing_ = false;
  quiet_.notify_all();
}

void wal_fence::close(const rocksdb::IOStatus& why) {
  std::unique_lock lock{mutex_};
  if (failure_.ok()) failure_ = why;
  quiet_.wait(lock, [this] { return !syncing_; });
}

namespace {

class fenced_log final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  fenced_log(std::unique_ptr<rocksdb::FSWritableFile> file, wal_fence& gate)
      : rocksdb::FSWritableFileOwnerWrapper(std::move(file)), gate_(gate) {}

  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
    return told(target()->Append(data, options, debug));
  }
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           const rocksdb::DataVerificationInfo& verification,
                           rocksdb::IODebugContext* debug) override {
    return told(target()->Append(data, options, verification, debug));
  }

 private:
  rocksdb::IOStatus told(rocksdb::IOStatus status) {
    if (!status.ok()) gate_.close(status);
    return status;
  }

  wal_fence& gate_;
};

/// RocksDB's log for people. A line that cannot be written is lost. RocksDB's own logger would then
/// count it as a mistake of its own to write the next one, and Debian's library aborts.
class best_effort_logger final : public rocksdb::Logger {
 public:
  explicit best_effort_logger(const std::string& path) : file_(std::fopen(path.c_str(), "ae")) {}

  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    if (!file_) return;
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    std::array<char, 32> moment{};
    std::strftime(moment.data(), moment.size(), "%FT%TZ", ::gmtime_r(&now, &parts));
    const std::lock_guard lock{mutex_};
    std::fprintf(file_.get(), "%s ", moment.data());
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
  explicit fenced_files(wal_fence& gate)
      : rocksdb::FileSystemWrapper(rocksdb::FileSystem::Default()), gate_(gate) {}

  const char* Name() const override { return "pawl.gated_files"; }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* made,
                                    rocksdb::IODebugContext* debug) override {
    auto status = target()->NewWritableFile(name, options, made, debug);
    if (!status.ok()) return status;
    if (name.ends_with(".log")) *made = std::make_unique<fenced_log>(std::move(*made), gate_);
    return status;
  }

  rocksdb::IOStatus NewLogger(const std::string& name, const rocksdb::IOOptions&,
                              std::shared_ptr<rocksdb::Logger>* made,
                              rocksdb::IODebugContext*) override {
    *made = std::make_shared<best_effort_logger>(name);
    return rocksdb::IOStatus::OK();
  }

 private:
  wal_fence& gate_;
};

}  // namespace

std::unique_ptr<rocksdb::Env> fenced_environment(wal_fence& gate) {
  return rocksdb::NewCompositeEnv(std::make_shared<fenced_files>(gate));
}

}  // namespace pawl::persistence::rocks
