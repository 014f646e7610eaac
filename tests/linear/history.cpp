#include "tests/linear/history.hpp"

#include <algorithm>
#include <utility>

#include <pawl/assert.hpp>

namespace pawl::linear {
namespace {

/// Whether the answer leaves open if the command took effect.
bool is_no_answer(const std::string& error) {
  return error == "unavailable";
}

}  // namespace

void history::add(const json& record) {
  ++position_;
  if (record.contains("call")) return add_call(record);
  if (record.contains("answer")) return add_answer(record);
  if (record.contains("event")) return add_event(record);
  if (record.contains("function")) {
    function_calls_.push_back({record.at("function"), record.at("run"), record.at("node")});
    return;
  }
  if (record.contains("child")) {
    parents_.emplace(record.at("child"), record.at("of"));
    return;
  }
  PAWL_ASSERT(record.contains("still_active"), "the kind of a record is known");
  runs_[record.at("still_active")].still_active = true;
}

void history::add_call(const json& record) {
  const std::string run = record.at("run");
  auto& calls = runs_[run].calls;
  const std::uint64_t number = record.at("call");
  open_[number] = {run, calls.size()};
  next_call_ = std::max(next_call_, number + 1);
  call made;
  made.number = number;
  made.client = record.at("client");
  made.life = life_;
  made.what = operation_of(record);
  made.called = position_;
  calls.push_back(std::move(made));
}

void history::add_answer(const json& record) {
  const auto found = open_.find(record.at("answer"));
  PAWL_ASSERT(found != open_.end(), "an answer belongs to an open call");
  call& made = runs_[found->second.run].calls[found->second.index];
  made.answer = outcome_of(record);
  if (is_no_answer(made.answer.error)) return;  // open until the life ends
  made.checkpoint = record.value("checkpoint", std::uint64_t{0});
  made.answered = position_;
  made.known = true;
  open_.erase(found);
}

void history::add_event(const json& record) {
  runs_[record.at("run")].story.push_back({record.at("checkpoint"), record.at("event"),
                                           record.value("caused_by", std::uint64_t{0}),
                                           record.value("signal", 0), record.value("node", ""),
                                           record.value("visit", 0u), record.value("started", "")});
}

void history::end_life() {
  ++position_;
  for (const auto& [number, where] : open_)
    runs_[where.run].calls[where.index].answered = position_;
  open_.clear();
  ++life_;
}

std::string history::outstanding() const {
  std::string lines;
  for (const auto& [number, where] : open_)
    lines += where.run + " " + to_text(runs_.at(where.run).calls[where.index]) + "\n";
  return lines;
}

std::string to_text(const call& c) {
  return "[" + std::to_string(c.called) + ".." + std::to_string(c.answered) + "] life " +
         std::to_string(c.life) + " client " + std::to_string(c.client) + " #" +
         std::to_string(c.number) + ": " + to_text(c.what) + " -> " +
         (c.known ? to_text(c.answer) : "no answer");
}

}  // namespace pawl::linear
