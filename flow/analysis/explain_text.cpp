#include <map>
#include <string>
#include <string_view>

#include <pawl/code_ref.hpp>

#include "flow/analysis/explain.hpp"
#include "flow/definition/flow_section.hpp"
#include "flow/values/text_member.hpp"

namespace pawl::flow {
namespace {

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
  return std::to_string(count) + " " + std::string{count == 1 ? one : many};
}

std::size_t number(const wait_reason& of, const char* key) {
  return of.detail.value(key, std::size_t{0});
}

bool has(const wait_reason& of, const char* key) {
  return of.detail.contains(key);
}

/// "card_declined: the card was refused", or "" without an error.
std::string error_in(const wait_reason& of) {
  const auto error = of.detail.find("error");
  if (error == of.detail.end()) return "";
  const std::string type = error->value("type", "");
  const std::string message = error->value("message", "");
  return message.empty() ? type : type + ": " + message;
}

std::string at(const wait_reason& of) {
  return " at " + pawl::quoted(of.node);
}

std::string timer_sentence(const wait_reason& of) {
  return "Waits" + at(of) + " for its timer.";
}

std::string retry_sentence(const wait_reason& of) {
  const std::string what = has(of, "compensates") ? "compensation" : "step";
  std::string text = "The " + what + at(of) + " is retried after its back-off";
  const std::string error = error_in(of);
  if (!error.empty()) text += "; attempt " + std::to_string(of.attempt) + " failed: " + error;
  return text + (text.ends_with('.') ? "" : ".");
}

std::string signal_sentence(const wait_reason& of) {
  std::string text = "Waits" + at(of) + " for the signal " + pawl::quoted(of.name) + ".";
  const auto kept = number(of, "kept");
  if (kept > 0 && !of.held) {
    text += " " + counted(kept, "signal of this type does", "signals of this type do") +
            " not fit its condition.";
  } else if (kept > 0) {
    text += " " + counted(kept, "one is", "are") + " kept for it.";
  }
  return text;
}

std::string answer_sentence(const wait_reason& of) {
  if (has(of, "in_doubt")) {
    // Questions that were asked by an earlier version do not say why.
    const auto question = of.detail.find("question");
    const std::string why = question != of.detail.end() ? text_member(*question, "why") : "";
    return "It is unknown whether the step" + at(of) + " took effect" +
           (why.empty() ? "" : ": " + why) + (why.ends_with('.') ? "" : ".") +
           " Waits for an answer.";
  }
  return "Waits" + at(of) + " for an answer to the question " + pawl::quoted(of.name) + ".";
}

std::string function_sentence(const wait_reason& of) {
  const std::string call = std::string{has(of, "compensates") ? "compensating call" : "call"} +
                           " of " + pawl::quoted(of.name) + at(of);
  if (has(of, "stopping"))
    return "The " + call + " is being stopped, because steps are being compensated.";
  const std::string state = of.detail.value("call", "");
  if (state == "running") return "The " + call + " is running.";
  if (state == "starting") return "The " + call + " is about to start.";
  if (state == "held") return "The " + call + " waits for an earlier call of this step to return.";
  if (state == "limited") {
    return "The " + call + " waits: the function runs at most " +
           counted(number(of, "max_concurrency"), "call", "calls") + " at once.";
  }
  if (state == "queued") {
    return "The " + call + " waits for a thread, behind " +
           counted(number(of, "ahead"), "call", "calls") + " of its flow; " +
           counted(number(of, "waiting"), "call waits", "calls wait") + " in all.";
  }
  if (state == "place") {
    return "The " + call + " waits for a place among the calls that wait for a thread (" +
           counted(number(of, "waiting"), "waits", "wait") +
           " for one), or for its run to be loaded.";
  }
  if (state == "not_loaded") {
    return "The " + call +
           " is not under way in this engine; it is made when the engine loads the run.";
  }
  return "Waits for the " + call + " to return.";
}

std::string worker_sentence(const wait_reason& of) {
  const std::string task = std::string{has(of, "compensates") ? "compensating task" : "task"} +
                           " of " + pawl::quoted(of.name) + at(of);
  if (has(of, "worker")) {
    const std::string worker = pawl::quoted(of.detail.value("worker", ""));
    if (has(of, "stopping"))
      return "Worker " + worker + " is asked to stop the " + task +
             ", because steps are being compensated.";
    return "Worker " + worker + " works on the " + task + ".";
  }
  std::string text =
      "The " + task + " is in the queue " + pawl::quoted(of.detail.value("queue", ""));
  if (const auto ahead = number(of, "ahead"); has(of, "ahead") && ahead > 0)
    text += ", behind " + counted(ahead, "task", "tasks") + " of this function";
  if (!has(of, "workers")) return text + ".";
  const auto workers = number(of, "workers");
  if (workers == 0) return text + "; no worker asks for it.";
  return text + "; " + counted(workers, "worker asks", "workers ask") + " for it.";
}

std::string run_sentence(const wait_reason& of) {
  if (has(of, "stopping"))
    return "The subflow" + at(of) + ", run " + of.name +
           ", is being cancelled, because steps are being compensated.";
  return "Waits" + at(of) + " for its subflow, run " + of.name +
         (of.detail.value("started", true) ? "." : ", which is being started.");
}

std::string steps_left(const wait_reason& of) {
  return "; " + counted(number(of, "steps"), "step is left.", "steps are left.");
}

std::string section_sentence(const wait_reason& of) {
  const bool is_flow = of.node == flow_section_id;
  const std::string section = is_flow ? "The flow" : "The section " + pawl::quoted(of.node);
  if (has(of, "compensating"))
    return section + " compensates the steps of its body" + steps_left(of);
  return section + " waits for its body to end" +
         (of.until || has(of, "left_ms") || has(of, "due") ? ", until its deadline." : ".");
}

std::string branches_sentence(const wait_reason& of) {
  if (has(of, "compensating"))
    return "The join " + pawl::quoted(of.node) +
           " compensates the steps of the branches that lost" + steps_left(of);
  return "The join " + pawl::quoted(of.node) +
         " waits for other branches: " + std::to_string(number(of, "arrived")) + " of " +
         counted(number(of, "needed"), "branch has", "branches have") + " arrived.";
}

std::string items_sentence(const wait_reason& of) {
  std::string text = "The map " + pawl::quoted(of.node) + " has finished " +
                     std::to_string(number(of, "done")) + " of " +
                     counted(number(of, "items"), "item", "items") + "; " +
                     counted(number(of, "under_way"), "is", "are") + " under way";
  if (const auto failed = number(of, "failed"); failed > 0)
    text += ", " + std::to_string(failed) + " failed";
  return text + ".";
}

std::string step_sentence(const wait_reason& of) {
  return of.held ? "Node " + pawl::quoted(of.node) + " is next, once the run is resumed."
                 : "The engine moves the run on" + at(of) + ".";
}

std::string pause_sentence(const wait_reason& of) {
  const std::string reason = of.detail.value("reason", "");
  return "A command has paused the run" + (reason.empty() ? "." : ": " + reason);
}

std::string pausing_sentence(const wait_reason& of) {
  const std::string reason = of.detail.value("reason", "");
  return "The run pauses when its calls have returned; no new step starts" +
         (reason.empty() ? "." : " (" + reason + ").");
}

std::string failure_sentence(const wait_reason& of) {
  std::string text = has(of, "error") && of.detail.value("compensating", false)
                         ? "A compensation has failed"
                         : "The run has failed";
  if (!of.node.empty()) text += at(of);
  if (const auto error = error_in(of); !error.empty()) text += ": " + error;
  if (!text.ends_with('.')) text += ".";
  if (of.detail.value("on_purpose", false))
    return text + " Its flow fails there on purpose, so a retry fails again.";
  const bool can_retry = !of.commands.empty() && of.commands.front().command == "retry";
  return can_retry ? text : text + " It cannot be retried, only restarted as a new run.";
}

std::string quarantine_sentence(const wait_reason& of) {
  const auto error = error_in(of);
  return "The run is quarantined until it is retried" + (error.empty() ? "." : ": " + error);
}

std::string end_sentence(const wait_reason& of) {
  return "The run is " + of.detail.value("status", "finished") + ".";
}

}  // namespace

std::string sentence_of(const wait_reason& of) {
  static const std::map<std::string_view, std::string (*)(const wait_reason&)> sentences{
      {"timer", timer_sentence},
      {"retry", retry_sentence},
      {"signal", signal_sentence},
      {"answer", answer_sentence},
      {"function", function_sentence},
      {"worker", worker_sentence},
      {"run", run_sentence},
      {"branches", branches_sentence},
      {"items", items_sentence},
      {"section", section_sentence},
      {"step", step_sentence},
      {"pause", pause_sentence},
      {"pausing", pausing_sentence},
      {"failure", failure_sentence},
      {"quarantine", quarantine_sentence},
      {"end", end_sentence},
  };
  const auto sentence = sentences.find(of.kind);
  if (sentence == sentences.end()) return "Waits" + (of.node.empty() ? "." : at(of) + ".");
  std::string text = sentence->second(of);
  if (of.held && of.kind != "step") text += " This is held while the run is paused.";
  return text;
}

}  // namespace pawl::flow
