#include "cli/target/local.hpp"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <pawl/run_statistics.hpp>

#include "cli/clock.hpp"
#include "cli/session.hpp"
#include "cli/target/local_follower.hpp"
#include "cli/target/selected_events.hpp"
#include "cli/text.hpp"
#include "runtime/async.hpp"
#include "server/api/version_name.hpp"
#include "server/run_state_views.hpp"
#include "server/statistics_view.hpp"
#include "server/views.hpp"

namespace pawl::cli {
namespace {

/// Adds the user who starts a run or sends a command.
template <class Options>
Options by_user(Options how) {
  const passwd* const user = ::getpwuid(::geteuid());
  how.by = user != nullptr ? user->pw_name : std::to_string(::geteuid());
  return how;
}

constexpr std::size_t max_page = 1'000;

template <class T>
void append(std::vector<T>& to, std::vector<T> more) {
  std::move(more.begin(), more.end(), std::back_inserter(to));
}

class local_target final : public target {
 public:
  local_target(std::unique_ptr<engine> open, scope in)
      : engine_(std::move(open)), in_(std::move(in)) {
    const settings& used = engine_->effective_settings();
    std::string scope_flag;
    if (in_.name() != default_scope()) scope_flag = " --scope " + shell_word(in_.name().str());
    hints_.read_flags = session::store_flags(used) + scope_flag;
    hints_.run_flags = session::step_flags(used) + scope_flag;
    hints_.durable = used.storage.is_kept();
  }

  [[nodiscard]] const command_hints& hints() const noexcept override { return hints_; }
  [[nodiscard]] bool logs_to_terminal() const noexcept override {
    const auto& log = engine_->effective_settings().log;
    return log.level < log_level::warning && log.file.empty() && ::isatty(STDERR_FILENO) == 1;
  }

  result<flow_stored> put_flow(const json& definition, const put_flow_options& how) override {
    return in_.put_flow(definition, how);
  }
  result<void> publish_flow(const flow_version_id& id) override { return in_.flows().publish(id); }
  result<void> delete_flow(const flow_name& name) override { return in_.flows().remove(name); }
  result<flow_version> get_flow(const flow_name& name, std::optional<version> v) override {
    return in_.flows().get(name, v);
  }
  result<version> find_version(const flow_name& name, const std::string& text) override {
    return await<version>(
        [&](callback<version> done) { server::find_version(in_, name, text, std::move(done)); });
  }
  result<flow_page> list_flows() override {
    flow_page all;
    flow_filter wanted{max_page, {}};
    do {
      auto page = in_.flows().list(wanted);
      if (!page) return page;
      append(all.flows, std::move(page->flows));
      append(all.damaged, std::move(page->damaged));
      wanted.cursor = page->next;
    } while (!wanted.cursor.empty());
    return all;
  }
  result<flow_version_page> flow_versions(const flow_name& name) override {
    flow_version_page all;
    flow_filter wanted{max_page, {}};
    do {
      auto page = in_.flows().versions(name, wanted);
      if (!page) return page;
      append(all.versions, std::move(page->versions));
      append(all.damaged, std::move(page->damaged));
      wanted.cursor = page->next;
    } while (!wanted.cursor.empty());
    return all;
  }
  result<std::vector<function_info>> functions() override { return in_.functions().list(); }
  result<worker_overview> workers() override { return in_.workers().list(); }
  result<json> cluster() override { return server::to_json(engine_->cluster()); }

  result<run_started> start(std::string_view flow, const json& input,
                            const start_options& how) override {
    return in_.start(flow, input, by_user(how));
  }
  result<run_started> restart(const run_id& id, const start_options& how) override {
    return in_.runs().restart(id, by_user(how));
  }
  result<run_started> fork(const run_id& id, const fork_options& how) override {
    fork_options mine = how;
    mine.start = by_user(std::move(mine.start));
    return in_.runs().fork(id, std::move(mine));
  }
  result<run_view> get(const run_id& id, std::chrono::milliseconds wait) override {
    if (wait.count() == 0) return in_.get(id);
    auto ended = in_.wait(id, wait);
    if (ended || ended.error().code != errc::timed_out) return ended;
    return in_.get(id);
  }
  result<run_page> list(const run_filter& filter) override { return in_.runs().list(filter); }
  result<run_total> count(const run_filter& filter) override { return in_.runs().count(filter); }
  result<run_error_groups> errors(const run_filter& filter, std::size_t limit) override {
    return scope_errors{in_}.read(filter, limit);
  }
  result<std::vector<run_count>> counts() override { return in_.runs().counts(); }
  result<json> statistics(std::size_t days) override {
    const auto all = scope_statistics{in_}.read({days});
    if (!all) return all.error();
    return server::to_json(*all);
  }
  result<json> explain(const run_id& id) override {
    const auto explained = in_.runs().explain(id);
    if (!explained) return explained.error();
    return server::to_json(*explained);
  }
  result<json> state_at(const run_id& id, std::uint64_t checkpoint) override {
    const auto state = in_.runs().state_at(id, checkpoint);
    if (!state) return state.error();
    return server::to_json(*state);
  }
  result<json> diff(const run_id& id, std::uint64_t from, std::uint64_t to) override {
    const auto difference = in_.runs().diff(id, from, to);
    if (!difference) return difference.error();
    return server::to_json(*difference);
  }
  result<std::vector<history_event>> history(const run_id& id) override {
    return read_history(in_, id);
  }

  result<pawl::history_page> history_page(const run_id& id, const history_options& how) override {
    return in_.runs().history_page(id, how);
  }
  result<json> steps(const run_id& id, const step_options& how) override {
    const auto page = in_.runs().steps(id, how);
    if (!page) return page.error();
    return server::to_json(*page);
  }

  result<run_changed> cancel(const run_id& id, const command_options& how) override {
    return in_.runs().cancel(id, by_user(how));
  }
  result<run_changed> terminate(const run_id& id, const command_options& how) override {
    return in_.runs().terminate(id, by_user(how));
  }
  result<run_changed> skip(const run_id& id, const std::string& node,
                           const command_options& how) override {
    return in_.runs().skip(id, node, by_user(how));
  }
  result<run_changed> pause(const run_id& id, const command_options& how) override {
    return in_.runs().pause(id, by_user(how));
  }
  result<run_changed> retry(const run_id& id, const command_options& how) override {
    return in_.runs().retry(id, by_user(how));
  }
  result<run_changed> resume(const run_id& id, const resume_options& how) override {
    return in_.runs().resume(id, by_user(how));
  }
  result<run_changed> set_data(const run_id& id, const json& changes,
                               const command_options& how) override {
    return in_.runs().set_data(id, changes, by_user(how));
  }
  result<run_changed> signal(const run_id& id, const std::string& type, const json& payload,
                             const signal_options& how) override {
    return in_.signal(id, type, payload, by_user(how));
  }

  result<run_removed> remove(const run_id& id) override { return in_.runs().remove(id); }
  result<void> keep(const run_id& id, bool kept) override {
    return kept ? in_.runs().keep(id) : in_.runs().release(id);
  }
  result<cleanup_page> clean_up(const cleanup_options& how) override {
    return in_.runs().clean_up(how);
  }

  result<compaction_result> compact() override { return engine_->compact(); }
  result<backup_info> back_up(const std::filesystem::path& folder) override {
    return engine_->back_up(folder);
  }

  result<job_started> start_job(const job_request& what, const job_options& how) override {
    return in_.jobs().start(by_user(what), how);
  }
  result<job_view> get_job(const job_id& id, std::chrono::milliseconds wait) override {
    if (wait.count() == 0) return in_.jobs().get(id);
    auto ended = in_.jobs().wait(id, wait);
    const bool continues = !ended && ended.error().code == errc::timed_out;
    return continues ? in_.jobs().get(id) : ended;
  }
  result<job_page> list_jobs(const job_list_options& how) override { return in_.jobs().list(how); }
  result<job_results> results_of_job(const job_id& id, const job_results_options& how) override {
    return in_.jobs().results(id, how);
  }
  result<job_view> abort_job(const job_id& id) override { return in_.jobs().abort(id); }
  result<void> remove_job(const job_id& id) override { return in_.jobs().remove(id); }

  result<blob_info> put_blob(const blob_source& from, const std::string& type,
                             const std::string& hash) override {
    const auto upload = scope_blobs{in_}.begin(type);
    if (!upload) return upload.error();
    while (true) {
      auto bytes = from();
      if (!bytes) return std::move(bytes).error();
      if (bytes->empty()) return upload->finish(hash);
      if (auto sent = upload->write(*std::move(bytes)); !sent) return std::move(sent).error();
    }
  }
  result<blob_info> get_blob(const std::string& hash) override {
    return scope_blobs{in_}.get(hash);
  }
  result<void> read_blob(const std::string& hash, const blob_sink& to) override {
    const scope_blobs blobs{in_};
    for (std::uint32_t number = 0;; ++number) {
      const auto part = blobs.read(hash, number);
      if (!part) return part.error();
      if (auto taken = to(part->bytes); !taken || part->is_last) return taken;
    }
  }

  result<follow_result> follow(session& s, watcher& shown, std::vector<followed_run> runs,
                               const follow_options& how) override {
    std::optional<run_id> only;
    if (!how.several) only = runs.front().id;
    local_follower all{s, *engine_, in_, shown, std::move(only)};
    s.stop_signals().enable_graceful_stop();
    s.stop_signals().end_within(engine_->effective_settings().engine.stop_timeout_ms +
                                stop_reserve);
    for (auto& run : runs) {
      const result<void> begun = run.refused ? *run.refused : how.begin(run.id);
      if (!begun && !how.several) return begun.error();
      if (begun) {
        all.add(std::move(run));
      } else {
        all.refuse(run.id, begun.error());
      }
    }
    return all.follow(how);
  }

  result<void> events(std::optional<journal_position> after, const event_selection& which,
                      const event_listener& listener) override {
    auto filter = server::event_filter::parse(which.filter, which.kinds, wall_clock());
    if (!filter) return std::move(filter).error();
    selected_events selected{in_, *std::move(filter)};
    journal_position from = after.value_or(journal_position{});
    while (true) {
      const auto page = in_.events().read(from);
      if (!page) return page.error();
      for (const auto& each : page->events) {
        const auto wanted = selected.contains(each);
        if (!wanted) return wanted.error();
        if (*wanted && !listener(each)) return {};
      }
      if (page->next <= from) return {};
      from = page->next;
    }
  }

  result<void> close() override { return engine_->stop(); }

 private:
  std::unique_ptr<engine> engine_;
  scope in_;
  command_hints hints_;
};

}  // namespace

std::unique_ptr<target> make_local_target(std::unique_ptr<engine> open, scope in) {
  return std::make_unique<local_target>(std::move(open), std::move(in));
}

}  // namespace pawl::cli
