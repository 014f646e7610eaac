#include <algorithm>
#include <utility>
#include <variant>

#include <pawl/code_ref.hpp>

#include "server/api/call.hpp"
#include "server/api/object_reader.hpp"
#include "server/api/routes.hpp"
#include "server/api/run_command.hpp"
#include "server/live/run_watch.hpp"

namespace pawl::server {
namespace {

/// Sends the result of a command; `ref` is the client's reference.
void send_result(http::web_socket& to, const json& ref, json outcome, bool ok) {
  outcome["type"] = "result";
  outcome["ref"] = ref;
  outcome["ok"] = ok;
  to.send(text_of(outcome));
}

void send_problem(http::web_socket& to, const json& ref, const problem& refused) {
  send_result(to, ref, {{"problem", to_json(refused)}}, false);
}

/// Reads the command in a message.
std::variant<run_command, problem> read_message(json& message) {
  std::vector<diagnostic> diagnostics;
  object_reader fields{message, "", diagnostics};
  static_cast<void>(fields.optional_value("ref"));
  if (const auto type = fields.text("type"); type != "command" && diagnostics.empty())
    fields.refuse("type", "the field type must be \"command\"");
  const std::string name = fields.text("command");
  if (name == "signal") {
    // `type` is the type of the message; the type of the signal is `signal_type`.
    message["type"] = message.value("signal_type", json(""));
    message.erase("signal_type");
  }
  auto command = read_command(name, fields, command_target::one_run);
  if (!command && diagnostics.empty()) {
    fields.refuse(
        "command",
        "unknown command " + pawl::quoted(name) +
            ". Allowed: pause, resume, cancel, terminate, skip, retry, signal, set-data, answer");
  }
  fields.finish();
  if (diagnostics.empty()) return *std::move(command);
  std::string detail = diagnostics.front().message;
  return problem{problem_code::invalid_argument, std::move(detail), {}, std::move(diagnostics)};
}

/// The name of a command's route: "runs.set_data".
std::string audit_name(std::string command) {
  std::replace(command.begin(), command.end(), '-', '_');
  return "runs." + command;
}

/// Handles one message. Does nothing if the socket is closed.
void take_message(const call_ptr& request, const std::weak_ptr<http::web_socket>& weak,
                  const std::shared_ptr<pending_commands>& commands, const std::string& text) {
  const auto socket = weak.lock();
  if (!socket) return;
  if (const auto refused = request->recheck()) {
    send_problem(*socket, nullptr, *refused);
    return socket->close(1008, refused->detail);
  }
  auto parsed = request->parse(text, "the message");
  if (const auto* const refused = std::get_if<problem>(&parsed))
    return send_problem(*socket, nullptr, *refused);
  json message = std::get<json>(std::move(parsed));
  if (!message.is_object()) {
    return send_problem(*socket, nullptr,
                        {problem_code::invalid_argument, "the message must be a JSON object"});
  }
  const json ref = message.value("ref", json(nullptr));
  if (request->by().role < role::operator_role) {
    return send_problem(*socket, ref,
                        {problem_code::forbidden, "commands require the role operator"});
  }
  const json name = message.value("command", json(nullptr));
  auto command = read_message(message);
  if (const auto* const refused = std::get_if<problem>(&command))
    return send_problem(*socket, ref, *refused);
  commands->begin();
  execute(request->in(), request->by().name, request->run(),
          std::get<run_command>(std::move(command)),
          [request, weak, commands, ref, name](const result<run_changed>& changed) {
            request->audit(audit_name(name.get<std::string>()), request->run().str(),
                           changed ? nullptr : &changed.error());
            const auto open = weak.lock();
            if (open && changed) send_result(*open, ref, to_json(*changed), true);
            if (open && !changed) send_problem(*open, ref, problem_of(changed.error()));
            commands->end();
          });
}

void open_socket(const call_ptr& request, const std::shared_ptr<subscription>& live,
                 event_position after, bool follow) {
  const auto socket = request->answer_with_web_socket();
  if (!socket) return;
  const auto commands = std::make_shared<pending_commands>();
  const auto watch =
      std::make_shared<run_watch>(request->with().live, request->in(), request->run(), live, after,
                                  follow, make_web_socket_sink(socket, commands));
  socket->on_message([request, commands, weak = std::weak_ptr{socket}](const std::string& text) {
    take_message(request, weak, commands, text);
  });
  watch->set_permission([request] { return request->recheck(); });
  watch->begin();
  socket->on_closed([weak = std::weak_ptr{watch}] {
    if (const auto ended = weak.lock()) ended->stop();
  });
}

void run_socket(const call_ptr& request) {
  std::vector<diagnostic> diagnostics;
  const bool follow = request->query().flag("follow", false, diagnostics);
  const std::string given = request->query().text("after");
  const auto after = given.empty() ? event_position{} : parse_event_id(given);
  if (!after) {
    diagnostics.push_back({severity::error, "?after", "invalid_parameter",
                           "the parameter after must be the id of an event of this run, such as "
                           "17.0, not " +
                               pawl::quoted(given)});
  }
  if (request->reject_if_invalid(std::move(diagnostics))) return;
  if (!request->wants_web_socket()) {
    problem refused{problem_code::upgrade_required,
                    "this endpoint accepts only WebSocket upgrades"};
    refused.fields.add("Upgrade", "websocket");
    refused.fields.add("Connection", "Upgrade");
    return request->fail(refused);
  }
  auto live = request->in().events().watch(request->run(), max_event_backlog);
  request->in().runs().get_async(
      request->run(), [request, live, after = *after, follow](result<run_view> run) {
        if (!run) return request->fail(run.error());
        if (after.checkpoint > run->checkpoint) {
          return request->fail(problem{problem_code::invalid_argument,
                                       "the parameter after is not an event of this run"});
        }
        open_socket(request, live, after, follow);
      });
}

}  // namespace

void add_web_socket_routes(router& to) {
  to.add(get_route("/v1/runs/{id}/ws", "runs.socket", role::reader, run_socket)
             .with_query({"after", "follow"}));
}

}  // namespace pawl::server
