#include "cli/view/event_text.hpp"

#include "cli/text.hpp"

namespace pawl::cli {
namespace {

/// Joins non-empty texts with commas.
class comma_list {
 public:
  void add(const std::string& word) {
    if (word.empty()) return;
    all_ += (all_.empty() ? "" : ", ") + word;
  }
  [[nodiscard]] const std::string& text() const noexcept { return all_; }

 private:
  std::string all_;
};

std::string shown_member(const json& detail, const char* key) {
  const auto found = detail.find(key);
  if (found == detail.end()) return {};
  return printable(found->is_string() ? found->get<std::string>() : found->dump());
}

/// A log message with what it is about and its context.
std::string log_text(const json& detail) {
  std::string text = shown_member(detail, "message");
  if (const std::string about = shown_member(detail, "about"); !about.empty())
    text = about + ": " + text;
  if (const std::string context = shown_member(detail, "context"); !context.empty())
    text += " " + context;
  return text;
}

std::string failure_text(const json& detail) {
  return shown_member(detail, "type") + ": " + shown_member(detail, "message");
}

}  // namespace

std::string detail_text(const history_event& e) {
  const json& detail = e.detail;
  comma_list all;
  if (e.visit > 1) all.add("visit " + std::to_string(e.visit));
  if (e.attempt > 1) all.add("attempt " + std::to_string(e.attempt));
  if (const auto us = detail.find("us"); us != detail.end() && us->is_number_integer())
    all.add(duration_text(us->get<std::int64_t>()));
  if (e.kind == "step_failed" || e.kind == "run_failed") {
    all.add(failure_text(detail));
  } else if (e.kind == "retry_scheduled") {
    all.add(failure_text(detail));
    all.add("retry in " + duration_text(detail.value("wait_ms", std::int64_t{0}) * 1'000));
  } else if (e.kind == "wait_began") {
    if (detail.contains("ms")) {
      all.add("for " + duration_text(detail.value("ms", std::int64_t{0}) * 1'000));
    } else {
      all.add("until " + shown_member(detail, "until"));
    }
  } else if (e.kind == "condition_evaluated") {
    all.add(shown_member(detail, "result"));
  } else if (e.kind == "edge_taken") {
    all.add("to " + shown_member(detail, "to") + " (" + shown_member(detail, "why") + ")");
  } else if (e.kind == "forked" || e.kind == "branches_merged") {
    all.add(shown_member(detail, "branches") + " branches");
  } else if (e.kind == "step_log") {
    all.add(shown_member(detail, "level") + ": " + log_text(detail));
  } else if (e.kind == "step_progress") {
    const double fraction = detail.value("fraction", 0.0);
    all.add(std::to_string(static_cast<int>(fraction * 100)) + "%");
  } else if (e.kind == "run_cancelled" || e.kind == "run_retried" || e.kind == "run_pausing" ||
             e.kind == "run_resumed") {
    all.add(shown_member(detail, "reason"));
  } else {
    json rest = detail.is_object() ? detail : json::object();
    rest.erase("us");
    if (!rest.empty()) all.add(one_line(rest));
  }
  return all.text();
}

json event_json(const run_id& run, const history_event& e) {
  json object{{"run", run.str()},
              {"time", to_rfc3339(e.at)},
              {"event", e.kind},
              {"detail", e.detail.is_null() ? json::object() : e.detail}};
  if (e.checkpoint != 0) object["checkpoint"] = e.checkpoint;
  if (!e.node.empty()) {
    object["node"] = e.node;
    object["visit"] = e.visit;
    object["attempt"] = e.attempt;
  }
  return object;
}

}  // namespace pawl::cli
