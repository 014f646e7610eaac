#include "actors/thread_executor.hpp"

#include <utility>

#include "actors/thread_pool.hpp"

namespace pawl::actors {
namespace {

class thread_executor final : public executor {
 public:
  explicit thread_executor(thread_executor_options options)
      : pool_(std::make_shared<thread_pool>(std::move(options))) {
    pool_->start_watcher();
  }
  ~thread_executor() override { pool_->stop(std::chrono::milliseconds{0}); }

  result<invocation_id> submit(invocation call) override { return pool_->submit(std::move(call)); }
  void cancel(invocation_id call) override { pool_->cancel(call); }
  void stop(std::chrono::milliseconds limit) override { pool_->stop(limit); }
  load current_load() const override { return pool_->current_load(); }
  std::optional<call_progress> progress_of(const run_key& run,
                                           const std::string& key) const override {
    return pool_->progress_of(run, key);
  }

 private:
  const std::shared_ptr<thread_pool> pool_;
};

}  // namespace

std::unique_ptr<executor> make_thread_executor(thread_executor_options options) {
  return std::make_unique<thread_executor>(std::move(options));
}

}  // namespace pawl::actors
