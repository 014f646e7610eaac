#include "persistence/rocksdb/private_files.hpp"

#include <sys/stat.h>

#include <string>
#include <utility>

#include <rocksdb/file_system.h>

namespace pawl::persistence::rocks {
namespace {

class private_files final : public rocksdb::FileSystemWrapper {
 public:
  explicit private_files(std::unique_ptr<rocksdb::Env> base)
      : rocksdb::FileSystemWrapper(base->GetFileSystem()), base_(std::move(base)) {}

  const char* Name() const override { return "pawl.private_files"; }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* made,
                                    rocksdb::IODebugContext* debug) override {
    return restricted(name, target()->NewWritableFile(name, options, made, debug));
  }
  rocksdb::IOStatus ReopenWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* made,
                                       rocksdb::IODebugContext* debug) override {
    return restricted(name, target()->ReopenWritableFile(name, options, made, debug));
  }
  rocksdb::IOStatus NewRandomRWFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSRandomRWFile>* made,
                                    rocksdb::IODebugContext* debug) override {
    return restricted(name, target()->NewRandomRWFile(name, options, made, debug));
  }
  rocksdb::IOStatus NewLogger(const std::string& name, const rocksdb::IOOptions& options,
                              std::shared_ptr<rocksdb::Logger>* made,
                              rocksdb::IODebugContext* debug) override {
    return restricted(name, target()->NewLogger(name, options, made, debug));
  }
  rocksdb::IOStatus LockFile(const std::string& name, const rocksdb::IOOptions& options,
                             rocksdb::FileLock** lock, rocksdb::IODebugContext* debug) override {
    return restricted(name, target()->LockFile(name, options, lock, debug));
  }

 private:
  /// A file system without modes refuses the change; the mode of the folder protects the files too.
  static rocksdb::IOStatus restricted(const std::string& name, rocksdb::IOStatus made) {
    if (made.ok()) static_cast<void>(!::chmod(name.c_str(), S_IRUSR | S_IWUSR));
    return made;
  }

  const std::unique_ptr<rocksdb::Env> base_;
};

}  // namespace

std::unique_ptr<rocksdb::Env> private_environment(std::unique_ptr<rocksdb::Env> base) {
  return rocksdb::NewCompositeEnv(std::make_shared<private_files>(std::move(base)));
}

}  // namespace pawl::persistence::rocks
