#include "tests/linear/operation.hpp"

#include <array>
#include <string_view>
#include <utility>

#include <pawl/assert.hpp>

namespace pawl::linear {
namespace {

constexpr std::array<std::string_view, 7> verbs = {"start",  "signal", "pause", "resume",
                                                   "cancel", "retry",  "get"};

std::string_view name_of(verb what) {
  return verbs[static_cast<std::size_t>(what)];
}

verb verb_of(const std::string& text) {
  for (std::size_t i = 0; i < verbs.size(); ++i)
    if (verbs[i] == text) return static_cast<verb>(i);
  PAWL_ASSERT(false, "the verb of a record is known");
  return verb::get;
}

run_status status_of(const std::string& text) {
  const auto status = parse_run_status(text);
  PAWL_ASSERT(status, "the status of a record is known");
  return *status;
}

std::string text_of(run_status status) {
  return std::string{to_string(status)};
}

}  // namespace

json to_json(const operation& what) {
  json record{{"do", name_of(what.what)}};
  if (what.if_status) record["if_status"] = to_string(*what.if_status);
  if (what.what == verb::start) record["input"] = what.input;
  if (what.what == verb::signal) record["signal"] = what.signal;
  if (what.note != 0) record["note"] = what.note;
  return record;
}

operation operation_of(const json& record) {
  operation what;
  what.what = verb_of(record.at("do"));
  if (record.contains("if_status")) what.if_status = status_of(record.at("if_status"));
  what.input = record.value("input", 0);
  what.signal = record.value("signal", 0);
  what.note = record.value("note", 0);
  return what;
}

json to_json(const outcome& answer) {
  if (!answer.error.empty()) return {{"error", answer.error}};
  json record{{"status", to_string(answer.status)}};
  if (answer.before) record["before"] = to_string(*answer.before);
  if (answer.pausing) record["pausing"] = true;
  if (answer.created) record["created"] = true;
  if (answer.data) {
    record["data"] = {{"input", answer.data->input},
                      {"note", answer.data->note},
                      {"steps", answer.data->steps},
                      {"claimed", answer.data->claimed}};
  }
  return record;
}

outcome outcome_of(const json& record) {
  outcome answer;
  answer.error = record.value("error", "");
  if (!answer.error.empty()) return answer;
  answer.status = status_of(record.at("status"));
  if (record.contains("before")) answer.before = status_of(record.at("before"));
  answer.pausing = record.value("pausing", false);
  answer.created = record.value("created", false);
  if (record.contains("data")) {
    const json& data = record.at("data");
    answer.data = shown_data{data.at("input"), data.at("note"), data.at("steps"),
                             data.at("claimed").get<std::vector<int>>()};
  }
  return answer;
}

std::string to_text(const operation& what) {
  std::string text{name_of(what.what)};
  if (what.what == verb::start) text += " with input " + std::to_string(what.input);
  if (what.what == verb::signal) text += " " + std::to_string(what.signal);
  if (what.note != 0) text += " with note " + std::to_string(what.note);
  if (what.if_status) text += " if_status " + text_of(*what.if_status);
  return text;
}

std::string to_text(const outcome& answer) {
  if (!answer.error.empty()) return answer.error;
  std::string text = text_of(answer.status);
  if (answer.pausing) text += " (pausing)";
  if (answer.created) text += ", created";
  if (answer.before) text += ", was " + text_of(*answer.before);
  if (answer.data) {
    text += ", input " + std::to_string(answer.data->input) + ", note " +
            std::to_string(answer.data->note) + ", steps " + std::to_string(answer.data->steps) +
            ", claimed " + json(answer.data->claimed).dump();
  }
  return text;
}

}  // namespace pawl::linear
