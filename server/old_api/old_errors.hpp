#pragma once

#include <string>
#include <string_view>

#include <pawl/error.hpp>
#include <pawl/json.hpp>

#include "server/api/call.hpp"

namespace pawl::server {

/// An error as clients of the previous engine see it: {"error", "details", "type"}, and the text as
/// `detail` too, which its page reads first.
struct old_error {
  unsigned status = 400;
  std::string text;
  json details = json::object();
  std::string_view type = "ValidationException";
};

/// Answers a request with an error.
void refuse(const call_ptr& request, const old_error& why);

/// Answers with what the engine refused: "DOING: message". Its conflicts and invalid flows are 400,
/// as all that the previous engine refused.
void refuse(const call_ptr& request, std::string_view doing, const error& why);

[[nodiscard]] old_error old_flow_not_found(const std::string& flow);
/// `text`: empty: "Workflow 'ID' not found".
[[nodiscard]] old_error old_thread_not_found(const std::string& thread, std::string text = {});

/// The form of a problem; see `route::refusal`.
[[nodiscard]] http::response old_refusal(const problem& refused, std::string_view request_id);

}  // namespace pawl::server
