#include "server/old_api/old_runs.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include <pawl/run_history.hpp>

#include "flow/values/json_size.hpp"
#include "flow/values/text_member.hpp"
#include "runtime/queries/read_budget.hpp"
#include "server/old_api/old_fields.hpp"
#include "server/old_api/old_versions.hpp"

namespace pawl::server {
namespace {

/// Calls `done` with the reason of a cancelled run; "" if none was given.
void find_cancel_reason(const scope& in, const run_id& id, callback<std::string> done,
                        std::stop_token withdrawn) {
  history_options last;
  last.newest_first = true;
  last.limit = 1;
  last.kinds = {"run_cancelled"};
  in.runs().history_page_async(
      id, last,
      [done = std::move(done)](const result<history_page>& page) {
        if (!page) return done(page.error());
        std::string reason;
        for (const auto& each : page->events) reason = flow::text_member(each.detail, "reason");
        done(std::move(reason));
      },
      std::move(withdrawn));
}

json shown_run(const run_view& run, const flow_numbers& of, json metadata) {
  return {{"thread_id", run.summary.key.id.str()},
          {"status", old_status(run.summary)},
          {"flow_version_id", of.version},
          {"started_at", old_time(run.summary.started_at)},
          {"finished_at", old_time(run.summary.finished_at)},
          {"last_event_at", old_time(run.updated_at)},
          {"metadata", std::move(metadata)}};
}

/// Shows runs one after the other.
class old_run_list : public std::enable_shared_from_this<old_run_list> {
 public:
  old_run_list(scope in, std::vector<run_id> ids, callback<json> done, std::stop_token withdrawn)
      : in_(std::move(in)),
        ids_(std::move(ids)),
        done_(std::move(done)),
        withdrawn_(std::move(withdrawn)) {}

  void next() {
    if (at_ == ids_.size() || bytes_ > max_page_bytes) return done_(std::move(shown_));
    show_old_run(
        in_, ids_[at_++],
        [self = shared_from_this()](result<json> run) {
          if (!run && run.error().code != errc::not_found) return self->done_(std::move(run));
          if (run) {
            self->bytes_ += flow::json_size(*run);
            self->shown_.push_back(*std::move(run));
          }
          self->next();
        },
        withdrawn_);
  }

 private:
  const scope in_;
  const std::vector<run_id> ids_;
  const callback<json> done_;
  const std::stop_token withdrawn_;
  std::size_t at_ = 0;
  std::size_t bytes_ = 0;  ///< of `shown_`
  json shown_ = json::array();
};

}  // namespace

std::string_view old_status(const run_summary& run) noexcept {
  const bool is_pending = run.status == run_status::paused && !run.started_at;
  return is_pending ? "pending" : to_string(run.status);
}

bool can_start(const run_summary& run) noexcept {
  return run.status == run_status::paused;
}

json old_metadata(const run_view& run) {
  const bool is_paused = run.summary.status == run_status::paused && run.summary.started_at;
  json metadata = run.metadata.is_object() ? run.metadata : json::object();
  metadata.erase(old_version_key);
  // The engine leaves a question there after its answer. A paused run may have been imported with
  // one.
  const std::string& asked_at = flow::text_member(metadata, "last_node");
  const bool has_moved = !asked_at.empty() && (run.at.empty() || run.at.front() != asked_at);
  if (!is_paused || has_moved) metadata.erase("interrupt_value");
  metadata.erase("last_node");
  metadata["inputs"] = run.input.is_object() ? run.input : json::object();
  if (const auto& failed = run.summary.error) {
    metadata["error"] = failed->message;
    if (!failed->node.empty()) metadata["last_node"] = failed->node;
  }
  const auto question = std::find_if(run.waiting_on.begin(), run.waiting_on.end(),
                                     [](const waiting_on& each) { return each.kind == "answer"; });
  if (question != run.waiting_on.end()) {
    metadata["interrupt_value"] = question->question;
    metadata["last_node"] = question->node;
  } else if (is_paused && !run.at.empty()) {
    metadata["last_node"] = run.at.front();
  }
  if (run.summary.restarted_from) metadata["restarted"] = true;
  return metadata;
}

void show_old_run(const scope& in, const run_id& id, callback<json> done,
                  std::stop_token withdrawn) {
  const auto show = [in, withdrawn, done = std::move(done)](result<run_view> run) {
    if (!run) return done(run.error());
    const auto shared = std::make_shared<const run_view>(*std::move(run));
    number_old_version(
        in, shared->summary.flow, [in, withdrawn, shared, done](const result<flow_numbers>& of) {
          if (!of) return done(of.error());
          json metadata = old_metadata(*shared);
          if (shared->summary.status != run_status::cancelled)
            return done(shown_run(*shared, *of, std::move(metadata)));
          find_cancel_reason(
              in, shared->summary.key.id,
              [shared, of = *of, metadata, done](result<std::string> reason) mutable {
                if (!reason) return done(reason.error());
                if (!reason->empty()) metadata["cancel_reason"] = *reason;
                done(shown_run(*shared, of, std::move(metadata)));
              },
              withdrawn);
        });
  };
  in.runs().get_async(id, show, withdrawn);
}

void show_old_runs(const scope& in, std::vector<run_id> ids, callback<json> done,
                   std::stop_token withdrawn) {
  std::make_shared<old_run_list>(in, std::move(ids), std::move(done), std::move(withdrawn))->next();
}

}  // namespace pawl::server
