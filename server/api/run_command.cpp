#include "server/api/run_command.hpp"

#include <utility>

namespace pawl::server {
namespace {

void read_only_if(object_reader& fields, run_command& to) {
  to.if_status = fields.optional_status("only_if");
  to.reason = fields.optional_text("reason").value_or("");
}

void read_question(object_reader& fields, run_command& to) {
  to.answer = fields.optional_value("answer");
  to.question = fields.optional_text("question").value_or("");
}

/// Options of the engine's call, with what the caller wants to be true.
template <class Options>
Options options_of(run_command& command) {
  Options options;
  options.if_status = command.if_status;
  options.reason = std::move(command.reason);
  options.if_checkpoint = command.if_checkpoint;
  return options;
}

}  // namespace

std::optional<run_command> read_command(std::string_view word, object_reader& fields) {
  using kind = run_command::kind;
  run_command command;
  if (word == "pause" || word == "cancel" || word == "retry") {
    command.what = word == "pause" ? kind::pause : word == "cancel" ? kind::cancel : kind::retry;
    read_only_if(fields, command);
  } else if (word == "resume") {
    command.what = kind::resume;
    read_only_if(fields, command);
    read_question(fields, command);
    command.update = fields.optional_object("update").value_or(json::object());
  } else if (word == "answer") {
    command.what = kind::resume;
    command.reason = fields.optional_text("reason").value_or("");
    if (!fields.has("answer"))
      fields.refuse("answer", "the field answer is missing; it is any JSON");
    read_question(fields, command);
  } else if (word == "update") {
    command.what = kind::update;
    read_only_if(fields, command);
    if (!fields.has("update"))
      fields.refuse("update", "the field update is missing; it is an object");
    command.update = fields.optional_object("update").value_or(json::object());
  } else if (word == "signal") {
    command.what = kind::signal;
    command.signal_type = fields.text("type");
    command.payload = fields.optional_value("payload").value_or(nullptr);
    command.signal_id = fields.optional_text("id").value_or("");
  } else {
    return std::nullopt;
  }
  return command;
}

void carry_out(const scope& in, const run_id& run, run_command command,
               callback<run_changed> done) {
  switch (command.what) {
    case run_command::kind::pause:
      return in.runs().pause_async(run, options_of<command_options>(command), std::move(done));
    case run_command::kind::cancel:
      return in.runs().cancel_async(run, options_of<command_options>(command), std::move(done));
    case run_command::kind::retry:
      return in.runs().retry_async(run, options_of<command_options>(command), std::move(done));
    case run_command::kind::update:
      return in.runs().set_data_async(run, std::move(command.update),
                                      options_of<command_options>(command), std::move(done));
    case run_command::kind::resume: {
      auto options = options_of<resume_options>(command);
      options.update = std::move(command.update);
      options.answer = std::move(command.answer);
      options.question = std::move(command.question);
      return in.runs().resume_async(run, std::move(options), std::move(done));
    }
    case run_command::kind::signal: {
      signal_options options;
      options.id = std::move(command.signal_id);
      options.if_checkpoint = command.if_checkpoint;
      return in.runs().signal_async(run, std::move(command.signal_type), std::move(command.payload),
                                    std::move(options), std::move(done));
    }
  }
}

}  // namespace pawl::server
