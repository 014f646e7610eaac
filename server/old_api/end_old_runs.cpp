#include "server/old_api/end_old_runs.hpp"

#include <memory>
#include <utility>

#include "server/old_api/old_errors.hpp"

namespace pawl::server {
namespace {

/// Cancels runs one after the other, page by page.
class old_runs_ending : public std::enable_shared_from_this<old_runs_ending> {
 public:
  old_runs_ending(call_ptr request, old_runs_to_end which, std::function<void()> then)
      : request_(std::move(request)), which_(std::move(which)), then_(std::move(then)) {}

  void begin() {
    request_->in().runs().count_async(
        selected(), [self = shared_from_this()](const result<run_total>& found) {
          if (!found) return refuse(self->request_, self->doing(), found.error());
          if (found->count == 0) return self->then_();
          if (!self->which_.force) return self->refuse_running(found->count);
          self->list("");
        });
  }

 private:
  [[nodiscard]] run_filter selected() const {
    run_filter filter;
    filter.flow = which_.flow;
    filter.where = "status=running,paused";
    if (which_.version) filter.where += " version=" + to_string(*which_.version);
    return filter;
  }

  [[nodiscard]] std::string doing() const { return "Failed to delete " + which_.what; }

  void refuse_running(std::uint64_t count) {
    const char* const what_it_cancels = which_.version ? "" : "running workflows ";
    refuse(request_, {400, "Cannot delete " + which_.what + ": " + std::to_string(count) +
                               " workflows are still running. Use force=true to cancel " +
                               what_it_cancels + "and delete."});
  }

  void list(std::string cursor) {
    run_filter filter = selected();
    filter.cursor = std::move(cursor);
    request_->in().runs().list_async(filter, [self = shared_from_this()](result<run_page> page) {
      if (!page) return refuse(self->request_, self->doing(), page.error());
      self->page_ = *std::move(page);
      self->cancel_next(0);
    });
  }

  void cancel_next(std::size_t at) {
    if (at == page_.runs.size()) return page_.next.empty() ? then_() : list(page_.next);
    command_options options;
    options.reason = which_.reason;
    options.by = request_->by().name;
    request_->in().runs().cancel_async(
        page_.runs[at].key.id, options,
        [self = shared_from_this(), at](const result<run_changed>& cancelled) {
          // One that has ended meanwhile is no obstacle.
          const bool is_left = !cancelled && cancelled.error().code != errc::illegal_transition &&
                               cancelled.error().code != errc::not_found;
          if (is_left) return refuse(self->request_, self->doing(), cancelled.error());
          self->cancel_next(at + 1);
        });
  }

  const call_ptr request_;
  const old_runs_to_end which_;
  const std::function<void()> then_;
  run_page page_;
};

}  // namespace

void end_old_runs(const call_ptr& request, old_runs_to_end which, std::function<void()> then) {
  std::make_shared<old_runs_ending>(request, std::move(which), std::move(then))->begin();
}

}  // namespace pawl::server
