#include "actors/loader.hpp"

#include <string>
#include <utility>

#include "actors/job_pool.hpp"

namespace pawl::actors {
namespace {

class thread_loader final : public loader {
 public:
  explicit thread_loader(std::uint32_t threads) : pool_{"pawl.loader", threads} {}

  void post(job next) override { pool_.post({job_pool::kind::brief}, std::move(next)); }
  void post_check(std::string_view scope, std::string_view flow, job next) override {
    pool_.post({job_pool::kind::lengthy, std::string{scope}, std::string{flow}}, std::move(next));
  }
  void stop() override { pool_.stop(); }

 private:
  job_pool pool_;
};

}  // namespace

std::unique_ptr<loader> make_thread_loader(std::uint32_t threads) {
  return std::make_unique<thread_loader>(threads);
}

}  // namespace pawl::actors
