#include "functions/call.hpp"

#include <exception>
#include <string>

#include <pawl/code_ref.hpp>
#include <pawl/detail/utf8.hpp>

namespace pawl::functions {
namespace {

constexpr std::size_t max_message_bytes = 8 * 1024;
constexpr std::size_t max_type_bytes = 128;
constexpr std::size_t max_diagnostics = 100;

error thrown(std::string_view name, std::string_view text) {
  return fail("exception", pawl::quoted(name) + " threw an exception: " +
                               detail::to_valid_utf8(text, max_message_bytes));
}

/// Converts an error of a function to the error that the engine stores.
error storable(error own) {
  error out;
  out.code = errc::function_failed;
  out.type = detail::to_valid_utf8(own.error_class(), max_type_bytes);
  out.message = detail::to_valid_utf8(own.message, max_message_bytes);
  if (own.diagnostics.size() > max_diagnostics) own.diagnostics.resize(max_diagnostics);
  out.diagnostics = std::move(own.diagnostics);
  for (auto& diagnostic : out.diagnostics) {
    diagnostic.pointer = detail::to_valid_utf8(diagnostic.pointer, max_message_bytes);
    diagnostic.code = detail::to_valid_utf8(diagnostic.code, max_type_bytes);
    diagnostic.message = detail::to_valid_utf8(diagnostic.message, max_message_bytes);
  }
  return out;
}

error refused_value(std::string_view name, const char* what, error why) {
  why.message = pawl::quoted(name) + what + why.message;
  return why;
}

/// Returns the question that a function asks if its values can be stored, else an error.
call_outcome check_interruption(interruption asked, std::string_view name,
                                const value_limits& limits) {
  for (const json* const part : {&asked.value, &asked.update}) {
    if (auto good = check_value(*part, limits); !good)
      return {refused_value(
          name, " asked a question that is not a valid JSON value: ", std::move(good).error())};
  }
  if (!asked.update.is_object()) {
    return {fail("invalid_result", pawl::quoted(name) +
                                       " asked a question with an update that must be an object, "
                                       "not " +
                                       asked.update.type_name())};
  }
  return {json{}, std::move(asked)};
}

}  // namespace

call_outcome call(const step_function& body, std::string_view name, const json& state,
                  call_context& step, const value_limits& limits) {
  try {
    auto returned = body(state, step);
    if (!returned) {
      auto asked = step.take_interruption();
      if (asked && returned.error().code == errc::interrupted)
        return check_interruption(*std::move(asked), name, limits);
      return {storable(std::move(returned).error())};
    }
    if (auto good = check_value(*returned, limits); !good)
      return {refused_value(name, " returned an invalid JSON value: ", std::move(good).error())};
    return {std::move(returned)};
  } catch (const std::exception& failure) {
    return {thrown(name, failure.what())};
  } catch (...) {
    return {thrown(name, "not a std::exception, without text")};
  }
}

}  // namespace pawl::functions
