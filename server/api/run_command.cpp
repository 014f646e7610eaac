#include "server/api/run_command.hpp"

#include <utility>

namespace pawl::server {
namespace {

constexpr std::uint64_t max_checkpoint = std::uint64_t{1} << 62;

void read_checkpoint(object_reader& fields, command_target target, run_command& to) {
  if (target == command_target::many_runs) return;
  const bool given = fields.has("if_checkpoint");
  const auto checkpoint = fields.number("if_checkpoint", 1, 1, max_checkpoint);
  if (given) to.if_checkpoint = checkpoint;
}

void read_conditions(object_reader& fields, command_target target, run_command& to) {
  to.if_status = fields.optional_status(fields.name_or_alias("if_status", "only_if"));
  read_checkpoint(fields, target, to);
  to.reason = fields.optional_text("reason").value_or("");
}

void read_question(object_reader& fields, run_command& to) {
  to.answer = fields.optional_value("answer");
  to.question = fields.optional_text("question").value_or("");
}

/// Options of the engine's call, with the command's preconditions and reason.
template <class Options>
Options options_of(run_command& command, const std::string& by) {
  Options options;
  options.if_status = command.if_status;
  options.reason = std::move(command.reason);
  options.if_checkpoint = command.if_checkpoint;
  options.by = by;
  return options;
}

}  // namespace

std::optional<run_command> read_command(std::string_view name, object_reader& fields,
                                        command_target target) {
  using kind = run_command::kind;
  run_command command;
  if (name == "pause" || name == "cancel" || name == "terminate" || name == "retry") {
    command.what = name == "pause"       ? kind::pause
                   : name == "cancel"    ? kind::cancel
                   : name == "terminate" ? kind::terminate
                                         : kind::retry;
    read_conditions(fields, target, command);
  } else if (name == "skip") {
    command.what = kind::skip;
    read_conditions(fields, target, command);
    command.node = fields.text("node");
  } else if (name == "resume") {
    command.what = kind::resume;
    read_conditions(fields, target, command);
    read_question(fields, command);
    command.update = fields.optional_object("update").value_or(json::object());
  } else if (name == "answer") {
    command.what = kind::resume;
    read_checkpoint(fields, target, command);
    command.reason = fields.optional_text("reason").value_or("");
    if (!fields.has("answer"))
      fields.refuse("answer", "the required field answer (any JSON value) is missing");
    read_question(fields, command);
  } else if (name == "set-data" || name == "update") {
    command.what = kind::set_data;
    read_conditions(fields, target, command);
    if (!fields.has("update"))
      fields.refuse("update", "the required field update (an object) is missing");
    command.update = fields.optional_object("update").value_or(json::object());
  } else if (name == "signal") {
    command.what = kind::signal;
    read_checkpoint(fields, target, command);
    command.signal_type = fields.text("type");
    command.payload = fields.optional_value("payload").value_or(nullptr);
    command.signal_id = fields.optional_text("id").value_or("");
  } else {
    return std::nullopt;
  }
  return command;
}

void execute(const scope& in, const std::string& by, const run_id& run, run_command command,
             callback<run_changed> done) {
  switch (command.what) {
    case run_command::kind::pause:
      return in.runs().pause_async(run, options_of<command_options>(command, by), std::move(done));
    case run_command::kind::cancel:
      return in.runs().cancel_async(run, options_of<command_options>(command, by), std::move(done));
    case run_command::kind::terminate:
      return in.runs().terminate_async(run, options_of<command_options>(command, by),
                                       std::move(done));
    case run_command::kind::skip:
      return in.runs().skip_async(run, std::move(command.node),
                                  options_of<command_options>(command, by), std::move(done));
    case run_command::kind::retry:
      return in.runs().retry_async(run, options_of<command_options>(command, by), std::move(done));
    case run_command::kind::set_data:
      return in.runs().set_data_async(run, std::move(command.update),
                                      options_of<command_options>(command, by), std::move(done));
    case run_command::kind::resume: {
      auto options = options_of<resume_options>(command, by);
      options.update = std::move(command.update);
      options.answer = std::move(command.answer);
      options.question = std::move(command.question);
      return in.runs().resume_async(run, std::move(options), std::move(done));
    }
    case run_command::kind::signal: {
      signal_options options;
      options.id = std::move(command.signal_id);
      options.if_checkpoint = command.if_checkpoint;
      options.by = by;
      return in.runs().signal_async(run, std::move(command.signal_type), std::move(command.payload),
                                    std::move(options), std::move(done));
    }
  }
}

}  // namespace pawl::server
