#include "server/old_api/resume_old_run.hpp"

#include <memory>
#include <utility>

namespace pawl::server {
namespace {

/// Answers the questions of a run one after the other; the first answer resumes it.
class old_resume : public std::enable_shared_from_this<old_resume> {
 public:
  old_resume(const run_view& run, scope in, json updates, std::string by, callback<void> done)
      : id_(run.summary.key.id),
        in_(std::move(in)),
        updates_(std::move(updates)),
        by_(std::move(by)),
        done_(std::move(done)) {
    for (const auto& each : run.waiting_on)
      if (each.kind == "answer") questions_.push_back(each.name);
  }

  void next() {
    if (at_ != 0 && at_ >= questions_.size()) return done_({});
    resume_options options;
    options.by = by_;
    if (at_ == 0) options.update = updates_;
    if (!questions_.empty()) {
      options.answer = updates_;
      options.question = questions_[at_];
    }
    ++at_;
    in_.runs().resume_async(id_, std::move(options),
                            [self = shared_from_this()](const result<run_changed>& changed) {
                              self->resumed(changed);
                            });
  }

 private:
  void resumed(const result<run_changed>& changed) {
    if (changed) return next();
    // It was not paused, or has gone on meanwhile: there is nothing to do, but to say that updates
    // were not made.
    const bool goes_on = changed.error().code == errc::illegal_transition && updates_.empty();
    if (goes_on || (at_ > 1 && changed.error().code == errc::invalid_argument)) return next();
    done_(changed.error());
  }

  const run_id id_;
  const scope in_;
  const json updates_;
  const std::string by_;
  const callback<void> done_;
  std::vector<std::string> questions_;
  std::size_t at_ = 0;
};

}  // namespace

void resume_old_run(const scope& in, const run_id& id, const json& updates, const std::string& by,
                    callback<void> done) {
  in.runs().get_async(id, [in, updates, by, done = std::move(done)](const result<run_view>& run) {
    if (!run) return done(run.error());
    std::make_shared<old_resume>(*run, in, updates, by, done)->next();
  });
}

}  // namespace pawl::server
