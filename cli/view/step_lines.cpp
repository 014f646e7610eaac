#include "cli/view/step_lines.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <pawl/time.hpp>

#include "cli/json_members.hpp"
#include "cli/report.hpp"
#include "cli/text.hpp"

namespace pawl::cli {
namespace {

tint tint_of_step(const std::string& status) {
  if (status == "completed") return tint::green;
  return status == "failed" ? tint::red : tint::yellow;
}

std::string number_in(const json& step, const char* key) {
  const json& number = member(step, key);
  return number.is_number() ? number.dump() : "";
}

/// "core.http, worker w1, item 3: card_declined: …": what a line has after the columns.
std::string notes_of(const json& step) {
  std::string text = printable(text_in(step, "function"));
  const auto add = [&text](const std::string& note) {
    if (!note.empty()) text += (text.empty() ? "" : ", ") + note;
  };
  if (flag_in(step, "compensates")) add("compensation");
  if (const auto worker = text_in(step, "worker"); !worker.empty())
    add("worker " + printable(worker));
  if (const auto queue = text_in(step, "queue"); text_in(step, "status") == "queued")
    add("queue " + printable(queue));
  if (const auto child = text_in(step, "child"); !child.empty()) add("run " + printable(child));
  if (const auto item = number_in(step, "item"); !item.empty()) add("item " + item);
  if (const auto calls = number_in(step, "calls"); calls != "1" && !calls.empty())
    add(calls + " calls");
  if (const json& error = member(step, "error"); error.is_object())
    add(printable(text_in(error, "type") + ": " + text_in(error, "message")));
  return text;
}

}  // namespace

void step_lines::print(const json& steps) {
  for (const auto& each : steps) {
    node_ = std::max(node_, display_width(printable(text_in(each, "node"))));
    checkpoint_ = std::max(checkpoint_, number_in(each, "checkpoint").size());
  }
  const text_style style = session_.style();
  if (!std::exchange(has_header_, true)) {
    session_.out().line(style.paint(
        tint::dim, pad("#", checkpoint_ + 1) + "  " + pad("STEP", node_) +
                       "  VISIT  ATTEMPT  STATUS       STARTED                      TOOK"));
  }
  for (const auto& each : steps) print_step(each);
}

void step_lines::print_step(const json& step) {
  const std::string status = text_in(step, "status");
  const auto started = parse_rfc3339(text_in(step, "started_at"));
  const json& us = member(step, "duration_us");
  std::string line =
      pad("#" + number_in(step, "checkpoint"), checkpoint_ + 1) + "  " +
      pad(printable(text_in(step, "node")), node_) + "  " + pad_left(number_in(step, "visit"), 5) +
      "  " + pad_left(number_in(step, "attempt"), 7) + "  " +
      session_.style().paint(tint_of_step(status), pad(printable(status), 11)) + "  " +
      (started ? time_text(*started) : "") + "  " +
      pad_left(us.is_number_integer() ? duration_text(us.get<std::int64_t>()) : "", 9);
  if (const auto notes = notes_of(step); !notes.empty()) line += "  " + notes;
  session_.out().line(line);
}

}  // namespace pawl::cli
