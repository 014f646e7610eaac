#include "server/old_api/old_logs.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include <pawl/run_history.hpp>
#include <pawl/run_logs.hpp>

#include "flow/values/json_size.hpp"
#include "flow/values/text_member.hpp"
#include "runtime/queries/read_budget.hpp"
#include "server/api/percent.hpp"
#include "server/old_api/old_errors.hpp"
#include "server/old_api/old_fields.hpp"

namespace pawl::server {
namespace {

constexpr std::uint64_t max_old_lines = 10'000;
constexpr std::size_t max_events_per_page = 1000;

/// What the engine says about an event.
struct engine_words {
  std::string_view kind;
  std::string_view level;
  std::string_view message;
};

constexpr engine_words said_by_engine[] = {
    {"run_created", "INFO", "Workflow created"},
    {"step_started", "INFO", "Node started"},
    {"step_finished", "INFO", "Node completed"},
    {"step_failed", "ERROR", "Node failed"},
    {"retry_scheduled", "WARNING", "Node will be retried"},
    {"interrupted", "INFO", "Workflow interrupted"},
    {"answered", "INFO", "Workflow answered"},
    {"run_pausing", "INFO", "Pause requested"},
    {"run_paused", "INFO", "Workflow paused"},
    {"run_resumed", "INFO", "Workflow resumed"},
    {"run_retried", "INFO", "Workflow retried"},
    {"run_completed", "INFO", "Workflow completed"},
    {"run_failed", "ERROR", "Workflow failed"},
    {"run_cancelled", "WARNING", "Workflow cancelled"},
};

/// The newest `limit` of the lines of both.
json merged_lines(std::vector<json> engine_lines, std::vector<json> step_lines, std::size_t limit) {
  std::vector<json> lines = std::move(engine_lines);
  std::move(step_lines.begin(), step_lines.end(), std::back_inserter(lines));
  std::stable_sort(lines.begin(), lines.end(),
                   [](const json& a, const json& b) { return a["ts"] < b["ts"]; });
  if (lines.size() > limit)
    lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(limit));
  return lines;
}

/// Reads the newest lines of a run, those of the engine page by page, up to some megabytes.
class old_lines : public std::enable_shared_from_this<old_lines> {
 public:
  old_lines(call_ptr request, std::size_t limit, callback<json> done)
      : request_(std::move(request)),
        limit_(limit),
        done_(std::move(done)),
        withdrawn_(request_->withdrawn_with_client()) {}

  /// Reads the events before the checkpoint `from`; 0: the newest ones.
  void read(std::uint64_t from) {
    history_options newest;
    newest.from = from;
    newest.newest_first = true;
    newest.limit = std::clamp<std::size_t>(limit_ - lines_.size(), 1, max_events_per_page);
    for (const auto& each : said_by_engine) newest.kinds.emplace_back(each.kind);
    request_->in().runs().history_page_async(
        request_->run(), newest,
        [self = shared_from_this()](const result<history_page>& page) {
          if (!page) return self->done_(page.error());
          self->add(*page);
        },
        withdrawn_);
  }

 private:
  void add(const history_page& page) {
    for (const auto& each : page.events) {
      auto line = old_engine_line(request_->run(), each);
      if (!line || lines_.size() == limit_) continue;
      bytes_ += flow::json_size(*line);
      lines_.push_back(*std::move(line));
    }
    const bool is_full = lines_.size() == limit_ || bytes_ > max_page_bytes;
    if (page.next != 0 && !is_full) return read(page.next);
    std::reverse(lines_.begin(), lines_.end());
    read_steps();
  }

  void read_steps() {
    scope_logs{request_->in()}.read_async(
        request_->run(), limit_,
        [self = shared_from_this()](const result<std::vector<run_log_line>>& log) {
          if (!log) return self->done_(log.error());
          std::vector<json> by_steps;
          for (const auto& each : *log) {
            by_steps.push_back(old_log_line(self->request_->run(), each.at, each.level,
                                            each.about.empty() ? each.node : each.about,
                                            each.message, each.context));
          }
          self->done_(merged_lines(std::move(self->lines_), std::move(by_steps), self->limit_));
        },
        withdrawn_);
  }

  const call_ptr request_;
  const std::size_t limit_;
  const callback<json> done_;
  const std::stop_token withdrawn_;
  std::vector<json> lines_;  ///< of the engine, newest first
  std::size_t bytes_ = 0;    ///< of `lines_`
};

/// Calls `done` with the newest lines of a run, oldest first. Errors: `not_found`.
void read_old_lines(const call_ptr& request, std::size_t limit, callback<json> done) {
  std::make_shared<old_lines>(request, limit, std::move(done))->read(0);
}

void answer_lines(const call_ptr& request, json lines) {
  const std::size_t total = lines.size();
  request->answer(
      200, {{"thread_id", request->run().str()}, {"logs", std::move(lines)}, {"total", total}});
}

}  // namespace

json old_log_line(const run_id& run, time_point at, std::string_view level, const std::string& node,
                  std::string_view message, json context) {
  std::string upper{level};
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return {{"ts", old_time(at)},
          {"level", std::move(upper)},
          {"thread_id", run.str()},
          {"node_id", node.empty() ? json(nullptr) : json(node)},
          {"message", message},
          {"context", context.is_object() ? std::move(context) : json::object()}};
}

std::optional<json> old_engine_line(const run_id& run, const history_event& event) {
  const auto* const words =
      std::find_if(std::begin(said_by_engine), std::end(said_by_engine),
                   [&](const engine_words& each) { return each.kind == event.kind; });
  if (words == std::end(said_by_engine)) return std::nullopt;
  std::string message{words->message};
  for (const char* const key : {"message", "reason"})
    if (const auto& why = flow::text_member(event.detail, key); !why.empty()) message += ": " + why;
  json context = json::object();
  if (event.attempt > 1) context["attempt"] = event.attempt;
  return old_log_line(run, event.at, words->level, event.node, message, std::move(context));
}

void answer_old_logs(const call_ptr& request, const std::string& not_found) {
  const auto limit = old_number(request, "limit", 1000, max_old_lines);
  if (!limit) return;
  read_old_lines(request, *limit, [request, not_found](result<json> lines) {
    if (lines) return answer_lines(request, *std::move(lines));
    if (lines.error().code != errc::not_found)
      return refuse(request, "Failed to get logs", lines.error());
    if (not_found.empty()) return answer_lines(request, json::array());
    refuse(request, old_thread_not_found(request->run().str(), not_found));
  });
}

/// The header of an answer that is saved as a file (RFC 6266). A name that is not plain is also
/// there with other characters in its place, for clients that know no other form.
static std::string attachment(const std::string& name) {
  const auto is_plain = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view{"._:-"}.find(c) != std::string_view::npos;
  };
  std::string plain = name;
  for (char& c : plain)
    if (!is_plain(c)) c = '_';
  std::string header = "attachment; filename=\"" + plain + "\"";
  if (plain != name) header += "; filename*=UTF-8''" + percent_encoded(name);
  return header;
}

void download_old_logs(const call_ptr& request) {
  read_old_lines(request, max_old_lines, [request](const result<json>& lines) {
    const std::string id = request->run().str();
    if (!lines && lines.error().code == errc::not_found)
      return refuse(request, old_thread_not_found(id, "Log file not found"));
    if (!lines) return refuse(request, "Failed to download logs", lines.error());
    std::string text;
    for (const auto& each : *lines) text += text_of(each) + "\n";
    request->answer_text("application/json", std::move(text),
                         {{"Content-Disposition", attachment("workflow-" + id + "-logs.jsonl")}});
  });
}

}  // namespace pawl::server
